apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "controller.metadata" (dict "root" . "suffix" "-listener" "namespace" (include "controller.namespace" .)) }}
rules:
- apiGroups: [""]
  resources: [pods]
  verbs: [create, delete, get]
- apiGroups: [""]
  resources: [pods/status]
  verbs: [get]
- apiGroups: [""]
  resources: [secrets, serviceaccounts]
  verbs: [create, delete, get, patch, update]
