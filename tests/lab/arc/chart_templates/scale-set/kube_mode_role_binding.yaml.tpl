{{- if include "set.has-kube-mode" . }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "set.metadata" (dict "root" . "kind" "kubernetesModeRoleBinding" "name" (include "set.kube-mode" .) "protected" true) }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "set.kube-mode" . }}
subjects:
- kind: ServiceAccount
  name: {{ include "set.account" . }}
  namespace: {{ include "set.namespace" . }}
{{- end }}
