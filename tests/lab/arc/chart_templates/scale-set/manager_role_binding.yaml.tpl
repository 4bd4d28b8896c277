{{- $controller := include "set.controller" . | fromJson }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "set.metadata" (dict "root" . "kind" "managerRoleBinding" "component" "manager-role-binding" "name" (include "set.manager" .) "protected" true) }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ include "set.manager" . }}
subjects:
- kind: ServiceAccount
  name: {{ $controller.name }}
  namespace: {{ $controller.namespace }}
