# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster as one value: every object of ARC joined to the scale set it belongs to.

`read_cluster` is a pure function of one snapshot. What could not be read stands in the result
as `Unread`, never as an empty collection.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any, Callable, Dict, Iterable, List, Mapping, Tuple, Union

from . import crd_set, read_objects, reads, releases, states
from .crd_set import CrdState
from .objects import (
    Cluster,
    Controller,
    Helper,
    HelmRelease,
    Job,
    Listener,
    Pod,
    Record,
    Ref,
    Runner,
    RunnerSet,
    ScaleSet,
    VanishedSet,
)
from .pods import Pods, sight
from .reads import ClusterId, Known, KindAbsent, Snapshot, Unread

__all__ = [
    "Cluster",
    "ClusterId",
    "Controller",
    "CrdState",
    "Helper",
    "HelmRelease",
    "Job",
    "KindAbsent",
    "Known",
    "Listener",
    "Pod",
    "Record",
    "Ref",
    "Runner",
    "RunnerSet",
    "ScaleSet",
    "Snapshot",
    "Unread",
    "VanishedSet",
    "read_cluster",
]

Raw = Mapping[str, Any]
Part = Union[Tuple[Raw, ...], Unread]

_HELPER_PARTS = {
    "secrets": "Secret",
    "serviceaccounts": "ServiceAccount",
    "roles": "Role",
    "rolebindings": "RoleBinding",
}


def read_cluster(snapshot: Snapshot) -> Cluster:
    """Join what one look at a cluster gave. `snapshot`: raw API objects by part."""
    pods = Pods(snapshot.read("pods"))
    releases_of_helm = _each(snapshot.read("helm"), read_objects.read_helm_release)
    helm = {(one.namespace, one.name): one for one in reads.seen(releases_of_helm)}
    sets = _read_sets(snapshot, pods, helm)
    return Cluster(
        id=snapshot.cluster,
        at=snapshot.at,
        controllers=_read_controllers(snapshot.read("deployments"), pods, helm),
        scale_sets=sets.scale_sets,
        vanished=_vanished(releases_of_helm, snapshot.read("autoscalingrunnersets")),
        orphan_listeners=sets.orphan_listeners,
        orphan_runner_sets=sets.orphan_runner_sets,
        orphan_runners=sets.orphan_runners,
        stuck_helpers=sets.stuck_helpers,
        stray_controller_pods=pods.stray(snapshot.read("deployments")),
        crds=_read_crds(snapshot.read("crds")),
        helm_releases=releases_of_helm,
        unread=_unread(snapshot),
        kinds_absent=_kinds_absent(snapshot),
        records=_each(snapshot.read("records"), read_objects.read_record),
        credentials=_each(snapshot.read("credentials"), read_objects.read_credentials),
    )


class _Sets:
    """Scale sets with all that belongs to them, and what belongs to none."""

    def __init__(
        self,
        scale_sets: Union[Tuple[ScaleSet, ...], Unread],
        listeners: Union[Tuple[Listener, ...], Unread],
        runner_sets: Union[Tuple[RunnerSet, ...], Unread],
        runners: Union[Tuple[Runner, ...], Unread],
        helpers: Union[Tuple[Helper, ...], Unread],
    ) -> None:
        self.scale_sets = scale_sets
        names = {(s.ref.namespace, s.ref.name) for s in reads.seen(scale_sets)}
        uids = {s.ref.uid for s in reads.seen(scale_sets)}
        named = {key for s in reads.seen(scale_sets) for key in _named_helpers(s)}
        self.orphan_listeners = _without(
            listeners, (scale_sets,), lambda one: _set_of_listener(one) not in names
        )
        self.orphan_runner_sets = _without(
            runner_sets, (scale_sets,), lambda one: one.owner_uid not in uids
        )
        self.orphan_runners = _without(
            runners, (scale_sets,), lambda one: _set_of_runner(one) not in names
        )
        self.stuck_helpers = _without(
            helpers,
            (scale_sets,),
            lambda one: releases.CLEANUP_PROTECTION in one.finalizers
            and (one.ref.kind, one.ref.namespace, one.ref.name) not in named,
        )


def _read_sets(
    snapshot: Snapshot, pods: Pods, helm: Mapping[Tuple[str, str], HelmRelease]
) -> _Sets:
    raw_sets = snapshot.read("autoscalingrunnersets")
    bare = _each(raw_sets, read_objects.read_scale_set)
    listeners = _each(
        snapshot.read("autoscalinglisteners"),
        lambda raw: _with_pod(read_objects.read_listener(raw), pods),
    )
    runner_sets = _each(snapshot.read("ephemeralrunnersets"), read_objects.read_runner_set)
    served = _served_since(listeners)
    set_of_owner = _set_names(bare, runner_sets)
    runners = _each(
        snapshot.read("ephemeralrunners"),
        lambda raw: _read_runner(raw, pods, served, set_of_owner),
    )
    helpers = _read_helpers(snapshot, bare)
    if isinstance(bare, Unread):
        return _Sets(bare, listeners, runner_sets, runners, helpers)
    join = _Join(listeners, runner_sets, runners, helpers)
    joined = tuple(
        replace(join.to(one), helm=helm.get(read_objects.helm_key(raw["metadata"])))
        for one, raw in zip(bare, reads.seen(raw_sets))
    )
    return _Sets(joined, listeners, runner_sets, runners, helpers)


class _Join:
    """Parts of scale sets, indexed once so that 5,000 runners do not cost a search each."""

    def __init__(self, listeners: Any, runner_sets: Any, runners: Any, helpers: Any) -> None:
        self._listeners = _index(listeners, _set_of_listener)
        self._runner_sets = _index(runner_sets, lambda one: one.owner_uid)
        self._runners = _index(runners, _set_of_runner)
        self._helpers = helpers
        self._helpers_by_key = _index(
            helpers, lambda one: (one.ref.kind, one.ref.namespace, one.ref.name)
        )
        self._helpers_by_set = _index(
            helpers, lambda one: (one.scale_set_namespace, one.scale_set_name)
        )

    def to(self, scale_set: ScaleSet) -> ScaleSet:
        """Return the scale set with all that belongs to it."""
        key = (scale_set.ref.namespace, scale_set.ref.name)
        return replace(
            scale_set,
            listeners=_taken(self._listeners, key),
            runner_sets=_taken(self._runner_sets, scale_set.ref.uid),
            runners=_taken(self._runners, key),
            helpers=self._helpers_of(scale_set, key),
        )

    def _helpers_of(self, scale_set: ScaleSet, key: Tuple[str, str]) -> Any:
        if isinstance(self._helpers, Unread):
            return self._helpers
        found = {one.ref: one for one in _taken(self._helpers_by_set, key)}
        for named in _named_helpers(scale_set):
            found.update((one.ref, one) for one in _taken(self._helpers_by_key, named))
        return tuple(sorted(found.values(), key=lambda one: (one.ref.kind, one.ref.name)))


def _read_runner(
    raw: Raw,
    pods: Pods,
    served: Mapping[Tuple[str, str], datetime],
    set_of_owner: Mapping[str, str],
) -> Runner:
    meta, status, spec = raw["metadata"], raw.get("status") or {}, raw.get("spec") or {}
    ref = read_objects.read_ref(raw, "EphemeralRunner")
    owner = read_objects.owner_uid(raw)
    labels = meta.get("labels") or {}
    set_name = set_of_owner.get(owner) or labels.get(read_objects.SET_NAME_LABEL, "")
    pod, job_pods = pods.owned_by(ref), pods.of_job(ref)
    created = read_objects.read_time(meta.get("creationTimestamp"))
    state = states.judge_runner(
        phase=status.get("phase") or "",
        has_job=states.has_job_fields(status),
        is_registered=bool(status.get("runnerId")),
        pod=sight(pod),
        has_live_job_pods=bool(job_pods),
        created=created,
        served_since=served.get((ref.namespace, set_name)),
    )
    return Runner(
        ref=ref,
        owner_uid=owner,
        scale_set_name=set_name,
        phase=status.get("phase") or "",
        ready=bool(status.get("ready")),
        job=read_objects.read_job(status),
        runner_id=status.get("runnerId") or None,
        created=created,
        deleting_since=read_objects.read_time(meta.get("deletionTimestamp")),
        finalizers=tuple(meta.get("finalizers") or ()),
        pod=pod,
        state=state,
        failures_poisoned=read_objects.has_poisoned_failures(status),
        job_pods=job_pods,
        reason=status.get("reason") or "",
        message=status.get("message") or "",
        failure_count=len(status.get("failures") or ()),
        config_url=spec.get("githubConfigUrl", ""),
        github_secret=spec.get("githubConfigSecret", ""),
    )


def _read_controllers(
    part: Part, pods: Pods, helm: Mapping[Tuple[str, str], HelmRelease]
) -> Union[Tuple[Controller, ...], Unread]:
    return _each(
        part,
        lambda raw: replace(
            read_objects.read_controller(raw),
            helm=helm.get(read_objects.helm_key(raw["metadata"])),
            pods=pods.selected_by(raw),
        ),
    )


def _read_helpers(snapshot: Snapshot, sets: Any) -> Union[Tuple[Helper, ...], Unread]:
    roles = {key: role for s in reads.seen(sets) for key, role in _named_helpers(s).items()}
    found: List[Helper] = []
    for part, kind in _HELPER_PARTS.items():
        raws = snapshot.read(part)
        if isinstance(raws, Unread):
            return raws
        for raw in raws:
            helper = read_objects.read_helper(raw, kind, roles)
            if helper.scale_set_name or releases.CLEANUP_PROTECTION in helper.finalizers:
                found.append(helper)
    return tuple(found)


def _named_helpers(scale_set: ScaleSet) -> Dict[Tuple[str, str, str], str]:
    """Return (kind, namespace, name) -> role of the helpers the cleanup annotations point at."""
    return {
        (kind, scale_set.ref.namespace, name): role
        for kind, name, role in releases.named_helpers(scale_set.cleanup)
    }


def _vanished(
    helm: Union[Tuple[HelmRelease, ...], Unread], sets: Part
) -> Union[Tuple[VanishedSet, ...], Unread]:
    if isinstance(helm, Unread):
        return helm
    if isinstance(sets, Unread):
        return sets
    there = {read_objects.helm_key(raw["metadata"]) for raw in sets}
    # A set that was put in by other means than Helm's own has no release annotation.
    there |= {(raw["metadata"].get("namespace", ""), raw["metadata"]["name"]) for raw in sets}
    deployed = (
        _as_vanished(one) for one in helm
        if one.chart in releases.SCALE_SET_CHARTS and one.should_be_there
        and (one.namespace, one.name) not in there
    )
    return tuple(one for one in deployed if (one.namespace, one.name) not in there)


def _as_vanished(helm: HelmRelease) -> VanishedSet:
    """The set is named after runnerScaleSetName (#2803); no object's name holds an underscore."""
    name = helm.set_name or helm.name
    return VanishedSet(name.replace("_", "-"), helm.namespace, helm.app_version, helm, name)


def _read_crds(part: Part) -> Union[CrdState, Unread]:
    return part if isinstance(part, Unread) else crd_set.recognise(list(part))


def _unread(snapshot: Snapshot) -> Tuple[Unread, ...]:
    """Return the parts whose reading failed; one that nobody asked for is no failure."""
    asked = [snapshot.read(part) for part in reads.PARTS if part in snapshot.reads]
    return tuple(part for part in asked if isinstance(part, Unread))


def _kinds_absent(snapshot: Snapshot) -> Tuple[str, ...]:
    return tuple(
        part for part in reads.PARTS if isinstance(snapshot.reads.get(part), KindAbsent)
    )


def _served_since(listeners: Any) -> Dict[Tuple[str, str], datetime]:
    """Return the earliest start of a listener that runs now, by scale set."""
    found: Dict[Tuple[str, str], datetime] = {}
    for listener in reads.seen(listeners):
        since, key = listener.serving_since, _set_of_listener(listener)
        if since is not None and (key not in found or since < found[key]):
            found[key] = since
    return found


def _set_names(sets: Any, runner_sets: Any) -> Dict[str, str]:
    """Return the UID of each runner set -> name of the scale set that owns it."""
    names = {one.ref.uid: one.ref.name for one in reads.seen(sets)}
    return {
        one.ref.uid: names[one.owner_uid]
        for one in reads.seen(runner_sets)
        if one.owner_uid in names
    }


def _set_of_listener(listener: Listener) -> Tuple[str, str]:
    return (listener.scale_set_namespace, listener.scale_set_name)


def _set_of_runner(runner: Runner) -> Tuple[str, str]:
    return (runner.ref.namespace, runner.scale_set_name)


def _with_pod(listener: Listener, pods: Pods) -> Listener:
    return replace(listener, pod=pods.owned_by(listener.ref))


def _each(part: Part, read: Callable[[Raw], Any]) -> Any:
    return part if isinstance(part, Unread) else tuple(read(raw) for raw in part)


def _index(items: Any, key: Callable[[Any], Any]) -> Any:
    if isinstance(items, Unread):
        return items
    index: Dict[Any, List[Any]] = defaultdict(list)
    for item in items:
        index[key(item)].append(item)
    return index


def _taken(index: Any, key: Any) -> Any:
    return index if isinstance(index, Unread) else tuple(index.get(key, ()))


def _without(items: Any, needed: Iterable[Any], is_orphan: Callable[[Any], bool]) -> Any:
    """Return the items that belong to nothing; unread if they or what they need are."""
    for part in (items, *needed):
        if isinstance(part, Unread):
            return part
    return tuple(item for item in items if is_orphan(item))
