apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "set.metadata" (dict "root" . "kind" "managerRole" "component" "manager-role" "name" (include "set.manager" .) "protected" true) }}
rules:
- apiGroups: [""]
  resources: [pods]
  verbs: [create, delete, get]
- apiGroups: [""]
  resources: [pods/status]
  verbs: [get]
- apiGroups: [""]
  resources: [secrets, serviceaccounts]
  verbs: [create, delete, get, list, patch, update]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [create, delete, get, patch, update]
{{- if .Values.githubServerTLS }}
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
{{- end }}
