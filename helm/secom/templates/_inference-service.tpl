{{/* The InferenceService but for its bundle, which only a roll-out knows. */}}
{{- define "secom.inferenceService" -}}
{{- $service := .Values.inferenceService -}}
{{- $isScaled := gt (int $service.maxReplicas) (int $service.minReplicas) -}}
{{- $own := dict
  "serving.kserve.io/deploymentMode" "Standard"
  "serving.kserve.io/autoscalerClass" (ternary "hpa" "none" $isScaled)
-}}
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {{ $service.name }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "secom.selector" . | nindent 4 }}
  annotations:
    {{- merge $own $service.annotations | toYaml | nindent 4 }}
spec:
  predictor:
    minReplicas: {{ $service.minReplicas }}
    maxReplicas: {{ $service.maxReplicas }}
    {{- if $isScaled }}
    scaleMetric: cpu
    scaleTarget: {{ $service.targetCpuPercent }}
    {{- end }}
    # No replica leaves before its successor answers.
    deploymentStrategy:
      type: RollingUpdate
      rollingUpdate:
        maxSurge: 1
        maxUnavailable: 0
    labels:
      {{- include "secom.selector" . | nindent 6 }}
      app.kubernetes.io/component: predictor
    annotations:
      # A roll-out sees by this that the runtime changed, and judges the replicas anew.
      secom.io/runtime: {{ include "secom.servingRuntime" . | sha256sum | trunc 12 | quote }}
    serviceAccountName: {{ include "secom.release" . }}-predictor
    automountServiceAccountToken: false
    # Else Kubernetes adds SECOM_… variables for the Services around, and ours are called so too.
    enableServiceLinks: false
    {{- include "secom.podSecurity" . | nindent 4 }}
    # 5 s before the signal, then the server's own: 2 s of draining, 30 s for requests in flight.
    {{- if .Values.record.enabled }}
    # Only then is the shipper told, which has 30 s for what is left.
    {{- end }}
    terminationGracePeriodSeconds: {{ ternary 75 45 .Values.record.enabled }}
    topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        # Those that leave in a roll-out do not count.
        matchLabelKeys: [pod-template-hash]
        labelSelector:
          matchLabels:
            {{- include "secom.predictorSelector" . | nindent 12 }}
    {{- with $service.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $service.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $service.affinity }}
    affinity:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if .Values.record.enabled }}
    initContainers:
      {{- include "secom.shipper" . | nindent 6 }}
    volumes:
      {{- include "secom.recordVolumes" . | nindent 6 }}
    {{- end }}
    model:
      modelFormat:
        name: secom
        version: "1"
      protocolVersion: v2
      runtime: {{ include "secom.runtime" . }}
      # KServe rolls out a changed runtime at once, and nobody judges; this wins over the runtime's
      # image, so that a new one comes with a roll-out, and leaves with it if it is no good.
      image: {{ include "secom.serveImage" . | quote }}
      {{- if .Values.record.enabled }}
      args:
        {{- include "secom.recordArgs" . | nindent 8 }}
      volumeMounts:
        {{- include "secom.recordMount" . | nindent 8 }}
      {{- end }}
      resources:
        {{- toYaml $service.resources | nindent 8 }}
{{- end -}}
