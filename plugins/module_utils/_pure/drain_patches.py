# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which writes switch a controller to `eventual`, touch a set's limits, and take both back?

What was there before stands in an annotation of the object itself, written in the same patch,
so that any later run on any machine can put it back. Each patch tests what it replaces.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .drain_types import LIMITS_BEFORE, STRATEGY_BEFORE, Act, SetKey, View
from .objects import Controller, Ref, ScaleSet

# What an absent maxRunners means to ARC, less one: no limit in practice, and a change.
ALMOST_UNLIMITED = 2**31 - 2
_EVENTUAL_ARGUMENT = "--update-strategy=eventual"


class Touched(NamedTuple):
    """What a set's annotation remembers. `max`: of before, None for no limit."""

    max: Optional[int]
    touched: int
    listeners: Tuple[str, ...]


def touched_limits(view: View, scale_set: ScaleSet) -> Optional[Touched]:
    """Return what was touched, None if nothing was, or if somebody changed the limit since."""
    text = _annotations(view.raw("autoscalingrunnersets", scale_set.ref)).get(LIMITS_BEFORE)
    try:
        note = json.loads(text or "null")
        found = Touched(note["max"], note["touched"], tuple(note["listeners"]))
    except (ValueError, TypeError, KeyError):
        return None
    return found if found.touched == scale_set.max_runners else None


def as_before(view: View, scale_set: ScaleSet) -> ScaleSet:
    """Return the set with the limit that its listener and runner set still go by."""
    found = touched_limits(view, scale_set)
    return scale_set if found is None else replace(scale_set, max_runners=found.max)


def undo(view: View, keys: Tuple[SetKey, ...]) -> Tuple[Tuple[Act, ...], Tuple[str, ...]]:
    """Return the acts that take a settling back, and what cannot be taken back and why.

    The strategy goes first: under `eventual` a set gets no listener while a runner is there.
    `keys`: of the sets whose limits may be put back. A controller is put back only if none of
    its other sets is still settling.
    """
    acts: List[Act] = []
    left: List[str] = []
    settling = []
    for scale_set in view.cluster.scale_sets:
        raw = view.raw("autoscalingrunnersets", scale_set.ref)
        if LIMITS_BEFORE not in _annotations(raw):
            continue
        if (scale_set.ref.namespace, scale_set.ref.name) not in keys:
            settling.append(scale_set)
            continue
        before = touched_limits(view, scale_set)
        if before is not None:
            acts.append(_restore_limits(scale_set, raw, before))
        else:
            left.append(f"{scale_set.ref}: its limits were changed by somebody else meanwhile")
    for controller in view.cluster.controllers:
        if any(controller.watches(one.ref.namespace) for one in settling):
            continue
        act = _restore_strategy(controller, view)
        if act is not None:
            acts.insert(0, act)
    return tuple(acts), tuple(left)


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
    raw = view.raw("autoscalingrunnersets", scale_set.ref)
    before = scale_set.max_runners
    known = touched_limits(view, scale_set)
    touched = ALMOST_UNLIMITED if before is None else before + 1
    patch = _with_uid(scale_set.ref)
    if before is not None:
        patch.append({"op": "test", "path": "/spec/maxRunners", "value": before})
    patch.append({"op": "add", "path": "/spec/maxRunners", "value": touched})
    note = {
        "max": known.max if known else before,
        "touched": touched,
        "listeners": [one.ref.uid for one in scale_set.listeners],
    }
    patch += _annotate(raw, LIMITS_BEFORE, json.dumps(note, sort_keys=True))
    return Act(
        "patch", scale_set.ref, patch, "the listener goes, runners stay and still come",
        {"max_runners": before, "counts": scale_set.counts.as_dict()},
    )  # fmt: skip


def _restore_limits(scale_set: ScaleSet, raw: Mapping[str, Any], before: Touched) -> Act:
    patch = _with_uid(scale_set.ref)
    patch.append({"op": "test", "path": "/spec/maxRunners", "value": before.touched})
    if before.max is None:
        patch.append({"op": "remove", "path": "/spec/maxRunners"})
    else:
        patch.append({"op": "replace", "path": "/spec/maxRunners", "value": before.max})
    patch += _forget(raw, LIMITS_BEFORE)
    return Act(
        "patch", scale_set.ref, patch, "the limits of before the drain come back",
        {"max_runners": scale_set.max_runners, "before": before.max},
    )  # fmt: skip


def _restore_strategy(controller: Controller, view: View) -> Optional[Act]:
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
