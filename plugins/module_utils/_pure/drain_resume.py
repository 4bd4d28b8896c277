# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a scale set come back after a drain, and what must be asked first?

    paused, or settled and not deleted   its limits of before come back from its own note
    retired                              it is made anew from its copy (`drain_copy`)
    update strategy                      comes back once no set needs the other one

What somebody changed in between is not overwritten unasked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import drain_copy, drain_patches, drain_pause, reads, releases
from .drain_copy import Copy
from .drain_request import selection_of
from .drain_selection import Selection, named
from .drain_settle import EVENTUAL
from .drain_types import LIMITS_BEFORE, Act, Cause, SetKey, View
from .errors import BadInput
from .objects import Ref, RunnerSet, ScaleSet
from .read_objects import VERSION_LABEL
from .states import State

REFUSE, KEEP, RESTORE = "refuse", "keep", "restore"
RESUMED = "resumed"
# Stages in order.
STAGES = ("going", "create", "limits", "listener", RESUMED)
_ASK = f"Give {named('changed_meanwhile')}: restore to take what was there before the drain"
REMEDIES: Mapping[str, str] = {
    "limits-changed": f"{_ASK}, or keep to let stand what is there now",
    "helm-changed": f"Bring the set back with helm upgrade, which knows the change. {_ASK}",
    "helm-gone": f"Install the set with Helm. {_ASK} all the same, as a set without its release",
    "helm-unknown": f"Grant the right to list Secrets of Helm. {_ASK} without it",
    "version-gate": "Bring the set back in the release of the controller, with its chart: the"
                    " controller would delete this one at once",
    "controller-absent": "Install the controller of the set's release first",
    "no-copy": "Wait until it has gone, then install it with what made it (Helm, Git)",
}


@dataclass(frozen=True)
class Wish:
    """What is asked. `changed`: what to do where somebody changed something in between.

    `revisions`: newest revision by (namespace, name) of a Helm release, 0 if it is no more, None
    if it could not be read.
    """

    targets: Tuple[SetKey, ...]
    changed: str = REFUSE
    revisions: Mapping[Tuple[str, str], Optional[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """One set on its way back. `limits`: min and max that it has or will have."""

    key: SetKey
    stage: str
    limits: Tuple[int, Optional[int]] = (0, None)
    note: str = ""

    @property
    def name(self) -> str:
        """Namespace and name in one."""
        return "/".join(self.key)

    def as_dict(self) -> Dict[str, Any]:
        """Return the standing as plain data."""
        return {
            "namespace": self.key[0], "name": self.key[1], "stage": self.stage,
            "min_runners": self.limits[0], "max_runners": self.limits[1], "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True)
class Return:
    """What to do now, and how things stand. `refused`: then there is no act."""

    acts: Tuple[Act, ...]
    finished: bool
    sets: Tuple[Standing, ...]
    refused: Tuple[Cause, ...]

    @property
    def stage(self) -> str:
        """The earliest stage of all sets."""
        return min((one.stage for one in self.sets), key=STAGES.index, default=RESUMED)


def decide(view: View, copies: Sequence[Copy], wish: Wish) -> Return:
    """Return what to do now. All parts of `drain_types.NEEDED` must have been read."""
    look = _Look(view, {one.key: one for one in copies}, wish)
    sets = tuple(look.of(key) for key in wish.targets)
    acts = () if look.refused else (*look.strategies(), *look.acts)
    finished = not acts and all(one.stage == RESUMED for one in sets) and not look.refused
    return Return(acts, finished, sets, tuple(look.refused))


def undo(view: View, keys: Sequence[SetKey]) -> Tuple[Tuple[Act, ...], Tuple[str, ...]]:
    """Return the acts that take a drain back as far as that goes, and what stays and why."""
    look = _Look(view, {}, Wish(tuple(keys)))
    gone = [key for key in keys if not look.put_back(key)]
    left = [f"AutoscalingRunnerSet {key[0]}/{key[1]}: a deletion is not undone" for key in gone]
    left += [f"{one.object}: {one.reason}" for one in look.refused]
    return (*look.strategies(), *look.acts), tuple(left)


def choose(
    view: View, copies: Sequence[Copy], options: Mapping[str, Any]
) -> Tuple[Tuple[SetKey, ...], Selection]:
    """Return the sets to bring back, and the whole selection. `options`: of the module.

    A set that nobody drained is meant only where it is named. Raises BadInput where nothing of
    a name is there, unless `allow_none`.
    """
    there = {(one.ref.namespace, one.ref.name) for one in view.cluster.scale_sets}
    stored = tuple(_as_set(one) for one in copies if one.key not in there)
    cluster = replace(view.cluster, scale_sets=(*view.cluster.scale_sets, *stored))
    selection = selection_of(options, cluster)
    if selection.missing and not options["allow_none"]:
        raise BadInput(
            cluster=view.cluster.id.name, object="selection of scale sets",
            cause=f"{', '.join(selection.missing)}: there is no such set, and no copy of one",
            next_step=f"Correct it, or set {named('allow_none')} if that is fine too",
        )  # fmt: skip
    marked = {one.key for one in copies} | {
        (one.ref.namespace, one.ref.name)
        for one in view.cluster.scale_sets
        if LIMITS_BEFORE in drain_pause.annotations(view.raw("autoscalingrunnersets", one.ref))
    }
    is_named = bool(options["scale_sets"] or options["names"])
    known = there | marked
    keys = tuple(
        one.key for one in selection.targets
        if one.key in marked or (is_named and one.key in known)
    )
    return keys, selection


def _as_set(copy: Copy) -> ScaleSet:
    """Enough of a set that is no more for it to be selected."""
    labels = dict(copy.manifest["metadata"].get("labels") or {})
    return ScaleSet(
        Ref("AutoscalingRunnerSet", *copy.key), labels.get(VERSION_LABEL), copy.key[1], "", "",
        labels=labels,
    )  # fmt: skip


class _Look:
    def __init__(self, view: View, copies: Mapping[SetKey, Copy], wish: Wish) -> None:
        self._view, self._copies, self._wish = view, copies, wish
        self._sets = {(one.ref.namespace, one.ref.name): one for one in view.cluster.scale_sets}
        self.acts: List[Act] = []
        self.refused: List[Cause] = []

    def of(self, key: SetKey) -> Standing:
        """Return how one set stands; asks for what it needs."""
        scale_set, copy = self._sets.get(key), self._copies.get(key)
        if scale_set is None:
            return self._create(key, copy)
        if scale_set.deleting_since is not None:
            if copy is None:
                self._refuse("no-copy", str(scale_set.ref), "it is being deleted, and no copy"
                             " of it was kept")
            return Standing(key, "going")
        if copy is not None:
            # Whatever made the set again knows better than the copy of an earlier one.
            self.acts.append(forget(copy))
        return self._restore(key, scale_set)

    def put_back(self, key: SetKey) -> bool:
        """Ask for what a set needs that is still there; False if it is none such."""
        scale_set = self._sets.get(key)
        if scale_set is None or scale_set.deleting_since is not None:
            return False
        self._restore(key, scale_set)
        return True

    def strategies(self) -> Tuple[Act, ...]:
        """Return the writes that put update strategies back, before any limits come back."""
        found = []
        for controller in self._view.cluster.controllers:
            if not any(controller.watches(key[0]) for key in self._wish.targets):
                continue
            if drain_pause.still_settling(controller, self._view, self._wish.targets):
                continue
            act = drain_patches.restore_strategy(controller, self._view)
            if act is not None:
                found.append(act)
        return tuple(found)

    def _restore(self, key: SetKey, scale_set: ScaleSet) -> Standing:
        raw = self._view.raw("autoscalingrunnersets", scale_set.ref)
        limits = (scale_set.min_runners, scale_set.max_runners)
        if LIMITS_BEFORE not in drain_pause.annotations(raw):
            return self._await_listener(key, scale_set)
        before = drain_patches.note_on(self._view, scale_set)
        if before is None:
            self.acts.append(drain_patches.keep_limits(scale_set, self._view))
            note = "the note of its limits is unreadable, so they stay as they are"
            return Standing(key, "limits", limits, note)
        wanted = (before.min or 0, before.max)
        if before.stands(scale_set) or self._wish.changed == RESTORE:
            self.acts.append(drain_patches.restore_limits(scale_set, self._view))
            return Standing(key, "limits", wanted)
        if self._wish.changed == KEEP:
            self.acts.append(drain_patches.keep_limits(scale_set, self._view))
            return Standing(key, "limits", limits, "somebody changed its limits: they stay")
        self._refuse(
            "limits-changed", str(scale_set.ref),
            f"its limits were {_words(wanted)} before the drain, the drain made them"
            f" {_words((0 if before.is_pause else wanted[0], before.touched))}, and somebody"
            f" made them {_words(limits)} since",
        )
        return Standing(key, "limits", limits)

    def _await_listener(self, key: SetKey, scale_set: ScaleSet) -> Standing:
        limits = (scale_set.min_runners, scale_set.max_runners)
        if _is_served(scale_set):
            return Standing(key, RESUMED, limits)
        found = self._view.cluster.controllers_of(key[0])
        if scale_set.listeners or not any(one.update_strategy == EVENTUAL for one in found):
            return Standing(key, "listener", limits)
        alive = scale_set.live_runner_set
        if isinstance(alive, RunnerSet) and alive.replicas and _all_idle(scale_set):
            # They would hold the listener back for ever (#4432).
            self.acts.append(drain_patches.empty(alive))
        note = "under update strategy eventual its listener comes once its runners have ended"
        return Standing(key, "listener", limits, note)

    def _create(self, key: SetKey, copy: Optional[Copy]) -> Standing:
        if copy is None:
            # Its copy was removed, or it went on its own, since it was selected.
            self._refuse("no-copy", f"AutoscalingRunnerSet {key[0]}/{key[1]}",
                         "it does not exist, and no copy of it was kept")
            return Standing(key, "create")
        ref = Ref("AutoscalingRunnerSet", *key)
        for judge in (self._gate, self._helm):
            found = judge(copy)
            if found is not None:
                self._refuse(found[0], str(ref), found[1])
                return Standing(key, "create", drain_copy.limits_of(copy.manifest))
        self.acts.append(Act(
            "create", ref, copy.manifest, "the set comes back as it was before the drain",
            {"copy": str(copy.ref), "stored_at": copy.stored_at, "helm_release": copy.helm},
        ))  # fmt: skip
        return Standing(key, "create", drain_copy.limits_of(copy.manifest))

    def _gate(self, copy: Copy) -> Optional[Tuple[str, str]]:
        label = (copy.manifest["metadata"].get("labels") or {}).get(VERSION_LABEL)
        found = self._view.cluster.controllers_of(copy.key[0])
        if not any(one.is_ready for one in found):
            return ("controller-absent", f"no ready controller watches namespace {copy.key[0]}")
        for one in found:
            if one.release and not releases.gate_allows(label, one.release):
                text = f"its copy is of release {label}, {one.ref} is {one.release}"
                return ("version-gate", text)
        return None

    def _helm(self, copy: Copy) -> Optional[Tuple[str, str]]:
        if not copy.helm or self._wish.changed == RESTORE:
            return None
        now = self._wish.revisions.get((copy.key[0], copy.helm))
        if now is None or copy.revision is None:
            return ("helm-unknown", f"whether Helm release {copy.helm} changed is not known")
        if now == 0:
            return ("helm-gone", f"its Helm release {copy.helm} was uninstalled since the drain")
        if now != copy.revision:
            text = f"Helm release {copy.helm} is at revision {now}, it was at {copy.revision}"
            return ("helm-changed", text)
        return None

    def _refuse(self, id: str, object: str, reason: str) -> None:
        self.refused.append(Cause(id, object, reason, REMEDIES[id]))


def forget(copy: Copy) -> Act:
    """Return the write that takes a copy away."""
    return Act(
        "delete", copy.ref,
        {"preconditions": {"uid": copy.ref.uid}, "propagationPolicy": "Background"},
        "the set is there again, so its copy is of no use", {"stored_at": copy.stored_at},
    )  # fmt: skip


def _is_served(scale_set: ScaleSet) -> bool:
    """True once a listener of these very limits is there and no other."""
    found = reads.seen(scale_set.listeners)
    most = scale_set.max_runners
    return bool(found) and all(
        one.deleting_since is None
        and one.min_runners == scale_set.min_runners
        and (most is None or one.max_runners == most)
        for one in found
    )


def _all_idle(scale_set: ScaleSet) -> bool:
    return all(one.state is State.IDLE for one in scale_set.runners)


def _words(limits: Tuple[int, Optional[int]]) -> str:
    most = "no limit" if limits[1] is None else str(limits[1])
    return f"minRunners {limits[0]}, maxRunners {most}"
