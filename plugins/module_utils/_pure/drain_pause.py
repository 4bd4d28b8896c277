# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a scale set stop taking jobs, and stay?

Both limits go to 0, what was there before is noted on the set, and the listener comes back with
no capacity. Where jobs are on their way the controller is switched to `eventual` first: then the
listener stays away until every assigned job has run, and no job is left with a set that has no
room for it. That strategy would wait for idle runners too, for ever (#4432), so these are taken
away by the runner set itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Mapping, Optional, Sequence, Tuple

from . import drain_patches, drain_settle, reads, releases
from .drain_settle import EVENTUAL, Step
from .drain_types import (
    DRAINED, STRATEGY_BEFORE, Cause, Options, Settled, View,
)  # fmt: skip
from .objects import Cluster, Controller, ScaleSet
from .states import State

REMEDY = "Use mode retire: it strands no job in any release"
_MAY_RUN = (State.BUSY, State.UNKNOWN)


def unsafe(scale_set: ScaleSet, cluster: Cluster) -> Tuple[Cause, ...]:
    """Return why a set must not be paused, () if it may."""
    found = []
    for controller in cluster.controllers_of(scale_set.ref.namespace):
        known = releases.nearest(controller.release)
        if known is None:
            why = f"the release of {controller.ref} is not known"
        elif not known.has_capacity_header:
            why = (
                f"a listener of {controller.release} takes every job it is offered, whatever its"
                " limits are, and none would ever run"
            )
        else:
            continue
        found.append(Cause("pause-unsafe", str(scale_set.ref), why, REMEDY))
    return tuple(found)


def pause(
    measured: ScaleSet, scale_set: ScaleSet, view: View, options: Options,
    settled: Optional[Settled], since: Optional[datetime], now: datetime,
) -> Step:
    """Return the stage, what to do now, and what to tell the user.

    `measured`: the set with its limits of before. `settled`, `since`: from this run's memory.
    """
    touched = drain_patches.touched_limits(view, scale_set)
    if touched is None or not touched.is_pause:
        return _begin(measured, scale_set, view, options)
    if any(one.ref.uid in touched.listeners for one in scale_set.listeners):
        return Step("settle-listener")
    if any(one.max_runners for one in scale_set.listeners):
        return Step("listener")
    is_away = not scale_set.listeners and _strategy(scale_set, view) == EVENTUAL
    note = ""
    if is_away:
        is_late = since is not None and now - since >= timedelta(seconds=options.settle_timeout_s)
        if not drain_settle.has_started(measured, settled, options, now):
            if not is_late:
                return Step("settle-assigned")
            note = drain_settle.unsettled(measured, "the time for settling is over")
        alive = scale_set.live_runner_set
        if alive is not None and not isinstance(alive, reads.Unread) and alive.replicas:
            return Step("scale-down", (drain_patches.empty(alive),), note)
    if scale_set.runners:
        is_busy = all(one.state in _MAY_RUN for one in scale_set.runners)
        return Step("busy" if is_busy else "idle", note=note)
    return _end(scale_set, view, note)


def _begin(
    measured: ScaleSet, scale_set: ScaleSet, view: View, options: Options
) -> Step:
    note = ""
    if drain_settle.is_needed(measured, options):
        why_not = drain_settle.obstacle(scale_set, view.cluster, options)
        if why_not:
            note = drain_settle.unsettled(measured, why_not)
        else:
            (controller,) = view.cluster.controllers_of(scale_set.ref.namespace)
            if controller.update_strategy != EVENTUAL:
                act = drain_patches.switch(controller, view)
                if act is not None:
                    return Step("settle-controller", (act,))
                note = drain_settle.unsettled(measured, f"{controller.ref} takes no arguments")
            elif not drain_settle.is_rolled_out(controller, view.cluster):
                return Step("settle-controller")
    return Step("settle-limits", (drain_patches.pause(scale_set, view),), note)


def _end(scale_set: ScaleSet, view: View, note: str) -> Step:
    """A set that is empty waits for the strategy of before, which all sets of it share."""
    for controller in view.cluster.controllers_of(scale_set.ref.namespace):
        if not is_switched(controller, view):
            continue
        if still_settling(controller, view):
            return Step(DRAINED, note=note or "the update strategy comes back with the last set")
        act = drain_patches.restore_strategy(controller, view)
        if act is not None:
            return Step("strategy", (act,), note)
    return Step(DRAINED, note=note)


def is_switched(controller: Controller, view: View) -> bool:
    """True while the controller has a note of its strategy of before."""
    return STRATEGY_BEFORE in annotations(view.raw("deployments", controller.ref))


def still_settling(
    controller: Controller, view: View, leave_out: Sequence[Tuple[str, str]] = ()
) -> Tuple[ScaleSet, ...]:
    """Return the sets of a controller that need `eventual` for now, but for `leave_out`."""
    found = []
    for one in view.cluster.scale_sets:
        if not controller.watches(one.ref.namespace) or one.deleting_since is not None:
            continue
        touched = drain_patches.touched_limits(view, one)
        is_done = touched is not None and touched.is_pause and not one.runners
        if touched is not None and not is_done and (one.ref.namespace, one.ref.name) not in leave_out:
            found.append(one)
    return tuple(found)


def annotations(raw: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the annotations of an object as the API gave it."""
    return (raw.get("metadata") or {}).get("annotations") or {}


def _strategy(scale_set: ScaleSet, view: View) -> str:
    found = view.cluster.controllers_of(scale_set.ref.namespace)
    return found[0].update_strategy if len(found) == 1 else ""
