# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all builders share: times, metadata, pods, the marks of Helm."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import releases

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)
RUNNERS = "arc-runners"
SYSTEMS = "arc-systems"
URL = "https://github.com/acme"

SET_FINALIZER = "autoscalingrunnerset.actions.github.com/finalizer"
LISTENER_FINALIZER = "autoscalinglistener.actions.github.com/finalizer"
RUNNER_FINALIZER = "ephemeralrunner.actions.github.com/finalizer"
REGISTRATION_FINALIZER = "ephemeralrunner.actions.github.com/runner-registration-finalizer"
CLEANUP_PROTECTION = "actions.github.com/cleanup-protection"

Raw = Dict[str, Any]


def ago(minutes: float) -> str:
    """Return an API time so many minutes before NOW."""
    return (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def uid_of(kind: str, namespace: str, name: str) -> str:
    """Return the UID that every builder gives to this object."""
    return f"uid-{kind}-{namespace}-{name}"


def meta(
    kind: str,
    namespace: str,
    name: str,
    *,
    created: float = 60,
    deleting: Optional[float] = None,
    labels: Optional[Dict[str, str]] = None,
    annotations: Optional[Dict[str, str]] = None,
    finalizers: Optional[List[str]] = None,
    owner: Optional[str] = None,
    owner_kind: str = "",
) -> Raw:
    """Return the metadata of an object. `created`, `deleting`: minutes before NOW."""
    made: Raw = {
        "name": name,
        "namespace": namespace,
        "uid": uid_of(kind, namespace, name),
        "resourceVersion": "100",
        "creationTimestamp": ago(created),
        "labels": dict(labels or {}),
        "annotations": dict(annotations or {}),
    }
    if finalizers:
        made["finalizers"] = list(finalizers)
    if deleting is not None:
        made["deletionTimestamp"] = ago(deleting)
    if owner:
        made["ownerReferences"] = [{"uid": owner, "kind": owner_kind, "controller": True}]
    return made


def pod(
    name: str,
    *,
    namespace: str = RUNNERS,
    container: str = "runner",
    image: str = "ghcr.io/actions/actions-runner:2.335.0",
    state: str = "running",
    phase: Optional[str] = None,
    exit_code: int = 0,
    reason: str = "",
    ready: Optional[bool] = None,
    owner: Optional[str] = None,
    owner_kind: str = "",
    started: float = 9,
    created: Optional[float] = None,
    deleting: Optional[float] = None,
    restarts: int = 0,
    uid: Optional[str] = None,
    labels: Optional[Dict[str, str]] = None,
) -> Raw:
    """Return a pod. `state` of its main container: running, waiting, terminated or "" (none)."""
    ended = "Failed" if exit_code else "Succeeded"
    phases = {"running": "Running", "terminated": ended}
    states: Dict[str, Raw] = {
        "running": {"running": {"startedAt": ago(started)}},
        "waiting": {"waiting": {"reason": reason or "ContainerCreating"}},
        "terminated": {"terminated": {"exitCode": exit_code, "reason": reason}},
    }
    is_ready = state == "running" if ready is None else ready
    status: Raw = {
        "phase": phases.get(state, "Pending") if phase is None else phase,
        "conditions": [{"type": "Ready", "status": "True" if is_ready else "False"}],
    }
    if reason and state != "terminated":
        status["reason"] = reason
    if state:
        status["containerStatuses"] = [
            {"name": "side-car", "state": {"running": {"startedAt": ago(started)}}},
            {"name": container, "restartCount": restarts, "state": states[state]},
        ]
    made_meta = meta(
        "Pod", namespace, name, created=started if created is None else created,
        deleting=deleting, labels=labels, owner=owner, owner_kind=owner_kind,
    )
    if uid:
        made_meta["uid"] = uid
    return {
        "metadata": made_meta,
        "spec": {
            "nodeName": "node-1",
            "serviceAccountName": "default",
            "containers": [{"name": container, "image": image}],
        },
        "status": status,
    }


def helm_marks(release_name: Optional[str], namespace: str) -> Dict[str, str]:
    """Return the annotations by which Helm knows its objects."""
    if not release_name:
        return {}
    return {
        "meta.helm.sh/release-name": release_name,
        "meta.helm.sh/release-namespace": namespace,
    }


def image_of(release: str) -> str:
    """Return the image that holds the manager and the listener of a release."""
    return f"ghcr.io/actions/gha-runner-scale-set-controller:{release}"


def put(target: Raw, **values: Any) -> None:
    """Set what is given; a field without value is left out, as ARC does."""
    target.update({name: value for name, value in values.items() if value is not None})


def helper(
    kind: str,
    name: str,
    *,
    namespace: str = RUNNERS,
    of: Optional[str] = "web",
    protected: bool = True,
    deleting: Optional[float] = None,
    created: float = 60,
) -> Raw:
    """Return the metadata of a helper object. `of`: name of its scale set in the labels."""
    labels = {"app.kubernetes.io/part-of": "gha-rs"}
    if of:
        labels["actions.github.com/scale-set-name"] = of
        labels["actions.github.com/scale-set-namespace"] = namespace
    finalizers = [CLEANUP_PROTECTION] if protected else None
    return {
        "metadata": meta(
            kind, namespace, name, created=created, deleting=deleting, labels=labels,
            finalizers=finalizers,
        )
    }


def helm_release(
    name: str = "web",
    *,
    namespace: str = RUNNERS,
    chart: str = releases.SCALE_SET_CHART,
    release: str = "0.9.3",
    status: str = "deployed",
    revision: int = 1,
    value_paths: Sequence[str] = (),
    min_runners: Optional[int] = None,
    max_runners: Optional[int] = None,
    set_name: str = "",
) -> Raw:
    """Return a Helm release as the store reader gives it."""
    return {
        "name": name,
        "namespace": namespace,
        "chart": chart,
        "chart_version": release,
        "app_version": release,
        "status": status,
        "revision": revision,
        "updated": ago(60),
        "value_paths": list(value_paths),
        "min_runners": min_runners,
        "max_runners": max_runners,
        "set_name": set_name,
    }


def job_fields(release: str = "0.9.3") -> Raw:
    """Return what the listener of a release writes into a runner's status."""
    fields: Raw = {
        "jobRequestId": 42,
        "jobRepositoryName": "acme/app",
        "jobWorkflowRef": "acme/app/.github/workflows/build.yml@refs/heads/main",
        "workflowRunId": 4711,
        "jobDisplayName": "build",
    }
    if "jobId" in releases.release(release).job_fields:
        fields["jobId"] = "job-42"
    return fields
