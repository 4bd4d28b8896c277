# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the way of one cluster's plan, beyond what is wrong in the cluster itself."""

from __future__ import annotations

import re
from typing import Iterator, Optional, Sequence, Set, Tuple

from . import chart_values, plan_cluster, reads, releases
from .finding_table import BLOCKER, WARNING, Finding, make
from .objects import Cluster
from .plan_cluster import ClusterPlan, PlannedSet

# Fields of a cluster without which no plan can be made.
_NEEDED = (
    "controllers", "scale_sets", "vanished", "orphan_listeners", "orphan_runners", "crds",
    "helm_releases", "records",
)


def of_target(target: str) -> Iterator[Finding]:
    """Yield what is to be known of the target, whatever the clusters are."""
    facts = releases.release(target)
    if not facts.is_supported:
        yield make("target-unsupported", f"release {target}", "it is the target")
    if "slow-release" in facts.advice:
        yield make("slow-release", f"release {target}", "it is the target")


def of_plan(
    cluster: Cluster, plan: ClusterPlan, plans: Sequence[ClusterPlan], allow_downgrade: bool
) -> Tuple[Finding, ...]:
    """Return the findings of one cluster's plan. `plans`: all of the run, in order."""
    found = list(_gaps(cluster)) + list(_nothing(cluster, plan))
    if plan.is_anything_to_do:
        found.extend(_releases(plan, allow_downgrade))
        found.extend(_kubernetes(cluster, plan))
        found.extend(_crd_managers(cluster, plan))
        found.extend(_helm(cluster, plan))
        found.extend(_elsewhere(cluster, plan))
        found.extend(_peers(cluster, plan, plans))
        found.extend(_values(cluster, plan))
        found.extend(_poisoned_orphans(cluster, plan))
        found.extend(_orphans(cluster, plan))
    name = cluster.id.name
    return tuple(
        Finding(one.id, one.severity, one.object, one.reason, one.remedy, name) for one in found
    )


def _gaps(cluster: Cluster) -> Iterator[Finding]:
    """Yield parts that nobody asked for: a plan cannot be made on what was not looked at."""
    known = {part.part for part in cluster.unread}
    for field in _NEEDED:
        value = getattr(cluster, field)
        if isinstance(value, reads.Unread) and value.part not in known:
            yield make("unread", value.part, value.reason)


def _nothing(cluster: Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    parts = (cluster.controllers, cluster.scale_sets, cluster.vanished, cluster.records)
    if all(reads.is_read(part) for part in parts) and not plan.from_releases and not plan.steps:
        # A controller or set without a readable release is there, and told by release-unknown.
        if not cluster.controllers and not cluster.scale_sets:
            here = f"cluster {cluster.id.name}"
            yield make("nothing-installed", here, "nothing of ARC was found")


def _releases(plan: ClusterPlan, allow_downgrade: bool) -> Iterator[Finding]:
    known = [name for name in plan.from_releases if releases.is_known(name)]
    newer = [name for name in known if releases.hop(name, plan.target).downgrade]
    if newer and not allow_downgrade:
        yield make(
            "downgrade", f"cluster {plan.id.name}",
            f"{', '.join(newer)} is in place, the target is {plan.target}",
        )
    for name in known:
        if not releases.release(name).is_supported:
            yield make("target-unsupported", f"release {name}", "it is in place")


def _kubernetes(cluster: Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    present = _kubernetes_number(cluster.id.kubernetes)
    for one in plan.scale_sets:
        needed = releases.minimum_kubernetes(plan.target, one.container_mode)
        if needed and present and present < needed:
            yield make(
                "kubernetes-too-old", _name(one),
                f"it is in {one.container_mode} mode, which needs Kubernetes"
                f" {needed[0]}.{needed[1]} at {plan.target}; here is {cluster.id.kubernetes}",
            )


def _crd_managers(cluster: Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    """Yield CRDs that would be refused when the cluster is empty already."""
    crds = cluster.crds
    if isinstance(crds, reads.Unread) or "crds" not in plan.steps or crds.fits(plan.target):
        return
    for one in crds.crds:
        if one.managers:
            yield make("crd-managed", one.name, f"{', '.join(one.managers)} has written it")


def _helm(cluster: Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    if not reads.is_read(cluster.helm_releases):
        return
    for one in plan.scale_sets:
        if one.action in (plan_cluster.REPLACE, plan_cluster.INSTALL) and not one.helm:
            yield make("no-helm-release", _name(one), "no Helm release was found for it")
    replaced = {(ns, name) for ns, name, action in plan.controllers if action != "keep"}
    for controller in reads.seen(cluster.controllers):
        key = (controller.ref.namespace, controller.ref.name)
        if key in replaced and controller.helm is None:
            yield make("no-helm-release", str(controller.ref), "no Helm release was found for it")


def _elsewhere(cluster: Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    """Yield what its Helm release has put elsewhere: both are looked for in one namespace."""
    kept = {(ns, name) for ns, name, action in plan.controllers if action == plan_cluster.KEEP}
    for one in (*reads.seen(cluster.scale_sets), *reads.seen(cluster.controllers)):
        is_kept = (one.ref.namespace, one.ref.name) in kept and one.ref.kind == "Deployment"
        if not is_kept and one.helm is not None and one.helm.namespace != one.ref.namespace:
            yield make(
                "namespace-override", str(one.ref),
                f"its Helm release is {one.helm.namespace}/{one.helm.name}",
            )
    for gone in reads.seen(cluster.vanished):
        if "namespaceOverride" in gone.helm.value_paths:
            yield make(
                "namespace-override", f"Helm release {gone.helm.namespace}/{gone.helm.name}",
                "its values have namespaceOverride, and its AutoscalingRunnerSet is gone",
            )


def _poisoned_orphans(cluster: Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    """Yield runners that no drain takes away, and that the target's controller cannot decode."""
    if releases.release(plan.target).failures_type != "date-time":
        return
    for one in reads.seen(cluster.orphan_runners):
        if one.failures_poisoned:
            yield make(
                "poisoned-failures", str(one.ref),
                "it has failure marks that are no times, belongs to no scale set, and would still"
                f" be there when a controller of {plan.target} comes, which would stand still",
                severity=BLOCKER,
            )


def _orphans(cluster: Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    """Yield what no drain waits for, and only the controller that is to go can let end."""
    if "uninstall_controller" not in plan.steps:
        return
    for one in (*reads.seen(cluster.orphan_runner_sets), *reads.seen(cluster.orphan_runners)):
        yield make(
            "orphan-runners", str(one.ref),
            "it belongs to no scale set, and would still be there when the controller goes and the"
            " CRDs are to change", severity=BLOCKER,
        )


def _values(cluster: Cluster, plan: ClusterPlan) -> Iterator[Finding]:
    """Yield what becomes of the values of every release that is installed anew."""
    wanted = {
        (one.namespace, one.helm): one.from_release for one in plan.scale_sets
        if one.action in (plan_cluster.REPLACE, plan_cluster.INSTALL)
    }
    replaced = {(ns, name) for ns, name, action in plan.controllers if action != "keep"}
    wanted.update({
        (one.helm.namespace, one.helm.name): one.release
        for one in reads.seen(cluster.controllers)
        if one.helm is not None and (one.ref.namespace, one.ref.name) in replaced
    })
    for release in reads.seen(cluster.helm_releases):
        start = wanted.get((release.namespace, release.name))
        if not releases.is_known(start):
            continue
        changes = chart_values.changes_of(
            release.value_paths, release.chart, str(start), plan.target)
        for id, reason in chart_values.words_of(changes):
            yield make(id, f"Helm release {release.namespace}/{release.name}", reason)


def _peers(
    cluster: Cluster, plan: ClusterPlan, plans: Sequence[ClusterPlan]
) -> Iterator[Finding]:
    """Yield what is to be said of names that are not served while the cluster is empty."""
    mended = _mended_before(plan, plans)
    for one in plan.scale_sets:
        if one.source != plan_cluster.LIVE or one.action != plan_cluster.REPLACE:
            continue
        coming = sorted(name for name, served in mended if served == one.serves_as)
        ill = [peer for peer in one.peers if not peer.serves and peer.cluster not in coming]
        if coming:
            yield make(
                "peer-ill", _name(one), f"cluster {', '.join(coming)} is mended first",
                severity=WARNING,
            )
        elif not one.peers:
            yield make(
                "name-in-one-cluster", _name(one), "no other cluster of the run has it",
                severity=WARNING if one.trouble else "",
            )
        elif not ill:
            yield from _room(cluster, one)
        # A set that takes no jobs now loses nothing by being taken down.
        elif len(ill) == len(one.peers) and not one.trouble:
            yield make(
                "peer-ill", _name(one),
                "; ".join(f"{peer.cluster}: {', '.join(peer.trouble)}" for peer in ill),
            )


def _room(cluster: Cluster, one: PlannedSet) -> Iterator[Finding]:
    """Yield where the peers together could not run what runs and waits here now."""
    counts = [
        live.counts for live in reads.seen(cluster.scale_sets)
        if (live.ref.namespace, live.ref.name) == (one.namespace, one.name)
    ]
    rooms = [peer.room for peer in one.peers]
    if not counts or counts[0].busy is None or counts[0].pending is None or None in rooms:
        return
    load, room = counts[0].busy + counts[0].pending, sum(filter(None, rooms))
    if load > room:
        yield make(
            "peer-full", _name(one),
            f"{load} jobs run or wait for a runner here, {', '.join(p.cluster for p in one.peers)}"
            f" can take {room} more",
        )


def _mended_before(
    plan: ClusterPlan, plans: Sequence[ClusterPlan]
) -> Set[Tuple[str, str]]:
    """Return (cluster, set) of sets that this run brings back before it comes here."""
    found = set()
    for earlier in plans:
        if earlier.id.uid == plan.id.uid:
            break
        found |= {
            (earlier.id.name, one.serves_as)
            for one in earlier.scale_sets
            if one.action == plan_cluster.INSTALL or (one.trouble and earlier.is_resumed)
        }
    return found


def _kubernetes_number(text: str) -> Optional[Tuple[int, int]]:
    match = re.match(r"v?(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def _name(one: PlannedSet) -> str:
    return f"AutoscalingRunnerSet {one.namespace}/{one.name}"
