{{/* Options that exclude each other, each with what to do about it. */}}

{{- define "secom.checks" -}}
{{- include "secom.checkStore" . -}}
{{- include "secom.checkMlflow" . -}}
{{- include "secom.checkServing" . -}}
{{- include "secom.checkKfp" . -}}
{{- include "secom.checkMonitoring" . -}}
{{- end -}}

{{- define "secom.checkStore" -}}
{{- $store := .Values.objectStore -}}
{{- if and .Values.minio.enabled $store.endpoint -}}
{{- fail (printf "minio.enabled=true and objectStore.endpoint=%s are two object stores. Set minio.enabled=false to use the external one, or leave objectStore.endpoint empty." $store.endpoint) -}}
{{- end -}}
{{- if not (or .Values.minio.enabled $store.endpoint) -}}
{{- fail "minio.enabled=false leaves no object store. Name one in objectStore.endpoint, as in https://s3.eu-central-1.amazonaws.com." -}}
{{- end -}}
{{- if and $store.endpoint (not $store.existingSecret) -}}
{{- fail (printf "objectStore.endpoint=%s needs credentials. Make a Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in namespace %s and name it in objectStore.existingSecret." $store.endpoint .Release.Namespace) -}}
{{- end -}}
{{- if and .Values.champion.digest .Values.minio.enabled (not .Values.minio.persistence.keep) -}}
{{- fail "champion.digest names a bundle that the object store has already, and a new MinIO has none. Train first and leave champion.digest empty, or use an external store (objectStore.endpoint)." -}}
{{- end -}}
{{- end -}}

{{- define "secom.checkMlflow" -}}
{{- $mlflow := .Values.mlflow -}}
{{- if and $mlflow.enabled $mlflow.trackingUri -}}
{{- fail (printf "mlflow.enabled=true and mlflow.trackingUri=%s are two MLflow servers. Set mlflow.enabled=false to use yours, or leave mlflow.trackingUri empty." $mlflow.trackingUri) -}}
{{- end -}}
{{- if not (or $mlflow.enabled $mlflow.trackingUri) -}}
{{- fail "mlflow.enabled=false leaves nowhere to record runs. Name a server in mlflow.trackingUri, as in http://mlflow.ml:5000." -}}
{{- end -}}
{{- if and $mlflow.databaseUrlSecret (not $mlflow.enabled) -}}
{{- fail "mlflow.databaseUrlSecret is for the MLflow of this chart. Set mlflow.enabled=true, or leave it empty." -}}
{{- end -}}
{{- end -}}

{{- define "secom.checkServing" -}}
{{- $service := .Values.inferenceService -}}
{{- if lt (int $service.maxReplicas) (int $service.minReplicas) -}}
{{- fail (printf "inferenceService.maxReplicas=%d is less than minReplicas=%d. Raise it: equal for a fixed number, above for an autoscaler." (int $service.maxReplicas) (int $service.minReplicas)) -}}
{{- end -}}
{{- if and (gt (int $service.maxReplicas) (int $service.minReplicas)) (not (dig "requests" "cpu" "" $service.resources)) -}}
{{- fail "an autoscaler compares CPU with what is requested. Set inferenceService.resources.requests.cpu, or maxReplicas equal to minReplicas." -}}
{{- end -}}
{{- if and .Values.token.create .Values.token.existingSecret -}}
{{- fail (printf "token.create=true and token.existingSecret=%s are two tokens. Keep one of them." .Values.token.existingSecret) -}}
{{- end -}}
{{- end -}}

{{- define "secom.checkKfp" -}}
{{- $kfp := .Values.kfp -}}
{{- if and $kfp.schedule (not $kfp.endpoint) -}}
{{- fail "kfp.schedule needs Kubeflow Pipelines. Name its API in kfp.endpoint, as in http://ml-pipeline.kubeflow:8888, or leave kfp.schedule empty." -}}
{{- end -}}
{{- if and $kfp.schedule (not $kfp.source) -}}
{{- fail "kfp.schedule needs data to train on. Name them in kfp.source, as in s3://bucket/prefix, or leave kfp.schedule empty." -}}
{{- end -}}
{{- end -}}

{{- define "secom.checkMonitoring" -}}
{{- if and .Values.monitor.enabled (not .Values.record.enabled) -}}
{{- fail "monitor.enabled=true reads what is recorded, and record.enabled=false records nothing. Set record.enabled=true, or monitor.enabled=false." -}}
{{- end -}}
{{- if and .Values.alerts.enabled (not .Values.podMonitor.enabled) -}}
{{- fail "alerts.enabled=true judges metrics that nobody scrapes. Set podMonitor.enabled=true, or alerts.enabled=false." -}}
{{- end -}}
{{- if and .Values.alertmanager.enabled (not .Values.alerts.enabled) -}}
{{- fail "alertmanager.enabled=true brings alerts to the monitor, and there are none. Set alerts.enabled=true, or alertmanager.enabled=false." -}}
{{- end -}}
{{- if and .Values.alertmanager.enabled (not .Values.monitor.enabled) -}}
{{- fail "alertmanager.enabled=true calls the monitor, and there is none. Set monitor.enabled=true, or alertmanager.enabled=false." -}}
{{- end -}}
{{- end -}}
