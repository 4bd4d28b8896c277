# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which scale set gets a job, and what is its listener told? Source: arc.md 8 C, 10; observed c, d.

A free job is offered to one session of its name, drawn by lot among those that poll and have room.
It is theirs when they acquire it; or, with a listener that never acquires (0.14.0), a moment after
the message that told of it was deleted.
"""

from __future__ import annotations

import random
import uuid
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from lab.service import messages
from lab.service.book import JobBook
from lab.service.coverage import Coverage
from lab.service.model import Job, Offer, Refusal, Session
from lab.service.registry import Registry

KEPT_MESSAGES = 200
Key = Tuple[str, Any]


class Dispatch:
    """Sessions and what passes through them. `woken`: whom a change concerns, for long polls:
    ("session", id) and ("set", number); the edge empties it."""

    def __init__(
        self, book: JobBook, registry: Registry, coverage: Coverage, seed: int
    ) -> None:
        self._book = book
        self._registry = registry
        self._coverage = coverage
        self._random = random.Random(seed)
        self._by_id: Dict[str, Session] = {}
        self.sessions: Dict[int, Session] = {}
        self.woken: Set[Key] = set()

    def reseed(self, seed: int) -> None:
        self._random = random.Random(seed)

    def statistics(self, number: int) -> Dict[str, int]:
        """Never null, always all seven counts."""
        own = self._registry.sets.get(number)
        runners = self._registry.runners_of(number)
        busy = sum(1 for runner in runners if runner.job is not None)
        running = len(self._book.running(number))
        assigned = running + len(self._book.assigned(number))
        free = [len(jobs) for kind, jobs in self._book.free.items() if own and own.serves(kind)]
        return {
            "totalAvailableJobs": sum(free),
            "totalAcquiredJobs": assigned,
            "totalAssignedJobs": assigned,
            "totalRunningJobs": running,
            "totalRegisteredRunners": len(runners),
            "totalBusyRunners": busy,
            "totalIdleRunners": sum(1 for r in runners if r.online and r.job is None),
        }

    # Sessions -----------------------------------------------------------------------------------

    def open(self, scope: str, number: int, owner: str, cluster: str, now: float) -> Session:
        """Raises Refusal 404, or 409 while another session is open."""
        scale_set = self._registry.scale_set(scope, number)
        live = self.sessions.get(number)
        if live is not None:
            raise Refusal(
                409,
                "RunnerScaleSetSessionConflictException",
                f"Runner scale set {scale_set.name}: {live.owner} already has an active session.",
            )
        session = Session(str(uuid.uuid4()), owner, number, cluster, now, now)
        self.sessions[number] = self._by_id[session.id] = session
        self._coverage.opened((scale_set.scope, scale_set.name), now)
        return session

    def session(self, session_id: str, now: float) -> Session:
        """A live session, which is heard of by that. Raises Refusal 404."""
        session = self._by_id.get(session_id)
        if session is None:
            told = f"Session {session_id} does not exist or has ended."
            raise Refusal(404, "RunnerScaleSetSessionNotFoundException", told)
        session.last_seen = now
        return session

    def close(self, session: Session, now: float) -> None:
        """Its offers are free again; what was assigned stays. `now`: when it ended."""
        if self._by_id.pop(session.id, None) is None:
            return
        del self.sessions[session.scale_set_id]
        scale_set = self._registry.sets[session.scale_set_id]
        scale_set.seen_at = now
        self._registry.keep_set(scale_set)
        self._coverage.closed((scale_set.scope, scale_set.name), now)
        for offer in session.offers.values():
            self._book.unhold(offer.job)
        session.offers.clear()
        self.woken.add(("session", session.id))
        self.distribute(now)

    # Messages -----------------------------------------------------------------------------------

    def listen(self, session: Session, capacity: Optional[int], now: float) -> None:
        """A poll begins; `capacity` as in its header, None without one."""
        session.last_seen = now
        session.polls += 1
        session.capacity = capacity
        self.distribute(now)

    def next_message(self, session: Session, last: int) -> Optional[Dict[str, Any]]:
        """The oldest message after `last` that was not deleted; None for "nothing yet"."""
        if session.events:
            stats = self.statistics(session.scale_set_id)
            number = session.next_message
            session.next_message += 1
            session.messages[number] = messages.batch(number, session.events, stats)
            session.events = []
            while len(session.messages) > KEPT_MESSAGES:
                del session.messages[min(session.messages)]
        waiting = [number for number in session.messages if number > last]
        return session.messages[min(waiting)] if waiting else None

    def delete_message(self, session: Session, number: int, now: float) -> None:
        message = session.messages.pop(number, None)
        for job in messages.offered(message) if message else []:
            offer = session.offers.get(job)
            if offer is not None:
                offer.read_at = now

    def tell(self, job: Job, event: str) -> None:
        """Put an event into the session of the job's set; without a session nobody hears it."""
        session = self.sessions.get(job.scale_set_id or 0)
        if session is not None:
            session.events.append(messages.event(event, job))
            self.woken.add(("session", session.id))

    # Jobs ---------------------------------------------------------------------------------------

    def acquire(self, session: Session, numbers: Iterable[int], now: float) -> List[int]:
        """Those of `numbers` that are this set's now; the others went elsewhere meanwhile."""
        session.acquires = True
        taken = []
        for number in numbers:
            offer = session.offers.get(number)
            if offer is not None:
                self.assign(offer, session, now)
            if number in self._book.assigned(session.scale_set_id):
                taken.append(number)
        return taken

    def assign(self, offer: Offer, session: Session, now: float) -> None:
        del session.offers[offer.job.id]
        name = self._registry.sets[session.scale_set_id].name
        self._book.assign(offer.job, session.scale_set_id, name, session.cluster, now)
        self.tell(offer.job, messages.ASSIGNED)
        self.woken.add(("set", session.scale_set_id))

    def withdraw(self, offer: Offer) -> None:
        """The job is free again; what the session has not read yet of it is taken back."""
        session = self._by_id[offer.session]
        del session.offers[offer.job.id]
        session.events = [
            e
            for e in session.events
            if (e["runnerRequestId"], e["messageType"]) != (offer.job.id, messages.AVAILABLE)
        ]
        self._book.unhold(offer.job)

    def drop_job(self, job: Job) -> None:
        """Nobody is offered it any more, as it ended while it was queued."""
        for session in self.sessions.values():
            if job.id in session.offers:
                self.withdraw(session.offers[job.id])

    def requeue(self, job: Job, now: float, why: str) -> None:
        self._book.requeue(job, now, why)

    def distribute(self, now: float) -> None:
        """Offer what is free to whoever listens and has room."""
        for kind, jobs in self._book.free.items():
            if not jobs:
                continue
            serving = [
                s
                for s in self.sessions.values()
                if s.polls and self._registry.sets[s.scale_set_id].serves(kind)
            ]
            room = {s.id: self._room(s) for s in serving}
            for job in list(jobs.values()):
                open_to = [s for s in serving if room[s.id] > 0]
                if not open_to:
                    break
                session = self._random.choice(open_to)
                room[session.id] -= 1
                self._offer(job, session, now)

    def _offer(self, job: Job, session: Session, now: float) -> None:
        self._book.hold(job)
        session.offers[job.id] = Offer(job, session.id, now)
        session.events.append(messages.event(messages.AVAILABLE, job))
        self.woken.add(("session", session.id))

    def _room(self, session: Session) -> float:
        if session.capacity is None:
            return float("inf")
        number = session.scale_set_id
        taken = len(self._book.assigned(number)) + len(self._book.running(number))
        return session.capacity - taken - len(session.offers)
