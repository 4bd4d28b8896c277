# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens at the service by itself, as time goes by?

Sessions and runners that fall silent, offers and assignments that lapse, scale sets nobody
connects to, and the count of who is stranded.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from lab.service.book import JobBook
from lab.service.dispatch import Dispatch
from lab.service.model import Job, Session
from lab.service.registry import Registry
from lab.service.settings import Settings
from lab.service.work import Work

STRANDED_AFTER_S = 10.0
# A gap between two looks that is longer than this was the service's own absence.
LONGEST_STEP_S = 5.0


class Upkeep:
    """`facts` per cluster, from its node agent: `{"controllers": count, "deleting": [...],
    "scale_set_ids_deleting": [ids]}`."""

    def __init__(
        self,
        book: JobBook,
        registry: Registry,
        dispatch: Dispatch,
        work: Work,
        settings: Settings,
    ) -> None:
        self._book = book
        self._registry = registry
        self._dispatch = dispatch
        self._work = work
        self._settings = settings
        self.facts: Dict[str, Dict[str, Any]] = {}
        self._looked: Optional[float] = None

    def tick(self, now: float) -> None:
        passed = min(now - self._looked, LONGEST_STEP_S) if self._looked is not None else 0.0
        self._looked = now
        for session in list(self._dispatch.sessions.values()):
            self._check_session(session, now)
        self._check_runners(now)
        self._expire_sets(now)
        self._check_assigned(now, max(passed, 0.0))
        self._dispatch.distribute(now)

    def _check_session(self, session: Session, now: float) -> None:
        silence = self._settings["session_silence_s"]
        if not session.waiting and now - session.last_seen > silence:
            self._dispatch.close(session, session.last_seen)
            return
        for offer in list(session.offers.values()):
            read_at = offer.read_at
            if read_at is not None and not session.acquires:
                if now - read_at >= self._settings["silent_assignment_s"]:
                    self._dispatch.assign(offer, session, now)
            elif now - offer.at > self._settings["offer_lapse_s"]:
                self._dispatch.withdraw(offer)

    def _check_runners(self, now: float) -> None:
        silence = self._settings["runner_silence_s"]
        for runner in list(self._registry.runners.values()):
            if (runner.online or runner.job is not None) and now - runner.last_seen > silence:
                self._work.lose(runner, now, f"its runner was silent for {silence:g} s")

    def _expire_sets(self, now: float) -> None:
        ttl = self._settings["idle_scale_set_ttl_s"]
        if ttl is None:
            return
        for item in list(self._registry.sets.values()):
            if item.id not in self._dispatch.sessions and now - item.seen_at > ttl:
                if not self.is_busy(item.id):
                    self.delete_set(item.id, now, "scale set expired")

    def is_busy(self, number: int) -> bool:
        """Whether a runner of the set has a job."""
        return any(runner.job is not None for runner in self._registry.runners_of(number))

    def delete_set(self, number: int, now: float, why: str) -> None:
        """Its session ends, its runners lose their registration, its jobs are free again."""
        session = self._dispatch.sessions.get(number)
        if session is not None:
            self._dispatch.close(session, now)
        for job in list(self._book.assigned(number).values()):
            self._book.requeue(job, now, why)
        self._registry.drop_set(number)
        self._dispatch.woken.add(("set", number))
        self._dispatch.distribute(now)

    def _check_assigned(self, now: float, passed: float) -> None:
        waiting: Dict[int, List[Job]] = {}
        for job in self._book.all_assigned():
            if job.runner_id is None and job.scale_set_id is not None:
                waiting.setdefault(job.scale_set_id, []).append(job)
        lapse = self._settings["assignment_lapse_s"]
        for number, jobs in waiting.items():
            coming = sum(1 for r in self._registry.runners_of(number) if r.is_coming)
            for place, job in enumerate(jobs):
                if place >= coming and self.is_unserved(number, job.cluster or ""):
                    self._count_unserved(job, now, passed)
                if lapse is not None and now - (job.assigned_at or now) > lapse:
                    self._book.requeue(job, now, "assignment lapsed")
            if self._settings["job_start_delay_s"]:
                self._dispatch.woken.add(("set", number))

    def _count_unserved(self, job: Job, now: float, passed: float) -> None:
        job.unserved_s += passed
        if job.unserved_s <= STRANDED_AFTER_S:
            return
        if not job.stranded_s:
            job.note(now, "stranded", scale_set=job.label, cluster=job.cluster)
            self._book.touch(job)
        job.stranded_s = round(job.unserved_s, 1)

    def is_unserved(self, number: int, cluster: str) -> bool:
        """Whether nobody makes runners for the set: no session, no controller, or its
        AutoscalingRunnerSet is being deleted. A cluster that never reported is taken to be well."""
        if number not in self._dispatch.sessions:
            return True
        facts = self.facts.get(cluster)
        if facts is None:
            return False
        return facts["controllers"] == 0 or number in facts["scale_set_ids_deleting"]
