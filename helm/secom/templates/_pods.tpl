{{/* What pods have in common. */}}

{{- define "secom.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "secom.container" -}}
# The last lines of the log of a container that failed are its reason.
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{- define "secom.storeEnv" -}}
- name: AWS_ENDPOINT_URL
  value: {{ include "secom.storeEndpoint" . | quote }}
- name: AWS_REGION
  value: {{ .Values.objectStore.region | quote }}
- name: SECOM_BUCKET
  value: {{ .Values.objectStore.bucket | quote }}
{{- range tuple "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
- name: {{ . }}
  valueFrom:
    secretKeyRef:
      name: {{ include "secom.storeSecret" $ }}
      key: {{ . }}
{{- end }}
{{- if .Values.objectStore.caCertificate }}
- name: AWS_CA_BUNDLE
  value: /etc/secom/ca/ca.crt
{{- end }}
{{- end -}}

{{- define "secom.tokenEnv" -}}
{{- with include "secom.tokenSecret" . -}}
- name: SECOM_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: SECOM_TOKEN
{{- end }}
{{- end -}}

{{- define "secom.caMount" -}}
{{- if .Values.objectStore.caCertificate -}}
- name: ca
  mountPath: /etc/secom/ca
  readOnly: true
{{- end }}
{{- end -}}

{{- define "secom.caVolume" -}}
{{- if .Values.objectStore.caCertificate -}}
- name: ca
  configMap:
    name: secom-ca
{{- end }}
{{- end -}}

{{/* One verb of ours in a pod that ends. Takes the context as `root`, the verb and its options as
`args`, and the `account` if it talks to Kubernetes. */}}
{{- define "secom.verbPod" -}}
{{- $root := .root -}}
restartPolicy: Never
enableServiceLinks: false
{{- with .account }}
serviceAccountName: {{ . }}
{{- else }}
serviceAccountName: {{ include "secom.release" $root }}-jobs
automountServiceAccountToken: false
{{- end }}
{{- with include "secom.pullSecrets" $root }}
{{ . }}
{{- end }}
{{ include "secom.podSecurity" $root }}
containers:
  - name: secom
    image: {{ include "secom.trainImage" $root | quote }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      {{- include "secom.storeEnv" $root | nindent 6 }}
      - name: MLFLOW_TRACKING_URI
        value: {{ include "secom.mlflowUri" $root | quote }}
      - name: SECOM_SERVING_NAMESPACE
        value: {{ $root.Release.Namespace }}
      {{- with include "secom.tokenEnv" $root }}
      {{- . | nindent 6 }}
      {{- end }}
    {{- include "secom.container" $root | nindent 4 }}
    resources:
      {{- toYaml $root.Values.jobs.resources | nindent 6 }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      {{- with include "secom.caMount" $root }}
      {{- . | nindent 6 }}
      {{- end }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 1Gi
  {{- with include "secom.caVolume" $root }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* A Job of Helm's hooks. Takes what `secom.verbPod` takes, `name` and `hook`; perhaps `weight` and `tries`. */}}
{{- define "secom.hookJob" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "secom.release" .root }}-{{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "secom.labels" .root | nindent 4 }}
    app.kubernetes.io/component: jobs
  annotations:
    helm.sh/hook: {{ .hook }}
    helm.sh/hook-weight: {{ .weight | default 0 | quote }}
    # What succeeded leaves nothing; what failed stays a day, with its log.
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  ttlSecondsAfterFinished: 86400
  # Kubernetes waits 10, 20, 40 s … between tries: a service that just starts is up by then.
  backoffLimit: {{ .tries | default 5 }}
  template:
    metadata:
      labels:
        {{- include "secom.selector" .root | nindent 8 }}
        app.kubernetes.io/component: jobs
    spec:
      {{- include "secom.verbPod" . | nindent 6 }}
{{- end -}}
