{{- if not .Values.flags.watchSingleNamespace }}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
{{ include "controller.metadata" (dict "root" .) }}
{{ include "controller.grant" (dict "root" . "kind" "ClusterRole") }}
{{- end }}
