# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How CRDs leave a cluster: only when no object of any of their kinds is left.

Deleting a definition deletes its objects, jobs and all; where a controller is gone already their
finalizers would hold it in deletion for ever.
"""

from __future__ import annotations

from typing import Any, Dict, List

from .._pure import crd_set, crd_takeover, reads
from .._pure.errors import DeadlineReached, ReadFailed, Refused
from . import crd_backup, crd_gap, places, rights
from .answers import ObjectNotFound
from .client import Query
from .task import Result, Task

DELETED = "deleted"
_KINDS = (places.SCALE_SETS, places.LISTENERS, places.RUNNER_SETS, places.RUNNERS)
_BARE = Query(metadata_only=True)
_NAMES_SHOWN, _POLL_S = 5, 0.3


def remove(task: Task) -> Result:
    """Delete ARC's CRDs. Raises Refused, ReadFailed, WriteFailed, DeadlineReached."""
    lives = _lives(task)
    places_of = [places.CRDS.at(name=one["metadata"]["name"]) for one in lives]
    rights.require(task.client, [("delete", one) for one in places_of], task.deadline)
    if lives:
        crd_gap.refuse_outside(task)
        _refuse_objects(task)
    before = crd_set.recognise(lives)
    backups = crd_backup.store(task, lives)
    result: Result = {
        "changed": bool(lives),
        "crds": [
            {
                "name": one["metadata"]["name"], "action": DELETED,
                "before": crd_takeover.told(before, one["metadata"]["name"]), "after": None,
                "changes": {}, "replaced_wholly": False,
                "backup": backups.get(one["metadata"]["name"], {}).get("on_cluster"),
                "backup_file": backups.get(one["metadata"]["name"], {}).get("file"),
            }
            for one in lives
        ],
        "before": {"verdict": before.verdict, "releases": list(before.releases)},
        "after": {"verdict": crd_set.recognise([]).verdict, "releases": []},
    }
    for place, one in zip(places_of, lives):
        # An object that came in the meantime is not seen by a precondition of the definition, but
        # nobody is left to make one: no controller runs.
        task.client.delete(
            place, task.deadline, uid=one["metadata"]["uid"], dry_run=task.is_check)
        task.partial.update({**result, "changed": True})
    if not task.is_check:
        _wait(task, [str(one["metadata"]["name"]) for one in lives])
    return result


def _lives(task: Task) -> List[Dict[str, Any]]:
    found = []
    for kind in _KINDS:
        try:
            place = places.CRDS.at(name=f"{kind.resource}.{kind.group}")
            found.append(task.client.get(place, task.deadline))
        except ObjectNotFound:
            continue
    return found


def _refuse_objects(task: Task) -> None:
    """Raise Refused if any object is left, ReadFailed if that cannot be told."""
    left: List[str] = []
    for kind in _KINDS:
        answer = task.client.read_list(kind.at(), task.deadline, _BARE)
        if isinstance(answer, reads.Unread):
            raise ReadFailed(
                cluster=task.cluster.name, object=f"{kind.resource} in all namespaces",
                cause=f"whether any is there could not be read: {answer.reason}",
                next_step="Grant the right to list them, then run again",
                details={"missing_right_words": answer.missing_right},
            )
        if isinstance(answer, reads.Known):
            left += [
                f"{kind.kind} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
                for one in answer.items
            ]
    if left:
        more = f" and {len(left) - _NAMES_SHOWN} more" if len(left) > _NAMES_SHOWN else ""
        raise Refused(
            cluster=task.cluster.name, object=", ".join(left[:_NAMES_SHOWN]) + more,
            cause="it would be deleted with its definition",
            next_step="Take it away first (arc.lifecycle.uninstall), or release what is stuck"
            " (arc_finalizer_clear)",
            details={"holders": left[:100]},
        )


def _wait(task: Task, names: List[str]) -> None:
    left = names
    while left:
        left = [one for one in left if _is_there(task, one)]
        if left and task.deadline.is_over():
            raise DeadlineReached(
                cluster=task.cluster.name,
                object=", ".join(f"CustomResourceDefinition {one}" for one in left),
                cause="it is being deleted, and an object of its kind has come back since",
                next_step="See which objects are left, and who makes them",
                details={"remaining": [{"name": one, "reason": "terminating"} for one in left]},
            )
        if left:
            task.deadline.pause(_POLL_S)


def _is_there(task: Task, name: str) -> bool:
    try:
        task.client.get(places.CRDS.at(name=name), task.deadline)
    except ObjectNotFound:
        return False
    return True
