# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a controller is waited for: by watches of its Deployment and pods."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Tuple

from .._pure import controller_state
from .._pure.errors import DeadlineReached
from . import places
from .client import Query
from .deadline import LEAST_SLICE_S, Deadline
from .lookout import Lookout
from .task import Result, Task

_PARTS = ("deployments", "pods")
_BARE = Query(metadata_only=True)
# A watch that broke in silence must not hide the end for long.
_LOOK_EVERY_S = 10.0


def wait_for_controller(task: Task) -> Result:
    """Wait as the options say. Raises ReadFailed or DeadlineReached."""
    options = task.options
    return wait_for(Aim(
        ((options["namespace"], options["name"] or ""),), options["state"], options["release"] or "",
    ), task)


@dataclass(frozen=True)
class Aim:
    """What is waited for. `controllers`: namespace and name of each, name "" for all there."""

    controllers: Tuple[Tuple[str, str], ...]
    state: str
    release: str = ""

    @property
    def namespaces(self) -> Tuple[str, ...]:
        """Where they are, each once."""
        return tuple(dict.fromkeys(namespace for namespace, _name in self.controllers))


def wait_for(aim: Aim, task: Task) -> Result:
    """Wait until all controllers are in that state, or the slice is over.

    Raises ReadFailed or DeadlineReached.
    """
    limit_s = task.options["slice"]
    until = task.deadline.within(limit_s) if limit_s else task.deadline
    begun = float((task.options["memory"] or {}).get("waited_s", 0.0))
    since = task.deadline.elapsed_s()

    def waited_s() -> float:
        return round(begun + task.deadline.elapsed_s() - since, 1)

    held = _held(aim, task)
    task.partial.update(_result(aim, task, held, waited_s()))
    task.memory = lambda: {"told": _told(held), "waited_s": waited_s()}
    if held and not task.is_check:
        held = _until_free(aim, task, until, held)
    result = _result(aim, task, held, waited_s())
    task.partial.update(result)
    if held and not task.is_check and task.deadline.is_over():
        raise _too_late(aim, task, held)
    if limit_s and held:
        result["memory"] = task.memory()
    return result


def _until_free(
    aim: Aim, task: Task, until: Deadline, held: Tuple[str, ...]
) -> Tuple[str, ...]:
    """Wait, of a slice only until there is something new to say; give what still holds."""
    told = str(task.options["memory"].get("told", "")) if task.options["slice"] else None
    watch = [
        one for namespace in aim.namespaces
        for one in (places.DEPLOYMENTS.at(namespace), (places.PODS.at(namespace), _BARE))
    ]
    with contextlib.closing(Lookout(task, watch, until)) as lookout:
        while held and not until.is_over():
            lookout.wait(min(_LOOK_EVERY_S, max(0.1, until.remaining_s())))
            task.renew_lease()
            held = _held(aim, task)
            if told is not None and _told(held) != told and until.elapsed_s() >= LEAST_SLICE_S:
                return held
    return held


def _told(held: Tuple[str, ...]) -> str:
    return "; ".join(held)


def _held(aim: Aim, task: Task) -> Tuple[str, ...]:
    _snapshot, cluster = task.look(_PARTS, aim.namespaces)
    found = [
        why for namespace, name in aim.controllers
        for why in controller_state.holding(cluster, namespace, name, aim.state, aim.release)
    ]
    return tuple(dict.fromkeys(found))


def _result(aim: Aim, task: Task, held: Tuple[str, ...], waited_s: float) -> Result:
    line = f"{task.cluster.name} | controller {aim.state} | " + ("; ".join(held[:3]) or "done")
    return {
        "changed": False,
        "finished": not held,
        "not_yet_because": list(held),
        "waited_s": waited_s,
        "line": line,
    }


def _too_late(aim: Aim, task: Task, held: Tuple[str, ...]) -> DeadlineReached:
    names = ", ".join(f"{namespace}/{name or '*'}" for namespace, name in aim.controllers)
    return DeadlineReached(
        cluster=task.cluster.name,
        object=f"controller {names}",
        cause=f"it is not {aim.state} in time: {'; '.join(held[:5])}",
        next_step="See the pod's log and events, mend what is named, then run it again",
        details={"remaining": list(held)},
    )
