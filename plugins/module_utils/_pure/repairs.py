# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is out of order, and which write mends it, on what proof?

A repair is found from one look, named by its id and its object, and made only if it is found
again right before. What cannot be proven is told as held, with what would be needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional
from typing import Sequence, Tuple

from . import drain_patches, helper_protection, listener_faults, reads, releases
from . import vanished_sets
from .drain_settle import EVENTUAL
from .drain_types import Act, View
from .objects import Controller, Ref, Runner, RunnerSet, ScaleSet
from .read_objects import ID_ANNOTATION
from .repair_table import REPAIRS
from .states import State
from .vanished_sets import Stored


ZOMBIE_AFTER = timedelta(minutes=2)
HANGS_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Repair:
    """Something that can be mended. `held`: why it must not be, "" if it may. `act`: the write."""

    id: str
    ref: Ref
    proof: str
    act: Act
    held: str = ""

    @property
    def key(self) -> str:
        """How a user names it: "id" names all of one id, this names one."""
        return f"{self.id}: {self.ref}"

    def as_dict(self) -> Dict[str, Any]:
        """Return the repair as plain data."""
        kind = REPAIRS[self.id]
        return {
            "id": self.id, "key": self.key, "object": dict(self.ref.as_dict()),
            "proof": self.proof, "meaning": kind.meaning, "effect": kind.effect,
            "undo": kind.undo, "source": kind.source, "held": self.held,
        }  # fmt: skip


@dataclass(frozen=True)
class Options:
    """`lost_at_github`: sets, "namespace/name", of which the caller knows that GitHub has them
    no more: the controller's log says 404, and nothing in the cluster does. `stored`: what Helm
    and drains remember of sets."""

    lost_at_github: Tuple[str, ...] = ()
    stored: Stored = Stored()


def find(view: View, options: Options, now: datetime) -> Tuple[Repair, ...]:
    """Return what can be mended, the listeners first: they take jobs that nobody runs.

    What could not be read leads to no repair. `now`: aware UTC.
    """
    look = _Look(view, options, now)
    found = [repair for rule in _RULES for repair in rule(look)]
    order = {one: number for number, one in enumerate(REPAIRS)}
    # A set that is made again finds its helpers protected.
    return tuple(sorted(
        found, key=lambda one: (order[one.id], one.act.verb == "create", str(one.ref))
    ))


def chosen(found: Sequence[Repair], wanted: Sequence[str]) -> Tuple[Repair, ...]:
    """Return those that are wanted, by id or by key, and not held."""
    names = set(wanted)
    return tuple(
        one for one in found if not one.held and (one.id in names or one.key in names)
    )


class _Look(NamedTuple):
    view: View
    options: Options
    now: datetime

    @property
    def sets(self) -> Sequence[ScaleSet]:
        return [
            one for one in reads.seen(self.view.cluster.scale_sets) if one.deleting_since is None
        ]

    def controller_of(self, namespace: str) -> Optional[Controller]:
        """The only controller of a namespace, if it is at work."""
        found = self.view.cluster.controllers_of(namespace)
        return found[0] if len(found) == 1 and found[0].is_ready else None


def _orphaned_listeners(look: _Look) -> Iterator[Repair]:
    if not reads.is_read(look.view.cluster.scale_sets):
        return
    for one in reads.seen(look.view.cluster.orphan_listeners):
        if one.deleting_since is None:
            text = f"its scale set {one.scale_set_namespace}/{one.scale_set_name} is gone"
            held = "" if look.controller_of(one.scale_set_namespace) else _NOBODY
            yield Repair("orphaned-listener", one.ref, text, _delete(one.ref, text), held)


def _stale_listeners(look: _Look) -> Iterator[Repair]:
    for scale_set in reads.seen(look.view.cluster.scale_sets):
        controller = look.controller_of(scale_set.ref.namespace)
        if controller is None:
            continue
        for one in reads.seen(scale_set.listeners):
            faults = {f.id: f for f in listener_faults.faults_of(one, scale_set, controller)}
            cured = [faults[id] for id in listener_faults.CURED_BY_DELETION if id in faults]
            if not cured or one.deleting_since is not None:
                continue
            if listener_faults.OLD_NAME in faults:
                # The controller does not look for it, also while its set goes.
                reason = faults[listener_faults.OLD_NAME].reason
                yield Repair("orphaned-listener", one.ref, reason, _delete(one.ref, reason))
            elif scale_set.deleting_since is None:
                reason = cured[0].reason
                yield Repair("stale-listener", one.ref, reason, _delete(one.ref, reason))


def _zombies(look: _Look) -> Iterator[Repair]:
    for scale_set in look.sets:
        for runner in reads.seen(scale_set.runners):
            is_young = runner.created is None or look.now - runner.created < ZOMBIE_AFTER
            if not runner.is_zombie or is_young:
                continue
            text = f"its phase is {runner.phase}, it has no pod ({runner.reason or 'no reason'})"
            held = "" if look.controller_of(runner.ref.namespace) else _NOBODY
            if runner.job is not None:
                held = (
                    "GitHub may still count a job on it: cancel the run there, or release it with"
                    " arc_finalizer_clear"
                )
            yield Repair("zombie-runner", runner.ref, text, _delete(runner.ref, text), held)


def _outdated(look: _Look) -> Iterator[Repair]:
    for scale_set in look.sets:
        if scale_set.phase != "Outdated":
            continue
        parts = (scale_set.listeners, scale_set.runner_sets, scale_set.runners)
        if not all(map(reads.is_read, parts)):
            continue
        # The controller takes the id off last, once it has deleted the scale set at GitHub (#4404).
        is_left = any(map(reads.seen, parts)) or scale_set.scale_set_id is not None
        held = "" if not is_left else (
            "it still has a listener, a runner set, runners or its id: wait until they have gone"
        )
        if not look.controller_of(scale_set.ref.namespace):
            held = _NOBODY
        text = "its phase is Outdated, and nothing of it is left"
        steps = _with_uid(scale_set.ref)
        steps.append({"op": "test", "path": "/status/phase", "value": "Outdated"})
        steps.append({"op": "remove", "path": "/status/phase"})
        act = Act("patch_status", scale_set.ref, steps, text, {"phase": scale_set.phase})
        yield Repair("outdated", scale_set.ref, text, act, held)


def _deadlocks(look: _Look) -> Iterator[Repair]:
    for scale_set in look.sets:
        controller = look.controller_of(scale_set.ref.namespace)
        alive = scale_set.live_runner_set
        if controller is None or controller.update_strategy != EVENTUAL:
            continue
        if not reads.is_read(scale_set.listeners) or reads.seen(scale_set.listeners):
            continue
        runners = reads.seen(scale_set.runners)
        # A settling drain wants it just so until every assigned job has its runner.
        is_drained = drain_patches.note_on(look.view, scale_set) is not None
        if not isinstance(alive, RunnerSet) or not alive.replicas or not _stands_still(runners):
            continue
        text = (
            f"update strategy eventual, no listener, and {len(runners)} runners of which none"
            " is seen to run a job"
        )
        held = "a drain holds it so: bring the set back with arc_scaleset_drain, state resumed"
        act = drain_patches.empty(alive)
        yield Repair("eventual-deadlock", alive.ref, text, act, held if is_drained else "")


def _dead_sets(look: _Look) -> Iterator[Repair]:
    """A new id alone would leave listener and runner set on the old one, so the set is made anew."""
    stored = {one.key for one in look.options.stored.manifests}
    for one in look.sets:
        key = (one.ref.namespace, one.ref.name)
        if "/".join(key) in look.options.lost_at_github and one.scale_set_id is not None:
            text = f"the caller knows that GitHub has no scale set {one.scale_set_id}"
            held = "" if key in stored else (
                "no release of Helm holds it as deployed: nobody could make it again"
            )
            if not look.controller_of(one.ref.namespace):
                held = _NOBODY
            yield Repair("dead-at-github", one.ref, text, _delete(one.ref, text), held)


def _lost_sets(look: _Look) -> Iterator[Repair]:
    for one in reads.seen(look.view.cluster.scale_sets):
        since = one.deleting_since
        parts = (one.listeners, one.runner_sets, one.runners)
        if since is None or look.now - since < HANGS_AFTER or one.scale_set_id is None:
            continue
        if not all(reads.is_read(part) for part in parts) or any(map(reads.seen, parts)):
            continue
        name = f"{one.ref.namespace}/{one.ref.name}"
        text = f"deleted at {since.isoformat()}, all of it has gone but its id {one.scale_set_id}"
        held = "" if name in look.options.lost_at_github else (
            "it may be held by jobs of another cluster with the same runner group: see whether"
            f" the controller's log says 404 for it, then say lost_at_github: [{name}]"
        )
        path = "/metadata/annotations/" + ID_ANNOTATION
        steps = [*_with_uid(one.ref), {"op": "test", "path": path, "value": str(one.scale_set_id)},
                 {"op": "remove", "path": path}]
        act = Act("patch", one.ref, steps, text, {"scale_set_id": one.scale_set_id})
        yield Repair("lost-at-github", one.ref, text, act, held)


def _poisoned(look: _Look) -> Iterator[Repair]:
    cluster = look.view.cluster
    runners: List[Tuple[Runner, bool]] = [
        (runner, False)
        for one in reads.seen(cluster.scale_sets) for runner in reads.seen(one.runners)
    ] + [(runner, True) for runner in reads.seen(cluster.orphan_runners)]
    for runner, is_orphan in runners:
        if not runner.failures_poisoned:
            continue
        raw = look.view.raw("ephemeralrunners", runner.ref)
        marks = (raw.get("status") or {}).get("failures")
        text = f"its failures hold booleans ({len(marks or ())})"
        takes_times = any(
            known is not None and known.failures_type == "date-time"
            for known in (
                releases.nearest(one.release)
                for one in cluster.controllers_of(runner.ref.namespace)
            )
        )
        # An orphan's controller does not make its pod anew, and so counts no more failures.
        held = "" if takes_times or is_orphan else (
            "its controller writes booleans itself: to be done before a controller from 0.12.0 on"
            " comes, when the old one is gone"
        )
        steps = [*_with_uid(runner.ref), {"op": "test", "path": "/status/failures", "value": marks},
                 {"op": "remove", "path": "/status/failures"}]
        act = Act("patch_status", runner.ref, steps, text, {"failures": marks})
        yield Repair("poisoned-failures", runner.ref, text, act, held)


def _patch_ids(look: _Look) -> Iterator[Repair]:
    cluster = look.view.cluster
    sets: List[RunnerSet] = [
        one for scale_set in reads.seen(cluster.scale_sets)
        for one in reads.seen(scale_set.runner_sets)
    ]
    for one in (*sets, *reads.seen(cluster.orphan_runner_sets)):
        needs = any(
            known is not None and known.requires_patch_id
            for known in (
                releases.nearest(found.release)
                for found in cluster.controllers_of(one.ref.namespace)
            )
        )
        if one.patch_id is None and needs:
            text = "its spec has no patchID"
            steps = [*_with_uid(one.ref), {"op": "add", "path": "/spec/patchID", "value": 0}]
            yield Repair("patch-id-missing", one.ref, text,
                         Act("patch", one.ref, steps, text, {"replicas": one.replicas}))


def _vanished(look: _Look) -> Iterator[Repair]:
    for one in vanished_sets.gone(look.options.stored, look.view):
        text = f"Helm release {'/'.join(one.release)} holds it as deployed, and it is not there"
        held = vanished_sets.held(one, look.view, look.options.stored)
        act = vanished_sets.create(one, text)
        yield Repair("set-vanished", act.ref, text, act, held)
        annotations = one.body["metadata"].get("annotations") or {}
        for protection in helper_protection.bare(look.view, annotations, one.key[0]):
            yield Repair("set-vanished", protection.ref, text, protection, held)


def _unprotected(look: _Look) -> Iterator[Repair]:
    for one in look.sets:
        held = "" if look.controller_of(one.ref.namespace) else (
            "no controller at work watches its namespace: nobody would take the protection off"
        )
        for act in helper_protection.bare(look.view, one.cleanup, one.ref.namespace):
            yield Repair("unprotected-helper", act.ref, act.reason, act, held)


def _stands_still(runners: Sequence[Runner]) -> bool:
    return bool(runners) and all(one.state in (State.IDLE, State.UNKNOWN) for one in runners)


def _delete(ref: Ref, reason: str) -> Act:
    body = {"preconditions": {"uid": ref.uid}, "propagationPolicy": "Background"}
    return Act("delete", ref, body, reason)


def _with_uid(ref: Ref) -> List[Dict[str, Any]]:
    return [{"op": "test", "path": "/metadata/uid", "value": ref.uid}]


_NOBODY = "no controller at work watches its namespace: it would hang (arc_finalizer_clear)"
_RULES: Sequence[Callable[[_Look], Iterator[Repair]]] = (
    _orphaned_listeners, _stale_listeners, _zombies, _outdated, _deadlocks, _dead_sets, _lost_sets,
    _poisoned, _vanished, _unprotected, _patch_ids,
)  # fmt: skip
