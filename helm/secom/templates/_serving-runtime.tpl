{{/* How the predictor's container runs, and what the InferenceService knows it by. */}}
{{- define "secom.servingRuntime" -}}
{{- $scheme := ternary "HTTPS" "HTTP" (ne .Values.tls.existingSecret "") -}}
supportedModelFormats:
  - name: secom
    version: "1"
    autoSelect: true
protocolVersions: [v2, grpc-v2]
{{- with include "secom.pullSecrets" . }}
{{- . | nindent 0 }}
{{- end }}
containers:
  - name: kserve-container
    image: {{ include "secom.serveImage" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args:
      - serve
      - --bundle=/mnt/models
      - --host=0.0.0.0
      - --http-port=8080
      - --grpc-port=8081
      {{- if .Values.tls.existingSecret }}
      - --tls-cert=/etc/secom/tls/tls.crt
      - --tls-key=/etc/secom/tls/tls.key
      {{- end }}
    {{- with include "secom.tokenEnv" . }}
    env:
      {{- . | nindent 6 }}
    {{- end }}
    # The first port is the Service's 80; the second keeps its number, and its name tells KServe
    # that it speaks HTTP/2.
    ports:
      - name: http
        containerPort: 8080
        protocol: TCP
      - name: grpc
        containerPort: 8081
        protocol: TCP
    startupProbe:
      httpGet: {path: /v2/health/ready, port: http, scheme: {{ $scheme }}}
      periodSeconds: 1
      failureThreshold: 120
    readinessProbe:
      httpGet: {path: /v2/health/ready, port: http, scheme: {{ $scheme }}}
      periodSeconds: 2
      timeoutSeconds: 2
      failureThreshold: 2
    livenessProbe:
      httpGet: {path: /v2/health/live, port: http, scheme: {{ $scheme }}}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    # Requests still arrive until every node has heard that the replica is leaving.
    lifecycle:
      preStop:
        sleep:
          seconds: 5
    {{- include "secom.container" . | nindent 4 }}
    volumeMounts:
      - name: tmp
        mountPath: /tmp
      {{- if .Values.tls.existingSecret }}
      - name: tls
        mountPath: /etc/secom/tls
        readOnly: true
      {{- end }}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: 1Gi
  {{- with .Values.tls.existingSecret }}
  - name: tls
    secret:
      secretName: {{ . }}
  {{- end }}
  {{- with include "secom.caVolume" . }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}
