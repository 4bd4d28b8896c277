# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the scale sets at work, or gone without a trace; what is missing, and what may be cured?

The cure is one: a listener that only a deletion can cure (health.StaleListener) is deleted, and
the controller makes another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import drain_text, health, reads, remnants
from .drain_types import Act, View
from .health import Healthy, Sighting, StaleListener
from .objects import Cluster
from .states import State

HEALTHY, ABSENT = "healthy", "absent"
MOST_CURES = 3
# A controller replaces runner set and listener one after the other: in between they differ too.
SURE_AFTER_S = 2.0

SetKey = Tuple[str, str]


@dataclass(frozen=True)
class Aim:
    """What is waited for. `release`: which the sets must be of, None for any. `jobs`: how many each
    set must have been seen to run to their end."""

    sets: Tuple[SetKey, ...]
    state: str = HEALTHY
    settle_s: float = 5.0
    cure: bool = True
    helpers: bool = False
    release: Optional[str] = None
    jobs: int = 0


@dataclass(frozen=True)
class Memory:
    """What is remembered between looks. `stale`: listener UID -> first seen so. `cured`: by set.

    `jobs`: of runners that were seen with a job, by UID: their set, and whether it has ended well.
    """

    sightings: Mapping[SetKey, Sighting] = field(default_factory=dict)
    stale: Mapping[str, datetime] = field(default_factory=dict)
    cured: Mapping[SetKey, int] = field(default_factory=dict)
    jobs: Mapping[str, Tuple[SetKey, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class SetState:
    """How a set stands. `reasons`: why not yet, () if it is as wanted. `jobs`: that ended well."""

    key: SetKey
    reasons: Tuple[str, ...] = ()
    cured: int = 0
    jobs: int = 0

    def as_dict(self) -> Dict[str, Any]:
        """Return the state as plain data."""
        return {
            "namespace": self.key[0], "name": self.key[1], "done": not self.reasons,
            "not_yet_because": list(self.reasons), "cured": self.cured, "jobs": self.jobs,
        }  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """What to do now, and how things stand. `unread`: something could not be seen."""

    finished: bool
    acts: Tuple[Act, ...]
    sets: Tuple[SetState, ...]
    line: str
    memory: Memory
    unread: bool = False


def decide(view: View, aim: Aim, memory: Memory, now: datetime, deadline: datetime) -> Decision:
    """Return how the sets stand, and the cures to make now. Acts are for a fresh look only."""
    if aim.state == ABSENT:
        states = [SetState(key, remnants.of(view, key, aim.helpers)) for key in aim.sets]
        acts: Tuple[Act, ...] = ()
    else:
        states, acts, memory = _healthy(view, aim, memory, now)
    if now >= deadline:
        acts = ()
    return Decision(
        finished=all(not one.reasons for one in states),
        acts=acts,
        sets=tuple(states),
        line=_line(view, aim, states, now, deadline),
        memory=memory,
        unread=bool(view.cluster.unread),
    )


def cured(memory: Memory, act: Act) -> Memory:
    """Return the memory after a cure was made."""
    key = (act.evidence["namespace"], act.evidence["scale_set"])
    return replace(memory, cured={**memory.cured, key: memory.cured.get(key, 0) + 1})


def told(decision: Decision) -> str:
    """Return a text that differs once there is something new to say; times are not news."""
    words = [
        f"{'/'.join(one.key)} {one.cured} {sorted(map(_timeless, one.reasons))}"
        for one in decision.sets if one.reasons
    ]  # fmt: skip
    return "|".join(words)


def _healthy(
    view: View, aim: Aim, memory: Memory, now: datetime
) -> Tuple[List[SetState], Tuple[Act, ...], Memory]:
    cluster = replace(view.cluster, at=now)
    sightings = health.remember(memory.sightings, cluster)
    verdicts = health.judge_sets(
        cluster, aim.sets, aim.release, sightings, timedelta(seconds=aim.settle_s)
    )
    stale: Dict[str, datetime] = {}
    states, acts = [], []
    jobs = _jobs(cluster, aim, memory.jobs) if aim.jobs else {}
    for key in aim.sets:
        verdict, count = verdicts[key], memory.cured.get(key, 0)
        reasons = () if isinstance(verdict, Healthy) else verdict.reasons
        if isinstance(verdict, StaleListener):
            uid = verdict.listener.uid
            stale[uid] = memory.stale.get(uid, now)
            if not aim.cure:
                reasons += ("deleting that listener cures it, and cure is off",)
            elif count >= MOST_CURES:
                reasons += (f"it was deleted {count} times, and is made so again",)
            elif now - stale[uid] >= timedelta(seconds=SURE_AFTER_S):
                acts.append(_cure(key, verdict, stale[uid], count))
        ended = sum(is_over for one, is_over in jobs.values() if one == key)
        if ended < aim.jobs:
            running = sum(not is_over for one, is_over in jobs.values() if one == key)
            reasons += (f"{ended} of {aim.jobs} jobs were seen to end well, {running} run",)
        states.append(SetState(key, reasons, count, ended))
    return states, tuple(acts), Memory(sightings, stale, memory.cured, jobs)


def _jobs(
    cluster: Cluster, aim: Aim, before: Mapping[str, Tuple[SetKey, bool]]
) -> Dict[str, Tuple[SetKey, bool]]:
    """Return the jobs that were seen, after this look. One whose runner failed is forgotten.

    A runner that had a job and is gone, or has finished, has ended it: ARC deletes it after that.
    """
    found = dict(before)
    for one in reads.seen(cluster.scale_sets):
        key = (one.ref.namespace, one.ref.name)
        if key not in aim.sets or isinstance(one.runners, reads.Unread):
            continue
        there = {runner.ref.uid: runner for runner in one.runners}
        for uid, (of, is_over) in before.items():
            if of == key and not is_over and uid not in there:
                found[uid] = (key, True)
        for uid, runner in there.items():
            if runner.state is State.FAILED:
                found.pop(uid, None)
            elif runner.state is State.BUSY:
                found[uid] = (key, False)
            elif uid in found:
                found[uid] = (key, found[uid][1] or runner.state is State.FINISHED)
    return found


def _cure(key: SetKey, verdict: StaleListener, since: datetime, count: int) -> Act:
    return Act(
        "delete", verdict.listener,
        {"preconditions": {"uid": verdict.listener.uid}, "propagationPolicy": "Background"},
        "only a new listener will serve this set; the controller makes it at once",
        {
            "namespace": key[0], "scale_set": key[1], "fault": verdict.fault,
            "seen": list(verdict.reasons), "since": since.isoformat(), "cured_before": count,
        },
    )  # fmt: skip


def _line(
    view: View, aim: Aim, states: Sequence[SetState], now: datetime, deadline: datetime
) -> str:
    waiting = [one for one in states if one.reasons]
    parts = [
        view.cluster.id.name, f"wait until {aim.state}",
        f"{len(states) - len(waiting)} of {len(states)} sets",
    ]  # fmt: skip
    if waiting:
        parts.append(f"{'/'.join(waiting[0].key)}: {waiting[0].reasons[0]}")
    parts.append(f"{drain_text.span(max(0.0, (deadline - now).total_seconds()))} left")
    return " | ".join(parts)


def _timeless(reason: str) -> str:
    return "steady" if "has been steady for" in reason else reason


def to_plain(memory: Memory) -> Dict[str, Any]:
    """Return the memory as JSON data."""
    return {
        "sightings": [
            [*key, one.pod_uid, one.restarts, one.since.isoformat()]
            for key, one in memory.sightings.items()
        ],
        "stale": {uid: at.isoformat() for uid, at in memory.stale.items()},
        "cured": [[*key, count] for key, count in memory.cured.items()],
        "jobs": [[uid, *key, is_over] for uid, (key, is_over) in memory.jobs.items()],
    }


def from_plain(data: Mapping[str, Any]) -> Memory:
    """Return the memory of `to_plain`. Raises KeyError, TypeError or ValueError."""
    return Memory(
        sightings={
            (space, name): Sighting(pod, int(restarts), datetime.fromisoformat(since))
            for space, name, pod, restarts, since in data["sightings"]
        },
        stale={uid: datetime.fromisoformat(at) for uid, at in data["stale"].items()},
        cured={(space, name): int(count) for space, name, count in data["cured"]},
        jobs={uid: ((space, name), bool(over)) for uid, space, name, over in data["jobs"]},
    )
