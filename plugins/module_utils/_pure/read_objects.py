# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one raw API object becomes a value of objects.py; nothing is joined or judged here.

List items of the API have no `kind` and no `apiVersion`, so the caller says what they are.
Zeros are left out by ARC's types: an AutoscalingListener without `maxRunners` and an
EphemeralRunnerSet without `replicas` mean 0, an AutoscalingRunnerSet without `maxRunners`
means no limit (omitempty tags, ARC `apis/actions.github.com/v1alpha1`).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Dict, Mapping, Optional, Tuple

from . import objects, releases
from .drain_types import LIMITS_BEFORE

Raw = Mapping[str, Any]

MAIN_CONTAINERS = ("runner", "listener", "manager")
VERSION_LABEL = "app.kubernetes.io/version"
CHART_LABEL = "helm.sh/chart"
SET_NAME_LABEL = "actions.github.com/scale-set-name"
SET_NAMESPACE_LABEL = "actions.github.com/scale-set-namespace"
WATCH_LABEL = "actions.github.com/controller-watch-single-namespace"
ACCOUNT_NAMESPACE_LABEL = "actions.github.com/controller-service-account-namespace"
ACCOUNT_NAME_LABEL = "actions.github.com/controller-service-account-name"
ID_ANNOTATION = "runner-scale-set-id"
GROUP_ANNOTATION = "actions.github.com/runner-group-name"
# What the controller writes on a set; with its owner's object they would say what is no more.
ANNOTATIONS_OF_CONTROLLER = (
    ID_ANNOTATION, GROUP_ANNOTATION, "runner-scale-set-name",
    "actions.github.com/runner-scale-set-name", "actions.github.com/change-hash",
)  # fmt: skip
CLEANUP_PREFIX = "actions.github.com/cleanup-"
HELM_NAME = "meta.helm.sh/release-name"
HELM_NAMESPACE = "meta.helm.sh/release-namespace"
HOOKS_VARIABLE = "ACTIONS_RUNNER_CONTAINER_HOOKS"
RECORD_LABEL = "arc.lifecycle/record"
RECORD_PREFIX = "arc.lifecycle/"
# GitHub's name of the group with id 1, into which a set without `runnerGroup` goes.
DEFAULT_GROUP = "Default"

# Keys of labels and annotations by which Git operators mark what they own.
_ARGO_MARKS = ("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance")
_FLUX_MARKS = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")

# Endings of the names that the scale-set chart gives, since 0.5.0 (#2706) and before.
_ROLE_BY_ENDING = (
    ("-github-secret", "github-secret"),
    ("-kube-mode", "kubernetes-mode"),
    ("-kube-mode-role", "kubernetes-mode"),
    ("-kube-mode-role-binding", "kubernetes-mode"),
    ("-kube-mode-service-account", "kubernetes-mode"),
    ("-no-permission", "no-permission"),
    ("-no-permission-service-account", "no-permission"),
    ("-manager", "manager"),
    ("-manager-role", "manager"),
    ("-manager-role-binding", "manager"),
)
_KIND_ENDING = {
    "Secret": "",
    "Role": "-role",
    "RoleBinding": "-role-binding",
    "ServiceAccount": "-service-account",
}


def read_time(text: Optional[str]) -> Optional[datetime]:
    """Return an API time as aware UTC, None where the field is absent."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def read_ref(raw: Raw, kind: str) -> objects.Ref:
    """Return who an object is."""
    meta = raw["metadata"]
    return objects.Ref(kind, meta.get("namespace", ""), meta["name"], meta.get("uid", ""))


def owner_uid(raw: Raw) -> str:
    """Return the UID of the controlling owner, else of the first owner, else ""."""
    owners = raw["metadata"].get("ownerReferences") or ()
    for owner in owners:
        if owner.get("controller"):
            return str(owner.get("uid", ""))
    return str(owners[0].get("uid", "")) if owners else ""


def read_pod(raw: Raw) -> objects.Pod:
    """Read a pod and the state of its main container."""
    spec, status, meta = raw.get("spec") or {}, raw.get("status") or {}, raw["metadata"]
    main = _main_container(status.get("containerStatuses") or ())
    kind, state = _container_state(main)
    conditions = {c.get("type"): c for c in status.get("conditions") or ()}
    ready = (conditions.get("Ready") or {}).get("status") == "True"
    images = [c.get("image", "") for c in spec.get("containers") or () if _is_main(c)]
    return objects.Pod(
        ref=read_ref(raw, "Pod"),
        phase=status.get("phase", ""),
        node=spec.get("nodeName"),
        started_at=read_time(state.get("startedAt")) if kind == "running" else None,
        ready=ready,
        deleting_since=read_time(meta.get("deletionTimestamp")),
        container_state=kind,
        exit_code=state.get("exitCode") if kind == "terminated" else None,
        reason=status.get("reason") or state.get("reason") or "",
        owner_uid=owner_uid(raw),
        restarts=main.get("restartCount", 0),
        image=images[0] if images else "",
        created=read_time(meta.get("creationTimestamp")),
        service_account=spec.get("serviceAccountName", ""),
        runner_pod=(meta.get("labels") or {}).get("runner-pod", ""),
        node_is_silent=status.get("phase") == "Running" and _is_marked_by_others(conditions),
    )


def read_helm_release(raw: Raw) -> objects.HelmRelease:
    """Read a release as the store reader gives it: without values."""
    return objects.HelmRelease(
        name=raw["name"],
        namespace=raw["namespace"],
        chart=raw.get("chart", ""),
        chart_version=raw.get("chart_version", ""),
        app_version=raw.get("app_version", ""),
        status=raw.get("status", ""),
        revision=int(raw.get("revision") or 0),
        updated=str(raw.get("updated") or ""),
        value_paths=tuple(raw.get("value_paths") or ()),
        min_runners=raw.get("min_runners"),
        max_runners=raw.get("max_runners"),
        set_name=raw.get("set_name") or "",
        once_deployed=bool(raw.get("once_deployed")),
    )


def read_controller(raw: Raw) -> objects.Controller:
    """Read a controller Deployment; its pods and Helm release are joined elsewhere."""
    meta, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    labels = meta.get("labels") or {}
    pod_spec = (spec.get("template") or {}).get("spec") or {}
    manager = next((c for c in pod_spec.get("containers") or () if _is_main(c)), {})
    arguments = _arguments(manager)
    image = manager.get("image", "")
    namespace = meta.get("namespace", "")
    # Surge pods of a RollingUpdate must not make an unfinished rollout look ready.
    ready = min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0))
    observed = status.get("observedGeneration", 0) >= meta.get("generation", 0)
    return objects.Controller(
        ref=read_ref(raw, "Deployment"),
        release=releases.release_of_image(image) or labels.get(VERSION_LABEL),
        image=image,
        watch_namespace=arguments.get("watch-single-namespace") or labels.get(WATCH_LABEL) or None,
        desired=spec.get("replicas", 1),
        ready=ready if observed else 0,
        update_strategy=arguments.get("update-strategy") or "immediate",
        service_account=(
            labels.get(ACCOUNT_NAMESPACE_LABEL) or namespace,
            labels.get(ACCOUNT_NAME_LABEL) or pod_spec.get("serviceAccountName", ""),
        ),
        label_release=labels.get(VERSION_LABEL),
        deleting_since=read_time(meta.get("deletionTimestamp")),
        chart=labels.get(CHART_LABEL, ""),
        managed_by=read_owner(meta),
    )


def read_listener(raw: Raw) -> objects.Listener:
    """Read an AutoscalingListener; its pod is joined elsewhere."""
    spec, meta = raw.get("spec") or {}, raw["metadata"]
    image = spec.get("image", "")
    return objects.Listener(
        ref=read_ref(raw, "AutoscalingListener"),
        image=image,
        release=releases.release_of_image(image),
        scale_set_namespace=spec.get("autoscalingRunnerSetNamespace", ""),
        scale_set_name=spec.get("autoscalingRunnerSetName", ""),
        runner_set_name=spec.get("ephemeralRunnerSetName", ""),
        scale_set_id=spec.get("runnerScaleSetId"),
        min_runners=spec.get("minRunners") or 0,
        max_runners=spec.get("maxRunners") or 0,
        created=read_time(meta.get("creationTimestamp")),
        deleting_since=read_time(meta.get("deletionTimestamp")),
        finalizers=tuple(meta.get("finalizers") or ()),
    )


def read_runner_set(raw: Raw) -> objects.RunnerSet:
    """Read an EphemeralRunnerSet."""
    spec, meta = raw.get("spec") or {}, raw["metadata"]
    return objects.RunnerSet(
        ref=read_ref(raw, "EphemeralRunnerSet"),
        owner_uid=owner_uid(raw),
        replicas=spec.get("replicas") or 0,
        patch_id=spec.get("patchID"),
        phase=(raw.get("status") or {}).get("phase"),
        created=read_time(meta.get("creationTimestamp")),
        deleting_since=read_time(meta.get("deletionTimestamp")),
        finalizers=tuple(meta.get("finalizers") or ()),
    )


def read_job(status: Raw) -> Optional[objects.Job]:
    """Read the job fields, None where none of them is set."""
    job = objects.Job(
        request_id=status.get("jobRequestId") or 0,
        job_id=status.get("jobId") or "",
        repository=status.get("jobRepositoryName") or "",
        workflow=status.get("jobWorkflowRef") or "",
        run_id=status.get("workflowRunId") or 0,
        display_name=status.get("jobDisplayName") or "",
    )
    return None if job == objects.Job() else job


def read_helper(raw: Raw, kind: str, roles: Mapping[Tuple[str, str, str], str]) -> objects.Helper:
    """Read a helper object. `roles`: (kind, namespace, name) -> role, from the sets themselves."""
    meta = raw["metadata"]
    labels = meta.get("labels") or {}
    ref = read_ref(raw, kind)
    return objects.Helper(
        ref=ref,
        finalizers=tuple(meta.get("finalizers") or ()),
        deleting_since=read_time(meta.get("deletionTimestamp")),
        role=roles.get((kind, ref.namespace, ref.name)) or _role_by_name(kind, ref.name),
        scale_set_namespace=labels.get(SET_NAMESPACE_LABEL, ref.namespace),
        scale_set_name=labels.get(SET_NAME_LABEL, ""),
        created=read_time(meta.get("creationTimestamp")),
    )


def read_credentials(raw: Raw) -> objects.Credentials:
    """Read which keys a Secret has."""
    meta = raw["metadata"]
    return objects.Credentials(meta["namespace"], meta["name"], tuple(sorted(raw.get("data") or ())))


def read_scale_set(raw: Raw) -> objects.ScaleSet:
    """Read an AutoscalingRunnerSet; what belongs to it is joined elsewhere."""
    spec, meta = raw.get("spec") or {}, raw["metadata"]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    cleanup = {k: v for k, v in annotations.items() if k.startswith(CLEANUP_PREFIX)}
    pod_spec = (spec.get("template") or {}).get("spec") or {}
    spec_group = spec.get("runnerGroup") or ""
    number = str(annotations.get(ID_ANNOTATION, ""))
    return objects.ScaleSet(
        ref=read_ref(raw, "AutoscalingRunnerSet"),
        release=labels.get(VERSION_LABEL),
        name=spec.get("runnerScaleSetName") or meta["name"],
        group=spec_group or annotations.get(GROUP_ANNOTATION) or DEFAULT_GROUP,
        config_url=spec.get("githubConfigUrl", ""),
        min_runners=spec.get("minRunners") or 0,
        max_runners=spec.get("maxRunners"),
        container_mode=_container_mode(pod_spec, cleanup),
        scale_set_id=int(number) if number.isdigit() else None,
        phase=(raw.get("status") or {}).get("phase"),
        created=read_time(meta.get("creationTimestamp")),
        deleting_since=read_time(meta.get("deletionTimestamp")),
        finalizers=tuple(meta.get("finalizers") or ()),
        cleanup=cleanup,
        managed_by=read_owner(meta),
        spec_group=spec_group,
        github_secret=spec.get("githubConfigSecret", ""),
        uses_vault=bool(spec.get("vaultConfig")),
        chart=labels.get(CHART_LABEL, ""),
        service_account=pod_spec.get("serviceAccountName", ""),
        labels=dict(labels),
        runner_image=next(
            (str(one.get("image", "")) for one in pod_spec.get("containers") or ()
             if one.get("name") == "runner"), "",
        ),
        limits_note=annotations.get(LIMITS_BEFORE, ""),
    )


def read_record(raw: Raw) -> objects.Record:
    """Read what a run left about itself in the annotations of its Secret.

    `state`: "open" while the run is not over, "closed" after, "unreadable" if it makes no sense.
    """
    notes = {
        key[len(RECORD_PREFIX):]: value
        for key, value in (raw["metadata"].get("annotations") or {}).items()
        if key.startswith(RECORD_PREFIX)
    }
    state = notes.get("state", "unreadable")
    try:
        scale_sets = tuple(
            {"namespace": one["namespace"], "name": one["name"], "helm": one.get("helm", "")}
            for one in json.loads(notes.get("scale-sets", "[]"))
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        state, scale_sets = "unreadable", ()
    return objects.Record(
        ref=read_ref(raw, "Secret"),
        state=state,
        from_release=notes.get("from-release", ""),
        to_release=notes.get("to-release", ""),
        scale_sets=scale_sets,
        started=notes.get("started", ""),
        operator=notes.get("operator", ""),
        kind=notes.get("kind", ""),
    )


def read_owner(meta: Raw) -> str:
    """Tell who puts an object back when it changes: "argocd", "flux", "helm" or "hand".

    Argo CD's default label `app.kubernetes.io/instance` is also the chart's, so it is no sign.
    """
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    if any(mark in labels or mark in annotations for mark in _ARGO_MARKS):
        return "argocd"
    if any(mark in labels or mark in annotations for mark in _FLUX_MARKS):
        return "flux"
    return "helm" if annotations.get(HELM_NAME) else "hand"


def helm_key(meta: Raw) -> Tuple[str, str]:
    """Return (namespace, name) of the Helm release that an object says it belongs to."""
    annotations = meta.get("annotations") or {}
    name = annotations.get(HELM_NAME, "")
    return (annotations.get(HELM_NAMESPACE) or meta.get("namespace", ""), name)


def has_poisoned_failures(status: Raw) -> bool:
    """True if `failures` holds a value that is no time: booleans up to 0.11.0 (#4156, #4167)."""
    return any(not isinstance(value, str) for value in (status.get("failures") or {}).values())


def _is_main(container: Raw) -> bool:
    return container.get("name") in MAIN_CONTAINERS


def _main_container(statuses: Any) -> Raw:
    for container in statuses:
        if _is_main(container):
            return container
    return {}


def _container_state(container: Raw) -> Tuple[Optional[str], Raw]:
    for kind, state in (container.get("state") or {}).items():
        return kind, state or {}
    return None, {}


def _is_marked_by_others(conditions: Raw) -> bool:
    """True if a pod's Ready was taken away by another than its kubelet.

    The node lifecycle controller does that once a node is silent (after 40 or 50 s by default),
    and leaves the other conditions as they were. A kubelet writes both conditions together, and
    gives a reason. Source: Kubernetes, pkg/controller/util/node, MarkPodsNotReady.
    """
    ready, containers = conditions.get("Ready") or {}, conditions.get("ContainersReady") or {}
    is_taken = ready.get("status") == "False" and not ready.get("reason")
    return is_taken and containers.get("status") == "True"


def _arguments(container: Raw) -> Dict[str, str]:
    """Read `--name=value` arguments; a flag without value reads as "true"."""
    found: Dict[str, str] = {}
    for argument in container.get("args") or ():
        name, _equals, value = str(argument).lstrip("-").partition("=")
        found[name] = value or "true"
    return found


def _container_mode(pod_spec: Raw, cleanup: Raw) -> Optional[str]:
    """Tell the mode from what the chart made of it: the value itself is in no object."""
    containers = list(pod_spec.get("containers") or ())
    hooks = [
        str(variable.get("value", ""))
        for container in containers
        for variable in container.get("env") or ()
        if variable.get("name") == HOOKS_VARIABLE
    ]
    if any("novolume" in hook for hook in hooks):
        return "kubernetes-novolume"
    if hooks or any("kubernetes-mode" in name for name in cleanup):
        return "kubernetes"
    everything = containers + list(pod_spec.get("initContainers") or ())
    return "dind" if any(c.get("name") == "dind" for c in everything) else None


def _role_by_name(kind: str, name: str) -> str:
    for ending, role in _ROLE_BY_ENDING:
        if name.endswith(ending):
            return role if kind == "Secret" else role + _KIND_ENDING.get(kind, "")
    return "other"
