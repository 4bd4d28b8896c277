# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How objects of Argo CD and Flux are made to rest, and let go on: one narrow patch each.

Their controllers write to them all the time, so a patch that meets a change is made anew from
what is there then. What was under way when an object was made to rest is waited for.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .._pure import drain_report, gitops_hold
from .._pure.drain_types import Act
from .._pure.errors import BadInput, Conflict, DeadlineReached, Refused
from .._pure.gitops import Owner, Verdict
from .._pure.gitops_hold import Hold, Raw
from . import gitops_reading, rights
from .task import Result, Task

_LOOK_S = 1.0
_AGAIN_S = 0.2


def hold_or_let_go(task: Task) -> Result:
    """Do what the options say. Raises BadInput, Refused, ReadFailed, DeadlineReached, ..."""
    work = _Work(task)
    if task.options["state"] == "suspended":
        return work.suspend()
    if not task.options["release"] and task.options["resume"] == "matching":
        raise BadInput(
            cluster=task.cluster.name, object="option release", cause="it is not given",
            next_step="Give the release that is in place, or resume: always",
        )
    return work.resume()


class _Work:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._acts: List[Dict[str, Any]] = []
        self._diff: List[Dict[str, Any]] = []
        self._owners: List[Dict[str, Any]] = []
        self._verdicts: Dict[Owner, Tuple[str, str]] = {}

    def suspend(self) -> Result:
        """Make all that is at work rest, what sets others back first; then see that it does."""
        task = self._task
        found = gitops_reading.ownership(task.client, task.deadline)
        if found.obstacles and not task.options["gitops_suspended"]:
            raise self._refused(found.obstacles)
        self._require(
            [("patch", gitops_reading.place_of(one.owner, one.item)) for one in found.holds]
            + [("list", gitops_reading.everywhere(one.owner.kind)) for one in found.holds]
        )
        for one in found.holds:
            self._write(one.owner, one.item, _made_to_rest)
        held = gitops_reading.held(task.client, task.deadline)
        if not task.is_check:
            self._wait([owner for owner, _item in held])
        known = [one.owner for one in found.holds] if task.is_check else []
        self._owners = [
            _told(owner, "suspended") for owner in [*known, *(owner for owner, _item in held)]
        ]
        return self._result()

    def resume(self) -> Result:
        """Let go on what may; say of the others why not."""
        task = self._task
        held = gitops_reading.held(task.client, task.deadline)
        free = [one for one in held if not self._stays(*one)]
        self._require([("patch", gitops_reading.place_of(*one)) for one in free])
        for one in free:
            self._write(*one, self._let_go)
        self._owners = [
            _told(owner, "suspended" if why else "resumed", why, remedy)
            for owner, (why, remedy) in self._verdicts.items()
        ]
        return self._result()

    def _let_go(self, owner: Owner, item: Raw) -> Optional[Act]:
        is_free = gitops_hold.is_held(item) and not self._stays(owner, item)
        return gitops_hold.resume(owner, item) if is_free else None

    def _stays(self, owner: Owner, item: Raw) -> bool:
        """Judge an object as it was just read: what it wants may have changed."""
        task, found = self._task, ("", "")
        if task.options["resume"] == "matching":
            sources = gitops_reading.sources(task.client, task.deadline, [(owner, item)])
            found = gitops_hold.stays_because(owner, item, task.options["release"], sources)
        self._verdicts[owner] = found
        return bool(found[0])

    def _write(
        self, owner: Owner, item: Raw, act_of: Callable[[Owner, Raw], Optional[Act]]
    ) -> None:
        """Patch one object; what changed meanwhile is judged anew, what has gone needs nothing."""
        task, there = self._task, [item]
        while there:
            act = act_of(owner, there[0])
            if act is None:
                return
            try:
                task.client.json_patch(
                    gitops_reading.place_of(owner, there[0]), act.body, task.deadline,
                    dry_run=task.is_check,
                )
            except Conflict:
                if task.deadline.is_over():
                    raise
                task.deadline.pause(_AGAIN_S)
                there = gitops_reading.read_again(task.client, task.deadline, owner)
                continue
            self._diff.append(drain_report.difference(act))
            done = {"predicted": True} if task.is_check else {"done_at": task.now().isoformat()}
            told = {key: value for key, value in act.as_dict().items() if key != "body"}
            self._acts.append({**told, **done})
            task.partial.update(self._result())
            return

    def _wait(self, owners: Sequence[Owner]) -> None:
        """Wait until what was under way has ended. Raises DeadlineReached, ReadFailed."""
        task = self._task
        while True:
            busy = [
                str(owner) for owner, item in gitops_reading.held(task.client, task.deadline)
                if owner in owners and gitops_hold.is_at_work(owner, item)
            ]
            if not busy:
                return
            if task.deadline.is_over():
                raise self._error(
                    ", ".join(busy), "suspended, but what it had begun is still under way",
                    "See its status, and run again once that has ended", DeadlineReached,
                )
            task.deadline.pause(_LOOK_S)

    def _require(self, wishes: Sequence[Tuple[str, Any]]) -> None:
        rights.require(self._task.client, wishes, self._task.deadline)

    def _refused(self, obstacles: Any) -> Refused:
        """Name each owner that cannot be made to rest, once, with what would."""
        by_owner: Dict[str, Verdict] = {one.owner: one for one in obstacles.values()}
        told = [f"{one.owner}: {one.reason}" for one in by_owner.values()]
        steps = [one.remedy for one in by_owner.values() if one.remedy]
        return self._error(
            ", ".join(sorted(obstacles)[:5]),
            f"cannot be kept from being put back: {'; '.join(told)}. Nothing was changed",
            "; ".join(dict.fromkeys(steps)), Refused,
        )

    def _error(self, object: str, cause: str, next_step: str, kind: Any) -> Any:
        return kind(
            cluster=self._task.cluster.name, object=object, cause=cause, next_step=next_step
        )

    def _result(self) -> Result:
        result: Result = {
            "changed": bool(self._acts), "owners": list(self._owners), "acts": list(self._acts),
            "left": [one for one in self._owners if one["reason"]],
        }
        if self._task.is_diff and self._diff:
            result["diff"] = list(self._diff)
        return result


def _made_to_rest(owner: Owner, item: Raw) -> Optional[Act]:
    rests = gitops_hold.rests(owner, item)
    return None if rests else gitops_hold.suspend(Hold(owner, item))


def _told(owner: Owner, state: str, reason: str = "", remedy: str = "") -> Dict[str, Any]:
    return {**owner.as_dict(), "state": state, "reason": reason, "remedy": remedy}
