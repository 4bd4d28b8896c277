# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done in one cluster to bring it to a release: derived from what is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from . import crd_set, fleet, listener_faults, reads, releases, summary
from .gitops import Owner
from .objects import Cluster, HelmRelease, Record, ScaleSet

KEEP, REPLACE, INSTALL, LEAVE = "keep", "replace", "install", "leave"
LIVE, VANISHED, RECORDED = "live", "vanished", "recorded"

FULL_CYCLE_STEPS = (
    "settle", "remove_sets", "uninstall_sets", "uninstall_controller", "crds",
    "install_controller", "install_sets", "prove",
)
IN_PLACE_STEPS = ("upgrade_controller", "upgrade_sets", "refresh_listeners", "prove")
MISSING_SETS_STEPS = ("remove_sets", "uninstall_sets", "install_sets", "prove")


@dataclass(frozen=True)
class PlannedSet:
    """A scale set that has to be in place at the end.

    `source`: LIVE, VANISHED (Helm has it, the cluster not) or RECORDED (an earlier run took it
    away). `serves_as`: its name at GitHub, as far as known. `action`: KEEP, REPLACE, INSTALL, or
    LEAVE for one that its owner is removing.
    """

    namespace: str
    name: str
    source: str
    action: str
    from_release: Optional[str]
    helm: str
    container_mode: Optional[str] = None
    serves_as: str = ""
    trouble: Tuple[str, ...] = ()
    peers: Tuple[fleet.Peer, ...] = ()

    def as_dict(self) -> Dict[str, Any]:
        """Return the set's part of the plan as plain data."""
        return {
            "namespace": self.namespace,
            "name": self.name,
            "source": self.source,
            "action": self.action,
            "from": self.from_release,
            "helm_release": self.helm,
            "container_mode": self.container_mode,
            "serves_as": self.serves_as,
            "trouble": list(self.trouble),
            "peers": [peer.as_dict() for peer in self.peers],
        }


@dataclass(frozen=True)
class ClusterPlan:
    """What is to be done in one cluster. `from_releases`: all that were found, oldest first.

    `hop`: from the oldest of them, None if none is known. `method`: how the hop is gone
    ("none", "in_place" or "full_cycle"). `is_resumed`: an earlier run did not end;
    `came_from`: the release before it, "" if that is not one.
    `counts`: of runners, None where unread. `orphaned_listeners`: `namespace/name` of those that
    serve no set, or have the name of an older release's rule; no controller takes them away, so
    a drain would wait for them for ever.
    `suspends`: objects of Argo CD and Flux that rest while the run works.
    """

    id: reads.ClusterId
    target: str
    from_releases: Tuple[str, ...]
    hop: Optional[releases.Hop]
    method: str
    crds: Dict[str, Any]
    controllers: Tuple[Tuple[str, str, str], ...]
    scale_sets: Tuple[PlannedSet, ...]
    steps: Tuple[str, ...]
    counts: Dict[str, Optional[int]]
    is_resumed: bool = False
    came_from: str = ""
    orphaned_listeners: Tuple[str, ...] = ()
    suspends: Tuple[Owner, ...] = ()

    @property
    def is_anything_to_do(self) -> bool:
        """True if the cluster is not wholly at the target with every set taking jobs."""
        return bool(self.steps)

    def as_dict(self) -> Dict[str, Any]:
        """Return the cluster's plan as plain data."""
        return {
            "cluster": self.id.as_dict(),
            "from": list(self.from_releases),
            "to": self.target,
            "hop": self.hop.as_dict() if self.hop else None,
            "method": self.method,
            "is_anything_to_do": self.is_anything_to_do,
            "is_resumed": self.is_resumed,
            "crds": dict(self.crds),
            "controllers": [
                {"namespace": namespace, "name": name, "action": action}
                for namespace, name, action in self.controllers
            ],
            "scale_sets": [one.as_dict() for one in self.scale_sets],
            "steps": list(self.steps),
            "runners": dict(self.counts),
            "orphaned_listeners": list(self.orphaned_listeners),
            "suspends": [
                {"kind": one.kind, "namespace": one.namespace, "name": one.name}
                for one in self.suspends
            ],
        }


def plan_of(cluster: Cluster, target: str, in_place: bool) -> ClusterPlan:
    """Plan one cluster. `target`: a known release. `in_place`: the short way is wanted."""
    found = from_releases(cluster)
    crds = _crds(cluster, target)
    controllers = reads.seen(cluster.controllers)
    fits = bool(controllers) and all(
        one.release == target and not _is_unfinished(one.helm) for one in controllers
    )
    is_sound = fits and not crds["must_change"]
    sets = _planned_sets(cluster, target, is_sound)
    hop = releases.hop(found[0], target) if found and releases.is_known(found[0]) else None
    method = _method(hop, found, sets, is_sound, in_place and not _needs_gap(cluster, crds))
    return ClusterPlan(
        id=cluster.id,
        target=target,
        from_releases=found,
        hop=hop,
        method=method,
        crds=crds,
        controllers=tuple(
            (one.ref.namespace, one.ref.name, KEEP if is_sound else REPLACE)
            for one in controllers
        ),
        scale_sets=sets,
        steps=_steps(
            method, sets, is_sound, _is_nothing_there(cluster, found), bool(open_records(cluster))
        ),
        counts=summary.counts_of(cluster).as_dict(),
        is_resumed=is_half_way(cluster),
        came_from=_came_from(cluster, found),
        orphaned_listeners=_orphaned_listeners(cluster),
    )


def with_peers(
    cluster: Cluster, plan: ClusterPlan, clusters: Sequence[Cluster]
) -> ClusterPlan:
    """Return the plan with the peers of each live set that it takes down."""
    live = {(one.ref.namespace, one.ref.name): one for one in reads.seen(cluster.scale_sets)}
    return replace(
        plan,
        scale_sets=tuple(
            replace(one, peers=fleet.peers_of(cluster, live[(one.namespace, one.name)], clusters))
            if one.action == REPLACE and (one.namespace, one.name) in live else one
            for one in plan.scale_sets
        ),
    )


def _orphaned_listeners(cluster: Cluster) -> Tuple[str, ...]:
    found = [one.ref for one in reads.seen(cluster.orphan_listeners)]
    for scale_set in reads.seen(cluster.scale_sets):
        watching = cluster.controllers_of(scale_set.ref.namespace)
        found += [
            one.ref for one in reads.seen(scale_set.listeners)
            if listener_faults.is_left_alone(one, scale_set, watching)
        ]
    return tuple(f"{one.namespace}/{one.name}" for one in found)


def is_half_way(cluster: Cluster) -> bool:
    """True if an earlier run did not end here, or a set is gone that Helm calls deployed."""
    return bool(open_records(cluster)) or bool(reads.seen(cluster.vanished))


def open_records(cluster: Cluster) -> Tuple[Record, ...]:
    """Return the records of runs that did not end."""
    return tuple(one for one in reads.seen(cluster.records) if one.state == "open")


def from_releases(cluster: Cluster) -> Tuple[str, ...]:
    """Return every release that was found; those of Helm and records only where nothing lives."""
    found = {one.release for one in reads.seen(cluster.controllers)}
    found |= {one.release for one in reads.seen(cluster.scale_sets)}
    if not found:
        found |= {one.release for one in reads.seen(cluster.vanished)}
        found |= {one.from_release for one in open_records(cluster)}
    names = {name for name in found if name}
    return tuple(sorted(names, key=lambda name: (releases.parse(name) or (0, 0, 0), name)))


def _came_from(cluster: Cluster, found: Tuple[str, ...]) -> str:
    """Return what a run that did not end began with, else the only release that is there."""
    begun = [one.from_release for one in open_records(cluster)]
    return begun[0] if begun else found[0] if len(found) == 1 else ""


def _crds(cluster: Cluster, target: str) -> Dict[str, Any]:
    """Tell whether the CRDs keep the target's controllers from working.

    Edited or unknown ones are replaced when the controller changes, but are no reason to
    empty a cluster that is at its target.
    """
    wanted = releases.release(target).crd_set
    crds = cluster.crds
    if isinstance(crds, reads.Unread):
        return {"installed": None, "verdict": "unread", "target": wanted, "must_change": False}
    differs = crds.verdict in (crd_set.MIXED, crd_set.PARTIAL, crd_set.ABSENT) or (
        crds.verdict == crd_set.EXACT and not crds.fits(target)
    )
    return {
        "installed": crds.span or None,
        "verdict": crds.verdict,
        "target": wanted,
        "must_change": differs,
    }


def _planned_sets(cluster: Cluster, target: str, is_sound: bool) -> Tuple[PlannedSet, ...]:
    recorded = {
        (one["namespace"], one["name"]): (one["helm"], record.from_release)
        for record in open_records(cluster)
        for one in record.scale_sets
    }
    planned: Dict[Tuple[str, str], PlannedSet] = {}
    for one in reads.seen(cluster.scale_sets):
        key = (one.ref.namespace, one.ref.name)
        planned[key] = _of_live(cluster, one, target, is_sound, key in recorded)
    by_helm = {(ns, helm): name for (ns, name), (helm, _from) in recorded.items() if helm}
    for gone in reads.seen(cluster.vanished):
        helm = gone.helm.name
        key = (gone.namespace, by_helm.get((gone.namespace, helm), gone.name))
        planned.setdefault(
            key,
            PlannedSet(
                key[0], key[1], VANISHED, INSTALL, gone.release, helm,
                serves_as=gone.serves_as or key[1],
            ),
        )
    for key, (helm, from_release) in recorded.items():
        planned.setdefault(
            key,
            PlannedSet(
                key[0], key[1], RECORDED, INSTALL, from_release or None, helm, serves_as=key[1]
            ),
        )
    return tuple(planned[key] for key in sorted(planned))


def _of_live(
    cluster: Cluster, one: ScaleSet, target: str, is_sound: bool, is_recorded: bool
) -> PlannedSet:
    if one.deleting_since is not None:
        # Helm has let go of it and no run of ours took it away: its owner removes it.
        is_unowned = reads.is_read(cluster.helm_releases) and one.helm is None
        action = LEAVE if is_unowned and not is_recorded else REPLACE
    else:
        is_there = one.release == target and not _is_unfinished(one.helm)
        action = KEEP if is_sound and is_there else REPLACE
    return PlannedSet(
        one.ref.namespace,
        one.ref.name,
        LIVE,
        action,
        one.release,
        one.helm.name if one.helm else "",
        one.container_mode,
        one.name,
        fleet.trouble_of(cluster, one),
    )


def _is_unfinished(helm: Optional[HelmRelease]) -> bool:
    """True if Helm was killed in the middle: it refuses this release until it is uninstalled."""
    return helm is not None and helm.status.startswith("pending-")


def _needs_gap(cluster: Cluster, crds: Mapping[str, Any]) -> bool:
    """True where a part cannot be changed while it is in use: CRDs, and what Helm refuses."""
    helms = [one.helm for one in reads.seen(cluster.controllers)]
    helms += [one.helm for one in reads.seen(cluster.scale_sets)]
    return bool(crds["must_change"]) or any(map(_is_unfinished, helms))


def _method(
    hop: Optional[releases.Hop],
    found: Tuple[str, ...],
    sets: Tuple[PlannedSet, ...],
    is_sound: bool,
    in_place: bool,
) -> str:
    if is_sound and all(one.action in (KEEP, LEAVE) for one in sets):
        return releases.NONE
    one_release = len(found) == 1 and hop is not None
    if one_release and in_place and hop is not None and hop.kind == releases.IN_PLACE:
        return releases.IN_PLACE
    return releases.FULL_CYCLE


def _steps(
    method: str, sets: Tuple[PlannedSet, ...], is_sound: bool, is_nothing_there: bool,
    is_record_open: bool,
) -> Tuple[str, ...]:
    if is_nothing_there:
        return ()
    if method == releases.IN_PLACE:
        return IN_PLACE_STEPS
    if method == releases.FULL_CYCLE:
        return MISSING_SETS_STEPS if is_sound else FULL_CYCLE_STEPS
    ill = any(one.trouble and one.action == KEEP for one in sets)
    # A run that was stopped before its first write, or after its last, has still to be ended.
    return ("prove",) if ill or is_record_open else ()


def _is_nothing_there(cluster: Cluster, found: Tuple[str, ...]) -> bool:
    return not found and not reads.seen(cluster.vanished) and not open_records(cluster)
