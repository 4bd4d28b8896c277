{{- /* Names, labels and rules that several templates of this chart share. */ -}}

{{- define "controller.name" -}}
{{- default "gha-rs-controller" .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "controller.fullname" -}}
{{- $name := default "gha-rs-controller" .Values.nameOverride -}}
{{- $full := printf "%s-%s" .Release.Name $name -}}
{{- if contains $name .Release.Name }}{{ $full = .Release.Name }}{{ end -}}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "controller.namespace" -}}
{{- $facts := include "release.facts" . | fromJson -}}
{{- $other := ternary .Values.namespaceOverride "" $facts.namespace_override -}}
{{- default .Release.Namespace $other -}}
{{- end -}}

{{- define "controller.selector" -}}
app.kubernetes.io/name: {{ include "controller.name" . }}
app.kubernetes.io/namespace: {{ include "controller.namespace" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "controller.labels" -}}
helm.sh/chart: {{ printf "gha-rs-controller-%s" .Chart.Version | replace "+" "_" | trunc 63 }}
{{ include "controller.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: gha-rs-controller
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- range $key, $value := .Values.labels }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- define "controller.account" -}}
{{- $given := .Values.serviceAccount.name -}}
{{- if eq (toString $given) "default" }}{{ fail "serviceAccount.name cannot be set to 'default'" }}{{ end -}}
{{- if and (not .Values.serviceAccount.create) (not $given) -}}
{{- fail "serviceAccount.name must be set if serviceAccount.create is false" -}}
{{- end -}}
{{- default (include "controller.fullname" .) $given -}}
{{- end -}}

{{- define "controller.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}

{{- /* metadata of a role or binding; "suffix" follows the full name, "namespace" may be absent. */ -}}
{{- define "controller.metadata" -}}
metadata:
  name: {{ include "controller.fullname" .root }}{{ .suffix }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
{{- end -}}

{{- /* roleRef and subjects of a binding: the role bears the binding's name. */ -}}
{{- define "controller.grant" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ include "controller.fullname" .root }}{{ .suffix }}
subjects:
- kind: ServiceAccount
  name: {{ include "controller.account" .root }}
  namespace: {{ include "controller.namespace" .root }}
{{- end -}}

{{- /* Everything with one kind of ARC: the object, its status and its finalizers. */ -}}
{{- define "controller.rules.owns" -}}
- apiGroups: [actions.github.com]
  resources: [{{ . }}]
  verbs: [create, delete, get, list, patch, update, watch]
- apiGroups: [actions.github.com]
  resources: [{{ . }}/status]
  verbs: [get, patch, update]
- apiGroups: [actions.github.com]
  resources: [{{ . }}/finalizers]
  verbs: [patch, update]
{{- end -}}

{{- /* What the manager's caches follow; no right to read a secret, or to change anything but Roles. */ -}}
{{- define "controller.rules.follows" -}}
- apiGroups: [""]
  resources: [pods, serviceaccounts]
  verbs: [list, watch]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings]
  verbs: [list, watch]
# Patch: the right from the set's own Role goes with its RoleBinding, just before the Role is freed.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles]
  verbs: [list, watch, patch]
{{- end -}}
