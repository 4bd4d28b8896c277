{{- $facts := include "release.facts" . | fromJson }}
{{- if include "set.has-kube-mode" . }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "set.metadata" (dict "root" . "kind" "kubernetesModeRole" "name" (include "set.kube-mode" .) "protected" true) }}
rules:
- apiGroups: [""]
  resources: [pods, secrets]
  verbs: [get, list, create, delete]
- apiGroups: [""]
  resources: [pods/exec]
  verbs: [get, create]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get, list, watch]
{{- if eq (include "set.mode" .) "kubernetes" }}
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, create, delete]
{{- end }}
{{- if $facts.additional_role_rules }}
{{- with .Values.containerMode.kubernetesModeAdditionalRoleRules }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end }}
