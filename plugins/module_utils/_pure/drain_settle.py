# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the jobs that were assigned to a scale set got their runners, and how do we get there?

A job that was assigned and has no runner when the set is deleted is stranded until the set's
last running job ends. ARC's own strategy `eventual` avoids it: after a change of the limits the
listener goes and stays away while runners are pending or running, so no new job comes, and the
controller still brings up the runners that are wanted. Seen on 0.9.0 to 0.14.2.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, Optional, Tuple

from . import drain_patches, gitops, reads, releases
from .drain_counts import assigned_waiting
from .drain_types import ALWAYS, NEVER, Act, Options, Settled, View
from .objects import Cluster, Controller, Pod, Runner, ScaleSet
from .states import State

EVENTUAL = "eventual"
GITOPS = ("argocd", "flux")
_GONE_OR_LOST = (State.FINISHED, State.FAILED)
# So long after the last runner had time to begin a job none has come, so none will.
STILL_S = 15.0


class Step(NamedTuple):
    """How far the settling of a set is. `stage`: None when nothing is left to settle."""

    stage: Optional[str]
    acts: Tuple[Act, ...] = ()
    note: str = ""


def is_needed(scale_set: ScaleSet, options: Options) -> bool:
    """True if the set must settle before it is deleted.

    Where nothing runs, is on its way or is wanted, there is nothing to settle.
    """
    if options.settle == NEVER:
        return False
    if options.settle == ALWAYS:
        return True
    return _may_run(scale_set) or assigned_waiting(scale_set).waiting != 0


def obstacle(scale_set: ScaleSet, cluster: Cluster, options: Options) -> str:
    """Return why the set cannot settle, "" if it can."""
    if options.rights_missing:
        return "the right to " + " and to ".join(options.rights_missing) + " is missing"
    controllers = cluster.controllers_of(scale_set.ref.namespace)
    if len(controllers) != 1:
        return f"{len(controllers)} controllers watch namespace {scale_set.ref.namespace}"
    (controller,) = controllers
    known = releases.nearest(controller.release)
    if known is None or not known.has_update_strategy:
        return f"{controller.ref} of release {controller.release} has no update strategy"
    if options.gitops_suspended:
        return ""
    found = options.gitops_controllers.get((controller.ref.namespace, controller.ref.name))
    if found is not None and found.state != gitops.SUSPENDED:
        return f"{controller.ref} belongs to {found.owner}, which would set it back"
    if found is None and controller.managed_by in GITOPS:
        return f"{controller.ref} belongs to {controller.managed_by}, which would set it back"
    return ""


def settle(
    measured: ScaleSet, scale_set: ScaleSet, view: View, options: Options,
    settled: Optional[Settled], since: Optional[datetime], now: datetime,
) -> Step:
    """Return the stage, what to do now, and what to tell the user.

    `settled`, `since`: from the memory of this run. The set is not being deleted, and all parts
    were read. `measured`: the set with its limits of before (`drain_patches.as_before`).
    """
    if not is_needed(scale_set, options):
        return Step(None, note="nothing ran, so there was nothing to settle")
    touched = drain_patches.touched_limits(view, scale_set)
    if touched is not None and touched.is_pause and scale_set.listeners:
        if not any(one.ref.uid in touched.listeners for one in scale_set.listeners):
            return Step(None, note="it was paused before, and takes no jobs")
    why_not = obstacle(scale_set, view.cluster, options)
    if why_not:
        return Step(None, note=unsettled(measured, why_not))
    if since is not None and now - since >= timedelta(seconds=options.settle_timeout_s):
        return Step(None, note=unsettled(measured, "the time for settling is over"))
    (controller,) = view.cluster.controllers_of(scale_set.ref.namespace)
    if controller.update_strategy != EVENTUAL:
        act = drain_patches.switch(controller, view)
        if act is None:
            return Step(None, note=unsettled(measured, f"{controller.ref} takes no arguments"))
        return Step("settle-controller", (act,))
    if not is_rolled_out(controller, view.cluster):
        return Step("settle-controller")
    return _after_switch(scale_set, view, options, settled, now)


def is_rolled_out(controller: Controller, cluster: Cluster) -> bool:
    """True if no manager of before the switch is left: it would make the listener anew."""
    if isinstance(controller.pods, reads.Unread) or not controller.is_ready:
        return False
    alive = [pod for pod in controller.pods if not pod.has_ended]
    return (
        len(alive) == controller.desired
        and all(pod.deleting_since is None and not pod.is_over for pod in alive)
        and not any(
            pod.ref.namespace == controller.ref.namespace and not pod.has_ended
            for pod in cluster.stray_controller_pods
        )
    )


def observe(
    scale_set: ScaleSet, known: Optional[Settled], options: Options, now: datetime
) -> Settled:
    """Return what the set is measured by, after one more look without a listener."""
    if known is None:
        known = Settled(now, most_waiting(scale_set))
    alive = [one for one in scale_set.runners if one.state not in _GONE_OR_LOST]
    there = frozenset(one.ref.uid for one in alive)
    lost = {one.ref.uid for one in scale_set.runners if one.state is State.FAILED}
    jobless = [one for one in alive if one.job is None]
    up = {one.ref.uid for one in jobless if is_up(one, options, now)}
    is_still = there == known.there and all(
        one.job is not None or one.ref.uid in up for one in alive
    )
    return replace(
        known,
        up=known.up | up | (known.seen - there - lost),
        seen=known.seen | frozenset(one.ref.uid for one in jobless),
        there=there,
        still_since=(known.still_since or now) if is_still else None,
    )  # fmt: skip


def most_waiting(scale_set: ScaleSet) -> int:
    """Return the most jobs that can be waiting. At the limit the idle runners may be jobs too.

    Where the listener has counted a job's end already, its runner, which is still on its way out,
    would hide one that waits: but the runner made for that one shows it.
    """
    waiting = assigned_waiting(scale_set)
    number = waiting.waiting or 0
    if waiting.at_least:
        number += scale_set.min_runners
    pending = sum(one.state is State.PENDING for one in scale_set.runners)
    return max(number, pending - scale_set.min_runners)


def is_up(runner: Runner, options: Options, now: datetime) -> bool:
    """True if a job that waited for this runner must have started by now.

    Nobody writes job fields once the listener has gone, so the proof is the runner itself: a
    pod that runs, registered, for long enough to have been handed a job.
    """
    pod = runner.pod
    if not isinstance(pod, Pod) or not pod.is_running or pod.deleting_since is not None:
        return False
    if runner.deleting_since is not None or runner.runner_id is None or pod.started_at is None:
        return False
    return pod.ready and now - pod.started_at >= timedelta(seconds=options.grace_s)


def has_started(
    scale_set: ScaleSet, settled: Optional[Settled], options: Options, now: datetime
) -> bool:
    """True if every assigned job has its runner, or no more runners come.

    Enough came up, or all that are wanted are, or it is still: from 0.9.1 on a runner set makes
    no other for one that ended until its listener asks for it (patchID).
    """
    if settled is not None and (len(settled.up) >= settled.waiting or is_still(
            settled, options, now)):
        return True
    alive = scale_set.live_runner_set
    if alive is None:
        return True
    up = sum(
        1
        for one in scale_set.runners
        if one.owner_uid == alive.ref.uid
        and one.state not in _GONE_OR_LOST
        and is_up(one, options, now)
    )
    return up >= alive.replicas


def is_still(settled: Settled, options: Options, now: datetime) -> bool:
    """True if for long no runner has come, and none is on its way."""
    patience = timedelta(seconds=options.grace_s + STILL_S)
    return settled.still_since is not None and now - settled.still_since >= patience


def _note(settled: Optional[Settled], options: Options, now: datetime) -> str:
    missing = settled.waiting - len(settled.up) if settled else 0
    if settled is None or missing <= 0 or not is_still(settled, options, now):
        return "every assigned job has its runner"
    return f"no more runners come: {missing} assigned jobs may wait until the set has gone"


def _after_switch(
    scale_set: ScaleSet, view: View, options: Options, settled: Optional[Settled], now: datetime
) -> Step:
    touched = drain_patches.touched_limits(view, scale_set)
    if scale_set.listeners:
        if touched is None:
            return Step("settle-limits", (drain_patches.touch(scale_set, view),))
        if all(one.ref.uid in touched.listeners for one in scale_set.listeners):
            return Step("settle-listener")
        # `eventual` makes it anew only when nothing runs or is pending any more. One that came
        # back before this run may have taken jobs since.
        if settled is not None or not _may_run(scale_set):
            return Step(None, note="every assigned job had ended: the listener came back")
        return Step("settle-limits", (drain_patches.touch(scale_set, view),))
    if has_started(scale_set, settled, options, now):
        return Step(None, note=_note(settled, options, now))
    return Step("settle-assigned")


def _may_run(scale_set: ScaleSet) -> bool:
    return any(
        one.state in (State.BUSY, State.PENDING, State.UNKNOWN) for one in scale_set.runners
    )


def unsettled(scale_set: ScaleSet, why: str) -> str:
    """Say why a set does not settle, how many jobs wait, and behind which running ones."""
    waiting = assigned_waiting(scale_set)
    text = f"not settled, as {why}"
    if waiting.waiting == 0 and not waiting.at_least:
        return text
    busy = sorted(one.ref.name for one in scale_set.runners if one.state is State.BUSY)
    behind = f", behind the jobs of {', '.join(busy[:5])}" if busy else ""
    return f"{text}: {waiting} assigned jobs wait until the set has gone{behind}"
