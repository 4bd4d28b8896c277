{{- /* Names, labels and lookups that several templates of this chart share. */ -}}

{{- define "set.name" -}}
{{- default .Release.Name .Values.runnerScaleSetName -}}
{{- end -}}

{{- define "set.namespace" -}}
{{- $facts := include "release.facts" . | fromJson -}}
{{- $other := ternary .Values.namespaceOverride "" $facts.namespace_override -}}
{{- default .Release.Namespace $other -}}
{{- end -}}

{{- define "set.fullname" -}}
{{- printf "%s-gha-rs" (include "set.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* Kubernetes refuses "_" in most names; releases that know replace it there. */ -}}
{{- define "set.object" -}}
{{- $facts := include "release.facts" .root | fromJson -}}
{{- if $facts.dashes }}{{ .name | replace "_" "-" }}{{ else }}{{ .name }}{{ end -}}
{{- end -}}

{{- define "set.helper" -}}
{{- include "set.object" (dict "root" .root "name" (printf "%s-%s" (include "set.fullname" .root) .suffix)) -}}
{{- end -}}

{{- define "set.manager" -}}
{{- include "set.fullname" . -}}-manager
{{- end -}}

{{- /* Role and binding of kubernetes mode keep a "_"; its ServiceAccount does not. */ -}}
{{- define "set.kube-mode" -}}
{{- include "set.fullname" . -}}-kube-mode
{{- end -}}

{{- define "set.secret" -}}
{{- if kindIs "string" .Values.githubConfigSecret -}}
{{- required "githubConfigSecret is required: a Secret's name, or the credentials themselves" .Values.githubConfigSecret -}}
{{- else -}}
{{- include "set.helper" (dict "root" . "suffix" "github-secret") -}}
{{- end -}}
{{- end -}}

{{- define "set.mode" -}}
{{- $facts := include "release.facts" . | fromJson -}}
{{- $mode := default "" (default dict .Values.containerMode).type -}}
{{- if and (eq $mode "kubernetes-novolume") (not $facts.novolume) }}{{ $mode = "" }}{{ end -}}
{{- $mode -}}
{{- end -}}

{{- /* "yes" where the chart makes the ServiceAccount, Role and binding of kubernetes mode. */ -}}
{{- define "set.has-kube-mode" -}}
{{- if and (hasPrefix "kubernetes" (include "set.mode" .)) (not .Values.template.spec.serviceAccountName) }}yes{{ end -}}
{{- end -}}

{{- define "set.labels" -}}
helm.sh/chart: {{ printf "gha-rs-%s" .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ include "set.name" . }}
app.kubernetes.io/instance: {{ include "set.name" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: gha-rs
actions.github.com/scale-set-name: {{ include "set.name" . }}
actions.github.com/scale-set-namespace: {{ include "set.namespace" . }}
{{- end -}}

{{- /*
metadata of an object: root, name, kind (its key in resourceMeta); optional component, annotations
and "protected" for the finalizer that only ARC's controller takes off.
*/ -}}
{{- define "set.metadata" -}}
{{- $facts := include "release.facts" .root | fromJson -}}
{{- $labels := include "set.labels" .root | fromYaml -}}
{{- with .component }}{{ $_ := set $labels "app.kubernetes.io/component" . }}{{ end -}}
{{- $annotations := default dict .annotations -}}
{{- if $facts.object_metadata -}}
{{- $own := default dict (index (default dict .root.Values.resourceMeta) .kind) -}}
{{- $more := merge dict (default dict $own.labels) (default dict .root.Values.labels) -}}
{{- range $key, $value := $more -}}
{{- $kept := or (not $facts.filters_reserved) (not (hasPrefix "actions.github.com/" $key)) -}}
{{- if and $kept (not (hasKey $labels $key)) }}{{ $_ := set $labels $key (toString $value) }}{{ end -}}
{{- end -}}
{{- $more = merge dict (default dict $own.annotations) (default dict .root.Values.annotations) -}}
{{- range $key, $value := $more -}}
{{- $kept := or (not $facts.filters_reserved) (not (hasPrefix "actions.github.com/cleanup-" $key)) -}}
{{- if and $kept (not (hasKey $annotations $key)) }}{{ $_ := set $annotations $key (toString $value) }}{{ end -}}
{{- end -}}
{{- end -}}
metadata:
  name: {{ .name }}
  namespace: {{ include "set.namespace" .root }}
  labels:
    {{- toYaml $labels | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .protected }}
  finalizers:
  - actions.github.com/cleanup-protection
  {{- end }}
{{- end -}}
