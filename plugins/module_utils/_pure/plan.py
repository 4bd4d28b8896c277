# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an upgrade of several clusters will do, and what stands in its way.

A pure function of what was read: the same clusters and options give the same plan. What an
interrupted run left is taken up: sets it recorded and that are not there are expected too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import finding_table, findings, fleet, gitops_hold, plan_cluster, plan_findings, releases
from .finding_table import BLOCKER, INFO, WARNING, Finding
from .gitops_hold import Ownership
from .objects import Cluster, Record
from .plan_cluster import ClusterPlan

# Without these being settled there is nothing that could be planned.
# What a target may be beside a release.
LATEST, LATEST_PATCH = "latest", "latest_patch"
NEVER_ACKNOWLEDGED = (
    "target-unknown", "two-hosts-one-cluster", "nothing-installed", "namespace-override", "crd-managed",
)


@dataclass(frozen=True)
class Options:
    """What the user decided.

    `acknowledge`: ids of findings that shall not block. `suspended`: names of clusters whose
    GitOps operator is suspended. `force_crds`: names of clusters whose CRDs are taken over from
    whoever manages them. `in_place`: take the short way where the gate allows it.
    `allow_downgrade`: set by the rollback alone. `order`: names of clusters, first to last.
    `learnt`: findings by cluster that no look at the clusters gives. `owned`: what Argo CD and
    Flux have in hand, by cluster. `suspend_gitops`: the run makes them rest.
    """

    acknowledge: Tuple[str, ...] = ()
    suspended: Tuple[str, ...] = ()
    force_crds: Tuple[str, ...] = ()
    in_place: bool = False
    allow_downgrade: bool = False
    order: Tuple[str, ...] = ()
    learnt: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    owned: Mapping[str, Ownership] = field(default_factory=dict)
    suspend_gitops: bool = False


@dataclass(frozen=True)
class Plan:
    """The plan for all clusters, in the order in which they are taken."""

    target: str
    clusters: Tuple[ClusterPlan, ...] = ()
    findings: Tuple[Finding, ...] = ()
    acknowledged: Tuple[str, ...] = ()
    not_found: Tuple[str, ...] = field(default_factory=tuple)

    @property
    def blockers(self) -> Tuple[Finding, ...]:
        """Findings that forbid the first write."""
        return tuple(one for one in self.findings if one.severity == BLOCKER)

    @property
    def is_anything_to_do(self) -> bool:
        """True if any cluster needs work."""
        return any(one.is_anything_to_do for one in self.clusters)

    @property
    def back_to(self) -> str:
        """The one known release that all clusters with work come from, "" if there is none."""
        found = {one.came_from for one in self.clusters if one.is_anything_to_do}
        only = found.pop() if len(found) == 1 else ""
        return only if releases.is_known(only) else ""

    def with_findings(self, more: Sequence[Finding]) -> Plan:
        """Return the plan with findings that nobody can acknowledge: rights that are missing."""
        return replace(self, findings=finding_table.in_order([*self.findings, *more]))

    def as_dict(self) -> Dict[str, Any]:
        """Return the plan as plain data."""
        return {
            "target": self.target,
            "back_to": self.back_to,
            "order": [one.id.name for one in self.clusters],
            "is_anything_to_do": self.is_anything_to_do,
            "is_blocked": bool(self.blockers),
            "clusters": [one.as_dict() for one in self.clusters],
            "findings": [one.as_dict() for one in self.findings],
            "acknowledged": list(self.acknowledged),
            "acknowledged_not_found": list(self.not_found),
        }


def plan_fleet(
    clusters: Sequence[Cluster],
    target: str,
    options: Options = Options(),
    records: Optional[Mapping[str, Sequence[Record]]] = None,
) -> Plan:
    """Plan the upgrade of all clusters to `target`.

    `records`: cluster UID -> records of earlier runs, where they were read by themselves;
    else those of the clusters' own look count.
    """
    target = resolved(target, clusters)
    if not releases.is_known(target):
        unknown = finding_table.make(
            "target-unknown", f"release {target!r}",
            f"known are {releases.OLDEST} to {releases.LATEST}",
        )
        return Plan(target, findings=(unknown,))
    clusters = _in_order([_with_records(one, records) for one in clusters], options.order)
    plans = tuple(plan_cluster.plan_of(one, target, options.in_place) for one in clusters)
    plans = tuple(
        plan_cluster.with_peers(cluster, one, clusters)
        for cluster, one in zip(clusters, plans)
    )
    if options.suspend_gitops:
        plans = tuple(
            replace(one, suspends=gitops_hold.owners_of(options.owned.get(one.id.name)))
            if one.is_anything_to_do else one for one in plans
        )
    found = list(fleet.findings_of(clusters))
    found.extend(plan_findings.of_target(target))
    for cluster, one in zip(clusters, plans):
        found.extend(_of_cluster(cluster, one, plans, options))
    ordered = finding_table.in_order(_acknowledge(one, options) for one in found)
    ids = {one.id for one in found}
    return Plan(
        target,
        clusters=plans,
        findings=ordered,
        acknowledged=tuple(sorted(set(options.acknowledge) & ids)),
        not_found=tuple(sorted(set(options.acknowledge) - ids)),
    )


def resolved(target: str, clusters: Sequence[Cluster]) -> str:
    """Return the release that LATEST or LATEST_PATCH means, any other text as it is.

    LATEST_PATCH is the newest patch release of the oldest minor release that is in place.
    """
    if target == LATEST:
        return releases.LATEST
    if target != LATEST_PATCH:
        return target
    found = sorted(
        number for one in clusters for name in plan_cluster.from_releases(one)
        for number in [releases.parse(name)] if number
    )
    minor = found[0][:2] if found else None
    same = [name for name in releases.RELEASES if (releases.parse(name) or ())[:2] == minor]
    return max(same, key=lambda name: releases.parse(name) or ()) if same else target


def _of_cluster(
    cluster: Cluster, one: ClusterPlan, plans: Tuple[ClusterPlan, ...], options: Options
) -> List[Finding]:
    """Return a cluster's findings; without work there, only a gap in sight can block."""
    found = gitops_hold.findings_with(
        [_taken_up(finding) for finding in findings.findings_of(cluster)],
        options.owned.get(cluster.id.name), options.suspend_gitops, cluster.id.name,
    )
    found.extend(options.learnt.get(cluster.id.name, ()))
    planned = list(plan_findings.of_plan(cluster, one, plans, options.allow_downgrade))
    if any(finding.id == "orphan-runners" for finding in planned):
        # Each by its name, as it stands in the way.
        found = [finding for finding in found if finding.id != "orphan-runners"]
    found.extend(planned)
    if one.is_anything_to_do:
        return found
    return [
        replace(finding, severity=WARNING)
        if finding.severity == BLOCKER and finding.id not in ("unread", "nothing-installed")
        else finding
        for finding in found
    ]


def _taken_up(finding: Finding) -> Finding:
    """To run again is all that a run which did not end asks for, and what is planned."""
    if finding.id != "run-unfinished":
        return finding
    return replace(finding, severity=INFO, remedy="Nothing: this run goes on from what it finds.")


def _acknowledge(finding: Finding, options: Options) -> Finding:
    is_settled = (
        finding.id == "gitops-owned" and finding.cluster in options.suspended
        or finding.id == "crd-managed" and finding.cluster in options.force_crds
    )
    is_named = finding.id in options.acknowledge and finding.id not in NEVER_ACKNOWLEDGED
    if finding.severity == BLOCKER and (is_settled or is_named):
        return replace(finding, severity=WARNING)
    return finding


def _with_records(
    cluster: Cluster, records: Optional[Mapping[str, Sequence[Record]]]
) -> Cluster:
    if records is None or cluster.id.uid not in records:
        return cluster
    return replace(cluster, records=tuple(records[cluster.id.uid]))


def _in_order(clusters: List[Cluster], order: Tuple[str, ...]) -> List[Cluster]:
    """Put clusters that an earlier run left half-way first: their peers carry their load."""
    wished = {name: number for number, name in enumerate(order)}
    return sorted(
        clusters,
        key=lambda one: (
            not plan_cluster.is_half_way(one),
            wished.get(one.id.name, len(wished)),
        ),
    )
