# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a scale set take jobs: the proof after an install, and of a peer before it is relied on.

Helm's word and `phase: Running` prove nothing: 0.14.2 was seen to say both while its listener
was bound to a runner set that no longer existed (#4561). A listener is proven by its pod: ready,
and the same pod for a settle time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Dict, Iterable, List, Mapping, Optional, Tuple, Union

from . import listener_faults, reads, releases
from .objects import Cluster, Controller, Listener, Pod, Ref, ScaleSet

SetKey = Tuple[str, str]


@dataclass(frozen=True)
class Sighting:
    """Since when the same listener process has been seen ready without a break."""

    pod_uid: str
    restarts: int
    since: datetime


@dataclass(frozen=True)
class Healthy:
    """The set takes jobs. `steady_s`: how long its listener has been seen at work."""

    steady_s: float
    is_healthy: bool = True


@dataclass(frozen=True)
class NotYet:
    """The set was not proven to take jobs; waiting may help."""

    reasons: Tuple[str, ...]
    is_healthy: bool = False


@dataclass(frozen=True)
class StaleListener:
    """Waiting does not help: this listener has to be deleted, then the controller makes another.

    `fault`: id of the finding. `listener`: with its uid, for the precondition of the deletion.
    """

    listener: Ref
    fault: str
    reasons: Tuple[str, ...]
    is_healthy: bool = False


Verdict = Union[Healthy, NotYet, StaleListener]
Memory = Mapping[SetKey, Sighting]


def remember(memory: Memory, cluster: Cluster) -> Dict[SetKey, Sighting]:
    """Return the memory after this look. A listener that was not seen ready starts anew."""
    kept: Dict[SetKey, Sighting] = {}
    for scale_set in reads.seen(cluster.scale_sets):
        pod = _ready_pod(scale_set)
        if pod is None:
            continue
        key = (scale_set.ref.namespace, scale_set.ref.name)
        before = memory.get(key)
        is_same = before and (before.pod_uid, before.restarts) == (pod.ref.uid, pod.restarts)
        kept[key] = before if before and is_same else Sighting(
            pod.ref.uid, pod.restarts, cluster.at
        )
    return kept


def judge_sets(
    cluster: Cluster,
    expected: Iterable[SetKey],
    release: Optional[str],
    memory: Memory,
    settle: timedelta,
) -> Dict[SetKey, Verdict]:
    """Judge every expected set by (namespace, name); one that is not there is not healthy.

    `memory`: of `remember` with this very look. `release`: which it must be of, None for any.
    """
    if isinstance(cluster.scale_sets, reads.Unread):
        gap = NotYet((f"scale sets could not be read: {cluster.scale_sets.reason}",))
        return {key: gap for key in expected}
    there = {(one.ref.namespace, one.ref.name): one for one in cluster.scale_sets}
    absent = NotYet(("there is no AutoscalingRunnerSet of this name",))
    return {
        key: judge_scale_set(cluster, there[key], release, memory, settle)
        if key in there else absent
        for key in expected
    }


def judge_scale_set(
    cluster: Cluster,
    scale_set: ScaleSet,
    release: Optional[str],
    memory: Memory,
    settle: timedelta,
) -> Verdict:
    """Judge one scale set. `settle`: how long its listener must have been seen steady."""
    controller, reasons = _controller(cluster, scale_set, release)
    reasons += _set_reasons(scale_set, release)
    listener, more = _listener(scale_set)
    reasons += more
    stale = _stale(scale_set, controller)
    if stale is not None:
        return stale
    if listener is not None:
        reasons += [
            fault.reason
            for fault in listener_faults.faults_of(listener, scale_set, controller)
        ]
    steady, more = _steady(cluster, scale_set, listener, memory, settle)
    reasons += more
    return NotYet(tuple(reasons)) if reasons else Healthy(steady)


def _controller(
    cluster: Cluster, scale_set: ScaleSet, release: Optional[str]
) -> Tuple[Optional[Controller], List[str]]:
    if isinstance(cluster.controllers, reads.Unread):
        return None, [f"controllers could not be read: {cluster.controllers.reason}"]
    found = cluster.controllers_of(scale_set.ref.namespace)
    if len(found) != 1:
        return None, [f"{len(found)} controllers watch namespace {scale_set.ref.namespace}"]
    one, reasons = found[0], []
    if not one.is_ready:
        reasons.append(f"{one.ref} is not ready ({one.ready} of {one.desired})")
    if release is not None and one.release != release:
        reasons.append(f"{one.ref} is of release {one.release}")
    return one, reasons


def _set_reasons(scale_set: ScaleSet, release: Optional[str]) -> List[str]:
    reasons = []
    if scale_set.deleting_since is not None:
        reasons.append("it is being deleted")
    if release is not None and scale_set.release != release:
        reasons.append(f"its version label says {scale_set.release}")
    if scale_set.scale_set_id is None:
        reasons.append("it has no id at GitHub yet")
    known = releases.nearest(scale_set.release)
    if known and known.scale_set_phases and scale_set.phase != "Running":
        reasons.append(f"its phase is {scale_set.phase or 'not set'}")
    reasons += _runner_set_reasons(scale_set)
    if isinstance(scale_set.helpers, reads.Unread):
        reasons.append(f"helper objects could not be read: {scale_set.helpers.reason}")
    reasons += [
        f"{one.ref} is being deleted: Helm took it over from before"
        for one in reads.seen(scale_set.helpers)
        if one.deleting_since is not None
    ]
    return reasons


def _runner_set_reasons(scale_set: ScaleSet) -> List[str]:
    if isinstance(scale_set.runner_sets, reads.Unread):
        return [f"runner sets could not be read: {scale_set.runner_sets.reason}"]
    dying = [one.ref.name for one in scale_set.runner_sets if one.deleting_since is not None]
    alive = [one.ref.name for one in scale_set.runner_sets if one.deleting_since is None]
    reasons = [f"runner set {name} is being deleted" for name in dying]
    if not alive:
        reasons.append("it has no runner set")
    if len(alive) > 1:
        reasons.append(f"{len(alive)} runner sets are alive: {', '.join(sorted(alive))}")
    return reasons


def _listener(scale_set: ScaleSet) -> Tuple[Optional[Listener], List[str]]:
    """Return its only listener, or why there is not exactly one."""
    if isinstance(scale_set.listeners, reads.Unread):
        return None, [f"listeners could not be read: {scale_set.listeners.reason}"]
    dying = [one for one in scale_set.listeners if one.deleting_since is not None]
    reasons = [f"{one.ref} is being deleted" for one in dying]
    alive = [one for one in scale_set.listeners if one.deleting_since is None]
    if len(alive) == 1:
        return alive[0], reasons
    return None, reasons + [f"it has {len(alive)} listeners"]


def _stale(scale_set: ScaleSet, controller: Optional[Controller]) -> Optional[StaleListener]:
    """Return the first listener that only a deletion can cure, None if there is none.

    Not while the set or its controller is on the way: the binding is then in flux.
    """
    if scale_set.deleting_since is not None or controller is None or not controller.is_ready:
        return None
    found = []
    for one in reads.seen(scale_set.listeners):
        if one.deleting_since is not None:
            continue
        faults = {f.id: f for f in listener_faults.faults_of(one, scale_set, controller)}
        for rank, fault in enumerate(listener_faults.CURED_BY_DELETION):
            if fault in faults:
                found.append((rank, one.ref.name, one.ref, faults[fault]))
    if not found:
        return None
    _rank, _name, ref, fault = min(found, key=lambda item: item[:2])
    return StaleListener(ref, fault.id, (f"{ref}: {fault.reason}",))


def _steady(
    cluster: Cluster,
    scale_set: ScaleSet,
    listener: Optional[Listener],
    memory: Memory,
    settle: timedelta,
) -> Tuple[float, List[str]]:
    if listener is None:
        return 0.0, []
    if isinstance(listener.pod, reads.Unread):
        return 0.0, [f"pods could not be read: {listener.pod.reason}"]
    sighting = memory.get((scale_set.ref.namespace, scale_set.ref.name))
    if sighting is None or listener.pod is None or sighting.pod_uid != listener.pod.ref.uid:
        # Why its pod is not ready stands among the listener's faults.
        return 0.0, ["its listener has not been seen ready before"]
    steady = (cluster.at - sighting.since).total_seconds()
    if steady < settle.total_seconds():
        return steady, [
            f"its listener has been steady for {steady:.0f} of {settle.total_seconds():.0f} s"
        ]
    return steady, []


def _ready_pod(scale_set: ScaleSet) -> Optional[Pod]:
    """Return the ready pod of its only listener."""
    listener, _reasons = _listener(scale_set)
    if listener is None or not isinstance(listener.pod, Pod):
        return None
    return None if listener_faults.pod_trouble(listener.pod) else listener.pod
