# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a runner is read: busy, idle, pending, finished, failed, or unknown.

Only a listener writes the job fields of a runner, so a field that is set proves a job, while
empty fields prove nothing unless a listener has served ever since the runner was made.
Source: ARC, EphemeralRunner status and `HasJob`; the releases' fields in releases.BUSY_FIELDS.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, Iterable, Mapping, Optional

from . import releases


class State(enum.Enum):
    """How a runner is read. UNKNOWN is a state of its own: never idle, never nothing."""

    BUSY = "busy"
    IDLE = "idle"
    PENDING = "pending"
    FINISHED = "finished"
    FAILED = "failed"
    UNKNOWN = "unknown"


class PodSight(enum.Enum):
    """What is known of a runner's pod, as far as the judgement needs it."""

    UNREAD = "unread"
    ABSENT = "absent"
    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Counts:
    """How many runners are in each state; every number is None where they were not read."""

    busy: Optional[int] = 0
    idle: Optional[int] = 0
    pending: Optional[int] = 0
    finished: Optional[int] = 0
    failed: Optional[int] = 0
    unknown: Optional[int] = 0

    @classmethod
    def of(cls, states: Iterable[State]) -> Counts:
        """Count the states."""
        numbers = {state.value: 0 for state in State}
        for state in states:
            numbers[state.value] += 1
        return cls(**numbers)

    @classmethod
    def unread(cls) -> Counts:
        """Return the counts of runners that nobody could see."""
        return cls(**{state.value: None for state in State})

    @property
    def is_known(self) -> bool:
        """True if the runners were read."""
        return self.busy is not None

    @property
    def total(self) -> Optional[int]:
        """All runners, None where they were not read."""
        if not self.is_known:
            return None
        return sum(number or 0 for number in self.as_dict().values())

    def __add__(self, other: Counts) -> Counts:
        """Add up; one unread part makes the whole unread."""
        if not (self.is_known and other.is_known):
            return Counts.unread()
        mine, theirs = self.as_dict(), other.as_dict()
        return Counts(**{name: (mine[name] or 0) + (theirs[name] or 0) for name in mine})

    def as_dict(self) -> Dict[str, Optional[int]]:
        """Return the counts by state."""
        return {state.value: getattr(self, state.value) for state in State}


def has_job_fields(status: Mapping[str, Any]) -> bool:
    """True if any field is set that some release writes when a job starts.

    All releases' fields count, whatever release wrote the object: #4080 lets controllers of
    one minor share objects, and a busy runner taken for idle is a lost job.
    """
    return any(status.get(field) for field in releases.BUSY_FIELDS)


def judge_runner(
    *,
    phase: str,
    has_job: bool,
    is_registered: bool,
    pod: PodSight,
    has_live_job_pods: bool,
    created: Optional[datetime],
    served_since: Optional[datetime],
) -> State:
    """Judge one runner from what was seen of it.

    `phase`: of the EphemeralRunner, "" before the controller wrote one.
    `has_job`: `has_job_fields`. `is_registered`: it has a runner id of GitHub.
    `served_since`: earliest start of a listener of its set that still runs, None if none does
    or none could be read.
    """
    if has_live_job_pods:
        return State.BUSY
    if pod is PodSight.SUCCEEDED:
        return State.FINISHED
    if pod is PodSight.FAILED:
        return _judge_failed_pod(phase, has_job)
    if pod is PodSight.ABSENT:
        return _judge_without_pod(phase, has_job)
    if pod is PodSight.UNREAD:
        return _judge_with_unread_pod(phase, has_job, is_registered)
    if pod is PodSight.UNCLEAR:
        return State.UNKNOWN
    if has_job:
        return State.BUSY
    if pod is PodSight.WAITING:
        return State.PENDING
    return _judge_running_without_job(created, served_since)


def _judge_failed_pod(phase: str, has_job: bool) -> State:
    """The controller makes the pod again unless it gave up or a job was lost with it."""
    if has_job or phase in releases.ENDED_BADLY:
        return State.FAILED
    return State.PENDING


def _judge_without_pod(phase: str, has_job: bool) -> State:
    if phase == "Succeeded":
        return State.FINISHED
    if phase in releases.ENDED_BADLY:
        return State.FAILED
    if has_job or phase not in releases.NOT_STARTED:
        # GitHub may still count the job: only GitHub can say (#4585).
        return State.UNKNOWN
    return State.PENDING


def _judge_with_unread_pod(phase: str, has_job: bool, is_registered: bool) -> State:
    if phase == "Succeeded":
        return State.FINISHED
    if phase in releases.ENDED_BADLY:
        return State.FAILED
    if has_job:
        # A job that was not seen to end is taken for running.
        return State.BUSY
    if phase in releases.NOT_STARTED and not is_registered:
        # GitHub gives a job to registered runners only.
        return State.PENDING
    return State.UNKNOWN


def _judge_running_without_job(
    created: Optional[datetime], served_since: Optional[datetime]
) -> State:
    if created is not None and served_since is not None and served_since <= created:
        return State.IDLE
    return State.UNKNOWN
