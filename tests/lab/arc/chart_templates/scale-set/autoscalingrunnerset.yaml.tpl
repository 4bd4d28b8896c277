{{- include "set.guards" . }}
{{- $facts := include "release.facts" . | fromJson }}
{{- $metadata := dict "root" . "kind" "autoscalingRunnerSet" "component" "autoscaling-runner-set" }}
{{- $_ := set $metadata "name" (include "set.object" (dict "root" . "name" (include "set.name" .))) }}
{{- $_ := set $metadata "annotations" (include "set.cleanup-annotations" . | fromYaml) }}
apiVersion: actions.github.com/v1alpha1
kind: AutoscalingRunnerSet
{{ include "set.metadata" $metadata }}
spec:
  githubConfigUrl: {{ required "githubConfigUrl is required" (trimSuffix "/" .Values.githubConfigUrl) }}
  githubConfigSecret: {{ include "set.secret" . }}
  {{- with .Values.runnerGroup }}
  runnerGroup: {{ . }}
  {{- end }}
  {{- with .Values.runnerScaleSetName }}
  runnerScaleSetName: {{ . }}
  {{- end }}
  {{- with (default dict .Values.githubServerTLS).certificateFrom }}
  githubServerTLS:
    certificateFrom:
      {{- toYaml . | nindent 6 }}
  {{- end }}
  {{- with .Values.proxy }}
  proxy:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- range list "maxRunners" "minRunners" }}
  {{- $limit := index $.Values . }}
  {{- if not (kindIs "invalid" $limit) }}
  {{ . }}: {{ int $limit }}
  {{- end }}
  {{- end }}
  {{- with .Values.listenerTemplate }}
  listenerTemplate:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $facts.listener_metrics }}
  {{- with .Values.listenerMetrics }}
  listenerMetrics:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- if and $facts.key_vault (default dict .Values.keyVault).type }}
  vaultConfig:
    {{- include "set.vault" .Values.keyVault | nindent 4 }}
  {{- end }}
  {{- if $facts.scale_set_labels }}
  {{- with .Values.scaleSetLabels }}
  runnerScaleSetLabels:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- if $facts.child_metadata }}
  {{- $fields := dict "autoscalingListener" "autoscalingListener" }}
  {{- range list "listenerServiceAccount" "listenerRole" "listenerRoleBinding" "listenerConfigSecret" "ephemeralRunnerSet" "ephemeralRunner" "ephemeralRunnerConfigSecret" }}
  {{- $_ := set $fields . (printf "%sMetadata" .) }}
  {{- end }}
  {{- range $key, $field := $fields }}
  {{- with index (default dict $.Values.resourceMeta) $key }}
  {{ $field }}:
    {{- pick . "labels" "annotations" | toYaml | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- end }}
  template:
    {{- with pick (default dict .Values.template.metadata) "labels" "annotations" }}
    metadata:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    spec:
      {{- include "set.pod-spec" . | nindent 6 }}
