# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How CRDs get onto a cluster: all is asked and tried before the first write, then one by one.

Reading, dry run and refusals come first for all of them, then the backups, then the writes, then
the wait until the API server shows each new schema.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .._pure import crd_changes, crd_rules, crd_set, crd_takeover, reads, record
from .._pure.crd_takeover import CREATED, REPLACED, UNCHANGED
from .._pure.errors import Conflict, LifecycleError, ReadFailed, Refused
from . import crd_backup, crd_gap, crd_migration, crd_serving, places, record_store
from .answers import KindNotServed, ObjectNotFound
from .crd_source import Crd
from .task import Result, Task

_THREADS = 2
_PATHS_SHOWN = 40
_HOLDERS_SHOWN = 20


@dataclass(frozen=True)
class Step:
    """What is to be done with one CRD. `stored`: as the server says it would store it.

    `migrated`: how many objects are written anew first, as their stored version goes.
    """

    wanted: Crd
    live: Optional[Crd]
    stored: Crd
    action: str
    wholly: bool = False
    migrated: int = 0

    @property
    def name(self) -> str:
        """The CRD's name."""
        return str(self.wanted["metadata"]["name"])


def apply(task: Task, wanted: Sequence[Crd]) -> Result:
    """Make the cluster's CRDs the wanted ones. Raises Refused, WriteFailed, ..."""
    with ThreadPoolExecutor(_THREADS) as pool:
        lives = list(pool.map(lambda one: present(task, one), wanted))
    pairs = list(zip(wanted, lives))
    _refuse_terminating(task, lives)
    changing = any(live is None or not crd_takeover.is_same(live, one) for one, live in pairs)
    if changing:
        _refuse_owners(task, pairs)
        crd_gap.refuse_outside(task)
    with ThreadPoolExecutor(_THREADS) as pool:
        steps = list(pool.map(lambda pair: _step(task, *pair), pairs))
    backups = crd_backup.store(task, [
        one.live for one in steps if one.action == REPLACED and one.live is not None
    ])
    result = _result(task, steps, backups)
    if not task.is_check:
        _note(task, [one["on_cluster"] for one in backups.values() if "on_cluster" in one])
        _write(task, steps, result)
    return result


def _note(task: Task, backups: Sequence[str]) -> None:
    """Tell the open record of an upgrade where the backups are: a run may be killed any time."""
    note = task.options["note"]
    if not note:
        return
    _snapshot, cluster = task.look(("records",))
    if isinstance(cluster.records, reads.Unread):
        raise ReadFailed(
            cluster=task.cluster.name, object="the record of the upgrade",
            cause=f"it cannot be read: {cluster.records.reason}; no CRD was changed",
            next_step="Grant the right to get and list Secrets, then run again",
            details={"missing_right_words": cluster.records.missing_right},
        )
    for one in cluster.records:
        if one.ref.name == record.SECRET_NAME:
            store = record_store.Store(task.client, task.deadline, one.ref.namespace)
            store.note(note["phases"], backups if note["backups"] else (), task.is_check)


def present(task: Task, wanted: Crd) -> Optional[Crd]:
    """Return the CRD of that name as it is in the cluster, None if it is not there."""
    try:
        return task.client.get(_place(wanted), task.deadline)
    except ObjectNotFound:
        return None


def _refuse_terminating(task: Task, lives: Sequence[Optional[Crd]]) -> None:
    going = [one for one in lives if one is not None and crd_takeover.terminating_since(one)]
    if not going:
        return
    name = going[0]["metadata"]["name"]
    holders, held = _holders(task, going[0])
    raise Refused(
        cluster=task.cluster.name,
        object=f"CustomResourceDefinition {name}",
        cause=f"it has been in deletion since {crd_takeover.terminating_since(going[0])}; it goes "
        f"when the last object of its kind has gone, and takes no new schema until then; {held}",
        next_step="Release what holds these objects (arc_finalizer_clear), then run again",
        details={"holders": holders},
    )


def _holders(task: Task, crd: Crd) -> Tuple[List[Dict[str, Any]], str]:
    """Return the objects that keep a CRD from going, each with its finalizers, and in words."""
    spec = crd["spec"]
    served = next((one["name"] for one in spec["versions"] if one.get("served")), "")
    kind = places.Resource(spec["group"], served, spec["names"]["plural"], spec["names"]["kind"])
    try:
        found = task.client.list(kind.at(), task.deadline).items
    except (LifecycleError, KindNotServed) as error:
        return [], f"which objects are left could not be read ({error})"
    holders = [
        {"namespace": meta.get("namespace", ""), "name": meta["name"],
         "finalizers": list(meta.get("finalizers") or ())}
        for meta in (one["metadata"] for one in found)
    ]
    if not holders:
        return [], "no object of it is left, so the API server is about to let it go"
    first = holders[0]
    kept = ", ".join(first["finalizers"]) or "no finalizer"
    return holders[:_HOLDERS_SHOWN], (
        f"{len(holders)} are left, such as {kind.kind} {first['namespace']}/{first['name']} with {kept}"
    )


def _refuse_owners(task: Task, pairs: Sequence[Tuple[Crd, Optional[Crd]]]) -> None:
    if task.options["force"]:
        return
    for wanted, live in pairs:
        owners = crd_takeover.foreign_owners(live, wanted) if live is not None else ()
        if owners:
            raise Refused(
                cluster=task.cluster.name,
                object=f"CustomResourceDefinition {wanted['metadata']['name']}",
                cause=f"{', '.join(owners)} manages it, and would put its own state back",
                next_step="Change it there, or give force: true (arc_crds_force) to take it over",
                details={"owners": list(owners)},
            )


def _step(task: Task, wanted: Crd, live: Optional[Crd]) -> Step:
    """Ask the server what would come of it. Raises WriteFailed for a CRD that it refuses."""
    if live is not None and crd_takeover.is_same(live, wanted):
        return Step(wanted, live, live, UNCHANGED)
    migrated = 0
    if live is not None and crd_migration.leaving(live, wanted):
        migrated = crd_migration.migrate(task, live, wanted)
        if task.is_check:
            # The server would refuse it before the objects are written anew.
            return Step(wanted, live, wanted, REPLACED, migrated=migrated)
        live = present(task, wanted)
    stored = task.client.apply(
        _place(wanted), crd_takeover.applied(wanted, live), task.deadline, force=True, dry_run=True
    )
    if live is None:
        return Step(wanted, None, stored, CREATED)
    wholly = crd_takeover.form(stored) != crd_takeover.form(wanted)
    if wholly:
        stored = task.client.replace(
            _place(wanted), crd_takeover.replaced(wanted, live), task.deadline, dry_run=True
        )
    # An older API server drops parts it does not know: then nothing would change either.
    return Step(wanted, live, stored, UNCHANGED if crd_takeover.is_same(live, stored)
                else REPLACED, wholly, migrated)


def _write(task: Task, steps: Sequence[Step], result: Result) -> None:
    """Write and wait; what was done so far stands in the result of a failure too."""
    task.partial.update({**result, "changed": False, "crds": []})
    written: List[Step] = []
    for number, step in enumerate(steps):
        if step.action != UNCHANGED:
            _write_one(task, step)
            written.append(step)
            task.partial["changed"] = True
        task.partial["crds"] = result["crds"][: number + 1]
    probed = crd_serving.wait(task, [crd_serving.Written(one.live, one.stored) for one in written])
    for entry in result["crds"]:
        entry["probed"] = entry["name"] in probed


def _write_one(task: Task, step: Step) -> None:
    place = _place(step.wanted)
    try:
        if step.wholly and step.live is not None:
            task.client.replace(place, crd_takeover.replaced(step.wanted, step.live), task.deadline)
        else:
            task.client.apply(
                place, crd_takeover.applied(step.wanted, step.live), task.deadline, force=True
            )
    except Conflict as error:
        raise Conflict(
            cluster=task.cluster.name, object=f"CustomResourceDefinition {step.name}",
            cause=f"it changed while it was about to be replaced: {error.cause}",
            next_step="Find out who else writes it, then run again",
            details=error.details,
        ) from error


def _result(task: Task, steps: Sequence[Step], backups: Dict[str, Dict[str, str]]) -> Result:
    before = crd_set.recognise(one.live for one in steps if one.live is not None)
    after = crd_set.recognise(one.stored for one in steps)
    changes = {one.name: _changes(one) for one in steps}
    entries = [
        {
            "name": step.name,
            "action": step.action,
            "before": crd_takeover.told(before, step.name),
            "after": crd_takeover.told(after, step.name),
            "changes": crd_rules.count(changes[step.name]),
            "replaced_wholly": step.wholly,
            "migrated": step.migrated,
            "probed": False,
            "backup": backups.get(step.name, {}).get("on_cluster"),
            "backup_file": backups.get(step.name, {}).get("file"),
        }
        for step in steps
    ]
    result: Result = {
        "changed": any(one.action != UNCHANGED for one in steps),
        "crds": entries,
        "before": {"verdict": before.verdict, "releases": list(before.releases)},
        "after": {"verdict": after.verdict, "releases": list(after.releases)},
    }
    if task.is_diff:
        result["diff"] = [
            _diff(one, changes[one["name"]]) for one in entries if one["action"] != UNCHANGED
        ]
    return result


def _changes(step: Step) -> List[crd_changes.Change]:
    if step.live is None or step.action == UNCHANGED:
        return []
    return crd_rules.compare(step.live, step.stored)


def _diff(entry: Dict[str, Any], changes: Sequence[crd_changes.Change]) -> Dict[str, Any]:
    """Say which paths differ, never whole documents: a CRD has up to 20,000 lines."""
    lines = [f"{one.id} {one.version}{one.path}" for one in changes[:_PATHS_SHOWN]]
    return {
        "before_header": entry["name"],
        "after_header": entry["name"],
        "before": entry["before"],
        "after": {
            **entry["after"],
            "changes": entry["changes"],
            "paths": lines,
            "paths_not_shown": len(changes) - len(lines),
        },
    }


def _place(crd: Crd) -> places.Place:
    return places.CRDS.at(name=crd["metadata"]["name"])
