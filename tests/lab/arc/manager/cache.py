# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the manager know without asking? Informers: one list and watch per collection.

A read may be as old as the watch; the #3562 race lives on that. What the manager writes itself is
put in at once. An undecodable object fails the whole list, as it does in Go (observed e).
"""

from __future__ import annotations

import asyncio
import random
from typing import Any, Callable, Dict, Iterable, List, Optional, Set, Tuple

import aiohttp

from lab.arc.log import Log
from lab.kube import ApiError, Kube

Item = Dict[str, Any]
Key = Tuple[str, str]
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.8, 30.0
GONE_KEPT = 5000


class Undecodable(Exception):
    """An object does not fit the Go type of this release."""


def key_of(item: Item) -> Key:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _version(item: Item) -> int:
    return int(item["metadata"].get("resourceVersion") or 0)


class Cache:
    """The objects of one kind, from one or more collections."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.items: Dict[Key, Item] = {}
        # Raises Undecodable for an object that the release's Go types cannot hold.
        self.decode: Callable[[Item, str], None] = lambda _item, _prefix: None
        self.handlers: List[Callable[[Item], None]] = []
        self._waiting: Dict[str, bool] = {}
        self.synced = asyncio.Event()
        # A watch may still tell of an object that a write of ours saw go; a uid never comes back.
        self._gone: Set[str] = set()

    def get(self, namespace: str, name: str) -> Optional[Item]:
        return self.items.get((namespace, name))

    def owned_by(self, owner: Item) -> List[Item]:
        """Objects of the owner's namespace whose controller it is."""
        uid = owner["metadata"]["uid"]
        return [item for item in self.items.values() if controller_uid(item) == uid]

    def put(self, item: Item) -> None:
        """Take in an object unless a newer state of it is known."""
        known = self.items.get(key_of(item))
        if known is not None and _version(known) >= _version(item):
            return
        if item["metadata"]["uid"] in self._gone:
            return
        self.items[key_of(item)] = item
        self._tell(item)

    def drop(self, item: Item) -> None:
        known = self.items.get(key_of(item))
        if known is not None and known["metadata"]["uid"] == item["metadata"]["uid"]:
            del self.items[key_of(item)]
            if len(self._gone) > GONE_KEPT:
                self._gone.clear()
            self._gone.add(item["metadata"]["uid"])
            self._tell(item)

    def _tell(self, item: Item) -> None:
        for handler in self.handlers:
            handler(item)

    def expect(self, path: str) -> None:
        self._waiting[path] = True

    def replace(self, path: str, namespace: Optional[str], items: Iterable[Item]) -> None:
        """The whole content of one collection; `namespace` None means all namespaces."""
        listed = {key_of(item): item for item in items}
        for key, known in list(self.items.items()):
            if key not in listed and namespace in (None, key[0]):
                self.drop(known)
        for item in listed.values():
            self.put(item)
        self._waiting.pop(path, None)
        if not self._waiting:
            self.synced.set()


def controller_uid(item: Item) -> Optional[str]:
    owners = item["metadata"].get("ownerReferences") or []
    return next((o["uid"] for o in owners if o.get("controller")), None)


class Informer:
    """Keeps a cache equal to one collection, for ever."""

    def __init__(
        self, kube: Kube, cache: Cache, path: str, namespace: Optional[str], log: Log, **query: str
    ) -> None:
        self._kube, self._cache, self._path = kube, cache, path
        self._namespace, self._log, self._query = namespace, log, query
        cache.expect(path)

    async def run(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                items, version = await self._kube.list(self._path, **self._query)
                for item in items:
                    self._cache.decode(item, "items.")
                self._cache.replace(self._path, self._namespace, items)
                pause = FIRST_PAUSE_S
                while True:
                    version = await self._watch(version)
            except Undecodable as error:
                self._report(f"failed to list *v1alpha1.{self._cache.kind}: json: {error}")
            except ApiError as error:
                if error.status != 410:
                    self._report(f"failed to list *v1alpha1.{self._cache.kind}: {error.message}")
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
                self._report(f"failed to list *v1alpha1.{self._cache.kind}: {error}")
            await asyncio.sleep(pause * random.uniform(1.0, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _watch(self, version: str) -> str:
        async for event, item in self._kube.watch(self._path, version, **self._query):
            version = item["metadata"]["resourceVersion"]
            if event == "DELETED":
                self._cache.drop(item)
            elif event != "BOOKMARK":
                self._cache.decode(item, "")
                self._cache.put(item)
        return version

    def _report(self, problem: str) -> None:
        self._log.error(
            problem,
            "Failed to watch",
            reflector="lab.arc.manager.cache",
            type=f"*v1alpha1.{self._cache.kind}",
        )
