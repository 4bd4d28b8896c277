# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which writes change a set's limits and its controller's update strategy, and put both back?

What was there before stands in an annotation of the object itself, written in the same patch,
so that any later run on any machine can put it back. Each patch tests what it replaces.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from . import drain_counts
from .drain_types import LIMITS_BEFORE, STRATEGY_BEFORE, Act, View
from .objects import Controller, Ref, RunnerSet, ScaleSet

# What an absent maxRunners means to ARC, less one: no limit in practice, and a change.
ALMOST_UNLIMITED = 2**31 - 2
_EVENTUAL_ARGUMENT = "--update-strategy=eventual"


class Touched(NamedTuple):
    """What a set's annotation remembers.

    `min`, `max`: of before, None where they were absent. `touched`: maxRunners since, 0 for a
    pause. `listeners`: UIDs of those that were there. `waiting`: jobs that had no runner then.
    """

    min: Optional[int]
    max: Optional[int]
    touched: int
    listeners: Tuple[str, ...]
    waiting: Optional[int] = None

    @property
    def is_pause(self) -> bool:
        """True if the set takes no jobs until it is resumed."""
        return self.touched == 0

    def stands(self, scale_set: ScaleSet) -> bool:
        """True while nobody else has changed the limits."""
        if scale_set.max_runners != self.touched:
            return False
        return scale_set.min_runners == (0 if self.is_pause else self.min or 0)


def note_on(view: View, scale_set: ScaleSet) -> Optional[Touched]:
    """Return what the set's annotation says, None where there is none or it is unreadable."""
    return read_note(
        _annotations(view.raw("autoscalingrunnersets", scale_set.ref)).get(LIMITS_BEFORE, ""))


def paused(scale_set: ScaleSet) -> Optional[Touched]:
    """Return the note of a set that a drain has paused, None of one that it has not."""
    found = read_note(scale_set.limits_note)
    return found if found is not None and found.is_pause and found.stands(scale_set) else None


def read_note(text: str) -> Optional[Touched]:
    """Return what the text of the annotation says, None where it is empty or unreadable."""
    try:
        note = json.loads(text or "null")
        return Touched(
            note["min"], note["max"], note["touched"], tuple(note["listeners"]), note["waiting"]
        )
    except (ValueError, TypeError, KeyError):
        return None


def touched_limits(view: View, scale_set: ScaleSet) -> Optional[Touched]:
    """Return what was touched, None if nothing was, or if somebody changed the limits since."""
    found = note_on(view, scale_set)
    return found if found is not None and found.stands(scale_set) else None


def as_before(view: View, scale_set: ScaleSet) -> ScaleSet:
    """Return the set with the limits that its listener and runner set still go by."""
    found = touched_limits(view, scale_set)
    if found is None:
        return scale_set
    return replace(scale_set, min_runners=found.min or 0, max_runners=found.max)


def switch(controller: Controller, view: View) -> Optional[Act]:
    """Return the patch that sets the strategy, None if the Deployment has no arguments."""
    raw = view.raw("deployments", controller.ref)
    at = _arguments(raw)
    if at is None:
        return None
    path, arguments = at
    patch = _with_uid(controller.ref)
    for number, argument in enumerate(arguments):
        if argument.lstrip("-").startswith("update-strategy="):
            patch.append({"op": "test", "path": f"{path}/{number}", "value": argument})
            patch.append({
                "op": "replace", "path": f"{path}/{number}", "value": _EVENTUAL_ARGUMENT,
            })
            before = argument
            break
    else:
        before = ""
        patch.append({"op": "add", "path": f"{path}/-", "value": _EVENTUAL_ARGUMENT})
    patch += _annotate(raw, STRATEGY_BEFORE, before)
    return Act(
        "patch", controller.ref, patch,
        "the listeners stay away while assigned jobs get their runners",
        {"update_strategy": controller.update_strategy},
    )  # fmt: skip


def touch(scale_set: ScaleSet, view: View) -> Act:
    """Change maxRunners by one: the smallest change that takes the listener away."""
    before = scale_set.max_runners
    return _change_limits(
        scale_set, view, {"maxRunners": ALMOST_UNLIMITED if before is None else before + 1},
        "the listener goes, runners stay and still come",
    )  # fmt: skip


def pause(scale_set: ScaleSet, view: View) -> Act:
    """Set both limits to 0: a listener does not start with minRunners above maxRunners."""
    return _change_limits(
        scale_set, view, {"minRunners": 0, "maxRunners": 0}, "no job comes until it is resumed"
    )


def empty(runner_set: RunnerSet) -> Act:
    """Ask for no runner of a set without a listener: the controller takes the idle ones.

    patchID 0 is what makes a controller from 0.9.1 on take any away.
    """
    patch = _with_uid(runner_set.ref)
    patch.append({"op": "test", "path": "/spec/replicas", "value": runner_set.replicas})
    patch.append({"op": "replace", "path": "/spec/replicas", "value": 0})
    patch.append({"op": "add", "path": "/spec/patchID", "value": 0})
    return Act(
        "patch", runner_set.ref, patch, "idle runners go, which the listener would wait for",
        {"replicas": runner_set.replicas},
    )  # fmt: skip


def restore_limits(scale_set: ScaleSet, view: View) -> Act:
    """Put back the limits of before. There must be a note on the set."""
    raw = view.raw("autoscalingrunnersets", scale_set.ref)
    before = note_on(view, scale_set)
    if before is None:
        raise ValueError(f"{scale_set.ref} has no note of its limits")
    patch = _with_uid(scale_set.ref)
    for key, value in (("minRunners", before.min), ("maxRunners", before.max)):
        patch += _set_limit(raw, key, value)
    patch += _forget(raw, LIMITS_BEFORE)
    return Act(
        "patch", scale_set.ref, patch, "the limits of before come back",
        {"min_runners": scale_set.min_runners, "max_runners": scale_set.max_runners,
         "before": {"min_runners": before.min, "max_runners": before.max}},
    )  # fmt: skip


def keep_limits(scale_set: ScaleSet, view: View) -> Act:
    """Forget the limits of before: what somebody set since stays."""
    raw = view.raw("autoscalingrunnersets", scale_set.ref)
    patch = _with_uid(scale_set.ref) + _forget(raw, LIMITS_BEFORE)
    return Act(
        "patch", scale_set.ref, patch, "the limits were set by somebody else since, and stay",
        {"min_runners": scale_set.min_runners, "max_runners": scale_set.max_runners},
    )  # fmt: skip


def restore_strategy(controller: Controller, view: View) -> Optional[Act]:
    """Return the patch that puts the strategy of before back, None where none is noted."""
    raw = view.raw("deployments", controller.ref)
    before = _annotations(raw).get(STRATEGY_BEFORE)
    at = _arguments(raw)
    if before is None or at is None:
        return None
    path, arguments = at
    patch = _with_uid(controller.ref)
    for number, argument in enumerate(arguments):
        if argument == _EVENTUAL_ARGUMENT:
            where = f"{path}/{number}"
            patch.append({"op": "test", "path": where, "value": argument})
            patch.append(
                {"op": "replace", "path": where, "value": before}
                if before
                else {"op": "remove", "path": where}
            )
    patch += _forget(raw, STRATEGY_BEFORE)
    return Act(
        "patch", controller.ref, patch, "the update strategy of before the drain comes back",
        {"update_strategy": controller.update_strategy, "before": before},
    )  # fmt: skip


def _change_limits(
    scale_set: ScaleSet, view: View, limits: Mapping[str, int], reason: str
) -> Act:
    """The limits of before are noted in the same patch, unless a note of them stands."""
    raw = view.raw("autoscalingrunnersets", scale_set.ref)
    spec = raw.get("spec") or {}
    known = touched_limits(view, scale_set)
    patch = _with_uid(scale_set.ref)
    for key, value in limits.items():
        patch += _set_limit(raw, key, value)
    note = {
        "min": known.min if known else spec.get("minRunners"),
        "max": known.max if known else spec.get("maxRunners"),
        "touched": limits["maxRunners"],
        "listeners": [one.ref.uid for one in scale_set.listeners],
        "waiting": drain_counts.assigned_waiting(as_before(view, scale_set)).waiting,
    }
    patch += _annotate(raw, LIMITS_BEFORE, json.dumps(note, sort_keys=True))
    return Act(
        "patch", scale_set.ref, patch, reason,
        {"min_runners": scale_set.min_runners, "max_runners": scale_set.max_runners,
         "counts": scale_set.counts.as_dict(), "assigned_waiting": note["waiting"]},
    )  # fmt: skip


def _set_limit(raw: Mapping[str, Any], key: str, value: Optional[int]) -> List[Dict[str, Any]]:
    spec, path = raw.get("spec") or {}, f"/spec/{key}"
    if key not in spec:
        return [] if value is None else [{"op": "add", "path": path, "value": value}]
    test = {"op": "test", "path": path, "value": spec[key]}
    if value is None:
        return [test, {"op": "remove", "path": path}]
    return [test, {"op": "replace", "path": path, "value": value}]


def _arguments(raw: Mapping[str, Any]) -> Optional[Tuple[str, List[str]]]:
    """Return the JSON pointer to the manager's arguments and the arguments."""
    pod = ((raw.get("spec") or {}).get("template") or {}).get("spec") or {}
    for number, container in enumerate(pod.get("containers") or ()):
        if container.get("name") == "manager" and container.get("args"):
            return f"/spec/template/spec/containers/{number}/args", list(container["args"])
    return None


def _annotations(raw: Mapping[str, Any]) -> Mapping[str, str]:
    return (raw.get("metadata") or {}).get("annotations") or {}


def _annotate(raw: Mapping[str, Any], key: str, value: str) -> List[Dict[str, Any]]:
    if _annotations(raw):
        return [{"op": "add", "path": _pointer(key), "value": value}]
    return [{"op": "add", "path": "/metadata/annotations", "value": {key: value}}]


def _forget(raw: Mapping[str, Any], key: str) -> List[Dict[str, Any]]:
    value = _annotations(raw)[key]
    return [
        {"op": "test", "path": _pointer(key), "value": value},
        {"op": "remove", "path": _pointer(key)},
    ]


def _pointer(key: str) -> str:
    return "/metadata/annotations/" + key.replace("~", "~0").replace("/", "~1")


def _with_uid(ref: Ref) -> List[Dict[str, Any]]:
    return [{"op": "test", "path": "/metadata/uid", "value": ref.uid}]
