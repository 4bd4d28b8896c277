# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a set find or make its scale set at GitHub? Source: arc.md 1 (annotations), 8 B, 10.

Afterwards the annotation is trusted and nobody asks whether the scale set still exists.
"""

from __future__ import annotations

from typing import Any, Dict

from lab.arc import protocol
from lab.arc.log import Log
from lab.arc.manager import names, runner_objects
from lab.arc.manager.queue import Failed
from lab.arc.manager.runner_objects import CHANGE_HASH, GROUP_NAME, SCALE_SET_NAME, SET_ID
from lab.arc.manager.world import World, annotation
from lab.kube import ApiError

KIND = "AutoscalingRunnerSet"
Item = Dict[str, Any]


async def register(world: World, item: Item, log: Log) -> None:
    """Find or make the scale set at GitHub and note its id."""
    meta, spec = item["metadata"], item["spec"]
    log.info("Runner scale set id annotation does not exist. Creating a new runner scale set.")
    name = spec.get("runnerScaleSetName") or meta["name"]
    try:
        client = await world.actions(meta["namespace"], spec)
        group = await client.group_id(spec["runnerGroup"]) if spec.get("runnerGroup") else 1
        found = await client.scale_set(group, name)
        found = found or await client.create_scale_set(_scale_set_body(world, name, group))
    except (protocol.Refused, ApiError) as error:
        log.error(
            error,
            "Failed to initialize Actions service client for creating a new runner scale set",
        )
        raise Failed() from error
    log.info(
        "Created/Reused a runner scale set",
        id=found["id"],
        runnerGroupName=found.get("runnerGroupName"),
    )
    body: Item = {
        "metadata": {
            "annotations": {
                SET_ID: str(found["id"]),
                GROUP_NAME: found.get("runnerGroupName") or "",
                SCALE_SET_NAME: name,
            },
            "labels": runner_objects.url_labels(spec["githubConfigUrl"]),
        }
    }
    after = await world.patch(KIND, item, body)
    if world.facts.outdated:
        # ARC's own labels are no change of the user's.
        body = {"metadata": {"annotations": {CHANGE_HASH: names.change_hash(after)}}}
        await world.patch(KIND, after, body)


def _scale_set_body(world: World, name: str, group: int) -> Item:
    setting: Item = {"disableUpdate": True}
    if world.facts.says_ephemeral:
        setting["ephemeral"] = True
    return {
        "name": name,
        "runnerGroupId": group,
        "labels": [{"name": name, "type": "System"}],
        "runnerSetting": setting,
    }


async def follow_group_and_name(world: World, item: Item, log: Log) -> bool:
    """Carry a changed runnerGroup or runnerScaleSetName to GitHub; whether there was one."""
    spec = item["spec"]
    group, name = spec.get("runnerGroup", ""), spec.get("runnerScaleSetName", "")
    known_group, known_name = annotation(item, GROUP_NAME), annotation(item, SCALE_SET_NAME)
    number = int(annotation(item, SET_ID) or 0)
    if known_group is None or (group and group.lower() != known_group.lower()):
        log.info("AutoScalingRunnerSet runner group changed. Updating the runner scale set.")
        client = await world.actions(item["metadata"]["namespace"], spec)
        group_id = await client.group_id(group) if group else 1
        name = name or item["metadata"]["name"]
        body: Item = {"name": name, "runnerGroupId": group_id}
        found = await client.update_scale_set(number, body)
        noted = {GROUP_NAME: found.get("runnerGroupName") or group}
    elif known_name is None or (name and name.lower() != known_name.lower()):
        log.info(
            "AutoScalingRunnerSet runner scale set name changed. Updating the runner scale set."
        )
        client = await world.actions(item["metadata"]["namespace"], spec)
        await client.update_scale_set(number, {"name": name or item["metadata"]["name"]})
        noted = {SCALE_SET_NAME: name or item["metadata"]["name"]}
    else:
        return False
    await world.patch(KIND, item, {"metadata": {"annotations": noted}})
    return True
