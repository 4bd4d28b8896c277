{{- $facts := include "release.facts" . | fromJson }}
{{- if gt (int (default 1 .Values.replicaCount)) 1 }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "controller.metadata" (dict "root" . "suffix" "-leader-election" "namespace" (include "controller.namespace" .)) }}
rules:
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create, delete, get, list, patch, update, watch]
{{- if $facts.leader_events }}
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}
{{- end }}
