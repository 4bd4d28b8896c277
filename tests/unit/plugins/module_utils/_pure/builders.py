# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw API objects in ARC's words, as a release would have written them.

Every builder returns a dict of its own, so a test may change it freely. `kind` and
`apiVersion` are left out, as in the items of a list. Times are minutes before `NOW`.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import reads, releases
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.builder_parts import (
    CLEANUP_PROTECTION,
    LISTENER_FINALIZER,
    NOW,
    REGISTRATION_FINALIZER,
    RUNNER_FINALIZER,
    RUNNERS,
    SET_FINALIZER,
    SYSTEMS,
    URL,
    Raw,
    ago,
    helm_marks,
    helm_release,
    helper,
    image_of,
    job_fields,
    meta,
    pod,
    put,
    uid_of,
)

__all__ = [
    "CLEANUP_PROTECTION", "LISTENER_FINALIZER", "NOW", "REGISTRATION_FINALIZER",
    "RUNNER_FINALIZER", "RUNNERS", "SET_FINALIZER", "SYSTEMS", "URL", "Raw", "add_set", "ago",
    "controller", "controller_pod", "helm_marks", "helm_release", "helper", "image_of",
    "job_fields", "listener", "listener_pod", "meta", "pod", "runner", "runner_pod",
    "runner_set", "scale_set", "snapshot", "sound", "uid_of",
]


def controller(
    release: str = "0.9.3",
    *,
    name: str = "arc-gha-rs-controller",
    namespace: str = SYSTEMS,
    watch: Optional[str] = None,
    replicas: int = 1,
    ready: Optional[int] = None,
    strategy: Optional[str] = None,
    image: Optional[str] = None,
    helm: Optional[str] = "arc",
    created: float = 60,
) -> Raw:
    """Return the Deployment of a controller."""
    labels = {
        "app.kubernetes.io/part-of": "gha-rs-controller",
        "app.kubernetes.io/version": release,
        "app.kubernetes.io/instance": name,
        "helm.sh/chart": f"gha-rs-controller-{release}",
        "actions.github.com/controller-service-account-namespace": namespace,
        "actions.github.com/controller-service-account-name": name,
    }
    arguments = ["--auto-scaling-runner-set-only", "--log-level=debug"]
    if watch:
        labels["actions.github.com/controller-watch-single-namespace"] = watch
        arguments.append(f"--watch-single-namespace={watch}")
    if strategy:
        arguments.append(f"--update-strategy={strategy}")
    up = replicas if ready is None else ready
    return {
        "metadata": meta(
            "Deployment", namespace, name, created=created, labels=labels,
            annotations=helm_marks(helm, namespace),
        ),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app.kubernetes.io/instance": name}},
            "template": {
                "spec": {
                    "serviceAccountName": name,
                    "containers": [
                        {
                            "name": "manager",
                            "image": image or image_of(release),
                            "command": ["/manager"],
                            "args": arguments,
                        }
                    ],
                }
            },
        },
        "status": {"replicas": replicas, "readyReplicas": up, "updatedReplicas": up},
    }


def controller_pod(of: Raw, *, suffix: str = "abcde", deleting: Optional[float] = None) -> Raw:
    """Return the manager pod of a controller Deployment."""
    template = of["spec"]["template"]["spec"]
    return pod(
        f"{of['metadata']['name']}-{suffix}",
        namespace=of["metadata"]["namespace"],
        container="manager",
        image=template["containers"][0]["image"],
        labels={
            "app.kubernetes.io/part-of": "gha-rs-controller",
            **of["spec"]["selector"]["matchLabels"],
        },
        deleting=deleting,
    )


def scale_set(
    name: str = "web",
    *,
    namespace: str = RUNNERS,
    release: Optional[str] = "0.9.3",
    group: Optional[str] = "blue",
    url: str = URL,
    scale_set_id: Optional[int] = 1,
    min_runners: Optional[int] = 1,
    max_runners: Optional[int] = 5,
    mode: Optional[str] = None,
    phase: Optional[str] = None,
    deleting: Optional[float] = None,
    created: float = 60,
    helm: Optional[str] = "",
    runner_scale_set_name: Optional[str] = None,
    chart: Optional[str] = None,
    labels: Optional[Dict[str, str]] = None,
    annotations: Optional[Dict[str, str]] = None,
) -> Raw:
    """Return an AutoscalingRunnerSet as the chart and the controller of a release leave it.

    `helm`: name of its release, "" for the set's own name, None for a set made by hand.
    """
    marks = helm_marks(name if helm == "" else helm, namespace)
    marks.update(_cleanup_marks(name, mode))
    if scale_set_id is not None:
        marks["runner-scale-set-id"] = str(scale_set_id)
    marks.update(annotations or {})
    all_labels = {
        "app.kubernetes.io/component": "autoscaling-runner-set",
        "app.kubernetes.io/part-of": "gha-rs",
        "helm.sh/chart": chart or f"gha-rs-{release}",
        "actions.github.com/scale-set-name": name,
        "actions.github.com/scale-set-namespace": namespace,
        **(labels or {}),
    }
    if release is not None:
        all_labels["app.kubernetes.io/version"] = release
    spec: Raw = {
        "githubConfigUrl": url,
        "githubConfigSecret": f"{name}-gha-rs-github-secret",
        "template": {"spec": _template(mode)},
    }
    put(spec, runnerGroup=group, minRunners=min_runners, maxRunners=max_runners)
    put(spec, runnerScaleSetName=runner_scale_set_name)
    known = releases.nearest(release)
    if phase is None and known and known.scale_set_phases:
        phase = "Running"
    return {
        "metadata": meta(
            "AutoscalingRunnerSet", namespace, name, created=created, deleting=deleting,
            labels=all_labels, annotations=marks, finalizers=[SET_FINALIZER],
        ),
        "spec": spec,
        "status": {"phase": phase} if phase else {},
    }


def listener(
    of: Raw,
    *,
    release: Optional[str] = None,
    runner_set: str = "",
    namespace: str = SYSTEMS,
    name: Optional[str] = None,
    rule: Optional[str] = None,
    created: float = 50,
    deleting: Optional[float] = None,
) -> Raw:
    """Return the AutoscalingListener of a scale set; zero limits are left out, as ARC does."""
    spec, set_meta = of["spec"], of["metadata"]
    release = release or set_meta["labels"]["app.kubernetes.io/version"]
    known = releases.nearest(release)
    name = name or releases.listener_name(
        rule or (known.listener_hash if known else "namespace"),
        namespace=set_meta["namespace"],
        scale_set=set_meta["name"],
        group=spec.get("runnerGroup", ""),
        url=spec["githubConfigUrl"],
    )
    made: Raw = {
        "githubConfigUrl": spec["githubConfigUrl"],
        "autoscalingRunnerSetNamespace": set_meta["namespace"],
        "autoscalingRunnerSetName": set_meta["name"],
        "ephemeralRunnerSetName": runner_set or f"{set_meta['name']}-alive",
        "image": image_of(release),
    }
    number = set_meta["annotations"].get("runner-scale-set-id")
    if number is not None:
        made["runnerScaleSetId"] = int(number)
    for limit in ("minRunners", "maxRunners"):
        if spec.get(limit):
            made[limit] = spec[limit]
    return {
        "metadata": meta(
            "AutoscalingListener", namespace, name, created=created, deleting=deleting,
            finalizers=[LISTENER_FINALIZER],
        ),
        "spec": made,
    }


def listener_pod(of: Raw, *, started: float = 50, **changes: Any) -> Raw:
    """Return the pod of a listener; `changes` as for `pod`."""
    return pod(
        of["metadata"]["name"],
        namespace=of["metadata"]["namespace"],
        container="listener",
        image=of["spec"]["image"],
        owner=of["metadata"]["uid"],
        owner_kind="AutoscalingListener",
        started=started,
        **changes,
    )


def runner_set(
    of: Raw,
    *,
    name: Optional[str] = None,
    replicas: int = 0,
    patch_id: Optional[int] = 0,
    phase: Optional[str] = None,
    created: float = 50,
    deleting: Optional[float] = None,
) -> Raw:
    """Return an EphemeralRunnerSet of a scale set; zero replicas are left out, as ARC does."""
    set_meta = of["metadata"]
    spec: Raw = {"ephemeralRunnerSpec": {}}
    put(spec, replicas=replicas or None, patchID=patch_id)
    return {
        "metadata": meta(
            "EphemeralRunnerSet", set_meta["namespace"], name or f"{set_meta['name']}-alive",
            created=created, deleting=deleting, finalizers=[RUNNER_FINALIZER],
            owner=set_meta["uid"], owner_kind="AutoscalingRunnerSet", labels=_set_labels(of),
        ),
        "spec": spec,
        "status": {"currentReplicas": replicas, **({"phase": phase} if phase else {})},
    }


def runner(
    of: Raw,
    *,
    name: str = "web-alive-runner-1",
    busy: bool = False,
    release: str = "0.9.3",
    phase: str = "Running",
    runner_id: Optional[int] = 7,
    created: float = 10,
    deleting: Optional[float] = None,
    failures: Optional[Dict[str, Any]] = None,
    reason: str = "",
) -> Raw:
    """Return an EphemeralRunner of a runner set. `busy`: a listener wrote its job fields."""
    owner = of["metadata"]
    status: Raw = {"phase": phase, "ready": phase == "Running"}
    put(status, runnerId=runner_id, failures=failures, reason=reason or None)
    if busy:
        status.update(job_fields(release))
    return {
        "metadata": meta(
            "EphemeralRunner", owner["namespace"], name, created=created, deleting=deleting,
            finalizers=[RUNNER_FINALIZER, REGISTRATION_FINALIZER], owner=owner["uid"],
            owner_kind="EphemeralRunnerSet", labels=dict(owner["labels"]),
        ),
        "spec": {"githubConfigSecret": "web-gha-rs-github-secret"},
        "status": status,
    }


def runner_pod(of: Raw, *, started: float = 9, **changes: Any) -> Raw:
    """Return the pod of a runner; `changes` as for `pod`."""
    return pod(
        of["metadata"]["name"],
        namespace=of["metadata"]["namespace"],
        container="runner",
        owner=of["metadata"]["uid"],
        owner_kind="EphemeralRunner",
        started=started,
        **changes,
    )


def snapshot(*, name: str = "blue", kubernetes: str = "1.36.3", uid: str = "", **parts: Any):
    """Return a Snapshot with all parts read; a part not given is known to be empty, but for the
    Secrets by which the scale sets log in: those are there.

    `parts`: a list of raw objects, or a Known, KindAbsent or Unread as it is.
    """
    answers = {part: reads.Known() for part in reads.PARTS}
    sets = parts.get("autoscalingrunnersets")
    if isinstance(sets, list):
        answers["credentials"] = reads.Known(tuple(credentials(sets)))
    for part, value in parts.items():
        if part not in answers:
            raise KeyError(part)
        answers[part] = reads.Known(tuple(value)) if isinstance(value, list) else value
    return reads.Snapshot(
        at=NOW,
        cluster=reads.ClusterId(name, uid or f"uid-{name}", f"https://{name}:6443", kubernetes),
        reads=answers,
    )


def credentials(scale_sets: Iterable[Raw], *keys: str) -> List[Raw]:
    """Return the Secrets that scale sets name, with these keys or a token's."""
    named = {(one["metadata"].get("namespace", ""), (one.get("spec") or {}).get("githubConfigSecret"))
             for one in scale_sets}
    return [
        {"metadata": {"namespace": namespace, "name": name, "uid": f"uid-{namespace}-{name}"},
         "data": {key: "eA==" for key in keys or ("github_token",)}}
        for namespace, name in sorted(named, key=str) if name
    ]


def sound(release: str = "0.9.3", *, names=("web",), busy: int = 0, idle: int = 1, **changes: Any):
    """Return the parts of a sound cluster: a controller and sets with listeners and runners.

    `changes`: keywords of `scale_set` for every set. Use as `snapshot(**sound("0.14.2"))`.
    """
    deployment = controller(release)
    parts: Dict[str, List[Raw]] = {
        "deployments": [deployment],
        "pods": [controller_pod(deployment)],
        "autoscalingrunnersets": [],
        "autoscalinglisteners": [],
        "ephemeralrunnersets": [],
        "ephemeralrunners": [],
        "helm": [
            helm_release("arc", namespace=SYSTEMS, chart=releases.CONTROLLER_CHART,
                         release=release)
        ],
    }
    for number, name in enumerate(names, 1):
        add_set(parts, scale_set(name, release=release, scale_set_id=number, **changes),
                release=release, busy=busy, idle=idle)
        parts["helm"].append(helm_release(name, release=release))
    return parts


def add_set(parts: Dict[str, List[Raw]], of: Raw, *, release: str, busy: int, idle: int) -> None:
    """Add a scale set with its listener, runner set and runners to the parts of a cluster."""
    name = of["metadata"]["name"]
    ears, group = listener(of, release=release), runner_set(of, replicas=busy + idle)
    parts["autoscalingrunnersets"].append(of)
    parts["autoscalinglisteners"].append(ears)
    parts["ephemeralrunnersets"].append(group)
    parts["pods"].append(listener_pod(ears))
    for number in range(busy + idle):
        one = runner(group, name=f"{name}-alive-runner-{number}", busy=number < busy,
                     release=release)
        parts["ephemeralrunners"].append(one)
        parts["pods"].append(runner_pod(one))


def _cleanup_marks(name: str, mode: Optional[str]) -> Dict[str, str]:
    prefix = "actions.github.com/cleanup-"
    marks = {
        prefix + "github-secret-name": f"{name}-gha-rs-github-secret",
        prefix + "manager-role-binding": f"{name}-gha-rs-manager",
        prefix + "manager-role-name": f"{name}-gha-rs-manager",
    }
    if mode in ("kubernetes", "kubernetes-novolume"):
        for what in ("role-binding", "role", "service-account"):
            marks[f"{prefix}kubernetes-mode-{what}-name"] = f"{name}-gha-rs-kube-mode"
    else:
        marks[prefix + "no-permission-service-account-name"] = f"{name}-gha-rs-no-permission"
    return marks


def _template(mode: Optional[str]) -> Raw:
    main: Raw = {"name": "runner", "image": "ghcr.io/actions/actions-runner:2.335.0"}
    folder = {"kubernetes": "k8s", "kubernetes-novolume": "k8s-novolume"}.get(mode or "")
    if folder:
        path = f"/home/runner/{folder}/index.js"
        main["env"] = [{"name": "ACTIONS_RUNNER_CONTAINER_HOOKS", "value": path}]
    spec: Raw = {"containers": [main], "restartPolicy": "Never"}
    if mode == "dind":
        spec["initContainers"] = [{"name": "dind", "image": "docker:dind"}]
    return spec


def _set_labels(of: Raw) -> Dict[str, str]:
    wanted = ("actions.github.com/scale-set-name", "actions.github.com/scale-set-namespace")
    return {label: of["metadata"]["labels"][label] for label in wanted}
