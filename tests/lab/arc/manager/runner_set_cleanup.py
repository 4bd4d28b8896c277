# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In what order does a set go? Source: arc.md 4; observed a, b, m.

Listener, runner sets, the scale set at GitHub, protection of the chart's helper objects, the
set's own finalizer. An outdated set (0.14) goes the same way up to GitHub and stays parked.
"""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from lab.arc import protocol
from lab.arc.log import Log
from lab.arc.manager import names
from lab.arc.manager.queue import Again, Failed
from lab.arc.manager.runner_objects import CLEANUP_FINALIZER, SET_FINALIZER, SET_ID
from lab.arc.manager.world import World, annotation, has_finalizer, is_deleting
from lab.kube import ApiError

KIND = "AutoscalingRunnerSet"
Item = Dict[str, Any]
PREFIX = "actions.github.com/cleanup-"
# arc.md 2: order in which the helper objects lose their protection.
HELPERS: Tuple[Tuple[str, str], ...] = (
    ("RoleBinding", f"{PREFIX}kubernetes-mode-role-binding-name"),
    ("Role", f"{PREFIX}kubernetes-mode-role-name"),
    ("ServiceAccount", f"{PREFIX}kubernetes-mode-service-account-name"),
    ("ServiceAccount", f"{PREFIX}no-permission-service-account-name"),
    ("Secret", f"{PREFIX}github-secret-name"),
    ("RoleBinding", f"{PREFIX}manager-role-binding"),
    ("Role", f"{PREFIX}manager-role-name"),
)


async def finish(world: World, item: Item, log: Log) -> Optional[Again]:
    """One pass over a set with a deletionTimestamp."""
    log.info("Deleting resources")
    waiting = await _remove_own(world, item, log)
    if waiting:
        log.info(waiting)
        return Again(world.facts.requeue_s) if world.facts.requeue_s else None
    if await _unprotect(world, item, log):
        log.info("Waiting for dependent resources to be deleted")
        return Again()
    log.info("Removing finalizer")
    item = world.get(KIND, item["metadata"]["namespace"], item["metadata"]["name"]) or item
    await world.remove_finalizer(KIND, item, SET_FINALIZER)
    log.info("Successfully removed finalizer")
    return None


async def park(world: World, item: Item, log: Log) -> Optional[Again]:
    """One pass over an Outdated set: everything goes but the set itself (observed m)."""
    log.info("Ephemeral runner set is outdated")
    if await _remove_own(world, item, log):
        log.info("Waiting for resources to be cleaned up for outdated runner set")
        return Again(world.facts.requeue_s)
    return None


async def _remove_own(world: World, item: Item, log: Log) -> str:
    """Listener, runner sets, scale set; what is waited for, "" when all is gone."""
    name = names.listener_name(world.facts, item)
    listener = world.get("AutoscalingListener", world.options.namespace, name)
    if listener is not None:
        if not is_deleting(listener):
            log.info("Deleting the listener")
            await world.delete("AutoscalingListener", listener)
        return "Waiting for listener to be deleted"
    runner_sets = world.owned("EphemeralRunnerSet", item)
    for runners in runner_sets:
        if not is_deleting(runners):
            log.info("Deleting all ephemeral runner sets", count=len(runner_sets))
            await world.delete("EphemeralRunnerSet", runners)
    if world.owned("EphemeralRunnerSet", item):
        return "Waiting for ephemeral runner sets to be deleted"
    await _remove_scale_set(world, item, log)
    return ""


async def _remove_scale_set(world: World, item: Item, log: Log) -> None:
    """Missing or not a number: skipped. That GitHub no longer has it is an error (observed q2)."""
    number = annotation(item, SET_ID)
    if number is None:
        return
    if not number.isdigit():
        log.info(
            "autoscaling runner set does not have annotation describing scale set id. "
            "Skip deletion"
        )
        return
    log.info("Deleting the runner scale set from Actions service")
    try:
        client = await world.actions(item["metadata"]["namespace"], item["spec"])
        await client.delete_scale_set(int(number))
    except (protocol.Refused, ApiError) as error:
        log.error(error, "Failed to delete runner scale set", runnerScaleSetId=int(number))
        raise Failed() from error
    await world.patch(KIND, item, {"metadata": {"annotations": {SET_ID: None}}})
    log.info("Deleted the runner scale set from Actions service")


async def _unprotect(world: World, item: Item, log: Log) -> bool:
    """Lift cleanup-protection; True where another pass is needed (up to 0.9.2: after each)."""
    for kind, key in HELPERS:
        name = annotation(item, key)
        if name is None:
            continue
        if await _lift(world, kind, item["metadata"]["namespace"], name, log):
            if not world.facts.helpers_in_one_pass:
                return True
    return False


async def _lift(world: World, kind: str, namespace: str, name: str, log: Log) -> bool:
    """Whether there was a finalizer to take off; not found and forbidden count as done. Read from
    the cache: the right to get roles goes with the manager's own RoleBinding, just before."""
    try:
        if kind in world.caches:
            helper = world.get(kind, namespace, name)
        else:
            helper = await world.secret_or_none(namespace, name)
        if helper is None or not has_finalizer(helper, CLEANUP_FINALIZER):
            return False
        log.info(f"Removing finalizer from {kind}", name=name)
        await world.remove_finalizer(kind, helper, CLEANUP_FINALIZER)
    except ApiError as error:
        if error.status not in (403, 404):
            log.error(error, "Failed to remove finalizers on dependent resources")
            raise Failed() from error
        return False
    return True
