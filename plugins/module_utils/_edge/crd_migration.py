# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects are stored in a version that the wanted CRD has no more: each is written anew first.

The API server refuses a CRD without a version that stands in `status.storedVersions`, and takes
one out of that list only when it is told to. It is told when every object was written, and no
sooner: an error leaves the list as it is. ARC has had one version so far.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from .._pure.errors import Conflict, LifecycleError, Refused, WriteFailed
from . import places
from .answers import ObjectNotFound
from .client import Query
from .task import Task

Crd = Mapping[str, Any]

_PAGE = Query(page_size=100)
# Others may write an object between the list and the write.
_MOST_TRIES = 5


def leaving(live: Crd, wanted: Crd) -> List[str]:
    """Return the versions in which objects may be stored and that the wanted CRD does not have."""
    kept = {one["name"] for one in wanted["spec"]["versions"]}
    return [one for one in _stored(live) if one not in kept]


def migrate(task: Task, live: Crd, wanted: Crd) -> int:
    """Write every object of a CRD in its storage version; gives how many there are.

    In check mode they are only counted. Raises Refused without a storage version that stays, or
    where nobody asked for it; WriteFailed with how far it came.
    """
    name, storage = live["metadata"]["name"], _storage(live)
    gone = leaving(live, wanted)
    if not task.options["migrate"] or storage in gone:
        raise Refused(
            cluster=task.cluster.name,
            object=f"CustomResourceDefinition {name}",
            cause=f"objects may be stored in {', '.join(gone)}, which the wanted CRD does not have",
            next_step="Put a CRD in place first that has this version and the next one as storage"
            if storage in gone else "Give migrate: true to have each object written anew first",
            details={"leaving": gone},
        )
    spec = live["spec"]
    kind = places.Resource(
        spec["group"], storage, spec["names"]["plural"], spec["names"]["kind"],
        is_namespaced=spec["scope"] == "Namespaced",
    )
    count = 0
    for page in task.client.pages(kind.at(), task.deadline, _PAGE):
        if page.is_first:
            count = 0
        for one in page.items:
            if not task.is_check:
                _write_anew(task, kind, {**one, "kind": kind.kind,
                                         "apiVersion": f"{kind.group}/{storage}"}, count)
            count += 1
    if not task.is_check:
        task.client.json_patch(places.CRDS.at(name=name, subresource="status"), [
            {"op": "test", "path": "/status/storedVersions", "value": _stored(live)},
            {"op": "replace", "path": "/status/storedVersions", "value": [storage]},
        ], task.deadline)
    return count


def _write_anew(task: Task, kind: places.Resource, body: Dict[str, Any], done: int) -> None:
    meta = body["metadata"]
    place = kind.at(meta.get("namespace", ""), meta["name"])
    for _number in range(_MOST_TRIES):
        try:
            task.client.replace(place, body, task.deadline)
            return
        except ObjectNotFound:
            return
        except Conflict as error:
            last: LifecycleError = error
        except LifecycleError as error:
            raise _failed(task, place, error, done) from error
        try:
            body = task.client.get(place, task.deadline)
        except ObjectNotFound:
            return
    raise _failed(task, place, last, done) from last


def _failed(task: Task, place: places.Place, error: LifecycleError, done: int) -> WriteFailed:
    return WriteFailed(
        cluster=task.cluster.name,
        object=place.words,
        cause=f"it could not be written in its new version: {error.cause}; {done} were before it",
        next_step="Mend the object, then run again: nothing else was changed",
        details={"migrated": done},
    )


def _stored(crd: Crd) -> List[str]:
    return [str(one) for one in (crd.get("status") or {}).get("storedVersions") or ()]


def _storage(crd: Crd) -> str:
    return next((one["name"] for one in crd["spec"]["versions"] if one.get("storage")), "")
