# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How scale sets come back after a drain: what `_pure.drain_resume` decides is done.

Limits that are back, or a set that was made anew, prove nothing: a listener may be bound to a
runner set that is no more. So it ends as any wait for scale sets does (`_pure.waiting`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._pure import drain_copy, drain_report, drain_resume, waiting
from .._pure.drain_copy import Copy
from .._pure.drain_types import Act, SetKey, View
from .._pure.errors import BadInput, DeadlineReached, ReadFailed, Refused
from . import drain_writes, helm_store, places, rights, rounds
from .client import Query
from .rounds import Round
from .task import Result, Task

# How long a look stands where no watch would tell of a change (copies), in seconds.
_BLIND_S = 5.0
# How long the listener of a set that was changed must be seen at work.
_STEADY_S = 5.0
_COPIES = Query(labels=drain_copy.COPY_LABEL)


def resume_sets(task: Task) -> Result:
    """Bring sets back as the options say. Raises BadInput, Refused, ReadFailed, ..."""
    view = rounds.look(task)
    rounds.require_seen(task, view)
    resuming = _Resuming(task, view)
    if not resuming.wish.targets:
        return resuming.result(finished=True)
    resuming.judge(view, task.now())
    resuming.require_may_begin(view)
    if task.is_check:
        return resuming.predict()
    task.memory = resuming.memory
    spaces = {namespace for namespace, _name in resuming.wish.targets}
    finished = rounds.go(task, view, spaces, resuming.judge, resuming.do, resuming.told)
    if not finished and task.deadline.is_over():
        raise resuming.too_late()
    return resuming.result(finished)


class _Resuming:
    def __init__(self, task: Task, view: View) -> None:
        self._task = task
        self._copies = _read_copies(task)
        self._decision: Optional[drain_resume.Return] = None
        self._proof: Optional[waiting.Decision] = None
        self._proof_memory = waiting.Memory()
        self._acts: List[Dict[str, Any]] = []
        self._diff: List[Dict[str, Any]] = []
        self._begun, self.told, self._unread = self._task.now(), "", ""
        targets, selection = drain_resume.choose(view, self._copies, task.options)
        self._selected: Dict[str, Any] = {
            "not_selected": [drain_report.skipped(one) for one in selection.skipped],
            "missing": list(selection.missing),
        }
        if task.options["memory"]:
            targets = self._recall(task.options["memory"])
        self.wish = drain_resume.Wish(
            targets, task.options["changed_meanwhile"], self._revisions(targets)
        )

    def judge(self, view: View, now: datetime) -> Round:
        """Decide what to do now, and keep it for the result."""
        self._unread = rounds.unread(view)
        if self._unread:
            # A set that was not seen may be there: it is not made in its own stead.
            return Round(False, (), self._words(), _BLIND_S)
        decision = drain_resume.decide(view, self._copies, self.wish)
        self._decision, self._proof = decision, None
        acts, finished = decision.acts, decision.finished
        if finished:
            self._proof = self._prove(view, now)
            acts, finished = self._proof.acts, self._proof.finished
        self._task.partial.update(self._known(finished))
        return Round(finished, acts, self._words(), _BLIND_S)

    def do(self, act: Act) -> None:
        """Make one write; the result says so even if the next one fails."""
        drain_writes.write(self._task, act)
        if act.ref.kind == "AutoscalingListener":
            self._proof_memory = waiting.cured(self._proof_memory, act)
        if act.ref.kind == "Secret":
            self._copies = tuple(one for one in self._copies if one.ref != act.ref)
        self._note(act, "done_at", self._task.now().isoformat())
        self._task.partial.update(self._known(finished=False))

    def predict(self) -> Result:
        """Try on the server what a run would do."""
        acts = self._decided().acts
        created = {(act.ref.namespace, act.ref.name) for act in acts if act.verb == "create"}
        later = [drain_resume.forget(one) for one in self._copies if one.key in created]
        for act in (*acts, *later):
            drain_writes.write(self._task, act)
            self._note(act, "predicted", True)
        return self.result(not self._acts)

    def require_may_begin(self, view: View) -> None:
        """Raise Refused where the way back needs a word of the user, or a right."""
        decision = self._decided()
        if decision.refused and not self._acts:
            raise Refused(
                cluster=self._task.cluster.name,
                object=decision.refused[0].object,
                cause="; ".join(f"{one.object}: {one.reason}" for one in decision.refused),
                next_step=decision.refused[0].remedy,
                details={"refused": [one.as_dict() for one in decision.refused]},
            )
        wishes = {
            (act.verb, places.of_kind(act.ref.kind).at(act.ref.namespace))
            for act in decision.acts
        }
        if decision.acts:
            # A listener that comes back bound to a runner set that is no more is deleted.
            wishes |= {
                ("delete", places.LISTENERS.at(one.ref.namespace))
                for namespace, _name in self.wish.targets
                for one in view.cluster.controllers_of(namespace)
            }
        if not self._acts:
            ordered = sorted(wishes, key=lambda one: (one[0], one[1].path))
            rights.require(self._task.client, ordered, self._task.deadline)

    def too_late(self) -> DeadlineReached:
        """Name each set that is not back."""
        behind = {
            one.name: one.note or one.stage
            for one in self._decided().sets if one.stage != drain_resume.RESUMED
        }
        for one in self._proof.sets if self._proof else ():
            if one.reasons:
                behind["/".join(one.key)] = "; ".join(one.reasons[:3])
        waited = (self._task.now() - self._begun).total_seconds()
        why = [f"{name}: {reason}" for name, reason in behind.items()]
        if self._unread:
            why.insert(0, f"not read: {self._unread}")
        return DeadlineReached(
            cluster=self._task.cluster.name,
            object=", ".join(f"AutoscalingRunnerSet {name}" for name in behind),
            cause=f"not back after {waited:.0f} s: {', '.join(why[:5])}",
            next_step="Look at the controller's log, then run it again: it goes on",
            details={"remaining": [
                {"scale_set": name, "reason": reason} for name, reason in behind.items()
            ]},
        )

    def _prove(self, view: View, now: datetime) -> waiting.Decision:
        # What nobody changed needs no time to be believed.
        aim = waiting.Aim(self.wish.targets, settle_s=_STEADY_S if self._acts else 0.0)
        deadline = now + timedelta(seconds=self._task.deadline.remaining_s())
        proof = waiting.decide(view, aim, self._proof_memory, now, deadline)
        self._proof_memory = proof.memory
        return proof

    def result(self, finished: bool) -> Result:
        """Return the result as it stands now."""
        result = self._known(finished)
        if self._task.options["slice"] and not finished:
            result["memory"] = self.memory()
        return result

    def memory(self) -> Dict[str, Any]:
        """Return what the next slice needs to go on."""
        return {
            "targets": [list(key) for key in self.wish.targets],
            "acts": list(self._acts),
            "begun": self._begun.isoformat(),
            "told": self._words(),
            "proof": waiting.to_plain(self._proof_memory),
        }

    def _known(self, finished: bool) -> Result:
        decision = self._decision
        result: Result = {
            "changed": bool(self._acts),
            "finished": finished,
            "selected": [
                {"namespace": space, "name": name} for space, name in self.wish.targets
            ],
            **self._selected,
            "acts": list(self._acts[:drain_report.MOST_ACTS]),
            "sets": [one.as_dict() for one in decision.sets] if decision else [],
            "stage": decision.stage if decision else drain_resume.RESUMED,
            "line": self._line(),
        }
        if self._task.is_diff and self._diff:
            result["diff"] = list(self._diff)
        return result

    def _line(self) -> str:
        if self._decision is None:
            return "nothing to resume"
        name = self._task.cluster.name
        if self._unread:
            return f"{name} | resume | not read: {self._unread}"
        if self._proof is not None:
            return self._proof.line
        behind = [one.name for one in self._decision.sets if one.stage != drain_resume.RESUMED]
        more = f" and {len(behind) - 5} more" if len(behind) > 5 else ""
        return f"{name} | resume {self._decision.stage} | {', '.join(behind[:5])}{more}"

    def _words(self) -> str:
        proof = waiting.told(self._proof) if self._proof else ""
        sets = (f"{one.name} {one.stage}" for one in self._decided().sets)
        return "|".join([*sets, proof, self._unread])

    def _note(self, act: Act, key: str, value: Any) -> None:
        entry = {name: one for name, one in act.as_dict().items() if name != "body"}
        self._acts.append({**entry, key: value})
        self._diff.append(drain_report.difference(act))

    def _decided(self) -> drain_resume.Return:
        if self._decision is None:
            raise ValueError("nothing was judged yet")
        return self._decision

    def _revisions(
        self, targets: Tuple[SetKey, ...]
    ) -> Dict[Tuple[str, str], Optional[int]]:
        found: Dict[Tuple[str, str], Optional[int]] = {}
        for copy in self._copies:
            if copy.helm and copy.key in targets:
                where = (copy.key[0], copy.helm)
                try:
                    found[where] = helm_store.revision(
                        self._task.client, self._task.deadline, *where
                    )
                except ReadFailed:
                    found[where] = None
        return found

    def _recall(self, memory: Mapping[str, Any]) -> Tuple[SetKey, ...]:
        try:
            self._acts = [dict(one) for one in memory["acts"]]
            self._begun = datetime.fromisoformat(memory["begun"])
            self.told = str(memory["told"])
            self._proof_memory = waiting.from_plain(memory["proof"])
            return tuple((str(space), str(name)) for space, name in memory["targets"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(
                cluster="", object="option memory",
                cause=f"it is not what a slice of this module returned ({type(error).__name__})",
                next_step="Leave it out",
            ) from error


def _read_copies(task: Task) -> Tuple[Copy, ...]:
    """Copies of one namespace where the options name but one."""
    options = task.options
    spaces = {one["namespace"] for one in options["scale_sets"] or ()} | (
        {options["namespace"]} if options["namespace"] else set()
    )
    where = places.SECRETS.at(next(iter(spaces)) if len(spaces) == 1 else "")
    found = task.client.list(where, task.deadline, _COPIES).items
    return tuple(drain_copy.read(one, task.cluster.name) for one in found)
