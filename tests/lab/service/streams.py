# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs are to be queued, and when? Orders for jobs, at once or at a steady rate."""

from __future__ import annotations

import random
from typing import Any, Dict, List

from lab.service.hub import Hub
from lab.service.model import ENDINGS, ENTERPRISE
from lab.service.store import Store

MOST_JOBS = 100_000
DEFAULT_SCOPE = "acme"


class BadOrder(Exception):
    """An order for jobs that nobody could carry out."""


class Order:
    """`{"scale_set", "scope", "repository", "count", "duration_s" | "durations_s": [a, b],
    "result", "seed", "rate_per_s" | "every_s"}`, checked. Raises BadOrder."""

    def __init__(self, content: Dict[str, Any], organizations: Dict[str, List[str]]) -> None:
        self.label = str(content.get("scale_set") or "")
        if not self.label:
            raise BadOrder("scale_set is missing: the name that the jobs ask for")
        self.scope, self.repository = _place(content, organizations)
        self.result = content.get("result", "succeeded")
        if self.result not in ENDINGS:
            raise BadOrder(f"result is {self.result!r}, wanted one of: {', '.join(ENDINGS)}")
        self.count = content.get("count", 1)
        if not isinstance(self.count, int) or not 0 < self.count <= MOST_JOBS:
            raise BadOrder(f"count is {self.count!r}, wanted 1 to {MOST_JOBS}")
        self.durations = _durations(content)
        self.pause_s = _pause(content)
        self.random = random.Random(content.get("seed"))

    def fields(self) -> Dict[str, Any]:
        """Of one job."""
        low, high = self.durations
        return {
            "label": self.label,
            "scope": self.scope,
            "repository": self.repository,
            "duration_s": round(self.random.uniform(low, high), 3),
            "result": self.result,
        }


def _place(content: Dict[str, Any], organizations: Dict[str, List[str]]) -> List[str]:
    scope = str(content.get("scope") or DEFAULT_SCOPE)
    repository = content.get("repository") or (scope if "/" in scope else None)
    if repository is None or scope.startswith(ENTERPRISE):
        own = organizations.get(scope, [])
        repository = content.get("repository") or f"{scope}/{own[0] if own else 'app'}"
    owner, _slash, name = str(repository).partition("/")
    if not owner or not name:
        raise BadOrder(f"repository is {repository!r}, wanted: owner/name")
    return [scope, str(repository)]


def _durations(content: Dict[str, Any]) -> List[float]:
    given = content.get("durations_s")
    if given is None:
        given = [content.get("duration_s", 10.0)] * 2
    try:
        low, high = (float(value) for value in given)
    except (TypeError, ValueError) as error:
        raise BadOrder(f"durations_s is {given!r}, wanted: [shortest, longest]") from error
    if not 0 <= low <= high:
        raise BadOrder(f"durations_s is {given!r}, wanted: [shortest, longest], from 0 on")
    return [low, high]


def _pause(content: Dict[str, Any]) -> float:
    """Seconds between two jobs; 0: all at once."""
    every, rate = content.get("every_s"), content.get("rate_per_s")
    try:
        pause = float(every) if every is not None else 1.0 / float(rate) if rate else 0.0
    except (TypeError, ValueError) as error:
        raise BadOrder("every_s and rate_per_s are numbers") from error
    if pause < 0 or (every is not None and pause < 0.001):
        raise BadOrder("jobs come at least 0.001 s apart")
    return pause


class Streams:
    """Orders under way. Those without an end are carried on after a restart of the service."""

    def __init__(self, hub: Hub, store: Store) -> None:
        self._hub = hub
        self._store = store
        self._orders: Dict[int, Order] = {}
        self._next_at: Dict[int, float] = {}
        self._promised: Dict[int, List[int]] = {}
        for key, content in store.load("stream").items():
            self._orders[int(key)] = self._order(content)

    def _order(self, content: Dict[str, Any]) -> Order:
        return Order(content, self._hub.settings["organizations"])

    def queue(self, content: Dict[str, Any], now: float) -> List[int]:
        """The ids of `count` jobs; with a rate only the first is queued at once."""
        order = self._order(content)
        if not order.pause_s:
            jobs = [self._hub.queue(now, **order.fields()) for _number in range(order.count)]
            return [job.id for job in jobs]
        promised = [self._hub.number("job") for _number in range(order.count)]
        stream = self._begin(order, now)
        self._promised[stream] = promised[::-1]
        self.tick(now)
        return promised

    def start(self, content: Dict[str, Any], now: float) -> int:
        """Jobs at a steady rate until `stop`. Raises BadOrder without a rate."""
        order = self._order(content)
        if not order.pause_s:
            raise BadOrder("every_s (or rate_per_s) is missing: how often a job comes")
        stream = self._begin(order, now)
        self._store.put("stream", stream, content)
        self.tick(now)
        return stream

    def _begin(self, order: Order, now: float) -> int:
        stream = self._hub.number("stream")
        self._orders[stream], self._next_at[stream] = order, now
        return stream

    def stop(self, stream: int) -> bool:
        """Gives whether it was under way. Jobs that were queued stay."""
        self._promised.pop(stream, None)
        self._next_at.pop(stream, None)
        self._store.put("stream", stream, None)
        return self._orders.pop(stream, None) is not None

    def list(self) -> List[Dict[str, Any]]:
        return [
            {"id": stream, "scale_set": order.label, "every_s": order.pause_s}
            for stream, order in self._orders.items()
        ]

    def tick(self, now: float) -> float:
        """Queue what is due; gives the seconds until the next is (60 at most)."""
        for stream, order in list(self._orders.items()):
            promised = self._promised.get(stream)
            due = self._next_at.setdefault(stream, now)
            while due <= now and stream in self._orders:
                number = promised.pop() if promised else None
                self._hub.queue(now, number, **order.fields())
                due += order.pause_s
                if promised is not None and not promised:
                    self.stop(stream)
            if stream in self._orders:
                self._next_at[stream] = due
        waits = [at - now for at in self._next_at.values()]
        return max(0.0, min(waits + [60.0]))
