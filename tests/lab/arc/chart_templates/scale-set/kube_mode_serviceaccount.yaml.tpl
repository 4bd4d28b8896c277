{{- $facts := include "release.facts" . | fromJson }}
{{- if include "set.has-kube-mode" . }}
{{- $metadata := dict "root" . "kind" "kubernetesModeServiceAccount" "name" (include "set.account" .) "protected" true }}
{{- if $facts.kube_mode_account_annotations }}
{{- with .Values.containerMode.kubernetesModeServiceAccount }}
{{- $_ := set $metadata "annotations" (deepCopy (default dict .annotations)) }}
{{- end }}
{{- end }}
apiVersion: v1
kind: ServiceAccount
{{ include "set.metadata" $metadata }}
{{- end }}
