# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How scale sets are waited for: until each is at work, or gone without a trace."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Dict, List, Optional

from .._pure import waiting
from .._pure.drain_types import Act, View
from .._pure.errors import BadInput, DeadlineReached
from . import places, rounds
from .rounds import Round
from .task import Result, Task

# How long a look stands where no watch would tell of a change (helper objects), in seconds.
_BLIND_S = 5.0
_HELPERS_S = 2.0


def wait_for_sets(task: Task) -> Result:
    """Wait as the options say. Raises BadInput, ReadFailed or DeadlineReached."""
    wait = _Wait(task)
    view = rounds.look(task)
    if task.is_check:
        wait.judge(view, task.now())
        return wait.result()
    task.memory = wait.memory
    spaces = {namespace for namespace, _name in wait.aim.sets}
    finished = rounds.go(task, view, spaces, wait.judge, wait.do, wait.told)
    if not finished and task.deadline.is_over():
        raise wait.too_late()
    return wait.result()


class _Wait:
    def __init__(self, task: Task) -> None:
        options = task.options
        self._task = task
        self._decision: Optional[waiting.Decision] = None
        self.aim = waiting.Aim(
            sets=tuple(dict.fromkeys(
                (one["namespace"], one["name"]) for one in options["scale_sets"]
            )),
            state=options["state"],
            settle_s=options["settle_time"],
            cure=options["cure"],
            helpers=options["helpers"],
            release=options["release"],
            jobs=options["jobs"],
        )
        self._begun, self._memory = self._task.now(), waiting.Memory()
        self._acts: List[Dict[str, Any]] = []
        self.told = ""
        if options["memory"]:
            self._recall(options["memory"])

    def judge(self, view: View, now: datetime) -> Round:
        """See how the sets stand, and keep it for the result."""
        deadline = now + timedelta(seconds=self._task.deadline.remaining_s())
        decision = waiting.decide(view, self.aim, self._memory, now, deadline)
        self._decision, self._memory = decision, decision.memory
        self._task.partial.update(self._known())
        valid_s = _BLIND_S if decision.unread or self.aim.state == waiting.HEALTHY else None
        if self.aim.helpers:
            valid_s = _HELPERS_S
        return Round(decision.finished, decision.acts, waiting.told(decision), valid_s)

    def do(self, act: Act) -> None:
        """Make one cure."""
        place = places.of_kind(act.ref.kind).at(act.ref.namespace, act.ref.name)
        self._task.client.delete(
            place, self._task.deadline, uid=act.body["preconditions"]["uid"],
            propagation=act.body["propagationPolicy"],
        )
        entry = {key: value for key, value in act.as_dict().items() if key != "body"}
        self._acts.append({**entry, "done_at": self._task.now().isoformat()})
        self._memory = waiting.cured(self._memory, act)
        self._task.partial.update(self._known())

    def result(self) -> Result:
        """Return the result as it stands now."""
        decision, result = self._decision, self._known()
        if decision is not None and self._task.options["slice"] and not decision.finished:
            result["memory"] = self.memory()
        return result

    def memory(self) -> Dict[str, Any]:
        """Return what the next slice needs to go on."""
        return {
            **waiting.to_plain(self._memory),
            "begun": self._begun.isoformat(),
            "acts": list(self._acts),
            "told": waiting.told(self._decision) if self._decision else self.told,
        }

    def _known(self) -> Result:
        decision = self._decision
        if decision is None:
            return {"changed": False, "finished": False}
        return {
            "changed": bool(self._acts),
            "finished": decision.finished,
            "sets": [one.as_dict() for one in decision.sets],
            "cured": list(self._acts),
            "waited_s": round((self._task.now() - self._begun).total_seconds(), 1),
            "line": decision.line,
        }

    def too_late(self) -> DeadlineReached:
        """Name each set and why."""
        states = [one for one in self._decision.sets if one.reasons] if self._decision else []
        names = [f"AutoscalingRunnerSet {'/'.join(one.key)}" for one in states]
        why = [f"{name}: {'; '.join(one.reasons[:3])}" for name, one in zip(names, states)]
        more = f"; and {len(why) - 5} more sets" if len(why) > 5 else ""
        waited = (self._task.now() - self._begun).total_seconds()
        return DeadlineReached(
            cluster=self._task.cluster.name,
            object=", ".join(names[:5]),
            cause=f"not {self.aim.state} after {waited:.0f} s: {'; '.join(why[:5])}{more}",
            next_step="Nothing more was changed. Mend what is named, then run it again",
            details={"remaining": [one.as_dict() for one in states]},
        )

    def _recall(self, memory: Dict[str, Any]) -> None:
        try:
            self._memory = waiting.from_plain(memory)
            self._begun = datetime.fromisoformat(memory["begun"])
            self._acts = list(memory["acts"])
            self.told = str(memory["told"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(
                cluster="", object="option memory",
                cause=f"it is not what a slice of this module returned ({type(error).__name__})",
                next_step="Leave it out",
            ) from error
