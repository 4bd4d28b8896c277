# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a controller is waited for: by watches of its Deployment and pods."""

from __future__ import annotations

import contextlib
from typing import Tuple

from .._pure import controller_state
from .._pure.errors import DeadlineReached
from . import places
from .client import Query
from .deadline import Deadline
from .lookout import Lookout
from .task import Result, Task

_PARTS = ("deployments", "pods")
_BARE = Query(metadata_only=True)
# A watch that broke in silence must not hide the end for long.
_LOOK_EVERY_S = 10.0
# A slice with news ends early, but not at once: more may follow.
_LEAST_SLICE_S = 2.0


def wait_for_controller(task: Task) -> Result:
    """Wait as the options say. Raises ReadFailed or DeadlineReached."""
    limit_s = task.options["slice"]
    until = task.deadline.within(limit_s) if limit_s else task.deadline
    begun = float((task.options["memory"] or {}).get("waited_s", 0.0))
    held = _held(task)
    if held and not task.is_check:
        held = _until_free(task, until, held)
    result = _result(task, held, round(begun + task.deadline.elapsed_s(), 1))
    task.partial.update(result)
    if held and not task.is_check and task.deadline.is_over():
        raise _too_late(task, held)
    if limit_s and held:
        result["memory"] = {"told": _told(held), "waited_s": result["waited_s"]}
    return result


def _until_free(task: Task, until: Deadline, held: Tuple[str, ...]) -> Tuple[str, ...]:
    """Wait, of a slice only until there is something new to say; give what still holds."""
    told = str(task.options["memory"].get("told", "")) if task.options["slice"] else None
    namespace = task.options["namespace"]
    watch = (places.DEPLOYMENTS.at(namespace), (places.PODS.at(namespace), _BARE))
    with contextlib.closing(Lookout(task, watch, until)) as lookout:
        while held and not until.is_over():
            lookout.wait(min(_LOOK_EVERY_S, max(0.1, until.remaining_s())))
            held = _held(task)
            if told is not None and _told(held) != told and until.elapsed_s() >= _LEAST_SLICE_S:
                return held
    return held


def _told(held: Tuple[str, ...]) -> str:
    return "; ".join(held)


def _held(task: Task) -> Tuple[str, ...]:
    options = task.options
    _snapshot, cluster = task.look(_PARTS, (options["namespace"],))
    return controller_state.holding(
        cluster, options["namespace"], options["name"] or "", options["state"],
        options["release"] or "",
    )


def _result(task: Task, held: Tuple[str, ...], waited_s: float) -> Result:
    state = task.options["state"]
    line = f"{task.cluster.name} | controller {state} | " + ("; ".join(held[:3]) or "done")
    return {
        "changed": False,
        "finished": not held,
        "not_yet_because": list(held),
        "waited_s": waited_s,
        "line": line,
    }


def _too_late(task: Task, held: Tuple[str, ...]) -> DeadlineReached:
    options = task.options
    return DeadlineReached(
        cluster=task.cluster.name,
        object=f"controller {options['namespace']}/{options['name'] or '*'}",
        cause=f"it is not {options['state']} in time: {'; '.join(held[:5])}",
        next_step="See the pod's log and events, mend what is named, then run it again",
        details={"remaining": list(held)},
    )
