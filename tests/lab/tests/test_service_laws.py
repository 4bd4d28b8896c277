# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Laws of the service's memory, over any course of events. Pure: time is passed in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from lab.service.hub import Hub
from lab.service.model import ASSIGNED, ENDED, QUEUED, RUNNING, STATES, Refusal
from lab.service.store import Store

CLUSTERS = ("blue", "green")
NAMES = ("web", "ci")


def make_hub(folder: Path, now: float = 1000.0) -> Hub:
    return Hub(Store(folder / "journal.jsonl"), now)


class Course(RuleBasedStateMachine):
    """Scale sets, sessions, runners and jobs come and go in any order; the service may be killed
    at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = 1000.0
        self.sent: List[int] = []

    @initialize()
    def begin(self) -> None:
        """Two clusters serve one name, one of them a second name: else most courses would end
        before anything meets."""
        self.hub = make_hub(Path(self.folder.name), self.now)
        for cluster, name in (("blue", "web"), ("green", "web"), ("blue", "ci")):
            self.make_set(cluster, name)
        for number in self.hub.registry.sets:
            session = self.hub.dispatch.open("acme", number, "listener", "blue", self.now)
            self.hub.dispatch.listen(session, None, self.now)

    def teardown(self) -> None:
        self.folder.cleanup()

    def _any(self, data: Any, items: Any) -> Optional[Any]:
        choices = sorted(items, key=str)
        return data.draw(st.sampled_from(choices)) if choices else None

    @rule(name=st.sampled_from(NAMES), count=st.integers(1, 4))
    def queue(self, name: str, count: int) -> None:
        for _number in range(count):
            job = self.hub.queue(
                self.now, label=name, scope="acme", repository="acme/app", duration_s=1.0
            )
            self.sent.append(job.id)

    @rule(cluster=st.sampled_from(CLUSTERS), name=st.sampled_from(NAMES))
    def make_set(self, cluster: str, name: str) -> None:
        body = {"name": name, "runnerGroupId": 2 + CLUSTERS.index(cluster)}
        try:
            self.hub.registry.make_set("acme", cluster, body, self.now)
        except Refusal as no:
            assert no.status == 409

    @rule(data=st.data())
    def open_session(self, data: Any) -> None:
        number = self._any(data, self.hub.registry.sets)
        if number is not None:
            try:
                self.hub.dispatch.open("acme", number, "listener", "blue", self.now)
            except Refusal as no:
                assert no.status == 409 and number in self.hub.dispatch.sessions

    @rule(data=st.data(), capacity=st.one_of(st.none(), st.integers(0, 3)), deletes=st.booleans())
    def poll(self, data: Any, capacity: Optional[int], deletes: bool) -> None:
        session = self._any(data, self.hub.dispatch.sessions)
        if session is None:
            return
        found = self.hub.dispatch.sessions[session]
        self.hub.dispatch.listen(found, capacity, self.now)
        message = self.hub.dispatch.next_message(found, 0)
        if message and deletes:
            self.hub.dispatch.delete_message(found, message["messageId"], self.now)

    @rule(data=st.data())
    def acquire(self, data: Any) -> None:
        session = self._any(data, self.hub.dispatch.sessions)
        if session is not None and self.sent:
            found = self.hub.dispatch.sessions[session]
            numbers = data.draw(st.lists(st.sampled_from(self.sent), max_size=2))
            self.hub.dispatch.acquire(found, [*found.offers][:3] + numbers, self.now)

    @rule(data=st.data())
    def close_session(self, data: Any) -> None:
        session = self._any(data, self.hub.dispatch.sessions)
        if session is not None:
            self.hub.dispatch.close(self.hub.dispatch.sessions[session], self.now)

    @rule(data=st.data())
    def make_runner(self, data: Any) -> None:
        number = self._any(data, self.hub.registry.sets)
        if number is not None:
            name = f"r{self.hub.number('name')}"
            runner = self.hub.registry.make_runner("acme", number, name, "blue", self.now)
            self.hub.work.online(runner.id, self.now)

    @rule(data=st.data(), starts=st.booleans())
    def take_job(self, data: Any, starts: bool) -> None:
        number = self._any(data, self.hub.registry.runners)
        if number is not None:
            job = self.hub.work.take_job(number, self.now)
            if job is not None and starts:
                self.hub.work.started(number, job.id, self.now)

    @rule(data=st.data(), result=st.sampled_from(["succeeded", "failed", "lost"]))
    def complete(self, data: Any, result: str) -> None:
        number = self._any(data, self.hub.registry.runners)
        if number is not None:
            self.hub.work.completed(number, result, self.now)

    @rule(data=st.data())
    def remove_runner(self, data: Any) -> None:
        number = self._any(data, self.hub.registry.runners)
        if number is None:
            return
        busy = self.hub.registry.runners[number].job is not None
        try:
            self.hub.work.remove("acme", number)
            assert not busy
        except Refusal as no:
            assert busy and no.exception == "JobStillRunningException"

    @rule(data=st.data())
    def restart_runner(self, data: Any) -> None:
        number = self._any(data, self.hub.registry.runners)
        if number is not None:
            self.hub.work.online(number, self.now)

    @rule(data=st.data())
    def delete_set(self, data: Any) -> None:
        """Refused while a runner has a job; else every assigned job of it is queued again."""
        number = self._any(data, self.hub.registry.sets)
        if number is None:
            return
        waiting = list(self.hub.book.assigned(number).values())
        busy = any(r.job is not None for r in self.hub.registry.runners_of(number))
        try:
            self.hub.delete_set("acme", number, self.now)
        except Refusal as no:
            assert busy and no.exception == "RunnerScaleSetHasRunningJobsException"
            return
        assert not busy and all(job.state == QUEUED for job in waiting)
        assert all(r.scale_set_id != number for r in self.hub.registry.runners.values())

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), force=st.booleans())
    def cancel(self, data: Any, force: bool) -> None:
        job = self.hub.job(data.draw(st.sampled_from(self.sent)))
        try:
            self.hub.work.cancel(job, self.now, force)
        except Refusal as no:
            assert no.status == 409 and job.state in ENDED

    @rule(seconds=st.sampled_from([0.1, 1.0, 6.0, 30.0, 90.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.hub.upkeep.tick(self.now)

    @rule()
    def kill_and_restart(self) -> None:
        before = {number: job.state for number, job in self.hub.book.jobs.items()}
        sets, runners = set(self.hub.registry.sets), set(self.hub.registry.runners)
        self.hub = make_hub(Path(self.folder.name), self.now)
        assert {number: job.state for number, job in self.hub.book.jobs.items()} == before
        assert (set(self.hub.registry.sets), set(self.hub.registry.runners)) == (sets, runners)
        assert not self.hub.dispatch.sessions

    @invariant()
    def every_job_is_in_exactly_one_state(self) -> None:
        if not hasattr(self, "hub"):
            return
        book = self.hub.book
        summary = book.summary()
        assert sum(summary[state] for state in STATES) == len(self.sent) == len(book.jobs)
        for state in STATES:
            assert summary[state] == sum(1 for job in book.jobs.values() if job.state == state)
        places: Dict[int, List[str]] = {}
        for jobs in book.free.values():
            for number in jobs:
                places.setdefault(number, []).append(QUEUED)
        for session in self.hub.dispatch.sessions.values():
            for number in session.offers:
                places.setdefault(number, []).append(QUEUED)
        for number in self.hub.registry.sets:
            for job in book.assigned(number):
                places.setdefault(job, []).append(ASSIGNED)
            for job in book.running(number):
                places.setdefault(job, []).append(RUNNING)
        open_jobs = {n: [j.state] for n, j in book.jobs.items() if j.state not in ENDED}
        assert places == open_jobs

    @invariant()
    def only_an_assigned_job_has_a_set(self) -> None:
        for job in self.hub.book.jobs.values() if hasattr(self, "hub") else ():
            if job.state == QUEUED:
                assert (job.scale_set_id, job.cluster, job.runner_id) == (None, None, None)
            elif job.state == ASSIGNED and job.runner_id is not None:
                assert self.hub.registry.runners[job.runner_id].job == job.id

    @invariant()
    def runner_and_job_agree(self) -> None:
        if not hasattr(self, "hub"):
            return
        for runner in self.hub.registry.runners.values():
            if runner.job is not None:
                job = self.hub.book.jobs[runner.job]
                assert job.runner_id == runner.id
                assert job.state == (RUNNING if runner.started else ASSIGNED)

    @invariant()
    def statistics_are_whole(self) -> None:
        if not hasattr(self, "hub"):
            return
        for number in self.hub.registry.sets:
            stats = self.hub.dispatch.statistics(number)
            assert len(stats) == 7 and all(value >= 0 for value in stats.values())


Course.TestCase.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestCourse = Course.TestCase
