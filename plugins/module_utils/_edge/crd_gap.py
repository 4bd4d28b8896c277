# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is this the gap in which CRDs may change: no controller at work, and no runner?

Under a newer CRD an older controller starts no runner and shows nothing; so CRDs change after
the last runner and the old manager have gone and before the new one comes, in either direction.
"""

from __future__ import annotations

from typing import List

from .._pure import reads
from .._pure.errors import ReadFailed, Refused
from .._pure.objects import Cluster
from . import places
from .client import Query
from .task import Task

_NAMES_SHOWN = 5
_BARE = Query(metadata_only=True)


def refuse_outside(task: Task) -> None:
    """Raise Refused if a controller or runner is there, ReadFailed if that cannot be told."""
    if task.options["force_under_controller"]:
        return
    _snapshot, cluster = task.look(("deployments", "pods"))
    found = _controllers(task, cluster) + _runners(task)
    if not found:
        return
    more = f" and {len(found) - _NAMES_SHOWN} more" if len(found) > _NAMES_SHOWN else ""
    raise Refused(
        cluster=task.cluster.name,
        object=", ".join(found[:_NAMES_SHOWN]) + more,
        cause="CRDs may change only when the last runner and the controller have gone: "
        "a controller of another release under them starts no runner, and shows nothing",
        next_step="Drain the scale sets and uninstall the controller first; to change the CRDs "
        "nevertheless give force_under_controller: true",
        details={"holders": found[:100]},
    )


def _controllers(task: Task, cluster: Cluster) -> List[str]:
    for part in (cluster.controllers, cluster.stray_controller_pods):
        if isinstance(part, reads.Unread):
            raise _unread(task, "the controllers", part)
    found = []
    for one in cluster.controllers:
        if isinstance(one.pods, reads.Unread):
            raise _unread(task, f"the pods of {one.ref}", one.pods)
        alive = [pod for pod in one.pods if not pod.is_over]
        if one.desired or one.ready or alive:
            found.append(str(one.ref))
    return found + [str(one.ref) for one in cluster.stray_controller_pods if not one.is_over]


def _runners(task: Task) -> List[str]:
    answer = task.client.read_list(places.RUNNERS.at(), task.deadline, _BARE)
    if isinstance(answer, reads.Unread):
        raise _unread(task, "the runners", answer)
    if isinstance(answer, reads.KindAbsent):
        return []
    return [
        f"EphemeralRunner {one['metadata']['namespace']}/{one['metadata']['name']}"
        for one in answer.items
    ]


def _unread(task: Task, what: str, gap: reads.Unread) -> ReadFailed:
    return ReadFailed(
        cluster=task.cluster.name,
        object=what,
        cause=f"whether any is there could not be read: {gap.reason}",
        next_step=f"Grant the right to {gap.missing_right}" if gap.missing_right
        else "Mend the connection to the cluster, then run again",
        details={"missing_right_words": gap.missing_right},
    )
