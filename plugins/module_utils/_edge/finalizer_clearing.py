# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How finalizers are judged and taken off: look, judge, write what is proven, look again.

One look serves one batch, children before parents, so what a release makes possible is judged
from the next look. Before each write the object is read again, and whether a controller came: if
either is not what was judged, nothing is written and all is judged anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .._pure import finalizer_choice, finalizers
from .._pure.drain_types import View
from .._pure.errors import BadInput, Conflict, DeadlineReached, LifecycleError
from .._pure.finalizer_verdicts import REGISTRATION, Object, Options, Verdict
from .._pure.objects import Ref, Runner, ScaleSet
from . import finalizer_events, finalizer_rereading, places, rights, rounds
from .finalizer_rereading import Rereading
from .github import Evidence
from .task import Result, Task

_MOST_LOOKS = 50
_MOST_LOST_IN_A_ROW = 5
# A batch begun on an old look is broken off: what it rests on may not hold any more.
_LOOK_VALID_S = 30.0
SHOWN = 500


def clear(task: Task) -> Result:
    """Judge, and with state cleared write. Raises BadInput, ReadFailed, WriteFailed, ..."""
    return _Clearing(task).run()


class _Clearing:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._choice = finalizer_choice.choice_of(task.options)
        self._cleared: List[Dict[str, Any]] = []
        self._deleted: List[Dict[str, Any]] = []
        self._lost: List[str] = []
        self._at_github: List[Dict[str, Any]] = []
        self._removal = _removal_of(task)
        self._events = finalizer_events.Events(task)
        self._evidence = Evidence(task.options["github"], task.deadline)

    def run(self) -> Result:
        """Go on as long as a look shows something that may be released."""
        is_writing = self._task.options["state"] == "cleared"
        lost_in_a_row = 0
        for _number in range(_MOST_LOOKS):
            before = finalizer_rereading.controllers_now(self._task)
            view = rounds.look(self._task)
            verdicts = self._judge(view)
            releasable = [one for one in verdicts if one.decision == finalizers.RELEASE]
            self._task.partial.update(self._result(verdicts))
            if not is_writing or not releasable:
                return self._result(verdicts)
            self._require_rights(releasable)
            rereading = Rereading(self._task, view, before, _LOOK_VALID_S)
            done = len(self._cleared) + len(self._deleted)
            if self._task.is_check:
                self._trying(self._predict, releasable, rereading)
                return self._result(verdicts)
            try:
                self._trying(self._write, releasable, rereading)
            finally:
                self._task.partial.update(self._result(verdicts))
            is_further = len(self._cleared) + len(self._deleted) > done
            lost_in_a_row = 0 if is_further else lost_in_a_row + 1
            if lost_in_a_row >= _MOST_LOST_IN_A_ROW or self._task.deadline.is_over():
                break
        raise self._not_finished(releasable)

    def _judge(self, view: View) -> Tuple[Verdict, ...]:
        cluster, options = view.cluster, self._task.options
        chosen = [one for one in finalizers.objects(cluster) if self._choice.takes(cluster, one)]
        if not chosen:
            return ()
        asked = [
            (one.ref.name, one.config_url)
            for one in chosen if isinstance(one, Runner) and one.config_url
        ]
        judged = Options(
            grace_s=options["min_age"],
            unable_after_s=options["unable_after"],
            github={**self._evidence.of(asked), **options["github_states"]},
            accept_orphans=frozenset(options["accept_orphans"]),
            missing_secrets=finalizer_choice.missing_secrets(cluster, view.snapshot),
            leases=finalizer_rereading.leases(self._task, cluster),
            delete_at_github=self._removal is not None,
        )
        if options["objects"]:
            return finalizers.judge_all(cluster, judged, self._task.now(), chosen)
        kept = {one.ref for one in chosen}
        found = finalizers.judge_all(cluster, judged, self._task.now())
        return tuple(one for one in found if one.ref in kept)

    def _require_rights(self, releasable: Sequence[Verdict]) -> None:
        wishes = [("patch", _collection(one.ref)) for one in releasable]
        wishes += [("delete", _collection(one.ref)) for one in finalizers.deletions(releasable)]
        rights.require(self._task.client, wishes, self._task.deadline)

    def _trying(
        self, batch: Callable[[Sequence[Verdict], Rereading], None],
        releasable: Sequence[Verdict], rereading: Rereading,
    ) -> None:
        """Do a batch up to the first object that is not what was judged."""
        try:
            batch(releasable, rereading)
        except Conflict as error:
            self._lost.append(str(error))

    def _predict(self, releasable: Sequence[Verdict], rereading: Rereading) -> None:
        """Ask the server; what has to be deleted first can be patched only after that."""
        for one in finalizers.deletions(releasable):
            self._delete(one, rereading)
        for one in releasable:
            steps = finalizer_rereading.patch_of(rereading.read(one.ref), one)
            if steps is not None:
                self._task.client.json_patch(
                    _object(one.ref), steps, self._task.deadline, dry_run=True
                )
            self._cleared.append(_entry(one, self._task.now()))

    def _write(self, releasable: Sequence[Verdict], rereading: Rereading) -> None:
        """Delete what was never told, then release, in order."""
        acts = [(self._delete, one) for one in finalizers.deletions(releasable)]
        acts += [(self._release, one) for one in releasable]
        for act, one in acts:
            if self._task.deadline.is_over() or rereading.is_old():
                return
            act(one, rereading)

    def _delete(self, verdict: Verdict, rereading: Rereading) -> None:
        rereading.check(verdict.ref)
        was_there = self._task.client.delete(
            _object(verdict.ref), self._task.deadline, uid=verdict.ref.uid,
            propagation="Background", dry_run=self._task.is_check,
        )
        if was_there:
            self._deleted.append(_entry(verdict, self._task.now()))

    def _release(self, verdict: Verdict, rereading: Rereading) -> None:
        raw = rereading.check(verdict.ref)
        if self._removal is not None:
            self._remove_at_github(rereading.judged(verdict.ref), verdict)
        steps = finalizers.json_patch(raw, verdict.finalizer)
        self._task.client.json_patch(_object(verdict.ref), steps, self._task.deadline)
        self._cleared.append({**_entry(verdict, self._task.now()), "event": self._events.released(verdict)})

    def _remove_at_github(self, obj: Object, verdict: Verdict) -> None:
        """Delete there what the finalizer was to see deleted."""
        if verdict.finalizer == REGISTRATION and isinstance(obj, Runner) and obj.runner_id:
            self._at_github.append(self._removal.runner(obj))
        elif isinstance(obj, ScaleSet) and obj.scale_set_id is not None:
            self._at_github.append(self._removal.scale_set(obj))

    def _result(self, verdicts: Sequence[Verdict]) -> Result:
        by = {decision: [one for one in verdicts if one.decision == decision]
              for decision in (finalizers.RELEASE, finalizers.HOLD, finalizers.UNKNOWN)}
        return {
            "changed": bool(self._cleared or self._deleted),
            "state": self._task.options["state"],
            "verdicts": [one.as_dict() for one in verdicts[:SHOWN]],
            "verdicts_not_shown": max(0, len(verdicts) - SHOWN),
            "counts": {decision: len(ones) for decision, ones in by.items()},
            "cleared": self._cleared[:SHOWN],
            "cleared_count": len(self._cleared),
            "deleted": self._deleted[:SHOWN],
            "deleted_at_github": self._at_github[:SHOWN],
            "held": [_said(one) for one in by[finalizers.HOLD][:SHOWN]],
            "unknown": [_said(one) for one in by[finalizers.UNKNOWN][:SHOWN]],
            "lost_races": self._lost[:SHOWN],
            "github_problems": self._evidence.problems(),
            "event_problems": self._events.problems(),
        }

    def _not_finished(self, releasable: Sequence[Verdict]) -> LifecycleError:
        names = [str(one.ref) for one in releasable]
        why = f"; last: {self._lost[-1]}" if self._lost else ""
        kind = DeadlineReached if self._task.deadline.is_over() else Conflict
        return kind(
            cluster=self._task.cluster.name,
            object=", ".join(names[:5]),
            cause=f"{len(self._cleared)} finalizers were released and {len(names)} more could "
            f"have been{why}",
            next_step="Run it again; if an object changes all the time, find out who writes it",
            details={"remaining": names[:100]},
        )


def _removal_of(task: Task) -> Optional[Any]:
    options = task.options
    if not options["delete_at_github"]:
        return None
    if options["github"] is None:
        raise BadInput(
            cluster="", object="option delete_at_github", cause="there are no credentials for it",
            next_step="Give github, or set delete_at_github to false",
        )
    # Cryptography and HTTP cost time, which only those pay who ask GitHub.
    from . import github_removal  # pylint: disable=import-outside-toplevel

    return github_removal.Removal(options["github"], task.deadline)


def _entry(verdict: Verdict, at: datetime) -> Dict[str, Any]:
    told = verdict.as_dict()
    kept = ("object", "finalizer", "code", "reason", "evidence", "effects")
    return {**{key: told[key] for key in kept}, "at": at.isoformat()}


def _said(verdict: Verdict) -> str:
    return f"{verdict.ref} {verdict.finalizer}: {verdict.reason}"


def _collection(ref: Ref) -> places.Place:
    return places.of_kind(ref.kind).at(ref.namespace)


def _object(ref: Ref) -> places.Place:
    return places.of_kind(ref.kind).at(ref.namespace, ref.name)
