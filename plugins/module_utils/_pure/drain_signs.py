# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which signs of a hang show on sets, listeners, runners and their pods?

Each judge looks at one cause and gives the signs it sees now; `drain_causes` says from when on a
sign is a cause.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import (
    AbstractSet, Any, Callable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple,
)  # fmt: skip

from . import listener_faults, releases
from .drain_leaving import Remains
from .drain_types import Options, SetKey, View
from .finalizer_verdicts import REGISTRATION
from .objects import Pod, Runner, ScaleSet
from .states import State

# A sign that concerns all sets.
EVERYTHING: SetKey = ("", "")
_LOST = ("NodeLost", "NodeShutdown")
_AT_WORK = (State.BUSY, State.UNKNOWN)
# A pod's end may be told so much later than its grace period is over.
_OVERDUE_AFTER_S = 15.0
# Of each set; what is remembered goes through the result of every slice.
_MOST_REMEMBERED = 200


class Look(NamedTuple):
    """What a judge sees. `left`: what remains of the sets that are not drained.

    `idle_before`: runners, in words, that had no job while a listener still told of jobs.
    """

    view: View
    left: Sequence[Remains]
    stages: Mapping[SetKey, str]
    options: Options
    now: datetime
    idle_before: AbstractSet[str] = frozenset()


class Sign(NamedTuple):
    """A cause as a judge sees it.

    `of`: the set concerned; (namespace, "") for all of a namespace, EVERYTHING for all sets.
    `at_once`: it needs no time to be sure of. `mark`: with another mark it is another sign.
    """

    id: str
    object: str
    reason: str
    of: SetKey
    at_once: bool = True
    mark: str = ""


Judge = Callable[[Look], Iterator[Sign]]


def is_going(left: Remains) -> bool:
    """True once the deletion of a set has begun."""
    if left.scale_set is None:
        return not left.came_back
    return left.scale_set.deleting_since is not None


def is_lost(pod: object) -> bool:
    """True if nobody reports on the pod any more."""
    if not isinstance(pod, Pod):
        return False
    return pod.node_is_silent or pod.reason in _LOST or pod.phase == "Unknown"


def is_ending(pod: object, now: datetime) -> bool:
    """True while a pod that is being deleted has time left to end."""
    return isinstance(pod, Pod) and pod.deleting_since is not None and not _is_overdue(pod, now)


def _is_overdue(pod: object, now: datetime) -> bool:
    """A pod's deletionTimestamp is the moment at which its grace period is over."""
    if not isinstance(pod, Pod) or pod.deleting_since is None:
        return False
    return now - pod.deleting_since >= timedelta(seconds=_OVERDUE_AFTER_S)


def trouble(pod: object, now: datetime) -> str:
    """Say what is wrong with a pod that should end or run, "" if nothing is."""
    if not isinstance(pod, Pod):
        return ""
    if is_lost(pod):
        return f"its pod's node {pod.node or ''} does not report any more".replace("  ", " ")
    if _is_overdue(pod, now):
        return f"its pod should have ended{f' on node {pod.node}' if pod.node else ''}"
    return ""


def _lingering(look: Look) -> Iterator[Sign]:
    """Idle and finished runners go in a second: GitHub is asked, then the object is deleted."""
    for left in look.left:
        if not is_going(left) or left.listeners:
            continue
        for runner in left.runners:
            is_at_github = runner.deleting_since is None or REGISTRATION in runner.finalizers
            if is_at_github and runner.state in (State.IDLE, State.FINISHED, State.FAILED):
                text = f"it is {runner.state.value}, and GitHub has not let it go"
                yield Sign(
                    "github-refuses", str(runner.ref), text, left.target.key, at_once=False
                )


def _unclear(look: Look) -> Iterator[Sign]:
    """Once its listener has gone nothing but GitHub can tell whether an idle runner took a job.

    If GitHub refuses everything, idle runners look like busy ones, and stay.
    """
    for left in look.left:
        if not is_going(left) or left.listeners:
            continue
        for runner in left.runners:
            is_unclear = runner.state is State.UNKNOWN and isinstance(runner.pod, Pod)
            if is_unclear and str(runner.ref) in look.idle_before and not is_lost(runner.pod):
                text = (
                    "it had no job when its listener went, and has not gone: it took one in that "
                    "moment, or GitHub refuses to let it go"
                )
                yield Sign(
                    "runner-unclear", str(runner.ref), text, left.target.key, at_once=False
                )


def idle_before(look: Look) -> Iterator[str]:
    """Give the runners that are to be remembered as idle, in words."""
    for left in look.left:
        for runner in left.runners[:_MOST_REMEMBERED]:
            is_idle = runner.state is State.IDLE and left.listeners
            if is_idle or (runner.state is State.UNKNOWN and str(runner.ref) in look.idle_before):
                yield str(runner.ref)


def _listeners(look: Look) -> Iterator[Sign]:
    for left in look.left:
        of = left.target.key
        for one in left.listeners:
            found = trouble(one.pod, look.now)
            if one.deleting_since is not None and found:
                yield Sign("listener-stuck", str(one.ref), found, of)
            elif one.deleting_since is None and look.stages.get(of) in (
                "listener", "settle-listener",
            ):  # fmt: skip
                watching = look.view.cluster.controllers_of(left.target.namespace)
                if listener_faults.is_left_alone(one, left.scale_set, watching):
                    id, text = "listener-orphaned", "no controller looks for it, and it takes jobs"
                else:
                    id = "listener-stays"
                    text = "its set changed or is being deleted, and it was not touched"
                yield Sign(id, str(one.ref), text, of, at_once=False)


def _runner_pods(look: Look) -> Iterator[Sign]:
    for left in look.left:
        for runner in left.runners:
            found = trouble(runner.pod, look.now)
            if found:
                yield Sign("runner-pod-stuck", str(runner.ref), found, left.target.key)


def _podless(look: Look) -> Iterator[Sign]:
    for left in look.left:
        going, of = is_going(left), left.target.key
        for runner in left.runners:
            if runner.pod is not None or runner.job_pods or runner.phase in releases.NOT_STARTED:
                continue
            if runner.state in _AT_WORK and (going or runner.job is not None):
                yield Sign(
                    "busy-without-pod", str(runner.ref), _held(runner, going), of, at_once=False
                )
            elif runner.is_zombie and not going:
                text = f"its phase is {runner.phase} and it has no pod ({runner.reason})"
                yield Sign("zombie", str(runner.ref), text, of, at_once=False)


def _held(runner: Runner, going: bool) -> str:
    if runner.state is State.BUSY:
        return "its pod has gone, and GitHub says that it runs a job"
    return f"its pod has gone, and {'GitHub does not let it go' if going else 'it had a job'}"


def _outdated(look: Look) -> Iterator[Sign]:
    for scale_set in sets(look):
        if scale_set.phase == "Outdated" and scale_set.deleting_since is None:
            text = "GitHub calls its runner image too old"
            yield Sign("outdated", str(scale_set.ref), text, key_of(scale_set))


def _held_at_github(look: Look) -> Iterator[Sign]:
    for left in look.left:
        scale_set = left.scale_set
        if scale_set is None or scale_set.deleting_since is None:
            continue
        # The controller takes the id off once the scale set has gone at GitHub.
        is_held = scale_set.scale_set_id is not None
        if is_held and not (left.listeners or left.runner_sets or left.runners):
            text = f"all of it has gone but scale set {scale_set.scale_set_id} at GitHub"
            yield Sign(
                "held-at-github", str(scale_set.ref), text, left.target.key, at_once=False
            )


def _came_back(look: Look) -> Iterator[Sign]:
    for left in look.left:
        if left.came_back:
            text = "another object of the same name is there: somebody made the set again"
            yield Sign("set-came-back", str(left.target), text, left.target.key)


def sets(look: Look) -> List[ScaleSet]:
    """Return the sets that are still there."""
    return [one.scale_set for one in look.left if one.scale_set is not None]


def key_of(scale_set: ScaleSet) -> SetKey:
    """Return namespace and name."""
    return (scale_set.ref.namespace, scale_set.ref.name)


JUDGES: Sequence[Judge] = (
    _lingering, _unclear, _listeners, _runner_pods, _podless, _outdated, _held_at_github,
    _came_back,
)  # fmt: skip


def silence(look: Look, left: Remains, versions: Mapping[str, str]) -> Optional[Tuple[str, ...]]:
    """Return how that stands which has to go next of a set; two looks that give the same saw no
    change. None if nothing has to go by itself now, or a pod has time left to end.

    `versions`: UID -> resource version of every object of the look.
    """
    waited = _next_to_go(left) if is_going(left) else ()
    pods = [one.pod for one in waited if isinstance(getattr(one, "pod", None), Pod)]
    if not waited or any(is_ending(pod, look.now) for pod in pods):
        return None
    return tuple(
        sorted(f"{one.ref.uid} {versions.get(one.ref.uid, '')}" for one in (*waited, *pods))
    )


def _next_to_go(left: Remains) -> Sequence[Any]:
    """Listeners, then runners without a job, then what is left; runners with a job hold that."""
    if left.listeners:
        return left.listeners
    jobless = tuple(one for one in left.runners if one.state not in _AT_WORK)
    if jobless or left.runners:
        return jobless
    return left.runner_sets or (() if left.scale_set is None else (left.scale_set,))
