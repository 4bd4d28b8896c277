{{- /* The runner pod of each container mode, put together from the user's template. */ -}}

{{- /* A list of things with names: "own" first, then those of "more" whose name is not taken. */ -}}
{{- define "set.with-missing" -}}
{{- $names := dict -}}
{{- range .own }}{{ $_ := set $names .name true }}{{ end -}}
{{- $all := default list .own -}}
{{- range .more }}{{ if not (hasKey $names .name) }}{{ $all = append $all . }}{{ end }}{{ end -}}
{{- toJson $all -}}
{{- end -}}

{{- /* Env and mounts of the runner container that a mode and a private CA ask for, as JSON. */ -}}
{{- define "set.runner-needs" -}}
{{- $facts := include "release.facts" .root | fromJson -}}
{{- $mode := include "set.mode" .root -}}
{{- $env := list -}}
{{- $mounts := list -}}
{{- if eq $mode "dind" -}}
{{- $env = append $env (dict "name" "DOCKER_HOST" "value" "unix:///var/run/docker.sock") -}}
{{- if $facts.dind_sidecar }}{{ $env = append $env (dict "name" "RUNNER_WAIT_FOR_DOCKER_IN_SECONDS" "value" "120") }}{{ end -}}
{{- $mounts = append $mounts (dict "name" "dind-sock" "mountPath" "/var/run") -}}
{{- else if hasPrefix "kubernetes" $mode -}}
{{- $folder := ternary "k8s" "k8s-novolume" (eq $mode "kubernetes") -}}
{{- $env = append $env (dict "name" "ACTIONS_RUNNER_CONTAINER_HOOKS" "value" (printf "/home/runner/%s/index.js" $folder)) -}}
{{- $env = append $env (dict "name" "ACTIONS_RUNNER_POD_NAME" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name"))) -}}
{{- $env = append $env (dict "name" "ACTIONS_RUNNER_REQUIRE_JOB_CONTAINER" "value" "true") -}}
{{- if ne $mode "kubernetes" }}{{ $env = append $env (dict "name" "ACTIONS_RUNNER_IMAGE" "value" .container.image) }}{{ end -}}
{{- end -}}
{{- if has $mode (list "dind" "kubernetes") -}}
{{- $mounts = append $mounts (dict "name" "work" "mountPath" "/home/runner/_work") -}}
{{- end -}}
{{- $tls := default dict .root.Values.githubServerTLS -}}
{{- with $tls.runnerMountPath -}}
{{- $key := $tls.certificateFrom.configMapKeyRef.key -}}
{{- $path := clean (printf "%s/%s" . $key) -}}
{{- $env = append $env (dict "name" "NODE_EXTRA_CA_CERTS" "value" $path) -}}
{{- $env = append $env (dict "name" "RUNNER_UPDATE_CA_CERTS" "value" "1") -}}
{{- $mounts = append $mounts (dict "name" "github-server-tls-cert" "mountPath" $path "subPath" $key) -}}
{{- end -}}
{{- dict "env" $env "volumeMounts" $mounts | toJson -}}
{{- end -}}

{{- define "set.runner-container" -}}
{{- $needs := include "set.runner-needs" . | fromJson -}}
{{- $container := deepCopy .container -}}
{{- range $field, $more := $needs -}}
{{- $all := include "set.with-missing" (dict "own" (index $container $field) "more" $more) | fromJsonArray -}}
{{- if $all }}{{ $_ := set $container $field $all }}{{ end -}}
{{- end -}}
{{- toJson $container -}}
{{- end -}}

{{- define "set.dind-container" -}}
{{- $facts := include "release.facts" . | fromJson -}}
name: dind
image: docker:dind
args: [dockerd, --host=unix:///var/run/docker.sock, --group=$(DOCKER_GROUP_GID)]
env:
- name: DOCKER_GROUP_GID
  value: "123"
securityContext:
  privileged: true
{{- if $facts.dind_sidecar }}
restartPolicy: Always
startupProbe:
  exec:
    command: [docker, info]
  initialDelaySeconds: 0
  failureThreshold: 24
  periodSeconds: 5
{{- end }}
volumeMounts:
- name: work
  mountPath: /home/runner/_work
- name: dind-sock
  mountPath: /var/run
- name: dind-externals
  mountPath: /home/runner/externals
{{- end -}}

{{- /* Volumes that a mode and a private CA ask for, as JSON. */ -}}
{{- define "set.volumes-needed" -}}
{{- $mode := include "set.mode" . -}}
{{- $volumes := list -}}
{{- if eq $mode "dind" -}}
{{- range list "dind-sock" "dind-externals" "work" }}{{ $volumes = append $volumes (dict "name" . "emptyDir" dict) }}{{ end -}}
{{- else if eq $mode "kubernetes" -}}
{{- $claim := required "containerMode.kubernetesModeWorkVolumeClaim is required in kubernetes mode" .Values.containerMode.kubernetesModeWorkVolumeClaim -}}
{{- $volumes = append $volumes (dict "name" "work" "ephemeral" (dict "volumeClaimTemplate" (dict "spec" $claim))) -}}
{{- end -}}
{{- $tls := default dict .Values.githubServerTLS -}}
{{- if $tls.runnerMountPath -}}
{{- $key := $tls.certificateFrom.configMapKeyRef.key -}}
{{- $file := dict "name" $tls.certificateFrom.configMapKeyRef.name "items" (list (dict "key" $key "path" $key)) -}}
{{- $volumes = append $volumes (dict "name" "github-server-tls-cert" "configMap" $file) -}}
{{- end -}}
{{- toJson $volumes -}}
{{- end -}}

{{- define "set.account" -}}
{{- $suffix := ternary "kube-mode" "no-permission" (hasPrefix "kubernetes" (include "set.mode" .)) -}}
{{- default (include "set.helper" (dict "root" . "suffix" $suffix)) .Values.template.spec.serviceAccountName -}}
{{- end -}}

{{- /* The spec of the runner pod, as YAML. */ -}}
{{- define "set.pod-spec" -}}
{{- $facts := include "release.facts" . | fromJson -}}
{{- $is_dind := eq (include "set.mode" .) "dind" -}}
{{- $given := .Values.template.spec -}}
{{- $pod := omit $given "containers" "volumes" "initContainers" -}}
{{- $_ := set $pod "restartPolicy" (default "Never" $given.restartPolicy) -}}
{{- $_ := set $pod "serviceAccountName" (include "set.account" .) -}}
{{- $dind := ternary (include "set.dind-container" . | fromYaml) dict $is_dind -}}
{{- $first := list -}}
{{- $containers := list -}}
{{- range $given.containers -}}
{{- if eq .name "runner" -}}
{{- $containers = append $containers (include "set.runner-container" (dict "root" $ "container" .) | fromJson) -}}
{{- if $is_dind -}}
{{- $command := ternary (list "cp" "-r" "-v") (list "cp" "-r") $facts.dind_copy_verbose -}}
{{- $command = concat $command (list "/home/runner/externals/." "/home/runner/tmpDir/") -}}
{{- $mounts := list (dict "name" "dind-externals" "mountPath" "/home/runner/tmpDir") -}}
{{- $first = append $first (dict "name" "init-dind-externals" "image" .image "command" $command "volumeMounts" $mounts) -}}
{{- if $facts.dind_sidecar }}{{ $first = append $first $dind }}{{ else }}{{ $containers = append $containers $dind }}{{ end -}}
{{- end -}}
{{- else if not (and $is_dind (eq .name "dind")) -}}
{{- $containers = append $containers . -}}
{{- end -}}
{{- end -}}
{{- $_ := set $pod "containers" $containers -}}
{{- with concat $first (default list $given.initContainers) }}{{ $_ := set $pod "initContainers" . }}{{ end -}}
{{- $needed := include "set.volumes-needed" . | fromJsonArray -}}
{{- with include "set.with-missing" (dict "own" $given.volumes "more" $needed) | fromJsonArray }}{{ $_ := set $pod "volumes" . }}{{ end -}}
{{- toYaml $pod -}}
{{- end -}}
