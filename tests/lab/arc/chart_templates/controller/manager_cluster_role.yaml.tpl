{{- if not .Values.flags.watchSingleNamespace }}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
{{ include "controller.metadata" (dict "root" .) }}
rules:
{{- range list "autoscalingrunnersets" "autoscalinglisteners" "ephemeralrunnersets" "ephemeralrunners" }}
{{ include "controller.rules.owns" . }}
{{- end }}
{{ include "controller.rules.follows" . }}
{{- end }}
