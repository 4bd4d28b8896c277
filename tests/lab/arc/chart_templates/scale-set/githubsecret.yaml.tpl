{{- if not (kindIs "string" .Values.githubConfigSecret) }}
{{- $given := default dict .Values.githubConfigSecret }}
{{- if not $given.github_token }}
{{- range list "github_app_id" "github_app_installation_id" "github_app_private_key" }}
{{- $_ := required (printf "githubConfigSecret needs github_token, or all of an App; %s is missing" .) (index $given .) }}
{{- end }}
{{- end }}
apiVersion: v1
kind: Secret
{{ include "set.metadata" (dict "root" . "kind" "githubConfigSecret" "name" (include "set.secret" .) "protected" true) }}
data:
  {{- range $key, $value := $given }}
  {{- if $value }}
  {{ $key }}: {{ toString $value | b64enc }}
  {{- end }}
  {{- end }}
{{- end }}
