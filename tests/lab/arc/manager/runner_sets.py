# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is an AutoscalingRunnerSet kept as its spec says? Source: arc.md 3, 5; observed a, l, m."""

from __future__ import annotations

import asyncio
import random
from typing import Any, Dict, List, Optional

from lab.arc.log import Log
from lab.arc.manager import (
    listener_objects,
    names,
    registration,
    runner_objects,
    runner_set_cleanup,
)
from lab.arc.manager.gate import is_version_allowed
from lab.arc.manager.queue import Again, Failed
from lab.arc.manager.runner_objects import (
    CHANGE_HASH,
    SET_FINALIZER,
    SET_ID,
    SPEC_HASH,
    VALUES_HASH,
    VERSION_LABEL,
)
from lab.arc.manager.world import World, annotation, has_finalizer, is_deleting
from lab.kube import ApiError

KIND = "AutoscalingRunnerSet"
RUNNERS = "EphemeralRunnerSet"
LISTENER = "AutoscalingListener"
Item = Dict[str, Any]


class RunnerSets:
    """The reconciler of AutoscalingRunnerSets."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._drawn: Dict[str, bool] = {}

    async def reconcile(self, namespace: str, name: str) -> Optional[Again]:
        item = self._world.get(KIND, namespace, name)
        if item is None:
            return None
        keys = {"name": name, "namespace": namespace}
        log = self._world.log.named(KIND, autoscalingrunnerset=keys)
        if is_deleting(item):
            if not has_finalizer(item, SET_FINALIZER):
                return None
            return await runner_set_cleanup.finish(self._world, item, log)
        label = (item["metadata"].get("labels") or {}).get(VERSION_LABEL)
        if not is_version_allowed(self._world.facts, label):
            return await self._refuse(item, label, log)
        if not has_finalizer(item, SET_FINALIZER):
            return await self._protect(item, log)
        if self._world.facts.outdated:
            changed = await self._note_change(item, log)
            if changed is not None:
                item = changed
            elif (item.get("status") or {}).get("phase") == "Outdated":
                return await runner_set_cleanup.park(self._world, item, log)
        if not _is_id(annotation(item, SET_ID)):
            return await registration.register(self._world, item, log)
        if await registration.follow_group_and_name(self._world, item, log):
            return None
        return await self._build(item, log)

    async def _refuse(self, item: Item, label: Optional[str], log: Log) -> None:
        facts = self._world.facts
        keys = dict(zip(facts.gate_keys, (facts.name, label or "")))
        try:
            await self._world.delete(KIND, item)
        except ApiError as error:
            log.error(
                error, "Failed to delete autoscaling runner set on version mismatch", **keys
            )
            return
        log.info(
            "Autoscaling runner set version doesn't match the build version. "
            "Deleting the resource.",
            **keys,
        )

    async def _protect(self, item: Item, log: Log) -> None:
        log.info("Adding finalizer")
        await asyncio.sleep(self._world.facts.finalizer_lag_s)
        try:
            await self._world.add_finalizer(KIND, item, SET_FINALIZER)
        except ApiError as error:
            log.error(error, "Failed to update autoscaling runner set with finalizer added")
            raise Failed() from error
        log.info("Successfully added finalizer")

    async def _note_change(self, item: Item, log: Log) -> Optional[Item]:
        """Keep change-hash; a change of spec or labels starts an Outdated set again. None where
        nothing changed."""
        wanted, known = names.change_hash(item), annotation(item, CHANGE_HASH)
        if wanted == known:
            return None
        log.info("Autoscaling runner set changed", **{"change-hash": wanted})
        body = {"metadata": {"annotations": {CHANGE_HASH: wanted}}}
        after = await self._world.patch(KIND, item, body)
        if (after.get("status") or {}).get("phase") == "Outdated":
            body = {"status": {"phase": "Pending"}}
            after = await self._world.patch(KIND, after, body, "status")
        return after

    async def _build(self, item: Item, log: Log) -> Optional[Again]:
        """Runner set, listener, status; each pass does the first thing that is missing."""
        world = self._world
        runner_sets = _newest_first(world.owned(RUNNERS, item))
        if not runner_sets:
            log.info("Latest runner set does not exist. Creating a new runner set.")
            await self._create_runners(item, log)
            return None
        latest = runner_sets[0]
        if world.facts.outdated and (latest.get("status") or {}).get("phase") == "Outdated":
            log.info("Ephemeral runner set is outdated")
            body = {"status": {"phase": "Outdated"}}
            await world.patch(KIND, item, body, "status")
            return None
        listener = world.get(
            LISTENER, world.options.namespace, names.listener_name(world.facts, item)
        )
        if listener is not None and _is_stale(listener, item):
            log.info(
                "RunnerScaleSetListener is out of date. Deleting it so that it is recreated",
                name=listener["metadata"]["name"],
            )
            await world.delete(LISTENER, listener)
            log.info("Deleted RunnerScaleSetListener since existing one is out of date")
            await self._set_phase(item, "Pending")
            return None
        if annotation(latest, SPEC_HASH) != names.runner_set_hash(item["spec"]):
            return await self._replace_runners(item, latest, log)
        if len(runner_sets) > 1:
            log.info("Cleanup old ephemeral runner sets", count=len(runner_sets) - 1)
            for old in runner_sets[1:]:
                if not is_deleting(old):
                    await world.delete(RUNNERS, old)
        if listener is None:
            return await self._create_listener(item, latest, log)
        await self._report(item, latest)
        return None

    async def _create_runners(self, item: Item, log: Log) -> Item:
        log.info("Creating a new EphemeralRunnerSet resource")
        wanted = runner_objects.runner_set_object(
            self._world.facts, item, self._world.options.excluded_prefixes
        )
        made = await self._world.create(wanted)
        log.info("Created a new EphemeralRunnerSet resource", name=made["metadata"]["name"])
        return made

    async def _replace_runners(self, item: Item, latest: Item, log: Log) -> None:
        """The template changed. `eventual` first lets the runners end (arc.md 5)."""
        waiting = self._active(latest)
        if waiting:
            log.info(
                "Latest runner set spec hash does not match the current autoscaling runner set. "
                "Waiting for the running and pending runners to finish:",
                **waiting,
            )
            log.info("Scaling down the number of desired replicas to 0")
            body = {"spec": {"replicas": 0, "patchID": 0}}
            await self._world.patch(RUNNERS, latest, body)
            return
        log.info(
            "Latest runner set spec hash does not match the current autoscaling runner set. "
            "Creating a new runner set"
        )
        await self._create_runners(item, log)

    def _active(self, runners: Item) -> Dict[str, int]:
        """Under `eventual`: what still runs, {} when nothing does or nobody waits."""
        status = runners.get("status") or {}
        running = status.get("runningEphemeralRunners", 0)
        pending = status.get("pendingEphemeralRunners", 0)
        if not self._world.options.eventual or running + pending == 0:
            return {}
        return {"running": running, "pending": pending}

    async def _create_listener(self, item: Item, latest: Item, log: Log) -> None:
        world = self._world
        waiting = self._active(latest)
        if waiting:
            log.info(
                "Creating a new AutoscalingListener is waiting for the running and pending "
                "runners to finish. Waiting for the running and pending runners to finish:",
                **waiting,
            )
            await self._set_phase(item, "Pending")
            return
        wanted = listener_objects.listener_object(world.options, item, latest["metadata"]["name"])
        dead = await self._second_runners(item, latest, log)
        meta = wanted["metadata"]
        log.info(
            "Creating a new AutoscalingListener resource",
            name=meta["name"],
            namespace=meta["namespace"],
        )
        try:
            await world.create(wanted)
        except ApiError as error:
            log.error(error, "Failed to create AutoscalingListener resource")
            raise Failed() from error
        if dead:
            log.info("Cleanup old ephemeral runner sets", count=1)
            await world.delete(RUNNERS, latest)

    async def _second_runners(self, item: Item, latest: Item, log: Log) -> bool:
        """Observed h: with a stale cache a set is made twice, and the listener keeps the name of
        the one that goes. Drawn once in the life of a set, when its listener is first made."""
        uid = item["metadata"]["uid"]
        fresh = not (latest["spec"].get("replicas") or latest.get("status", {}).get("phase"))
        if uid in self._drawn or not fresh or self._world.owned("EphemeralRunner", latest):
            return False
        self._drawn[uid] = random.random() < self._world.options.stale_listener
        if self._drawn[uid]:
            await self._create_runners(item, log)
        return self._drawn[uid]

    async def _report(self, item: Item, latest: Item) -> None:
        """Copy the counts. Up to 0.13.1 only a changed total is a reason to (arc.md 1, trap)."""
        now, before = latest.get("status") or {}, item.get("status") or {}
        counts = {
            "currentRunners": now.get("currentReplicas", 0),
            "pendingEphemeralRunners": now.get("pendingEphemeralRunners", 0),
            "runningEphemeralRunners": now.get("runningEphemeralRunners", 0),
            "failedEphemeralRunners": now.get("failedEphemeralRunners", 0),
        }
        looked_at = ["currentRunners"] if self._world.facts.status_by_count else list(counts)
        wanted: Item = dict(counts)
        if self._world.facts.phases:
            wanted["phase"] = "Running"
            looked_at = looked_at + ["phase"]
        if any(wanted[name] != before.get(name, type(wanted[name])()) for name in looked_at):
            body = {"status": {name: value or None for name, value in wanted.items()}}
            await self._world.patch(KIND, item, body, "status")

    async def _set_phase(self, item: Item, phase: str) -> None:
        if self._world.facts.phases and (item.get("status") or {}).get("phase") != phase:
            await self._world.patch(KIND, item, {"status": {"phase": phase}}, "status")


def _is_id(text: Optional[str]) -> bool:
    return text is not None and text.isdigit() and int(text) > 0


def _is_stale(listener: Item, item: Item) -> bool:
    """Only hashes are compared, never the image (arc.md 5, stale image)."""
    values = annotation(listener, VALUES_HASH) != (annotation(item, VALUES_HASH) or "")
    return values or annotation(listener, SPEC_HASH) != names.listener_hash(item["spec"])


def _newest_first(runner_sets: List[Item]) -> List[Item]:
    return sorted(
        runner_sets,
        key=lambda s: (not is_deleting(s), s["metadata"]["creationTimestamp"]),
        reverse=True,
    )
