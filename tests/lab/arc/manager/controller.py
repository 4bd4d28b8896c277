# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which events wake which reconciler, and when does work begin?

No worker of any kind starts before every cache is filled: that is why one undecodable runner
stops the whole controller (observed e).
"""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Optional

from lab.arc.manager.cache import Informer, Item, key_of
from lab.arc.manager.listeners import Listeners, listener_of
from lab.arc.manager.queue import Queue
from lab.arc.manager.runner import RunnerReconciler
from lab.arc.manager.runner_sets import RunnerSets
from lab.arc.manager.runners import Runners
from lab.arc.manager.world import ARC_KINDS, CACHED, COLLECTIONS, World
from lab.kube import path_of


class Controller:
    """The four reconcilers of one manager over one set of caches."""

    def __init__(self, world: World) -> None:
        self._world = world
        workers = max(1, world.options.runner_workers)
        log = world.log
        self.queues: Dict[str, Queue] = {
            "AutoscalingRunnerSet": Queue(
                "AutoscalingRunnerSet", RunnerSets(world).reconcile, log
            ),
            "AutoscalingListener": Queue("AutoscalingListener", Listeners(world).reconcile, log),
            "EphemeralRunnerSet": Queue("EphemeralRunnerSet", Runners(world).reconcile, log),
            "EphemeralRunner": Queue(
                "EphemeralRunner", RunnerReconciler(world).reconcile, log, workers
            ),
        }
        for kind in CACHED:
            world.caches[kind].handlers.append(self._waker(kind))

    def _waker(self, kind: str) -> Any:
        def wake(item: Item) -> None:
            if kind in self.queues:
                self.queues[kind].add(key_of(item))
            self._wake_related(kind, item)

        return wake

    def _wake_related(self, kind: str, item: Item) -> None:
        if kind == "AutoscalingListener":
            spec = item["spec"]
            self.queues["AutoscalingRunnerSet"].add(
                (spec["autoscalingRunnerSetNamespace"], spec["autoscalingRunnerSetName"])
            )
        elif kind in ("Role", "RoleBinding"):
            key = listener_of(item)
            if key is not None:
                self.queues["AutoscalingListener"].add(key)
        else:
            self._wake_owner(item)

    def _wake_owner(self, item: Item) -> None:
        for owner in item["metadata"].get("ownerReferences") or []:
            if owner.get("controller") and owner["kind"] in self.queues:
                key = (item["metadata"].get("namespace", ""), owner["name"])
                self.queues[owner["kind"]].add(key)

    def _informers(self) -> List[Informer]:
        world, options = self._world, self._world.options
        namespaces: List[Optional[str]] = [None]
        if options.watch_namespace:
            namespaces = list({options.watch_namespace, options.namespace})
        return [
            Informer(
                world.kube,
                world.caches[kind],
                path_of(*COLLECTIONS[kind], namespace=namespace),
                namespace,
                world.log.named("controller-runtime.cache.UnhandledError"),
            )
            for kind in CACHED
            for namespace in namespaces
        ]

    async def run(self) -> None:
        """Until cancelled."""
        for kind in self.queues:
            self._world.log.info(
                "Starting Controller",
                controller=kind.lower(),
                controllerGroup="actions.github.com",
                controllerKind=kind,
            )
        tasks = [asyncio.create_task(informer.run()) for informer in self._informers()]
        try:
            for cache in self._world.caches.values():
                await cache.synced.wait()
            for queue in self.queues.values():
                tasks += queue.start()
            tasks.append(asyncio.create_task(self._resync()))
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _resync(self) -> None:
        """--sync-period: every object is looked at again."""
        while True:
            await asyncio.sleep(self._world.options.sync_period_s)
            for kind in ARC_KINDS:
                for key in list(self._world.caches[kind].items):
                    self.queues[kind].add(key)
