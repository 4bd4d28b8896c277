# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In what order and how often is an object looked at? One work queue per kind.

As controller-runtime has it: a key is in work only once at a time, a key that is asked for
meanwhile is looked at again, failures pause 5 ms, doubled each time, up to 1000 s.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any, Awaitable, Callable, Dict, List, NamedTuple, Set

import aiohttp

from lab.arc.log import Log
from lab.arc.manager.cache import Key
from lab.arc.protocol import Refused
from lab.kube import ApiError

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.005, 1000.0


class Again(NamedTuple):
    """Result of a reconcile: look again after so many seconds; 0: at once, with back-off."""

    after_s: float = 0.0


EXPECTED = (ApiError, Refused, aiohttp.ClientError, asyncio.TimeoutError, OSError)
Reconcile = Callable[[str, str], Awaitable[Any]]


class Failed(Exception):
    """A reconcile failed and has logged why; the key is tried again."""


class Queue:
    """The keys of one kind and the workers that look at them."""

    def __init__(self, kind: str, reconcile: Reconcile, log: Log, workers: int = 1) -> None:
        self.kind = kind
        self._reconcile = reconcile
        self._log = log
        self._workers = workers
        self._ready: "asyncio.Queue[Key]" = asyncio.Queue()
        self._queued: Set[Key] = set()
        self._working: Set[Key] = set()
        self._asked_meanwhile: Set[Key] = set()
        self._failures: Dict[Key, int] = {}
        self._timers: Set[asyncio.TimerHandle] = set()

    def add(self, key: Key) -> None:
        if key in self._working:
            self._asked_meanwhile.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: Key, seconds: float) -> None:
        loop = asyncio.get_running_loop()

        def fire() -> None:
            self._timers.discard(timer)
            self.add(key)

        timer = loop.call_later(seconds, fire)
        self._timers.add(timer)

    def start(self) -> "List[asyncio.Task[None]]":
        self._log.info(
            "Starting workers",
            **{"controller": self.kind.lower(), "worker count": self._workers},
        )
        return [asyncio.create_task(self._work()) for _number in range(self._workers)]

    async def _work(self) -> None:
        while True:
            key = await self._ready.get()
            self._queued.discard(key)
            self._working.add(key)
            try:
                result = await self._one(key)
            finally:
                self._working.discard(key)
                if key in self._asked_meanwhile:
                    self._asked_meanwhile.discard(key)
                    self.add(key)
            if result is None:
                self._failures.pop(key, None)
            elif result.after_s:
                self._failures.pop(key, None)
                self.add_after(key, result.after_s)
            else:
                self._again_with_backoff(key)

    def _again_with_backoff(self, key: Key) -> None:
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        self.add_after(key, min(FIRST_PAUSE_S * 2**count, LONGEST_PAUSE_S))

    async def _one(self, key: Key) -> Any:
        try:
            return await self._reconcile(*key)
        except Failed as error:
            self._report(key, error.__cause__ or error)
        except EXPECTED as error:
            self._report(key, error)
        except Exception as error:  # pylint: disable=broad-except
            # One object must not end the worker of all the others; Go recovers from a panic too.
            self._report(key, f"panic: {type(error).__name__}: {error} [recovered]")
        return Again()

    def _report(self, key: Key, error: Any) -> None:
        self._log.error(
            error,
            "Reconciler error",
            controller=self.kind.lower(),
            controllerGroup="actions.github.com",
            controllerKind=self.kind,
            **{self.kind: {"name": key[1], "namespace": key[0]}},
            namespace=key[0],
            name=key[1],
            reconcileID=str(uuid.uuid4()),
        )
