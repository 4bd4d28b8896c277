# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many runners does a set get, and how does it let go of them? Source: arc.md 4.4, 5."""

from __future__ import annotations

import asyncio
from typing import Any, Dict, List, Optional

from lab.arc import protocol
from lab.arc.log import Log
from lab.arc.manager import runner_objects, scaling
from lab.arc.manager.github import Actions
from lab.arc.manager.outcome import has_job
from lab.arc.manager.queue import Again, Failed
from lab.arc.manager.runner_objects import RUNNER_FINALIZER
from lab.arc.manager.world import World, has_finalizer, is_deleting
from lab.kube import ApiError

KIND = "EphemeralRunnerSet"
RUNNER = "EphemeralRunner"
Item = Dict[str, Any]


class Runners:
    """The reconciler of EphemeralRunnerSets."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def reconcile(self, namespace: str, name: str) -> Optional[Again]:
        item = self._world.get(KIND, namespace, name)
        if item is None:
            return None
        keys = {"name": name, "namespace": namespace}
        log = self._world.log.named(KIND, ephemeralrunnerset=keys)
        if is_deleting(item):
            await self._finish(item, log)
            return None
        if not has_finalizer(item, RUNNER_FINALIZER):
            log.info("Adding finalizer")
            await self._world.add_finalizer(KIND, item, RUNNER_FINALIZER)
            log.info("Successfully added finalizer")
            return None
        runners = self._census(item)
        if not runners.outdated:
            await self._scale(item, runners, log)
        await self._report(item, log)
        return None

    def _census(self, item: Item) -> scaling.Census:
        return scaling.census(self._world.owned(RUNNER, item))

    async def _scale(self, item: Item, runners: scaling.Census, log: Log) -> None:
        wanted = scaling.scale(self._world.facts, item["spec"], runners)
        if wanted.create:
            log.info("Creating new ephemeral runners (scale up)", count=wanted.create)
            for _number in range(wanted.create):
                await self._world.create(runner_objects.runner_object(self._world.facts, item))
        if wanted.delete:
            log.info("Deleting ephemeral runners (scale down)", count=wanted.delete)
            await self._remove_idle(item, runners, wanted.delete, log)
        if wanted.clean:
            for runner in runners.finished:
                await self._delete_runner(runner, log)

    async def _delete_runner(self, runner: Item, log: Log) -> None:
        log.info("Deleting ephemeral runner", name=runner["metadata"]["name"])
        await self._world.delete(RUNNER, runner)

    async def _remove_idle(
        self, item: Item, runners: scaling.Census, count: int, log: Log
    ) -> None:
        """Oldest first; not those that GitHub does not know yet, not those with a job."""
        facts, done = self._world.facts, 0
        candidates = sorted(
            runners.pending + runners.running + runners.failed,
            key=lambda r: r["metadata"]["creationTimestamp"],
        )
        client = await self._world.actions(
            item["metadata"]["namespace"], item["spec"]["ephemeralRunnerSpec"]
        )
        for runner in candidates:
            name, status = runner["metadata"]["name"], runner.get("status") or {}
            finished = status.get("phase") == "Failed"
            if not finished and not status.get("runnerId"):
                log.info(
                    "Skipping ephemeral runner since it is not registered yet", name=name
                )
                continue
            if not finished and has_job(facts, runner):
                log.info("Skipping ephemeral runner since it is running a job", name=name)
                continue
            log.info("Removing the idle ephemeral runner", name=name)
            if await self._remove(runner, client, log):
                done += 1
            if done == count:
                return

    async def _remove(self, runner: Item, client: Actions, log: Log) -> bool:
        """First at GitHub, then the object; False where GitHub says that a job is running."""
        meta, number = runner["metadata"], (runner.get("status") or {}).get("runnerId", 0)
        if not await client.remove_runner(number):
            if self._world.facts.helpers_in_one_pass:
                log.info(
                    "Runner is still running a job, skipping deletion",
                    name=meta["name"],
                    runnerId=number,
                )
            return False
        log.info(
            "Deleting ephemeral runner after removing from the service",
            name=meta["name"],
            runnerId=number,
        )
        await self._world.delete(RUNNER, runner)
        return True

    async def _report(self, item: Item, log: Log) -> None:
        """Counts, and from 0.14 the phase."""
        runners, before = self._census(item), item.get("status") or {}
        wanted: Item = {
            "currentReplicas": runners.total,
            "pendingEphemeralRunners": len(runners.pending),
            "runningEphemeralRunners": len(runners.running),
            "failedEphemeralRunners": len(runners.failed),
        }
        if self._world.facts.phases:
            wanted["phase"] = "Outdated" if runners.outdated else "Running"
        if any(before.get(name, type(value)()) != value for name, value in wanted.items()):
            log.info("Updating status with current runners count", count=runners.total)
            status = {name: value or None for name, value in wanted.items()}
            # The only one of the counts that the schema requires (arc.md 1, ERS).
            status["currentReplicas"] = runners.total
            await self._world.patch(KIND, item, {"status": status}, "status")

    async def _finish(self, item: Item, log: Log) -> None:
        if not has_finalizer(item, RUNNER_FINALIZER):
            return
        log.info("Deleting resources")
        if not await self._cleaned(item, log):
            log.info("Waiting for resources to be deleted")
            return
        log.info("Removing finalizer")
        await self._world.remove_finalizer(KIND, item, RUNNER_FINALIZER)
        log.info("Successfully removed finalizer after cleanup")

    async def _cleaned(self, item: Item, log: Log) -> bool:
        """Finished runners go at once; every other one first at GitHub, which refuses while a job
        runs: then the runner is not even marked (observed b)."""
        if not self._world.owned(RUNNER, item):
            log.info("All ephemeral runners are deleted")
            return True
        runners = self._census(item)
        log.info(
            "Clean up runner counts",
            pending=len(runners.pending),
            running=len(runners.running),
            finished=len(runners.finished),
            failed=len(runners.failed),
            deleting=len(runners.deleting),
        )
        for runner in runners.finished + runners.failed + runners.outdated:
            await self._delete_runner(runner, log)
        await self._remove_all(item, runners.pending + runners.running, log)
        return False

    async def _remove_all(self, item: Item, runners: List[Item], log: Log) -> None:
        if not runners:
            return
        client = await self._world.actions(
            item["metadata"]["namespace"], item["spec"]["ephemeralRunnerSpec"]
        )
        log.info("Cleanup pending or running ephemeral runners")
        problems: List[Exception] = []
        for runner in runners:
            log.info(
                "Removing the ephemeral runner from the service", name=runner["metadata"]["name"]
            )
            try:
                await self._remove(runner, client, log)
            except (protocol.Refused, ApiError, OSError, asyncio.TimeoutError) as error:
                problems.append(error)
        if problems:
            log.error(
                "; ".join(str(p) for p in problems),
                "Failed to remove ephemeral runners from the service",
            )
            raise Failed() from problems[0]
