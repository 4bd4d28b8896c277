# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How repairs are made: each found again from a fresh look, written narrowly, and looked after.

A repair is done when a look no longer finds it; one that comes back is not made for ever.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Optional, Tuple

from .._pure import drain_report, reads, repair_table, repairs
from .._pure.drain_types import Act, View
from .._pure.errors import BadInput, DeadlineReached
from .._pure.repairs import Repair
from . import places, rights, rounds, stored_sets
from .drain_writes import write
from .rounds import Round
from .task import Result, Task

_MOST_TRIES = 3
# Not every trouble is told by a watch (a pod that never comes), so look again now and then.
_BLIND_S = 5.0


def repair(task: Task) -> Result:
    """Find, and with state repaired mend. Raises BadInput, ReadFailed, DeadlineReached, ..."""
    repairing = _Repairing(task)
    view = rounds.look(task)
    rounds.require_seen(task, view)
    repairing.judge(view, task.now())
    if task.options["state"] == "reported" or not repairing.wanted:
        return repairing.result()
    repairing.require_rights()
    if task.is_check:
        return repairing.predict()
    spaces = {one.ref.namespace for one in reads.seen(view.cluster.scale_sets)}
    spaces |= {one.ref.namespace for one in repairing.wanted}
    if not rounds.go(task, view, spaces, repairing.judge, repairing.do) and (
        task.deadline.is_over()
    ):
        raise repairing.too_late()
    return repairing.result()


class _Repairing:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._names = _names(task.options)
        self._found: Tuple[Repair, ...] = ()
        self._made: List[Dict[str, Any]] = []
        self._tries: Dict[str, int] = {}
        self._by_act: Dict[int, Repair] = {}
        self._diff: List[Dict[str, Any]] = []
        self._stored = stored_sets.read(task)
        self.wanted: Tuple[Repair, ...] = ()

    def judge(self, view: View, now: datetime) -> Round:
        """Find what is still to be mended."""
        options = repairs.Options(self._lost_at_github(), self._stored)
        self._found = repairs.find(view, options, now)
        self.wanted = repairs.chosen(self._found, self._names)
        open_ones = [one for one in self.wanted if self._tries.get(one.key, 0) < _MOST_TRIES]
        self._by_act = {id(one.act): one for one in open_ones}
        self._task.partial.update(self._known())
        told = "|".join(one.key for one in self.wanted)
        acts = tuple(one.act for one in open_ones if not self._was_made(one))
        # What was not read is not found, and not mended for that.
        return Round(not self.wanted and rounds.is_seen(view), acts, told, _BLIND_S)

    def do(self, act: Act) -> None:
        """Make one repair; the result says so even if the next one fails."""
        one = self._by_act[id(act)]
        write(self._task, act)
        self._tries[one.key] = self._tries.get(one.key, 0) + 1
        self._note(one, "done_at", self._task.now().isoformat())
        self._task.partial.update(self._known())

    def predict(self) -> Result:
        """Ask the server what a run would do."""
        for one in self.wanted:
            write(self._task, one.act)
            self._note(one, "predicted", True)
        return self.result()

    def require_rights(self) -> None:
        """Raise WriteFailed where a repair needs a right that is missing."""
        wishes = []
        for one in self.wanted:
            resource, part = places.of_kind(one.ref.kind), ""
            if one.act.verb == "patch_status":
                part = "status"
            if one.act.verb == "create":
                wishes.append(("create", resource.at(one.ref.namespace)))
                continue
            verb = "delete" if one.act.verb == "delete" else "patch"
            wishes.append((verb, resource.at(one.ref.namespace, one.ref.name, part)))
        rights.require(self._task.client, wishes, self._task.deadline)

    def too_late(self) -> DeadlineReached:
        """Name what was made and did not help."""
        names = [one.key for one in self.wanted]
        return DeadlineReached(
            cluster=self._task.cluster.name,
            object=", ".join(names[:5]),
            cause=f"{len(names)} repairs were made or could be, and the trouble is still there",
            next_step="Look at the controller's log; what came back has a cause that lasts",
            details={"remaining": names[:100]},
        )

    def result(self) -> Result:
        """Return the result as it stands now."""
        return self._known()

    def _lost_at_github(self) -> Tuple[str, ...]:
        """Return what the option names, but for sets that this run made again: GitHub has those."""
        again = {
            f"{one['object']['namespace']}/{one['object']['name']}" for one in self._made
            if one["id"] == "set-vanished" and one["object"]["kind"] == "AutoscalingRunnerSet"
        }
        return tuple(one for one in self._task.options["lost_at_github"] if one not in again)

    def _was_made(self, one: Repair) -> bool:
        """True while the very object that was written is still there to be seen."""
        return any(
            made["key"] == one.key and made["object"]["uid"] == one.ref.uid for made in self._made
        )

    def _note(self, one: Repair, key: str, value: Any) -> None:
        self._made.append({**one.as_dict(), "evidence": dict(one.act.evidence), key: value})
        self._diff.append(drain_report.difference(one.act))

    def _known(self) -> Result:
        mended = {one["key"] for one in self._made}
        result: Result = {
            "changed": bool(self._made),
            "found": [one.as_dict() for one in self._found],
            "repaired": list(self._made),
            "held": [one.as_dict() for one in self._found if one.held],
            "left": [one.key for one in self._found if not one.held and one.key not in mended],
        }
        if self._task.is_diff and self._diff:
            result["diff"] = list(self._diff)
        return result


def _names(options: Dict[str, Any]) -> Tuple[str, ...]:
    """Raise BadInput for a repair that there is not; a key may be of one that is mended."""
    wanted: Optional[List[str]] = options["repairs"]
    for name in wanted or ():
        id = name.partition(":")[0]
        if id not in repair_table.REPAIRS:
            raise BadInput(
                cluster="", object="option repairs", cause=f"there is no repair {id!r}",
                next_step=f"Give some of {', '.join(repair_table.REPAIRS)}, or a key that state"
                          " reported has told",
            )
    return tuple(wanted or ())
