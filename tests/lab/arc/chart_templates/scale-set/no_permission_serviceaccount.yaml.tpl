{{- $facts := include "release.facts" . | fromJson }}
{{- $mode := include "set.mode" . }}
{{- $spared := ternary (eq $mode "kubernetes") (hasPrefix "kubernetes" $mode) $facts.novolume_leaves_account }}
{{- if and (not $spared) (not .Values.template.spec.serviceAccountName) }}
apiVersion: v1
kind: ServiceAccount
{{ include "set.metadata" (dict "root" . "kind" "noPermissionServiceAccount" "name" (include "set.helper" (dict "root" . "suffix" "no-permission")) "protected" true) }}
{{- end }}
