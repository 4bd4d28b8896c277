# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain carries from one slice of its wait to the next, as plain data and back.

Losing it costs time, never a job: what was before is on the objects themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Dict, Mapping, Optional, Tuple

from .drain_types import DRAINED, Act, Decision, Memory, SetKey, Settled, Target, View
from .errors import BadInput
from .objects import Job, Runner
from .states import State

# So many runners and acts stand in a result; beyond it they are counted.
MOST_LISTED = 500
MOST_POINTS = 200


@dataclass(frozen=True)
class Story:
    """A drain from its begin until now.

    `targets`: with the UIDs of the beginning. `awaited`: runner UID -> runner that was seen busy.
    `acts`: done so far. `durations`: stage -> seconds; `stage` lasts since `stage_since`.
    `timeline`: how stage, counts and causes changed; its middle is dropped where it gets long.
    `spent`: by set, stage -> seconds; `standing`: the stage of each at the last look.
    """

    begun: datetime
    targets: Tuple[Target, ...]
    not_selected: Tuple[Mapping[str, str], ...] = ()
    missing: Tuple[str, ...] = ()
    acts: Tuple[Mapping[str, Any], ...] = ()
    awaited: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    durations: Mapping[str, float] = field(default_factory=dict)
    stage: str = ""
    stage_since: Optional[datetime] = None
    spent: Mapping[SetKey, Mapping[str, float]] = field(default_factory=dict)
    standing: Mapping[SetKey, str] = field(default_factory=dict)
    rights_missing: Tuple[str, ...] = ()
    timeline: Tuple[Mapping[str, Any], ...] = ()
    told: str = ""
    timers: Memory = Memory()

    def did(self, act: Act, at: datetime, predicted: bool = False) -> Story:
        """Return the story with one more write."""
        entry = {key: value for key, value in act.as_dict().items() if key != "body"}
        entry["predicted" if predicted else "done_at"] = True if predicted else at.isoformat()
        return replace(self, acts=(*self.acts, entry))

    def seen(self, view: View, decision: Decision, at: datetime) -> Story:
        """Return the story after one more look."""
        passed = (at - self.stage_since).total_seconds() if self.stage_since else 0.0
        durations = _longer(self.durations, self.stage, passed)
        spent = {
            key: _longer(self.spent.get(key, {}), stage, passed)
            for key, stage in self.standing.items()
        }
        return replace(
            self, durations=durations, stage=decision.stage, stage_since=at, spent=spent,
            standing={one.target.key: one.stage for one in decision.sets},
            awaited=_awaited(self, view, at) if decision.stage != "unknown" else self.awaited,
            timers=decision.memory, timeline=_continued(self.timeline, decision, at),
        )  # fmt: skip


def _longer(durations: Mapping[str, float], stage: str, passed_s: float) -> Dict[str, float]:
    if not stage or stage == DRAINED:
        return dict(durations)
    # The clock of this machine may be set back in between.
    return {**durations, stage: round(durations.get(stage, 0.0) + max(0.0, passed_s), 3)}


def _continued(
    timeline: Tuple[Mapping[str, Any], ...], decision: Decision, at: datetime
) -> Tuple[Mapping[str, Any], ...]:
    point = {
        "stage": decision.stage,
        "counts": decision.counts.as_dict(),
        "causes": sorted({one.id for one in decision.causes}),
    }
    if timeline and {**timeline[-1], "at": ""} == {**point, "at": ""}:
        return timeline
    longer = (*timeline, {"at": at.isoformat(), **point})
    if len(longer) > MOST_POINTS:
        longer = longer[: MOST_POINTS // 2] + longer[MOST_POINTS // 2 + 1:]
    return longer


def _awaited(story: Story, view: View, at: datetime) -> Dict[str, Mapping[str, Any]]:
    """Every runner that was seen with a job, and when it had ended."""
    keys = {one.key for one in story.targets}
    cluster = view.cluster
    there = {
        one.ref.uid: one
        for owner in cluster.scale_sets
        if (owner.ref.namespace, owner.ref.name) in keys
        for one in owner.runners
    }
    there.update(
        (one.ref.uid, one)
        for one in cluster.orphan_runners
        if (one.ref.namespace, one.scale_set_name) in keys
    )
    found: Dict[str, Mapping[str, Any]] = dict(story.awaited)
    for uid, runner in there.items():
        if runner.state is State.BUSY and (uid not in found and len(found) < MOST_LISTED):
            found[uid] = _entry(runner)
    for uid, entry in found.items():
        runner = there.get(uid)
        if entry["ended"] is None and (runner is None or runner.state is not State.BUSY):
            found[uid] = {**entry, "ended": at.isoformat()}
        elif runner is not None and runner.job is not None and entry["job"] is None:
            found[uid] = {**entry, "job": _job(runner.job)}
    return found


def _entry(runner: Runner) -> Dict[str, Any]:
    return {
        "namespace": runner.ref.namespace,
        "runner": runner.ref.name,
        "scale_set": runner.scale_set_name,
        "job": _job(runner.job) if runner.job is not None else None,
        "ended": None,
    }


def _job(job: Job) -> Dict[str, Any]:
    return {
        "repository": job.repository, "workflow": job.workflow, "run_id": job.run_id,
        "name": job.display_name,
    }  # fmt: skip


def to_plain(story: Story) -> Dict[str, Any]:
    """Return the story as JSON data."""
    timers = story.timers
    return {
        "begun": story.begun.isoformat(),
        "targets": [[one.namespace, one.name, one.uid] for one in story.targets],
        "not_selected": [dict(one) for one in story.not_selected],
        "missing": list(story.missing),
        "acts": [dict(one) for one in story.acts],
        "awaited": {uid: dict(one) for uid, one in story.awaited.items()},
        "durations": dict(story.durations),
        "stage": story.stage,
        "stage_since": _text(story.stage_since),
        "spent": [[*key, dict(one)] for key, one in story.spent.items()],
        "standing": [[*key, stage] for key, stage in story.standing.items()],
        "rights_missing": list(story.rights_missing),
        "timeline": [dict(one) for one in story.timeline],
        "told": story.told,
        "seen": [[cause, what, _text(at)] for (cause, what), at in timers.seen.items()],
        "settled": [
            [*key, _text(one.since), one.waiting, sorted(one.up), sorted(one.seen),
             sorted(one.there), _text(one.still_since)]
            for key, one in timers.settled.items()
        ],
        "settle_since": [[*key, _text(at)] for key, at in timers.settle_since.items()],
    }


def from_plain(data: Mapping[str, Any]) -> Story:
    """Return the story of `to_plain`. Raises BadInput where it is no such thing."""
    try:
        return Story(
            begun=_time(data["begun"]),
            targets=tuple(Target(*map(str, one)) for one in data["targets"]),
            not_selected=tuple(data["not_selected"]),
            missing=tuple(data["missing"]),
            acts=tuple(data["acts"]),
            awaited=dict(data["awaited"]),
            durations=dict(data["durations"]),
            stage=str(data["stage"]),
            stage_since=_time(data["stage_since"]) if data["stage_since"] else None,
            spent={(space, name): dict(one) for space, name, one in data["spent"]},
            standing={(space, name): str(one) for space, name, one in data["standing"]},
            rights_missing=tuple(data["rights_missing"]),
            timeline=tuple(data["timeline"]),
            told=str(data["told"]),
            timers=_timers(data),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            cluster="", object="option memory",
            cause=f"it is not what a slice of this module returned ({type(error).__name__})",
            next_step="Leave it out",
        ) from error  # fmt: skip


def _timers(data: Mapping[str, Any]) -> Memory:
    settled: Dict[SetKey, Settled] = {
        (namespace, name): Settled(
            _time(since), int(waiting), frozenset(up), frozenset(seen), frozenset(there),
            _time(still) if still else None,
        )
        for namespace, name, since, waiting, up, seen, there, still in data["settled"]
    }
    return Memory(
        seen={(cause, what): _time(at) for cause, what, at in data["seen"]},
        settled=settled,
        settle_since={(space, name): _time(at) for space, name, at in data["settle_since"]},
    )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(at: Optional[datetime]) -> Optional[str]:
    return at.isoformat() if at is not None else None
