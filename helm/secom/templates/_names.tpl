{{/* Names, labels and images. Every object is named after the release, but those whose names are a
contract with the compiled pipelines (pipelines/resources.py): `secom-pipeline`, `secom-ca` and
`secom-token`. */}}

{{- define "secom.release" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "secom.selector" -}}
app.kubernetes.io/name: secom
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "secom.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "secom.selector" . }}
{{- end -}}

{{- define "secom.trainImage" -}}
{{- printf "%s:%s" .Values.image.train.repository (.Values.image.train.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "secom.serveImage" -}}
{{- printf "%s:%s" .Values.image.serve.repository (.Values.image.serve.tag | default .Chart.AppVersion) -}}
{{- end -}}

{{- define "secom.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "secom.kfpNamespace" -}}
{{- .Values.kfp.namespace | default .Release.Namespace -}}
{{- end -}}

{{- define "secom.storeEndpoint" -}}
{{- .Values.objectStore.endpoint | default (printf "http://%s-minio.%s.svc:9000" (include "secom.release" .) .Release.Namespace) -}}
{{- end -}}

{{- define "secom.storeSecret" -}}
{{- .Values.objectStore.existingSecret | default (printf "%s-store" (include "secom.release" .)) -}}
{{- end -}}

{{- define "secom.mlflowHost" -}}
{{- printf "%s-mlflow.%s.svc:5000" (include "secom.release" .) .Release.Namespace -}}
{{- end -}}

{{- define "secom.mlflowUri" -}}
{{- .Values.mlflow.trackingUri | default (printf "http://%s" (include "secom.mlflowHost" .)) -}}
{{- end -}}

{{- define "secom.runtime" -}}
{{- printf "%s-predictor-runtime" (include "secom.release" .) -}}
{{- end -}}

{{/* Empty where no token is asked for. */}}
{{- define "secom.tokenSecret" -}}
{{- if .Values.token.create -}}
secom-token
{{- else -}}
{{- .Values.token.existingSecret -}}
{{- end -}}
{{- end -}}

{{- define "secom.predictorUrl" -}}
{{- printf "%s://%s-predictor.%s.svc:80" (ternary "https" "http" (ne .Values.tls.existingSecret "")) .Values.inferenceService.name .Release.Namespace -}}
{{- end -}}

{{/* Both carry the namespace: ClusterStorageContainers of all namespaces see all addresses. */}}
{{- define "secom.storageContainer" -}}
{{- printf "%s-%s" (include "secom.release" .) .Release.Namespace -}}
{{- end -}}

{{- define "secom.bundlesUri" -}}
{{- printf "%s://%s/bundles/" (ternary (include "secom.storageContainer" .) "s3" .Values.storageContainer.create) .Values.objectStore.bucket -}}
{{- end -}}

{{- define "secom.predictorSelector" -}}
serving.kserve.io/inferenceservice: {{ .Values.inferenceService.name }}
{{- end -}}

{{- define "secom.monitor" -}}
{{- printf "%s-monitor" (include "secom.release" .) -}}
{{- end -}}

{{- define "secom.monitorSelector" -}}
{{ include "secom.selector" . }}
app.kubernetes.io/component: monitor
{{- end -}}

{{- define "secom.monitorSecret" -}}
{{- .Values.monitor.existingSecret | default (include "secom.monitor" .) -}}
{{- end -}}

{{/* Port of an address, its scheme's where it names none. */}}
{{- define "secom.port" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}
