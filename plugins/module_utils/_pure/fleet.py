# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several clusters mean for each other: shared names, shared identities, peers.

GitHub knows a scale set by URL, runner group and name. The same name in two clusters, each with
a group of its own, is what keeps jobs running while one cluster is empty; the same group as
well makes them one set, and removing it in one cluster removes it for both (#3372).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from . import health, reads
from .finding_table import Finding, make
from .objects import Cluster, Ref, ScaleSet

Name = Tuple[str, str]


@dataclass(frozen=True)
class Peer:
    """A scale set of the same name in another cluster, and what is wrong with it now.

    `room`: how many jobs more it can run, None where it has no limit or that was not seen.
    """

    cluster: str
    scale_set: Ref
    group: str
    trouble: Tuple[str, ...] = ()
    room: Optional[int] = None

    @property
    def serves(self) -> bool:
        """True if it takes jobs now."""
        return not self.trouble

    def as_dict(self) -> Dict[str, Any]:
        """Return the peer as plain data; its room, which passes, is no part of what is planned."""
        return {
            "cluster": self.cluster,
            "scale_set": str(self.scale_set),
            "namespace": self.scale_set.namespace,
            "name": self.scale_set.name,
            "group": self.group,
            "serves": self.serves,
            "trouble": list(self.trouble),
        }


def name_of(scale_set: ScaleSet) -> Name:
    """Return what jobs ask for: URL and scale-set name, whatever the runner group."""
    url, _group, name = scale_set.github_identity
    return (url, name)


def findings_of(clusters: Sequence[Cluster]) -> Tuple[Finding, ...]:
    """Return what no cluster shows by itself: one cluster twice, one set at GitHub twice."""
    return tuple(_same_cluster(clusters)) + tuple(_same_set(clusters))


def peers_of(
    cluster: Cluster, scale_set: ScaleSet, clusters: Sequence[Cluster]
) -> Tuple[Peer, ...]:
    """Return the sets of the same name in the other clusters, by cluster name.

    A set of the same runner group is no peer: to GitHub both are one, and go as one (#3372).
    Without a settle time: one look shows whether a set serves now, not whether it stays so.
    """
    found = []
    for other in clusters:
        if other.id.uid == cluster.id.uid:
            continue
        for peer in reads.seen(other.scale_sets):
            is_one = peer.github_identity == scale_set.github_identity
            if name_of(peer) == name_of(scale_set) and not is_one:
                found.append(Peer(
                    other.id.name, peer.ref, peer.group, trouble_of(other, peer), _room(peer)
                ))
    return tuple(sorted(found, key=lambda peer: (peer.cluster, str(peer.scale_set))))


def unserved(
    cluster: Cluster, scale_sets: Sequence[ScaleSet], others: Sequence[Cluster],
    silent: Sequence[str] = (),
) -> Tuple[Tuple[ScaleSet, str], ...]:
    """Return the sets that no other cluster serves now, each with the reason.

    One of a cluster in which an upgrade is under way does not count. `silent`: of clusters that
    gave no answer, why.
    """
    found = []
    unread = [*silent, *(
        f"{other.id.name}: {other.scale_sets.reason}"
        for other in others if isinstance(other.scale_sets, reads.Unread)
    )]
    under_way = {
        other.id.name
        for other in others
        if any(record.state == "open" for record in reads.seen(other.records))
    }
    for one in scale_sets:
        peers = peers_of(cluster, one, others)
        if any(peer.serves and peer.cluster not in under_way for peer in peers):
            continue
        told = [
            f"{peer.cluster}: {', '.join(peer.trouble) or 'an upgrade is under way there'}"
            for peer in peers
        ] + unread
        found.append((one, "; ".join(told) or (
            "no other cluster has a set of this name in a runner group of its own"
            if others else "there is no other cluster to ask")))
    return tuple(found)


def _room(scale_set: ScaleSet) -> Optional[int]:
    """A runner that waits has room for a job; one that has a job, or may have one, has not."""
    counts = scale_set.counts
    if scale_set.max_runners is None or counts.busy is None or counts.unknown is None:
        return None
    return max(0, scale_set.max_runners - counts.busy - counts.unknown)


def trouble_of(cluster: Cluster, scale_set: ScaleSet) -> Tuple[str, ...]:
    """Say why a set does not take jobs at this look, () if it does."""
    memory = health.remember({}, cluster)
    verdict = health.judge_scale_set(cluster, scale_set, None, memory, timedelta(0))
    found = () if isinstance(verdict, health.Healthy) else verdict.reasons
    if scale_set.max_runners == 0:
        found += ("its maxRunners is 0, so it takes no job",)
    return found


def _same_cluster(clusters: Sequence[Cluster]) -> Iterator[Finding]:
    first: Dict[str, Cluster] = {}
    for cluster in clusters:
        known = first.setdefault(cluster.id.uid, cluster)
        if known is not cluster:
            yield make(
                "two-hosts-one-cluster", f"host {cluster.id.name}",
                f"its kube-system namespace has the same UID as that of host {known.id.name}",
                cluster=cluster.id.name,
            )


def _same_set(clusters: Sequence[Cluster]) -> Iterator[Finding]:
    seen: Mapping[Tuple[str, str, str], List[Tuple[str, str, str]]] = defaultdict(list)
    for cluster in clusters:
        for scale_set in reads.seen(cluster.scale_sets):
            place = (cluster.id.name, cluster.id.uid, str(scale_set.ref))
            seen[scale_set.github_identity].append(place)
    for (url, group, name), places in sorted(seen.items()):
        other = _other_object(places)
        if other is not None:
            yield make(
                "same-name-and-group", places[0][2],
                f"{other[2]} in cluster {other[0]} has the same name {name} and runner group"
                f" {group} at {url}",
                cluster=places[0][0],
            )


def _other_object(places: List[Tuple[str, str, str]]) -> Optional[Tuple[str, str, str]]:
    """Return a place that is not the first one seen through another host of its cluster."""
    for place in places[1:]:
        if place[1:] != places[0][1:]:
            return place
    return None
