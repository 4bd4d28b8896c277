# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is an object still what was judged, right before the write? And has a controller come?"""

from __future__ import annotations

import time
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Tuple, Union

from .._pure import finalizer_choice, finalizers, pods, reads
from .._pure.drain_types import View
from .._pure.errors import Conflict
from .._pure.finalizer_verdicts import Object, Verdict
from .._pure.objects import Cluster, Ref
from . import places
from .answers import ObjectNotFound
from .client import Query
from .task import Task

_OF_CONTROLLER = Query(
    labels=f"{pods.PART_OF_LABEL} in ({','.join(pods.PART_OF_CONTROLLER)})", metadata_only=True
)
# Of these only metadata is needed, and a Secret's data is nobody's business here.
_BARE_KINDS = ("Secret", "ServiceAccount", "Role", "RoleBinding")
_CONTROLLERS_EVERY_S = 0.1

Raw = Mapping[str, Any]
Controllers = FrozenSet[Tuple[str, str]]


class Rereading:
    """Holds later readings against one look. `controllers`: as they were before that look."""

    def __init__(
        self, task: Task, view: View, controllers: Controllers, valid_s: float
    ) -> None:
        self._task = task
        self._until = task.deadline.within(valid_s)
        self._controllers = controllers
        self._checked_at = 0.0
        self._judged: Dict[str, Tuple[str, Raw]] = {
            raw["metadata"]["uid"]: (part, raw)
            for part in finalizer_choice.PART_OF.values()
            for raw in reads.seen(view.snapshot.read(part))
        }
        self._objects = {one.ref: one for one in finalizers.objects(view.cluster)}

    def judged(self, ref: Ref) -> Object:
        """Return the object as it was judged."""
        return self._objects[ref]

    def is_old(self) -> bool:
        """Tell whether the look has been relied on for long enough."""
        return self._until.is_over()

    def read(self, ref: Ref) -> Raw:
        """Return the object as it is now. Raises Conflict if it has gone."""
        place = places.of_kind(ref.kind).at(ref.namespace, ref.name)
        try:
            if ref.kind not in _BARE_KINDS:
                return self._task.client.get(place, self._task.deadline)
        except ObjectNotFound as error:
            raise _changed(ref, "it has gone") from error
        query = Query(fields=f"metadata.name={ref.name}", metadata_only=True)
        collection = places.of_kind(ref.kind).at(ref.namespace)
        found = self._task.client.list(collection, self._task.deadline, query).items
        if not found:
            raise _changed(ref, "it has gone")
        return found[0]

    def check(self, ref: Ref) -> Raw:
        """Return the object as it is now. Raises Conflict if it is not what was judged."""
        now = time.monotonic()
        if now - self._checked_at >= _CONTROLLERS_EVERY_S:
            if controllers_now(self._task) != self._controllers:
                raise _changed(ref, "a controller came, went or changed since it was judged")
            self._checked_at = now
        raw = self.read(ref)
        part, judged = self._judged[ref.uid]
        if not finalizer_choice.is_as_judged(part, judged, raw):
            raise _changed(ref, "it changed since it was judged")
        return raw


def patch_of(raw: Raw, verdict: Verdict) -> Optional[List[Dict[str, Any]]]:
    """Return the patch for a dry run; None for an object that would be deleted first."""
    if verdict.delete_first:
        return None
    return finalizers.json_patch(raw, verdict.finalizer)


def controllers_now(task: Task) -> Controllers:
    """Return uid and version of each controller and manager pod. Raises ReadFailed."""
    return frozenset(
        (one["metadata"]["uid"], one["metadata"].get("resourceVersion", ""))
        for resource in (places.DEPLOYMENTS, places.PODS)
        for one in task.client.list(resource.at(), task.deadline, _OF_CONTROLLER).items
    )


def leases(task: Task, cluster: Cluster) -> Union[Tuple[Raw, ...], reads.Unread]:
    """Return the leases of the namespaces where a controller is or has been.

    Listeners live beside their controller: they tell where one was that has gone.
    """
    spaces = {one.ref.namespace for one in reads.seen(cluster.controllers)}
    spaces |= {one.ref.namespace for one in reads.seen(cluster.orphan_listeners)}
    for scale_set in reads.seen(cluster.scale_sets):
        spaces |= {one.ref.namespace for one in reads.seen(scale_set.listeners)}
    found: List[Raw] = []
    for namespace in sorted(spaces):
        answer = task.client.read_list(places.LEASES.at(namespace), task.deadline)
        if isinstance(answer, reads.Unread):
            return reads.Unread(answer.reason, answer.missing_right, "leases")
        found += answer.items if isinstance(answer, reads.Known) else ()
    return tuple(found)


def _changed(ref: Ref, cause: str) -> Conflict:
    return Conflict(cluster="", object=str(ref), cause=cause, next_step="It is judged anew")
