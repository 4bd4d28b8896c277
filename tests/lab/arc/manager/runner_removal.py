# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a runner go that has a deletionTimestamp? Source: arc.md 2, 4.5."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from lab.arc import protocol
from lab.arc.log import Log
from lab.arc.manager.outcome import CONTAINER
from lab.arc.manager.queue import Again, Failed
from lab.arc.manager.runner_objects import REGISTRATION_FINALIZER, RUNNER_FINALIZER
from lab.arc.manager.world import World, has_finalizer, is_deleting
from lab.kube import ApiError, path_of

KIND = "EphemeralRunner"
BUSY_PAUSE_S, HOOKS_PAUSE_S = 30.0, 5.0
HOOKS = "ACTIONS_RUNNER_CONTAINER_HOOKS"
Item = Dict[str, Any]


async def finish(world: World, item: Item, log: Log) -> Optional[Again]:
    """One pass: first GitHub lets the runner go, then its pod, Secret and hook leftovers."""
    if not has_finalizer(item, RUNNER_FINALIZER):
        return None
    if has_finalizer(item, REGISTRATION_FINALIZER):
        return await _deregister(world, item, log)
    log.info("Finalizing ephemeral runner")
    gone = await _remove_resources(world, item)
    if world.facts.waits_for_pod and not gone:
        log.info("Waiting for ephemeral runner owned resources to be deleted")
        return None
    if not world.facts.hooks_cleanup_conditional or _has_hooks(item):
        if await _remove_linked(world, item) and world.facts.waits_for_pod:
            log.info("Waiting for container hooks resources to be deleted")
            return Again(HOOKS_PAUSE_S)
    log.info("Removing finalizer")
    await world.remove_finalizer(KIND, item, RUNNER_FINALIZER)
    log.info("Successfully removed finalizer after cleanup")
    return None


async def _deregister(world: World, item: Item, log: Log) -> Optional[Again]:
    status = item.get("status") or {}
    if not (world.facts.succeeded_skips_github and status.get("phase") == "Succeeded"):
        log.info("Trying to clean up runner from the service")
        try:
            client = await world.actions(item["metadata"]["namespace"], item["spec"])
            removed = await client.remove_runner(status.get("runnerId", 0))
        except (protocol.Refused, ApiError) as error:
            log.error(error, "Failed to clean up runner from service")
            raise Failed() from error
        if not removed:
            log.info("Runner is not finished yet, retrying in 30s")
            return Again(BUSY_PAUSE_S)
    await world.remove_finalizer(KIND, item, REGISTRATION_FINALIZER)
    log.info("Successfully removed runner registration finalizer")
    return None


async def _remove_resources(world: World, item: Item) -> bool:
    """Delete pod, then Secret; whether both are gone. Where the release waits, the Secret's turn
    comes only after the pod has gone."""
    meta = item["metadata"]
    await release_pod(world, item)
    if world.get("Pod", meta["namespace"], meta["name"]) and world.facts.waits_for_pod:
        return False
    secret = await world.secret_or_none(meta["namespace"], meta["name"])
    if secret is not None and not is_deleting(secret):
        await world.delete("Secret", secret)
    return world.get("Pod", meta["namespace"], meta["name"]) is None


async def release_pod(world: World, item: Item) -> None:
    """Delete the runner's pod if there is one."""
    meta = item["metadata"]
    pod = world.get("Pod", meta["namespace"], meta["name"])
    if pod is not None and not is_deleting(pod):
        await world.delete("Pod", pod)


def _has_hooks(item: Item) -> bool:
    containers: List[Item] = (item["spec"].get("spec") or {}).get("containers") or []
    return any(
        variable["name"] == HOOKS
        for container in containers
        if container["name"] == CONTAINER
        for variable in container.get("env") or []
    )


async def _remove_linked(world: World, item: Item) -> bool:
    """Delete what container hooks left behind (label runner-pod); whether there was anything."""
    meta, found = item["metadata"], False
    for plural in ("pods", "secrets"):
        path = path_of("v1", plural, meta["namespace"])
        left, _version = await world.kube.list(path, labelSelector=f"runner-pod={meta['name']}")
        for linked in left:
            found = True
            if not is_deleting(linked):
                await world.kube.delete(f"{path}/{linked['metadata']['name']}")
    return found
