{{- $facts := include "release.facts" . | fromJson }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "controller.fullname" . }}
  namespace: {{ include "controller.namespace" . }}
  labels:
    {{- include "controller.labels" . | nindent 4 }}
    actions.github.com/controller-service-account-namespace: {{ include "controller.namespace" . }}
    actions.github.com/controller-service-account-name: {{ include "controller.account" . }}
    {{- with .Values.flags.watchSingleNamespace }}
    actions.github.com/controller-watch-single-namespace: {{ . }}
    {{- end }}
spec:
  replicas: {{ default 1 .Values.replicaCount }}
  selector:
    matchLabels:
      {{- include "controller.selector" . | nindent 6 }}
  template:
    metadata:
      annotations:
        kubectl.kubernetes.io/default-container: manager
        {{- with .Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      labels:
        app.kubernetes.io/part-of: gha-rs-controller
        app.kubernetes.io/component: controller-manager
        app.kubernetes.io/version: {{ .Chart.Version }}
        {{- include "controller.selector" . | nindent 8 }}
        {{- with .Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "controller.account" . }}
      terminationGracePeriodSeconds: 10
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- $pod := dict "imagePullSecrets" .Values.imagePullSecrets "securityContext" .Values.podSecurityContext }}
      {{- range list "nodeSelector" "affinity" "tolerations" }}{{ $_ := set $pod . (index $.Values .) }}{{ end }}
      {{- if $facts.topology_spread }}{{ $_ := set $pod "topologySpreadConstraints" .Values.topologySpreadConstraints }}{{ end }}
      {{- range $key, $value := $pod }}
      {{- with $value }}
      {{ $key }}:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- end }}
      containers:
      - name: manager
        image: {{ include "controller.image" . | quote }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        command: ["/manager"]
        args:
          {{- include "controller.arguments" . | nindent 10 }}
        env:
        - name: CONTROLLER_MANAGER_CONTAINER_IMAGE
          value: {{ include "controller.image" . | quote }}
        - name: CONTROLLER_MANAGER_POD_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        {{- if kindIs "slice" .Values.env }}
        {{- toYaml .Values.env | nindent 8 }}
        {{- end }}
        {{- with .Values.metrics }}
        ports:
        - name: metrics
          containerPort: {{ regexReplaceAll ".*:" .controllerManagerAddr "" }}
          protocol: TCP
        {{- end }}
        {{- $probe := ternary .Values.flags.healthProbeBindAddress "" $facts.probes }}
        {{- with $probe }}
        livenessProbe:
          httpGet: {path: /healthz, port: {{ regexReplaceAll ".*:" . "" }}}
        readinessProbe:
          httpGet: {path: /readyz, port: {{ regexReplaceAll ".*:" . "" }}}
        {{- end }}
        {{- with .Values.resources }}
        resources:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        {{- with .Values.securityContext }}
        securityContext:
          {{- toYaml . | nindent 10 }}
        {{- end }}
        volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- with .Values.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      volumes:
      - name: tmp
        emptyDir: {}
      {{- with .Values.volumes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
