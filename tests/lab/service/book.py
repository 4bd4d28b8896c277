# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which one state is each job, and which steps from there exist? The ledger's truth.

Every change of a job goes through here, so that states, indexes and journal cannot disagree.
Who gets which job is decided elsewhere.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Iterator, Optional

from lab.service.model import ASSIGNED, ENDINGS, QUEUED, RUNNING, STATES, Job, Kind

Jobs = Dict[int, Job]


class JobBook:
    """All jobs. `save` is called with each job that changed."""

    def __init__(self, jobs: Iterable[Job], save: Callable[[Job], None]) -> None:
        self._save = save
        self.jobs: Jobs = {}
        # Queued jobs that no session was told of, oldest first.
        self.free: Dict[Kind, Jobs] = {}
        self._assigned: Dict[int, Jobs] = {}
        self._running: Dict[int, Jobs] = {}
        self.counts: Dict[str, int] = dict.fromkeys(STATES, 0)
        for job in jobs:
            self.jobs[job.id] = job
            self._enter(job)

    def _shelf(self, job: Job) -> Optional[Jobs]:
        """Where open jobs of that state lie."""
        if job.state == QUEUED:
            return self.free.setdefault(job.kind, {})
        if job.state in (ASSIGNED, RUNNING) and job.scale_set_id is not None:
            shelves = self._assigned if job.state == ASSIGNED else self._running
            return shelves.setdefault(job.scale_set_id, {})
        return None

    def _enter(self, job: Job) -> None:
        self.counts[job.state] += 1
        shelf = self._shelf(job)
        if shelf is not None:
            shelf[job.id] = job

    def _leave(self, job: Job, *states: str) -> None:
        if job.state not in states:
            raise ValueError(f"job {job.id} is {job.state}, not {' or '.join(states)}")
        self.counts[job.state] -= 1
        shelf = self._shelf(job)
        if shelf is not None:
            shelf.pop(job.id, None)

    def assigned(self, scale_set: int) -> Jobs:
        """Assigned and not started, in the order of assignment."""
        return self._assigned.get(scale_set, {})

    def running(self, scale_set: int) -> Jobs:
        return self._running.get(scale_set, {})

    def all_assigned(self) -> Iterator[Job]:
        for jobs in self._assigned.values():
            yield from jobs.values()

    def all_running(self) -> Iterator[Job]:
        for jobs in self._running.values():
            yield from jobs.values()

    def add(self, job: Job, now: float) -> Job:
        job.queued_at = now
        job.note(now, "queued")
        self.jobs[job.id] = job
        self._enter(job)
        self._save(job)
        return job

    def hold(self, job: Job) -> None:
        """Take a queued job off the free ones while a session is told of it."""
        self.free[job.kind].pop(job.id, None)

    def unhold(self, job: Job) -> None:
        if job.state == QUEUED:
            self.free.setdefault(job.kind, {})[job.id] = job

    def assign(self, job: Job, scale_set: int, name: str, cluster: str, now: float) -> None:
        self._leave(job, QUEUED)
        job.state, job.assigned_at = ASSIGNED, now
        job.scale_set_id, job.cluster = scale_set, cluster
        job.note(now, "assigned", scale_set=name, cluster=cluster)
        self._enter(job)
        self._save(job)

    def requeue(self, job: Job, now: float, why: str) -> None:
        self._leave(job, ASSIGNED)
        job.note(now, "requeued", scale_set=job.label, cluster=job.cluster, detail=why)
        job.state, job.scale_set_id, job.cluster, job.assigned_at = QUEUED, None, None, None
        job.runner_id = job.runner = None
        self._enter(job)
        self._save(job)

    def hand_out(self, job: Job, runner_id: int, runner: str) -> None:
        """To a runner; the job stays assigned until the runner says that it started."""
        job.runner_id, job.runner = runner_id, runner
        self._save(job)

    def take_back(self, job: Job, now: float, why: str) -> None:
        job.note(now, "not taken", cluster=job.cluster, runner=job.runner, detail=why)
        job.runner_id = job.runner = None
        self._save(job)

    def start(self, job: Job, cluster: str, now: float) -> None:
        self._leave(job, ASSIGNED)
        job.state, job.started_at, job.cluster = RUNNING, now, cluster
        job.note(now, "started", scale_set=job.label, cluster=cluster, runner=job.runner)
        self._enter(job)
        self._save(job)

    def end(self, job: Job, result: str, now: float, detail: str = "") -> None:
        """`result`: one of ENDINGS."""
        self._leave(job, QUEUED, ASSIGNED, RUNNING)
        job.state, job.conclusion, job.finished_at = ENDINGS[result], result, now
        job.note(
            now,
            job.state,
            scale_set=job.label,
            cluster=job.cluster,
            runner=job.runner,
            detail=detail or ("cancelled" if result == "canceled" else ""),
        )
        self._enter(job)
        self._save(job)

    def touch(self, job: Job) -> None:
        """Journal a change that is not a step (time left unserved, cancellation asked for)."""
        self._save(job)

    def summary(self) -> Dict[str, Any]:
        """Counts by state; stranded jobs count in their state as well."""
        stranded = sum(1 for job in self.jobs.values() if job.stranded_s > 0)
        return {**self.counts, "stranded": stranded}
