{{- if .Values.flags.watchSingleNamespace }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "controller.metadata" (dict "root" . "suffix" "-single-namespace" "namespace" (include "controller.namespace" .)) }}
rules:
{{ include "controller.rules.owns" "autoscalinglisteners" }}
- apiGroups: [actions.github.com]
  resources: [autoscalingrunnersets, ephemeralrunnersets, ephemeralrunners]
  verbs: [list, watch]
{{ include "controller.rules.follows" . }}
{{- end }}
