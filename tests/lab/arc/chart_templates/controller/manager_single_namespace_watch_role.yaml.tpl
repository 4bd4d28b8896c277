{{- with .Values.flags.watchSingleNamespace }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "controller.metadata" (dict "root" $ "suffix" "-single-namespace-watch" "namespace" .) }}
rules:
{{- range list "autoscalingrunnersets" "ephemeralrunnersets" "ephemeralrunners" }}
{{ include "controller.rules.owns" . }}
{{- end }}
- apiGroups: [actions.github.com]
  resources: [autoscalinglisteners]
  verbs: [list, watch]
{{ include "controller.rules.follows" . }}
{{- end }}
