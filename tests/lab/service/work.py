# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens between a runner and its job?

A runner is handed at most one job in its life. Until it says that it started, the job stays
assigned: a runner that dies in between has not run it.
"""

from __future__ import annotations

from typing import Optional

from lab.service import messages
from lab.service.book import JobBook
from lab.service.dispatch import Dispatch
from lab.service.model import ASSIGNED, QUEUED, RUNNING, Job, Refusal, Runner
from lab.service.registry import Registry
from lab.service.settings import Settings


class Work:
    """What runners report, and what is done to their jobs from outside."""

    def __init__(
        self, book: JobBook, registry: Registry, dispatch: Dispatch, settings: Settings
    ) -> None:
        self._book = book
        self._registry = registry
        self._dispatch = dispatch
        self._settings = settings

    # What a runner says --------------------------------------------------------------------------

    def seen(self, number: int, now: float) -> Runner:
        """Raises Refusal 401 where the registration is gone."""
        runner = self._registry.runners.get(number)
        if runner is None:
            told = f"Registration {number} was not found or is not medium trust."
            raise Refusal(401, "AccessDeniedException", told)
        runner.last_seen = now
        return runner

    def online(self, number: int, now: float) -> None:
        runner = self.seen(number, now)
        if runner.job is not None:
            # The process was started anew: the one that had the job is no more.
            self.lose(runner, now, "its runner was started anew")
        if not runner.online:
            runner.online = runner.was_online = True
            self._registry.keep_runner(runner)

    def take_job(self, number: int, now: float) -> Optional[Job]:
        """The job the runner is to run: the oldest that waits in its set. None for "not yet"."""
        runner = self.seen(number, now)
        if runner.job is not None or not runner.online:
            return None
        ripe = now - self._settings["job_start_delay_s"]
        for job in self._book.assigned(runner.scale_set_id).values():
            if job.runner_id is None and (job.assigned_at or 0.0) <= ripe:
                runner.job, runner.started = job.id, False
                self._book.hand_out(job, runner.id, runner.name)
                self._registry.keep_runner(runner)
                return job
        return None

    def started(self, number: int, job_id: int, now: float) -> None:
        """Raises Refusal 409 where the job is not the runner's any more."""
        runner = self.seen(number, now)
        job = self._book.jobs.get(job_id)
        if job is None or runner.job != job_id or job.state not in (ASSIGNED, RUNNING):
            raise Refusal(409, "JobNotFoundException", f"Job {job_id} is not yours.")
        if not runner.started:
            runner.started = True
            self._book.start(job, runner.cluster, now)
            self._registry.keep_runner(runner)
            self._dispatch.tell(job, messages.STARTED)

    def is_to_stop(self, number: int, now: float) -> bool:
        """A heartbeat; gives whether the runner's job was cancelled."""
        runner = self.seen(number, now)
        return runner.job is not None and self._book.jobs[runner.job].cancel_asked

    def completed(self, number: int, result: str, now: float, detail: str = "") -> bool:
        """The job's end as its runner tells it; the registration goes with it, as GitHub does
        with ephemeral runners. Gives whether it had one that it had started: a runner that ends
        without is merely offline. Told twice is told once."""
        runner = self._registry.runners.get(number)
        if runner is None:
            return False
        if runner.job is None or not runner.started:
            self.lose(runner, now, detail)
            return False
        self._end(self._book.jobs[runner.job], result, now, detail)
        self._registry.drop_runner(runner)
        self._dispatch.distribute(now)
        return True

    # What happens to a runner ---------------------------------------------------------------------

    def remove(self, scope: str, number: int) -> None:
        """Deregister. Raises Refusal 400 while it has a job. One that is gone is removed: ARC
        asks for it after every finished runner and takes anything but 204 for a failure."""
        runner = self._registry.runners.get(number)
        if runner is None or runner.scope != scope:
            return
        if runner.job is not None:
            told = f"Runner {runner.name} is still running a job"
            raise Refusal(400, "JobStillRunningException", told)
        self._registry.drop_runner(runner)
        self._dispatch.woken.add(("set", runner.scale_set_id))

    def lose(self, runner: Runner, now: float, why: str) -> None:
        """The process is gone: its job is lost, or free for another runner if it never started.
        The registration stays, as GitHub's does."""
        job = self._book.jobs[runner.job] if runner.job is not None else None
        if job is not None and runner.started:
            self._end(job, "lost", now, why)
        elif job is not None and job.state == ASSIGNED:
            self._book.take_back(job, now, why)
            self._dispatch.woken.add(("set", runner.scale_set_id))
        runner.job, runner.started, runner.online = None, False, False
        self._registry.keep_runner(runner)

    # What is done to a job ------------------------------------------------------------------------

    def _end(self, job: Job, result: str, now: float, detail: str) -> None:
        self._book.end(job, result, now, detail)
        self._dispatch.tell(job, messages.COMPLETED)

    def cancel(self, job: Job, now: float, force: bool = False) -> None:
        """A job that nobody runs ends at once, one that runs when its runner hears of it; with
        `force` at once too, and its runner's registration goes. Raises Refusal 409 if ended."""
        if job.state not in (QUEUED, ASSIGNED, RUNNING):
            raise Refusal(409, "Conflict", f"Job {job.id} has ended.")
        runner = self._registry.runners.get(job.runner_id or 0)
        if runner is not None and runner.job == job.id and not force:
            job.cancel_asked = True
            self._book.touch(job)
            return
        if job.state == QUEUED:
            self._dispatch.drop_job(job)
        self._end(job, "canceled", now, "")
        if runner is not None and runner.job == job.id:
            runner.job = None
            self._registry.drop_runner(runner)
        self._dispatch.distribute(now)
