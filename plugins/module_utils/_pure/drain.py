# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done now, so that scale sets go and no job is lost or left behind?

A pure state machine: every call gets one look at the cluster and returns the writes to do now,
the stage of each set, who still holds, and why it hangs. State is read from the cluster; the
memory holds timers only, so a drain that was killed is simply begun again.

    retire      settle -> the AutoscalingRunnerSet is deleted -> listener gone -> idle gone ->
                busy ended -> runner sets gone -> set gone -> finalizers of helpers lifted
    pause       settle -> limits 0 -> idle gone -> busy ended; the set stays (`drain_pause`)
    wait_only   nothing is written; wait until no runner is busy, pending or unknown
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Dict, List, Optional, Sequence, Tuple

from . import (
    drain_causes, drain_copy, drain_leaving, drain_patches, drain_pause, drain_settle, drain_text,
    gitops,
)  # fmt: skip
from .drain_counts import assigned_waiting
from .drain_leaving import Remains
from .drain_types import (
    ALWAYS, AUTO, DRAINED, NEEDED, NEVER, PAUSE, RETIRE, STAGES, WAIT_ONLY, Act, Assigned, Cause,
    Decision, Holder, Memory, Options, SetState, Target, View,
)  # fmt: skip
from .drain_selection import Selection, Selector, select
from .objects import Ref, ScaleSet
from .states import Counts, State

__all__ = [
    "ALWAYS", "AUTO", "Act", "Assigned", "Cause", "Decision", "Holder", "Memory", "NEVER",
    "Options", "PAUSE", "RETIRE", "Selection", "Selector", "Target", "View", "WAIT_ONLY",
    "assigned_waiting", "decide", "deletion", "select",
]  # fmt: skip

_MAY_RUN = (State.BUSY, State.PENDING, State.UNKNOWN)


def decide(view: View, options: Options, memory: Memory, now: datetime) -> Decision:
    """Return what to do now. `now`: aware UTC. Call it again after each look.

    There is no act while a needed part is unread, after the deadline, or where the drain is
    refused.
    """
    unread = drain_causes.unread_causes(view, NEEDED)
    if unread:
        return _blind(view, options, memory, now, unread)
    left = [drain_leaving.remains(view.cluster, one, view.github) for one in options.targets]
    refused = _refusals(view, left, options)
    steps = _Steps(view, options, memory, now)
    states = [steps.of(one) for one in left]
    remaining = [one for one, state in zip(left, states) if state.stage != DRAINED]
    stages = {state.target.key: state.stage for state in states}
    causes, seen = drain_causes.find(view, remaining, stages, options, memory, now)
    holders = [holder for one in remaining for holder in _holders(one, options)]
    is_over = options.deadline is not None and now >= options.deadline
    counts = sum((one.counts for one in left), Counts())
    return Decision(
        acts=() if refused or is_over else _without_repeats(steps.acts),
        stage=_first_stage(states),
        finished=not remaining,
        sets=tuple(states),
        holders=tuple(holders),
        causes=causes,
        refused=refused,
        counts=counts,
        line=_line(view, counts, holders, _first_stage(states), options, now),
        memory=replace(steps.memory, seen=seen),
    )


class _Steps:
    """The stage of each set, and what that asks for."""

    def __init__(self, view: View, options: Options, memory: Memory, now: datetime) -> None:
        self._view, self._options, self._now = view, options, now
        self.memory = memory
        self.acts: List[Act] = []

    def of(self, left: Remains) -> SetState:
        """Return how one set stands; remembers and asks for what its stage needs."""
        if self._options.mode == WAIT_ONLY:
            return self._waiting(left)
        scale_set = left.scale_set
        if left.came_back:
            return SetState(left.target, "set", left.counts)
        if scale_set is None or scale_set.deleting_since is not None:
            stage = drain_leaving.stage(left, self._options)
            return SetState(left.target, stage, left.counts)
        return self._settling(left, drain_patches.as_before(self._view, scale_set), scale_set)

    def _waiting(self, left: Remains) -> SetState:
        """A job that is assigned and waits for its runner will be busy in a moment."""
        assigned = assigned_waiting(left.scale_set) if left.scale_set else Assigned(0)
        runs = any(one.state in _MAY_RUN for one in left.runners)
        stage = "busy" if runs or assigned.waiting else DRAINED
        return SetState(left.target, stage, left.counts, assigned)

    def _settling(self, left: Remains, measured: ScaleSet, scale_set: ScaleSet) -> SetState:
        key = left.target.key
        settled = self.memory.settled.get(key)
        if not scale_set.listeners:
            settled = drain_settle.observe(measured, settled, self._options, self._now)
            self._remember(settled={**self.memory.settled, key: settled})
        elif settled and drain_patches.touched_limits(self._view, scale_set) is None:
            # It takes jobs: what was measured while it was away by itself says nothing of these.
            settled = None
            self._remember(settled={
                other: one for other, one in self.memory.settled.items() if other != key
            })
        since = self.memory.settle_since.get(key)
        is_pause = self._options.mode == PAUSE
        decide_step = drain_pause.pause if is_pause else drain_settle.settle
        step = decide_step(
            measured, scale_set, self._view, self._options, settled, since, self._now
        )
        assigned = assigned_waiting(measured)
        if step.stage is not None:
            self._remember(settle_since={key: self._now, **self.memory.settle_since})
            self.acts += step.acts
            return SetState(left.target, step.stage, left.counts, assigned, step.note)
        if self._has_controller(scale_set):
            if self._options.keep_copy:
                self.acts.append(drain_copy.store(scale_set, self._view))
            self.acts.append(deletion(scale_set, assigned, step.note))
        return SetState(left.target, "delete", left.counts, assigned, step.note)

    def _has_controller(self, scale_set: ScaleSet) -> bool:
        """Without a controller a deletion hangs, and its listener goes on taking jobs."""
        found = self._view.cluster.controllers_of(scale_set.ref.namespace)
        return any(one.is_ready for one in found)

    def _remember(self, **changes: Any) -> None:
        self.memory = replace(self.memory, **changes)


def deletion(scale_set: ScaleSet, assigned: Assigned, note: str) -> Act:
    """Return the write that begins the end of a set. `note`: how it settled before."""
    # The object goes before its Helm release: uninstall would also delete the ServiceAccount
    # whose token the running jobs of kubernetes mode still need.
    return Act(
        "delete", scale_set.ref,
        {"preconditions": {"uid": scale_set.ref.uid}, "propagationPolicy": "Background"},
        "the controller takes the listener, then idle runners, and waits for busy ones",
        {
            "counts": scale_set.counts.as_dict(),
            "assigned_waiting": assigned.waiting,
            "assigned_at_least": assigned.at_least,
            "settled": note,
        },
    )  # fmt: skip


def _refusals(view: View, left: Sequence[Remains], options: Options) -> Tuple[Cause, ...]:
    """A set that a Git operator puts back is drained only if that is suspended."""
    if options.mode == WAIT_ONLY:
        return ()
    unsafe = [
        cause
        for one in left
        if options.mode == PAUSE and one.scale_set is not None
        for cause in drain_pause.unsafe(one.scale_set, view.cluster)
    ]
    if options.gitops_suspended:
        return tuple(unsafe)
    live = [one.scale_set for one in left if one.scale_set is not None]
    owned = [_owned(one, options) for one in live if one.deleting_since is None]
    return (*unsafe, *(one for one in owned if one is not None))


def _owned(scale_set: ScaleSet, options: Options) -> Optional[Cause]:
    ref = scale_set.ref
    found = options.gitops.get((ref.namespace, ref.name))
    if found is not None and found.state == gitops.SUSPENDED:
        return None
    if found is not None:
        return Cause("gitops", str(ref), f"{found.owner}: {found.reason}", found.remedy)
    if scale_set.managed_by not in drain_settle.GITOPS:
        return None
    text = f"it belongs to {scale_set.managed_by}"
    return Cause("gitops", str(ref), text, drain_causes.REMEDIES["gitops"])


def _holders(left: Remains, options: Options) -> List[Holder]:
    if options.mode == WAIT_ONLY:
        return [
            drain_leaving.runner_holder(one) for one in left.runners if one.state in _MAY_RUN
        ]
    stays = left.scale_set is not None and left.scale_set.deleting_since is None
    if options.mode == PAUSE and stays:
        return drain_leaving.holders_of_pause(left)
    return drain_leaving.holders(left, options)


def _blind(
    view: View, options: Options, memory: Memory, now: datetime, unread: Tuple[Cause, ...]
) -> Decision:
    """What was not seen is neither there nor gone: say so and write nothing."""
    holders = tuple(
        Holder(Ref("AutoscalingRunnerSet", one.namespace, one.name, one.uid), "unknown",
               "; ".join(f"{cause.object} {cause.reason}" for cause in unread))
        for one in options.targets
    )  # fmt: skip
    counts = Counts.unread()
    states = tuple(SetState(one, "unknown", counts, Assigned(None)) for one in options.targets)
    line = _line(view, counts, holders, "unknown", options, now)
    return Decision(
        (), "unknown", False, states, holders, unread, (), counts, line, replace(memory, seen={})
    )


def _line(
    view: View, counts: Counts, holders: Sequence[Holder], stage: str, options: Options,
    now: datetime,
) -> str:
    phase = f"drain {stage}" if stage not in ("busy", DRAINED) else "drain"
    runners = [one for one in holders if one.ref.kind == "EphemeralRunner"]
    return drain_text.progress_line(
        view.cluster.id.name, phase, counts, runners or holders, now, options.deadline
    )


def _first_stage(states: Sequence[SetState]) -> str:
    return min((one.stage for one in states), key=STAGES.index, default=DRAINED)


def _without_repeats(acts: Sequence[Act]) -> Tuple[Act, ...]:
    """Sets share a controller: it is switched once."""
    found: Dict[Ref, Act] = {}
    for act in acts:
        found.setdefault(act.ref, act)
    return tuple(found.values())
