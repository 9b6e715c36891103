{{/* The prediction log of a replica, and the container that ships it. All of it is in the
InferenceService, not in its runtime: it comes with a roll-out, and leaves with it. */}}

{{- define "secom.recordFolder" -}}
/var/lib/secom/records
{{- end -}}

{{/* KServe adds them to those of the runtime. */}}
{{- define "secom.recordArgs" -}}
- --record={{ include "secom.recordFolder" . }}
- --record-max-bytes={{ int64 .Values.record.maxBytes }}
- --audit-share={{ .Values.record.auditShare }}
- --audit-seed={{ int64 .Values.record.auditSeed }}
{{- end -}}

{{- define "secom.recordMount" -}}
- name: records
  mountPath: {{ include "secom.recordFolder" . }}
{{- end -}}

{{/* Kubernetes evicts a pod that fills a volume beyond its limit, so the server stops well before. */}}
{{- define "secom.recordVolumes" -}}
- name: records
  emptyDir:
    sizeLimit: {{ mul 2 (int64 .Values.record.maxBytes) | quote }}
- name: shipper-tmp
  emptyDir:
    sizeLimit: 1Gi
{{- end -}}

{{/* A sidecar: it starts before the server, and is told to end only when the server has ended. */}}
{{- define "secom.shipper" -}}
- name: shipper
  image: {{ include "secom.serveImage" . | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  restartPolicy: Always
  args:
    - ship
    - {{ include "secom.recordFolder" . }}
    - --every={{ int .Values.record.shipEverySeconds }}
    # The server has ended by then, so all of it is for the store.
    - --wait=30
  env:
    {{- include "secom.storeEnv" . | nindent 4 }}
  {{- include "secom.container" . | nindent 2 }}
  resources:
    {{- toYaml .Values.record.resources | nindent 4 }}
  volumeMounts:
    {{- include "secom.recordMount" . | nindent 4 }}
    - name: shipper-tmp
      mountPath: /tmp
    {{- with include "secom.caMount" . }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}
