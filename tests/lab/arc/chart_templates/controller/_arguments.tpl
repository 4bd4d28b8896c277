{{- /* The manager's command line. What a release does not know is not passed. */ -}}
{{- define "controller.arguments" -}}
{{- $facts := include "release.facts" . | fromJson -}}
{{- $flags := .Values.flags -}}
- --auto-scaling-runner-set-only
{{- if gt (int (default 1 .Values.replicaCount)) 1 }}
- --enable-leader-election
- --leader-election-id={{ include "controller.fullname" . }}
{{- end }}
{{- $secrets := list }}
{{- range .Values.imagePullSecrets }}{{ $secrets = append $secrets .name }}{{ end }}
{{- if $facts.pull_secrets_one_each }}
{{- range $secrets }}
- --auto-scaler-image-pull-secrets={{ . }}
{{- end }}
{{- else if $secrets }}
- --auto-scaler-image-pull-secrets={{ join "," $secrets }}
{{- end }}
{{- with $flags.logLevel }}
- --log-level={{ . }}
{{- end }}
{{- with $flags.logFormat }}
- --log-format={{ . }}
{{- end }}
{{- with $flags.watchSingleNamespace }}
- --watch-single-namespace={{ . }}
{{- end }}
{{- if $facts.concurrency_flag }}
{{- with $flags.runnerMaxConcurrentReconciles }}
- --runner-max-concurrent-reconciles={{ . }}
{{- end }}
{{- end }}
{{- with $flags.updateStrategy }}
- --update-strategy={{ . }}
{{- end }}
{{- $metrics := default (dict "controllerManagerAddr" "0" "listenerAddr" "0" "listenerEndpoint" "") .Values.metrics }}
- --listener-metrics-addr={{ $metrics.listenerAddr }}
- --listener-metrics-endpoint={{ $metrics.listenerEndpoint }}
- --metrics-addr={{ $metrics.controllerManagerAddr }}
{{- if $facts.label_prefixes }}
{{- range $flags.excludeLabelPropagationPrefixes }}
- --exclude-label-propagation-prefix={{ . }}
{{- end }}
{{- end }}
{{- if $facts.client_limits }}
{{- with $flags.k8sClientRateLimiterQPS }}
- --k8s-client-rate-limiter-qps={{ . }}
{{- end }}
{{- with $flags.k8sClientRateLimiterBurst }}
- --k8s-client-rate-limiter-burst={{ . }}
{{- end }}
{{- end }}
{{- if $facts.probes }}
{{- with (default dict .Values.pprof).addr }}
- --pprof-addr={{ . }}
{{- end }}
{{- with (default dict $flags.rateLimiter).name }}
- --workqueue-rate-limiter={{ . }}
{{- end }}
{{- with $flags.healthProbeBindAddress }}
- --health-probe-bind-address={{ . }}
{{- end }}
{{- end }}
{{- end -}}
