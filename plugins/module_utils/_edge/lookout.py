# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a wait learns of changes: by watches, which tell when something changed, and what.

A Mirror holds the watched objects as the API server tells their changes, so a wait is judged
again and again without a request, however many runners there are. It may be a moment behind:
whoever wants to write, or to call something gone, takes a fresh look before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from .._pure import model, pods, reads
from .._pure.drain_types import View
from .._pure.objects import Listener
from . import places, reader
from .client import EVERYTHING, Query
from .deadline import Deadline
from .places import Place
from .task import Task
from .watch import Change, ChangeKind
from .watch_many import Heartbeat, Watched, watch_many

_TICK_S = 0.1  # also: how long it must be silent after a change before it is judged
_LONGEST_UNREST_S = 1.0
_FIRST_LIST_LIMIT_S = 10.0
# Beyond this one watch of the whole cluster is less than one of each namespace.
_MOST_NAMESPACES = 3
_OF_CONTROLLER = Query(labels=f"{pods.PART_OF_LABEL} in ({','.join(pods.PART_OF_CONTROLLER)})")

Raw = Mapping[str, Any]
Tell = Callable[[Change], None]


class Lookout:
    """Tells when something changed. The first time is when every watch has begun."""

    def __init__(
        self, task: Task, watch: Sequence[Watched], until: Deadline,
        tell: Tell = lambda _change: None,
    ) -> None:
        self._until = until
        self._changes = watch_many(task.client, watch, until, _TICK_S)
        self._unlisted = len(watch)
        self._tell = tell

    @property
    def is_whole(self) -> bool:
        """True once every watch has begun."""
        return self._unlisted == 0

    def wait(self, limit_s: float) -> bool:
        """Return True once something changed and it is quiet again; False after `limit_s`."""
        started = self._until.elapsed_s()
        changed_at: Optional[float] = None
        for change in self._changes:
            at = self._until.elapsed_s()
            if isinstance(change, Change):
                self._tell(change)
                self._unlisted -= 1 if self._unlisted else 0
                changed_at = at if changed_at is None else changed_at
            is_listed = self.is_whole or at - started >= _FIRST_LIST_LIMIT_S
            if changed_at is None:
                if at - started >= limit_s:
                    return False
            elif is_listed and (
                isinstance(change, Heartbeat) or at - changed_at >= _LONGEST_UNREST_S
            ):
                return True
        return changed_at is not None

    def close(self) -> None:
        """End the watches."""
        self._changes.close()


class Mirror(Lookout):
    """The scale sets of some namespaces, all that belongs to them, and their controllers."""

    def __init__(self, task: Task, view: View, namespaces: Iterable[str], until: Deadline) -> None:
        keeper = reader.Keeper()
        watched = _watched(view, namespaces)
        self._objects: Dict[Place, Dict[str, Raw]] = {}
        super().__init__(
            task,
            [
                (place, query, lambda raw, part=place.resource: keeper.keep(part, raw))
                for place, query in watched
            ],
            until, self._take,
        )  # fmt: skip

    def view(self, base: View, at: datetime) -> View:
        """Return `base` with the watched objects as they stand now."""
        parts: Dict[str, List[Raw]] = {}
        for part in {place.resource for place in self._objects}:
            parts[part] = list(self._unwatched(part, base))
        for place, objects in self._objects.items():
            parts[place.resource] += objects.values()
        if "pods" in parts:
            parts["pods"] = _of_arc(parts, base)
        told = {part: reads.Known(tuple(items)) for part, items in parts.items()}
        snapshot = replace(base.snapshot, at=at, reads={**base.snapshot.reads, **told})
        return replace(base, cluster=model.read_cluster(snapshot), snapshot=snapshot)

    def _take(self, change: Change) -> None:
        known = self._objects.setdefault(change.place, {})
        if change.kind is ChangeKind.RELISTED:
            known.clear()
            known.update((one["metadata"]["uid"], one) for one in change.items)
        elif change.object is not None:
            uid = change.object["metadata"]["uid"]
            if change.kind is ChangeKind.DELETED:
                known.pop(uid, None)
            else:
                known[uid] = change.object

    def _unwatched(self, part: str, base: View) -> Iterable[Raw]:
        """Objects of the namespaces that are not watched stay as they were seen."""
        spaces = {place.namespace for place in self._objects if place.resource == part}
        if "" in spaces:
            return ()
        return (
            one for one in reads.seen(base.snapshot.read(part))
            if one["metadata"].get("namespace") not in spaces
        )


def _of_arc(parts: Mapping[str, Sequence[Raw]], base: View) -> List[Raw]:
    """Of all pods those that a look would list: by label, by name of a listener, by selector."""
    seen = {one["metadata"]["uid"] for one in reads.seen(base.snapshot.read("pods"))}
    listeners = {_name(one) for one in parts.get("autoscalinglisteners", ())}
    selectors = [
        (one["metadata"]["namespace"], (one["spec"].get("selector") or {}).get("matchLabels"))
        for one in parts.get("deployments", ())
    ]
    return [
        pod for pod in parts["pods"]
        if pod["metadata"]["uid"] in seen or _name(pod) in listeners
        or reader.is_labelled(pod) or any(_fits(pod, *one) for one in selectors)
    ]


def _name(raw: Raw) -> Tuple[str, str]:
    return raw["metadata"]["namespace"], raw["metadata"]["name"]


def _fits(pod: Raw, namespace: str, wanted: Optional[Mapping[str, str]]) -> bool:
    labels = pod["metadata"].get("labels") or {}
    return (
        bool(wanted) and pod["metadata"]["namespace"] == namespace
        and all(labels.get(key) == value for key, value in (wanted or {}).items())
    )


def _watched(view: View, namespaces: Iterable[str]) -> Tuple[Tuple[Place, Query], ...]:
    """Return what to watch: kinds that are there, in the namespaces concerned."""
    cluster = view.cluster
    spaces = set(namespaces)
    homes = {one.ref.namespace for one in reads.seen(cluster.controllers)}
    homes |= {one.ref.namespace for one in _listeners(view)}
    found: List[Tuple[Place, Query]] = []
    for resource, query, where in (
        (places.SCALE_SETS, EVERYTHING, spaces),
        (places.RUNNER_SETS, EVERYTHING, spaces),
        (places.RUNNERS, EVERYTHING, spaces),
        (places.LISTENERS, EVERYTHING, homes),
        (places.PODS, EVERYTHING, spaces | homes),
        (places.DEPLOYMENTS, _OF_CONTROLLER, homes),
    ):
        if resource.resource not in cluster.kinds_absent:
            found += [(place, query) for place in _where(resource, where)]
    return tuple(found)


def _where(resource: places.Resource, namespaces: Iterable[str]) -> Sequence[Place]:
    names = sorted(namespaces)
    if not names or len(names) > _MOST_NAMESPACES:
        return [resource.at()]
    return [resource.at(name) for name in names]


def _listeners(view: View) -> Iterable[Listener]:
    cluster = view.cluster
    for scale_set in reads.seen(cluster.scale_sets):
        yield from reads.seen(scale_set.listeners)
    yield from reads.seen(cluster.orphan_listeners)
