# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as plain data for arc_info: bounded in size, without secrets.

Scale sets are all listed; runners only up to a limit, those first that something is to be
done about. Counts always cover all runners, and are None where they could not be read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, List, Optional, Tuple

from . import listener_faults, reads
from .finding_table import Finding
from .objects import (
    Cluster,
    Controller,
    Helper,
    HelmRelease,
    Listener,
    Pod,
    Record,
    Runner,
    RunnerSet,
    ScaleSet,
    VanishedSet,
)
from .states import Counts, State

RUNNERS_SHOWN = 200
FINDINGS_SHOWN = 500

_RANK = {
    State.UNKNOWN: 0, State.BUSY: 1, State.FAILED: 2, State.PENDING: 3, State.IDLE: 4,
    State.FINISHED: 5,
}


def counts_of(cluster: Cluster) -> Counts:
    """Return the counts of all runners, those of no scale set included."""
    if isinstance(cluster.scale_sets, reads.Unread) or isinstance(
        cluster.orphan_runners, reads.Unread
    ):
        return Counts.unread()
    total = Counts.of(runner.state for runner in cluster.orphan_runners)
    for scale_set in cluster.scale_sets:
        total = total + scale_set.counts
    return total


def summarise(
    cluster: Cluster, findings: Iterable[Finding] = (), runners_shown: int = RUNNERS_SHOWN
) -> Dict[str, Any]:
    """Return the cluster as plain data. `runners_shown`: at most so many runners in all."""
    told = list(findings)
    shown, hidden = _runners(cluster, runners_shown)
    return {
        "cluster": cluster.id.as_dict(),
        "at": _time(cluster.at),
        "controllers": _all(cluster.controllers, _controller),
        "crds": _crds(cluster),
        "scale_sets": _all(cluster.scale_sets, lambda one: _scale_set(cluster, one)),
        "vanished": _all(cluster.vanished, _vanished),
        "orphans": {
            "listeners": _all(cluster.orphan_listeners, _listener),
            "runner_sets": _all(cluster.orphan_runner_sets, _runner_set),
            "helpers": _all(cluster.stuck_helpers, _helper),
            "controller_pods": _all(cluster.stray_controller_pods, _pod),
            "runners": _counted(cluster.orphan_runners),
        },
        "counts": counts_of(cluster).as_dict(),
        "runners": shown,
        "runners_not_shown": hidden,
        "helm_releases": _all(cluster.helm_releases, _helm_release),
        "records": _all(cluster.records, _record),
        "unread": [part.as_dict() for part in cluster.unread],
        "kinds_absent": list(cluster.kinds_absent),
        "findings": [one.as_dict() for one in told[:FINDINGS_SHOWN]],
        "findings_not_shown": max(0, len(told) - FINDINGS_SHOWN),
    }


def _vanished(one: VanishedSet) -> Dict[str, Any]:
    return {
        "namespace": one.namespace,
        "name": one.name,
        "helm_release": one.helm.name,
        "release": one.release,
        "helm_status": one.helm.status,
    }


def _helm_release(one: HelmRelease) -> Dict[str, Any]:
    return {
        "namespace": one.namespace,
        "name": one.name,
        "chart": one.chart,
        "chart_version": one.chart_version,
        "app_version": one.app_version,
        "status": one.status,
        "revision": one.revision,
    }


def _record(one: Record) -> Dict[str, Any]:
    return {
        "name": one.ref.name,
        "namespace": one.ref.namespace,
        "state": one.state,
        "from": one.from_release,
        "to": one.to_release,
        "started": one.started,
    }


def _scale_set(cluster: Cluster, one: ScaleSet) -> Dict[str, Any]:
    controllers = cluster.controllers_of(one.ref.namespace)
    release = controllers[0].release if len(controllers) == 1 else None
    return {
        "namespace": one.ref.namespace,
        "name": one.ref.name,
        "uid": one.ref.uid,
        "scale_set_name": one.name,
        "group": one.group,
        "config_url": one.config_url,
        "release": one.release,
        "scale_set_id": one.scale_set_id,
        "phase": one.phase,
        "min_runners": one.min_runners,
        "max_runners": one.max_runners,
        "container_mode": one.container_mode,
        "managed_by": one.managed_by,
        "helm_release": one.helm.name if one.helm else None,
        "helm_namespace": one.helm.namespace if one.helm else None,
        "helm_limits": {
            "min_runners": one.helm.min_runners, "max_runners": one.helm.max_runners,
        } if one.helm else None,
        "created": _time(one.created),
        "deleting_since": _time(one.deleting_since),
        "finalizers": list(one.finalizers),
        "listeners": _all(one.listeners, _listener),
        "expected_listener": listener_faults.expected_name(one, release),
        "runner_sets": _all(one.runner_sets, _runner_set),
        "helpers": _all(one.helpers, _helper),
        "counts": one.counts.as_dict(),
        "poisoned_runners": _poisoned(one),
    }


def _controller(one: Controller) -> Dict[str, Any]:
    return {
        "namespace": one.ref.namespace,
        "name": one.ref.name,
        "uid": one.ref.uid,
        "release": one.release,
        "image": one.image,
        "watch_namespace": one.watch_namespace,
        "desired": one.desired,
        "ready": one.ready,
        "is_ready": one.is_ready,
        "update_strategy": one.update_strategy,
        "service_account": {"namespace": one.service_account[0], "name": one.service_account[1]},
        "helm_release": one.helm.name if one.helm else None,
        "helm_namespace": one.helm.namespace if one.helm else None,
        "managed_by": one.managed_by,
        "pods": _all(one.pods, _pod),
    }


def _listener(one: Listener) -> Dict[str, Any]:
    return {
        "namespace": one.ref.namespace,
        "name": one.ref.name,
        "uid": one.ref.uid,
        "image": one.image,
        "release": one.release,
        "scale_set": f"{one.scale_set_namespace}/{one.scale_set_name}",
        "runner_set": one.runner_set_name,
        "scale_set_id": one.scale_set_id,
        "min_runners": one.min_runners,
        "max_runners": one.max_runners,
        "created": _time(one.created),
        "deleting_since": _time(one.deleting_since),
        "pod": one.pod.as_dict() if isinstance(one.pod, reads.Unread)
        else _pod(one.pod) if one.pod else None,
    }


def _pod(one: Pod) -> Dict[str, Any]:
    return {
        "namespace": one.ref.namespace,
        "name": one.ref.name,
        "uid": one.ref.uid,
        "phase": one.phase,
        "container_state": one.container_state,
        "ready": one.ready,
        "exit_code": one.exit_code,
        "reason": one.reason,
        "restarts": one.restarts,
        "node": one.node,
        "started_at": _time(one.started_at),
        "deleting_since": _time(one.deleting_since),
    }


def _runner_set(one: RunnerSet) -> Dict[str, Any]:
    return {
        "namespace": one.ref.namespace,
        "name": one.ref.name,
        "uid": one.ref.uid,
        "replicas": one.replicas,
        "patch_id": one.patch_id,
        "phase": one.phase,
        "deleting_since": _time(one.deleting_since),
        "finalizers": list(one.finalizers),
    }


def _helper(one: Helper) -> Dict[str, Any]:
    return {
        "kind": one.ref.kind,
        "namespace": one.ref.namespace,
        "name": one.ref.name,
        "role": one.role,
        "finalizers": list(one.finalizers),
        "deleting_since": _time(one.deleting_since),
    }


def _runner(one: Runner) -> Dict[str, Any]:
    job = one.job
    return {
        "namespace": one.ref.namespace,
        "name": one.ref.name,
        "scale_set": one.scale_set_name,
        "state": one.state.value,
        "phase": one.phase,
        "created": _time(one.created),
        "deleting_since": _time(one.deleting_since),
        "job": None if job is None else {
            "request_id": job.request_id, "job_id": job.job_id, "repository": job.repository,
            "workflow": job.workflow, "run_id": job.run_id, "display_name": job.display_name,
        },
    }


def _runners(cluster: Cluster, limit: int) -> Tuple[Any, Optional[int]]:
    """Return the runners most in need of attention, and how many are left out."""
    found: List[Runner] = list(reads.seen(cluster.orphan_runners))
    for scale_set in reads.seen(cluster.scale_sets):
        found.extend(reads.seen(scale_set.runners))
    if not counts_of(cluster).is_known and not found:
        return [], None
    found.sort(key=lambda one: (_RANK[one.state], one.ref.namespace, one.ref.name))
    return [_runner(one) for one in found[:limit]], max(0, len(found) - limit)


def _crds(cluster: Cluster) -> Dict[str, Any]:
    if isinstance(cluster.crds, reads.Unread):
        return {"unread": cluster.crds.as_dict()}
    told = cluster.crds.as_dict()
    # The differing paths of an edited CRD can be thousands.
    for one in told["crds"]:
        one["differing_count"] = len(one["differing"])
        one["differing"] = one["differing"][:20]
    return told


def _poisoned(one: ScaleSet) -> Optional[int]:
    if not reads.is_read(one.runners):
        return None
    return sum(1 for runner in reads.seen(one.runners) if runner.failures_poisoned)


def _counted(items: Any) -> Optional[int]:
    return len(items) if reads.is_read(items) else None


def _all(items: Any, show: Any) -> Any:
    """Return what was read as a list, None where it was not: unread is no empty list."""
    return [show(one) for one in items] if reads.is_read(items) else None


def _time(at: Optional[datetime]) -> Optional[str]:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
