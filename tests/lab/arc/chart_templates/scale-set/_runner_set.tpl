{{- /* What the AutoscalingRunnerSet says besides its spec, and what is refused. */ -}}

{{- define "set.guards" -}}
{{- $facts := include "release.facts" . | fromJson -}}
{{- if gt (len (include "set.name" .)) 45 }}{{ fail "Name must have up to 45 characters" }}{{ end -}}
{{- if gt (len (include "set.namespace" .)) 63 }}{{ fail "Namespace must have up to 63 characters" }}{{ end -}}
{{- range list "minRunners" "maxRunners" -}}
{{- $limit := index $.Values . -}}
{{- if and (not (kindIs "invalid" $limit)) (lt (int $limit) 0) }}{{ fail (printf "%s has to be greater or equal to 0" .) }}{{ end -}}
{{- end -}}
{{- $has_both := not (or (kindIs "invalid" .Values.minRunners) (kindIs "invalid" .Values.maxRunners)) -}}
{{- if and $has_both (gt (int .Values.minRunners) (int .Values.maxRunners)) -}}
{{- fail "maxRunners has to be greater or equal to minRunners" -}}
{{- end -}}
{{- if $facts.scale_set_labels -}}
{{- range .Values.scaleSetLabels -}}
{{- if or (not .) (gt (len .) 255) }}{{ fail "scaleSetLabels: each label must have 1 to 255 characters" }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* By these the controller finds the helper objects it has to free at the end. */ -}}
{{- define "set.cleanup-annotations" -}}
actions.github.com/values-hash: {{ toJson .Values | sha256sum | trunc 63 | quote }}
{{- if not (kindIs "string" .Values.githubConfigSecret) }}
actions.github.com/cleanup-github-secret-name: {{ include "set.secret" . }}
{{- end }}
actions.github.com/cleanup-manager-role-binding: {{ include "set.manager" . }}
actions.github.com/cleanup-manager-role-name: {{ include "set.manager" . }}
{{- if include "set.has-kube-mode" . }}
actions.github.com/cleanup-kubernetes-mode-role-binding-name: {{ include "set.kube-mode" . }}
actions.github.com/cleanup-kubernetes-mode-role-name: {{ include "set.kube-mode" . }}
actions.github.com/cleanup-kubernetes-mode-service-account-name: {{ include "set.account" . }}
{{- else if not .Values.template.spec.serviceAccountName }}
actions.github.com/cleanup-no-permission-service-account-name: {{ include "set.account" . }}
{{- end }}
{{- end -}}

{{- define "set.vault" -}}
{{- if ne .type "azure_key_vault" }}{{ fail (printf "Unsupported keyVault type: %s" .type) }}{{ end -}}
type: {{ .type }}
{{- with .proxy }}
proxy:
  {{- toYaml . | nindent 2 }}
{{- end }}
azureKeyVault:
  {{- pick (default dict .azureKeyVault) "url" "tenantId" "clientId" "certificatePath" | toYaml | nindent 2 }}
{{- end -}}
