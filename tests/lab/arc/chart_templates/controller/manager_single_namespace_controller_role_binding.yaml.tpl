{{- if .Values.flags.watchSingleNamespace }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "controller.metadata" (dict "root" . "suffix" "-single-namespace" "namespace" (include "controller.namespace" .)) }}
{{ include "controller.grant" (dict "root" . "kind" "Role" "suffix" "-single-namespace") }}
{{- end }}
