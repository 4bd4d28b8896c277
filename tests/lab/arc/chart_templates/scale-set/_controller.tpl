{{- /*
Which ServiceAccount is the controller's? {"name", "namespace"} as JSON: from the values, else from
the labels of the one controller Deployment that the cluster has.
*/ -}}
{{- define "set.controller" -}}
{{- $given := default dict .Values.controllerServiceAccount -}}
{{- if and $given.name $given.namespace -}}
{{- pick $given "name" "namespace" | toJson -}}
{{- else -}}
{{- $found := include "set.controller.discovered" . | fromJson -}}
{{- merge dict (pick $given "name" "namespace") $found | toJson -}}
{{- end -}}
{{- end -}}

{{- define "set.controller.discovered" -}}
{{- $advice := "Consider setting controllerServiceAccount.name and .namespace" -}}
{{- $everywhere := list -}}
{{- $restricted := list -}}
{{- $here := list -}}
{{- range (default dict (lookup "apps/v1" "Deployment" "" "")).items -}}
{{- $labels := default dict .metadata.labels -}}
{{- if eq (toString (get $labels "app.kubernetes.io/part-of")) "gha-rs-controller" -}}
{{- $watched := get $labels "actions.github.com/controller-watch-single-namespace" -}}
{{- if $watched }}{{ $restricted = append $restricted $labels }}{{ else }}{{ $everywhere = append $everywhere $labels }}{{ end -}}
{{- if eq $watched $.Release.Namespace }}{{ $here = append $here $labels }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if and $everywhere $restricted -}}
{{- fail (printf "Found both gha-rs-controller installed with flags.watchSingleNamespace set and unset in cluster, this is not supported. %s" $advice) -}}
{{- end -}}
{{- $usable := ternary $here $everywhere (gt (len $restricted) 0) -}}
{{- if not $usable -}}
{{- fail (printf "No gha-rs-controller deployment found using label (app.kubernetes.io/part-of=gha-rs-controller). %s" $advice) -}}
{{- end -}}
{{- if gt (len $usable) 1 -}}
{{- fail (printf "More than one gha-rs-controller deployment found using label (app.kubernetes.io/part-of=gha-rs-controller). %s" $advice) -}}
{{- end -}}
{{- $labels := first $usable -}}
{{- dict "name" (get $labels "actions.github.com/controller-service-account-name") "namespace" (get $labels "actions.github.com/controller-service-account-namespace") | toJson -}}
{{- end -}}
