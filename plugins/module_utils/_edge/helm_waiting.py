# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helm waits for nothing of ARC: what its releases make, or leave, is waited for in the same task.

In slices, as the waits by themselves: the first one works with Helm, and the others remember what
came of it.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

from .._pure import controller_state, record, waiting
from .._pure.errors import BadInput
from . import awaiting, controller_wait
from .task import Result, Task

Work = Callable[[Task], Result]

_OF_WAITS = ("finished", "not_yet_because", "waited_s", "line")


def check(task: Task) -> None:
    """Raise BadInput where there is nothing that could be waited for."""
    options = task.options
    if not options["wait_for"]:
        return
    if not options["kind"]:
        raise BadInput(
            cluster=task.cluster.name, object="option kind", cause="it is not given",
            next_step="Say what wait_for names: controller or scale-set",
        )
    if options["kind"] == record.CONTROLLER:
        return
    if options["state"] == "present":
        raise BadInput(
            cluster=task.cluster.name, object="option wait_for",
            cause="whether a scale set takes jobs is not for this module to see",
            next_step="Leave it out, and use arc_scaleset_wait",
        )
    if not all(one["name"] for one in options["wait_for"]):
        raise BadInput(
            cluster=task.cluster.name, object="option wait_for", cause="a scale set has no name",
            next_step="Name each of them",
        )


def work_and_wait(task: Task, work: Work) -> Result:
    """Do the work with Helm, or remember it, then wait. Raises what both raise."""
    memory = task.options["memory"]
    done = _remembered(memory) if memory else work(task)
    if not task.options["wait_for"] or task.is_check:
        return done
    wait = task.with_options(memory=memory.get("wait") or {}, **_aims(task.options))
    wait.partial = {}

    def remember() -> Result:
        inner = wait.memory() if wait.memory else wait.options["memory"]
        return {"told": inner.get("told", ""), "helm": done, "wait": inner}

    task.memory = remember
    try:
        waited = _wait(wait)
    finally:
        task.partial.update({**_told(wait.partial), **done})
    result = {**_told(waited), **done}
    if "memory" in waited:
        result["memory"] = remember()
    return result


def _wait(task: Task) -> Result:
    options = task.options
    if options["kind"] == record.SCALE_SET:
        return awaiting.wait_for_sets(task)
    return controller_wait.wait_for(controller_wait.Aim(
        tuple(dict.fromkeys((one["namespace"], one["name"] or "") for one in options["wait_for"])),
        controller_state.READY if options["state"] == "present" else controller_state.ABSENT,
        options["for_release"] or "",
    ), task)


def _told(found: Result) -> Result:
    """Return what a wait found, in one form for both kinds."""
    told = {key: found[key] for key in _OF_WAITS if key in found}
    if "sets" in found:
        told["not_yet_because"] = [
            f"{one['namespace']}/{one['name']}: {why}"
            for one in found["sets"] for why in one["not_yet_because"]
        ]
    return told


def _aims(options: Dict[str, Any]) -> Dict[str, Any]:
    """Return the options by which sets are waited for until no helper object is left."""
    if options["kind"] != record.SCALE_SET:
        return {}
    return {
        "scale_sets": options["wait_for"], "state": waiting.ABSENT, "helpers": True,
        "settle_time": 0, "cure": False, "jobs": 0, "release": None,
    }


def _remembered(memory: Dict[str, Any]) -> Result:
    done = memory.get("helm")
    if not isinstance(done, dict) or "changed" not in done:
        raise BadInput(
            cluster="", object="option memory",
            cause="it is not what a slice of this module returned", next_step="Leave it out",
        )
    return done
