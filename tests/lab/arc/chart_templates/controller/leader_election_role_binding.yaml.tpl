{{- if gt (int (default 1 .Values.replicaCount)) 1 }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "controller.metadata" (dict "root" . "suffix" "-leader-election" "namespace" (include "controller.namespace" .)) }}
{{ include "controller.grant" (dict "root" . "kind" "Role" "suffix" "-leader-election") }}
{{- end }}
