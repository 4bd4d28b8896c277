# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How scale sets are drained: what `_pure.drain` decides is done, and waited for.

Nothing is written before the selection is clear, a controller is there that will release what is
deleted, and the rights are known; nothing after the deadline.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._pure import (
    drain, drain_copy, drain_leaving, drain_memory, drain_patches, drain_peers, drain_report, drain_request,
    drain_resume, reads,
)  # fmt: skip
from .._pure.drain_types import Act, Decision, Target, View
from .._pure.errors import Conflict, DeadlineReached, Refused, Stuck
from .._pure.gitops import Verdict
from .._pure.objects import ScaleSet
from . import drain_writes, gitops_reading, rounds
from .deadline import Deadline
from .github import Evidence
from .peer_watch import PeerWatch
from .rounds import Round
from .task import Result, Task

Verdicts = Mapping[Tuple[str, str], Verdict]

# How long a look stands where no watch would tell of a change, in seconds.
_BLIND_S = 5.0
_HELPERS_S = 2.0
# How long it may take to take back what can be taken back, once the time is over.
_UNDO_S = 30.0
# These pass by themselves: to wait for that is no waste.
_PASSING = ("unread", "version-gate", "controller-not-ready")


def drain_sets(task: Task) -> Result:
    """Drain as the options say. Raises BadInput, Refused, ReadFailed, DeadlineReached, Stuck."""
    view = rounds.look(task)
    rounds.require_seen(task, view)
    draining = _Draining(task, view)
    if not draining.story.targets:
        return draining.result(finished=True)
    draining.judge(view, task.now())
    draining.require_may_begin(view)
    draining.peers.require(view, draining.live(view), draining.selected(view))
    if task.is_check:
        return draining.predict(view)
    task.memory = draining.memory
    spaces = {one.namespace for one in draining.story.targets}
    finished = rounds.go(
        task, view, spaces, draining.judge, draining.do, draining.story.told
    )
    if finished or not task.deadline.is_over() or task.options["on_deadline"] == "report":
        return draining.result(finished)
    options = task.options
    is_taken_back = options["on_deadline"] == "resume" and options["mode"] != drain.WAIT_ONLY
    left = draining.take_back() if is_taken_back else None
    raise draining.too_late(left)


class _Draining:
    def __init__(self, task: Task, view: View) -> None:
        self._task = task
        memory = task.options["memory"]
        self.story = (
            drain_memory.from_plain(memory) if memory
            else drain_request.begin(view, task.options, task.now())
        )
        self._evidence = Evidence(
            task.options["github"], task.deadline, memory=memory.get("github")
        )
        self.peers = PeerWatch(task, memory.get("peers") or {})
        self.peers.look(view)
        self._gitops = _owners(task, view)
        self._view = view
        self._decision: Optional[Decision] = None
        self._diff: List[Dict[str, Any]] = []
        if not memory and self.story.targets and task.options["mode"] != drain.WAIT_ONLY:
            self._learn_rights(view)

    def judge(self, view: View, now: datetime) -> Round:
        """Decide what to do now, and keep it for the result."""
        asked = drain_leaving.unknown_runners(view.cluster, self.story.targets)
        self._view = view = replace(view, github=self._evidence.of(asked))
        decision = drain.decide(view, self._options(now), self.story.timers, now)
        self.story = self.story.seen(view, decision, now)
        self._decision = decision
        self._task.partial.update(self._known(decision.finished))
        if self._task.options["fail_fast"]:
            self._require_goes_on(decision)
        valid_s = {"unknown": _BLIND_S, "helpers": _HELPERS_S}.get(decision.stage)
        return Round(decision.finished, decision.acts, self._told(), valid_s)

    def do(self, act: Act) -> None:
        """Make one write; the result says so even if the next one fails."""
        self.peers.require_still(self._view, act)
        drain_writes.write(self._task, act)
        self.story = self.story.did(act, self._task.now())
        self._diff.append(drain_report.difference(act))
        self._task.partial.update(self._known(finished=False))

    def predict(self, view: View) -> Result:
        """Try on the server what a run would do, the deletion behind a settling included."""
        for act in self._expected(view):
            drain_writes.write(self._task, act)
            self.story = self.story.did(act, self._task.now(), predicted=True)
            self._diff.append(drain_report.difference(act))
        return self.result(finished=self._decided().finished)

    def require_may_begin(self, view: View) -> None:
        """Raise Refused where a set must not be drained; nothing has been written then."""
        refused = self._decided().refused or self._unreleased(view)
        if refused and not self.story.acts:
            raise Refused(
                cluster=self._task.cluster.name,
                object=refused[0].object,
                cause="; ".join(f"{one.object}: {one.reason}" for one in refused),
                next_step=refused[0].remedy,
                details={"refused": [one.as_dict() for one in refused]},
            )

    def take_back(self) -> Tuple[str, ...]:
        """Undo what can be undone; returns what stays, and why. Nothing is waited for."""
        # The task's own time is over; a write that was begun must not hang for ever either.
        spare = self._task.with_deadline(Deadline(_UNDO_S))
        view = rounds.look(spare)
        acts, left = drain_resume.undo(view, [one.key for one in self.story.targets])
        for act in acts:
            try:
                drain_writes.write(spare, act)
            except Conflict as error:
                left += (f"{act.ref}: {error.cause}",)
                continue
            self.story = self.story.did(act, self._task.now())
            self._diff.append(drain_report.difference(act))
        self._task.partial.update(self._known(finished=False))
        return left

    def too_late(self, left: Optional[Tuple[str, ...]] = None) -> DeadlineReached:
        """Say who still holds. `left`: what was not taken back, None where that was not asked."""
        decision, story = self._decided(), self.story
        holders = [one.as_dict() for one in decision.holders]
        names = [f"{one.ref} ({one.reason})" for one in decision.holders[:5]]
        more = f" and {len(holders) - 5} more" if len(holders) > 5 else ""
        waited = (self._task.now() - story.begun).total_seconds()
        causes = "".join(f"; {one.object}: {one.reason}" for one in decision.causes[:3])
        return DeadlineReached(
            cluster=self._task.cluster.name,
            object=", ".join(
                str(one.target) for one in decision.sets if one.stage != "drained"
            ),
            cause=f"after {waited:.0f} s it still waits for {', '.join(names)}{more}{causes}",
            next_step=_after_deadline(left),
            details={
                "remaining": holders[:drain_report.MOST_HOLDERS],
                **({} if left is None else {"not_taken_back": list(left)}),
            },
        )

    def _require_goes_on(self, decision: Decision) -> None:
        found = [one for one in decision.causes if one.id not in _PASSING]
        if found:
            raise Stuck(
                cluster=self._task.cluster.name,
                object=found[0].object,
                cause="; ".join(f"{one.object}: {one.reason}" for one in found[:5]),
                next_step=f"{found[0].remedy}. Then run it again: it goes on where it stopped",
                details={"causes": [one.as_dict() for one in found]},
            )

    def result(self, finished: bool) -> Result:
        """Return the result as it stands now."""
        result = self._known(finished)
        options = self._task.options
        # After the deadline no slice follows; only with `report` that is not a failure.
        is_last = options["on_deadline"] == "report" and self._task.deadline.is_over()
        if options["slice"] and not finished and not is_last:
            result["memory"] = self.memory()
        return result

    def memory(self) -> Dict[str, Any]:
        """Return what the next slice needs to go on."""
        return {
            **drain_memory.to_plain(replace(self.story, told=self._told())),
            "github": self._evidence.memory(), "peers": drain_peers.to_plain(self.peers.state),
        }

    def _known(self, finished: bool) -> Result:
        """What stands in the result of a failure too."""
        result = drain_report.result(self.story, self._decision, finished)
        result["github_problems"] = self._evidence.problems()
        result["peers_lost"] = [one.as_dict() for one in self.peers.state.losses]
        result["line"] += self.peers.state.words(self._task.now())
        if self._task.is_diff and self._diff:
            result["diff"] = list(self._diff)
        return result

    def _told(self) -> str:
        """Differs once there is something new to say."""
        if self._decision is None:
            return ""
        return f"{drain_report.told(self._decision)}|{self.peers.state.told()}"

    def live(self, view: View) -> List[ScaleSet]:
        """Return the selected sets that are about to stop."""
        return _live(view, self.story.targets)

    def selected(self, view: View) -> List[ScaleSet]:
        """Return the selected sets that are there, going ones among them."""
        return _there(view, self.story.targets)

    def _decided(self) -> Decision:
        if self._decision is None:
            raise ValueError("nothing was judged yet")
        return self._decision

    def _options(self, now: datetime) -> drain.Options:
        options = self._task.options
        return drain.Options(
            targets=self.story.targets,
            mode=options["mode"],
            settle=options["settle"],
            settle_timeout_s=options["settle_timeout"],
            grace_s=options["grace"],
            gitops_suspended=options["gitops_suspended"],
            gitops=self._gitops[0],
            gitops_controllers=self._gitops[1],
            rights_missing=self.story.rights_missing,
            wait_for_helpers=options["wait_for_helpers"],
            keep_copy=options["keep_copy"],
            # By the monotonic clock: a time jump on this machine neither ends nor prolongs it.
            deadline=None if self._task.is_endless
            else now + timedelta(seconds=self._task.deadline.remaining_s()),
        )

    def _expected(self, view: View) -> Tuple[Act, ...]:
        acts, mode = self._decided().acts, self._task.options["mode"]
        done = {act.ref.uid for act in acts if act.verb == "delete" or mode == drain.PAUSE}
        later = [one for one in _live(view, self.story.targets) if one.ref.uid not in done]
        if mode == drain.WAIT_ONLY:
            return acts
        if mode == drain.PAUSE:
            fresh = [one for one in later if drain_patches.touched_limits(view, one) is None]
            return (*acts, *(drain_patches.pause(one, view) for one in fresh))
        for one in later:
            if self._task.options["keep_copy"]:
                acts += (drain_copy.store(one, view),)
            acts += (drain.deletion(one, drain.assigned_waiting(one), "after it has settled"),)
        return acts

    def _unreleased(self, view: View) -> Tuple[drain.Cause, ...]:
        """A set that nobody would release is not deleted, and its listener would work on."""
        if self._task.options["mode"] == drain.WAIT_ONLY:
            return ()
        alive = {one.ref.namespace for one in _live(view, self.story.targets)}
        return tuple(
            one for one in self._decided().causes
            if one.id == "controller-absent" and one.object.partition(" ")[2] in alive
        )

    def _learn_rights(self, view: View) -> None:
        """What the aim needs is a must; without the right to settle the drain says so."""
        spaces = sorted({one.ref.namespace for one in _live(view, self.story.targets)})
        missing = drain_writes.learn_rights(
            self._task, view, spaces, self._task.options["mode"]
        )
        self.story = replace(self.story, rights_missing=missing)


def _owners(task: Task, view: View) -> Tuple[Verdicts, Verdicts]:
    """What Argo CD and Flux have in hand; nobody is asked where it does not matter."""
    options = task.options
    if options["mode"] == drain.WAIT_ONLY or options["gitops_suspended"]:
        return {}, {}
    sets, controllers = (
        gitops_reading.verdicts(
            task.client, task.deadline, reads.seen(view.snapshot.read(part)), kind
        )
        for part, kind in (("autoscalingrunnersets", "AutoscalingRunnerSet"),
                           ("deployments", "Deployment"))
    )
    return sets, controllers


def _after_deadline(left: Optional[Tuple[str, ...]]) -> str:
    if left is None:
        return ("Nothing more was changed. Run it again, with a longer timeout if a job needs it:"
                " it goes on where it stopped")
    if left:
        return f"What could be taken back was. Not so: {'; '.join(left)}"
    return "What was changed is taken back: the sets take jobs again"


def _live(view: View, targets: Tuple[Target, ...]) -> List[ScaleSet]:
    return [one for one in _there(view, targets) if one.deleting_since is None]


def _there(view: View, targets: Tuple[Target, ...]) -> List[ScaleSet]:
    uids = {one.uid for one in targets if one.uid}
    return [one for one in reads.seen(view.cluster.scale_sets) if one.ref.uid in uids]
