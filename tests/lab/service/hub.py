# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes up the service's memory, and how is it there again after a restart?

Everything below is pure: no network, no clock. The edges call with the time and ask afterwards
whom to wake.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from lab.service.book import JobBook
from lab.service.coverage import Coverage
from lab.service.dispatch import Dispatch
from lab.service.model import Job, Refusal, Runner, ScaleSet, record
from lab.service.registry import Registry
from lab.service.settings import Settings
from lab.service.store import Store
from lab.service.upkeep import Upkeep
from lab.service.work import Work


class Hub:
    """All parts, wired. `now`: the time of the start."""

    def __init__(self, store: Store, now: float) -> None:
        self._store = store
        self.settings = Settings(store.load("settings").get("all", {}))
        self._numbers: Dict[str, int] = store.load("numbers").get("all", {})
        jobs = [Job(**item) for item in store.load("job").values()]
        self.book = JobBook(jobs, lambda job: store.put("job", job.id, record(job)))
        self.registry = Registry(
            self.settings,
            [ScaleSet(**item) for item in store.load("set").values()],
            [Runner(**item) for item in store.load("runner").values()],
            self.number,
            lambda kind, key, item: store.put(kind, key, record(item) if item else None),
        )
        self.coverage = Coverage(
            lambda key, memory: store.put("coverage", "/".join(key), memory)
        )
        self.dispatch = Dispatch(
            self.book, self.registry, self.coverage, self.settings["seed"]
        )
        self.work = Work(self.book, self.registry, self.dispatch, self.settings)
        self.upkeep = Upkeep(
            self.book, self.registry, self.dispatch, self.work, self.settings
        )
        self._recall(now)

    def _recall(self, now: float) -> None:
        """Runners get the time of a silence to be heard again; sessions are not remembered."""
        for runner in self.registry.runners.values():
            runner.last_seen = now
        for memory in self._store.load("coverage").values():
            self.coverage.recall(memory, min(self._store.last_write or now, now))

    def number(self, kind: str) -> int:
        """The next id of a kind, never the same twice."""
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        self._store.put("numbers", "all", self._numbers)
        return self._numbers[kind]

    def change_settings(self, changes: Dict[str, Any]) -> None:
        """Raises BadSetting."""
        self.settings.change(changes)
        if "seed" in changes:
            self.dispatch.reseed(changes["seed"])
        self._store.put("settings", "all", self.settings.all())
        # Runners that wait for a job are to hear of `runner_exit` at once.
        self.dispatch.woken.update(("set", number) for number in self.registry.sets)

    # Jobs and scale sets --------------------------------------------------------------------------

    def queue(self, now: float, number: Optional[int] = None, **fields: Any) -> Job:
        """A new job; `number` where its id was promised before."""
        job = self.book.add(Job(id=number or self.number("job"), **fields), now)
        self.dispatch.distribute(now)
        return job

    def job(self, number: int) -> Job:
        """Raises Refusal 404."""
        found = self.book.jobs.get(number)
        if found is None:
            raise Refusal(404, "JobNotFoundException", f"There is no job {number}.")
        return found

    def delete_set(self, scope: str, number: int, now: float) -> None:
        """Raises Refusal: 404 where there is none, 400 while a runner of it runs a job."""
        item = self.registry.scale_set(scope, number)
        if self.upkeep.is_busy(number):
            raise Refusal(
                400,
                "RunnerScaleSetHasRunningJobsException",
                f"Runner scale set {item.name} has running jobs and cannot be deleted.",
            )
        self.upkeep.delete_set(number, now, "scale set deleted")
