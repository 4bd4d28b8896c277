# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the listeners of a cluster, as findings."""

from __future__ import annotations

from typing import Iterator

from . import listener_faults, reads
from .finding_table import Finding, make
from .objects import Cluster, ScaleSet


def of(cluster: Cluster) -> Iterator[Finding]:
    """Yield the findings on all listeners that were seen, and on those that are missing."""
    for one in reads.seen(cluster.orphan_listeners):
        if one.deleting_since is None:
            yield make(
                listener_faults.OLD_NAME, str(one.ref),
                f"its scale set {one.scale_set_namespace}/{one.scale_set_name} is gone",
            )
    for scale_set in reads.seen(cluster.scale_sets):
        if scale_set.deleting_since is None and reads.is_read(scale_set.listeners):
            yield from _of_set(cluster, scale_set)


def _of_set(cluster: Cluster, scale_set: ScaleSet) -> Iterator[Finding]:
    alive = [one for one in reads.seen(scale_set.listeners) if one.deleting_since is None]
    controllers = cluster.controllers_of(scale_set.ref.namespace)
    controller = controllers[0] if len(controllers) == 1 else None
    for one in alive:
        for fault in listener_faults.faults_of(one, scale_set, controller):
            yield make(fault.id, str(one.ref), fault.reason)
    # An Outdated set has no listener by ARC's own decision (#4404): `outdated` says it.
    if not alive and scale_set.phase != "Outdated":
        yield _missing(cluster, scale_set)


def _missing(cluster: Cluster, scale_set: ScaleSet) -> Finding:
    controllers = cluster.controllers_of(scale_set.ref.namespace)
    eventual = any(one.update_strategy == "eventual" for one in controllers)
    counts, ref = scale_set.counts, str(scale_set.ref)
    waits = counts.is_known and bool((counts.idle or 0) + (counts.unknown or 0))
    if eventual and waits and scale_set.min_runners > 0:
        return make(
            "eventual-deadlock", ref,
            f"update strategy eventual, minRunners {scale_set.min_runners},"
            f" {counts.idle} idle and {counts.unknown} unknown runners, no listener",
        )
    reason = "no AutoscalingListener refers to it"
    if eventual:
        reason += "; with update strategy eventual it comes when the last runner has ended"
    return make("listener-missing", ref, reason)
