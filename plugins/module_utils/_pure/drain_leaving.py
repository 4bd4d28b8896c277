# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a scale set is still there once its deletion has begun, and in which stage is it?

Everything counts that carries the set's name, also where its owner has gone already: a set is
drained when none of it is left, and never while one of its listeners lives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from . import reads, releases
from .drain_types import DRAINED, Holder, Options, Target
from .objects import Cluster, Helper, Listener, Pod, Ref, Runner, RunnerSet, ScaleSet
from .states import Counts, State

REASONS = {
    State.BUSY: "it runs a job",
    State.UNKNOWN: "whether it runs a job could not be told",
    State.PENDING: "it has not started",
    State.IDLE: "it has no job, the controller takes it away",
    State.FINISHED: "its job has ended, the controller takes it away",
    State.FAILED: "it failed, the controller takes it away",
}


@dataclass(frozen=True)
class Remains:
    """What is left of one target. `scale_set`: None once it has gone.

    `came_back`: another set of the same name is there; what belongs to it is not counted.
    """

    target: Target
    scale_set: Optional[ScaleSet]
    listeners: Tuple[Listener, ...] = ()
    runner_sets: Tuple[RunnerSet, ...] = ()
    runners: Tuple[Runner, ...] = ()
    helpers: Union[Tuple[Helper, ...], reads.Unread] = ()
    came_back: bool = False

    @property
    def counts(self) -> Counts:
        """How many of its runners are in each state."""
        return Counts.of(one.state for one in self.runners)


def remains(cluster: Cluster, target: Target, github: Mapping[str, str]) -> Remains:
    """Return what is left of a target. All parts but those of helpers must have been read."""
    found = [one for one in cluster.scale_sets if _key(one) == target.key]
    if found and target.uid in ("", found[0].ref.uid):
        (scale_set,) = found
        return Remains(
            target,
            scale_set,
            tuple(scale_set.listeners),
            tuple(scale_set.runner_sets),
            _told_by_github(scale_set.runners, github),
            _protected(scale_set.helpers),
        )
    if found:
        return Remains(target, None, came_back=True)
    return Remains(
        target,
        None,
        tuple(
            one
            for one in cluster.orphan_listeners
            if (one.scale_set_namespace, one.scale_set_name) == target.key
        ),
        tuple(one for one in cluster.orphan_runner_sets if _is_of(one, target)),
        _told_by_github(
            (
                one
                for one in cluster.orphan_runners
                if (one.ref.namespace, one.scale_set_name) == target.key
            ),
            github,
        ),
        _protected(cluster.stuck_helpers, target),
    )


def unknown_runners(
    cluster: Cluster, targets: Sequence[Target]
) -> Tuple[Tuple[str, str], ...]:
    """Return name and githubConfigUrl of the runners of which the cluster cannot tell enough."""
    keys = {one.key for one in targets}
    runners = [
        runner
        for one in reads.seen(cluster.scale_sets) if _key(one) in keys
        for runner in reads.seen(one.runners)
    ]
    runners += [
        one for one in reads.seen(cluster.orphan_runners)
        if (one.ref.namespace, one.scale_set_name) in keys
    ]
    return tuple(
        (one.ref.name, one.config_url)
        for one in runners if one.state is State.UNKNOWN and one.config_url
    )


def stage(left: Remains, options: Options) -> str:
    """Return the stage of a set that is being deleted or has gone."""
    if left.listeners:
        return "listener"
    if any(one.state not in (State.BUSY, State.UNKNOWN) for one in left.runners):
        return "idle"
    if left.runners:
        return "busy"
    if left.runner_sets:
        return "runner-sets"
    if left.scale_set is not None:
        return "set"
    if options.wait_for_helpers and (not reads.is_read(left.helpers) or left.helpers):
        return "helpers"
    return DRAINED


def holders(left: Remains, options: Options) -> List[Holder]:
    """Return everything a set still waits for, in the order in which it goes."""
    found = [
        Holder(one.ref, "listener", "it still takes jobs", one.deleting_since or one.created)
        for one in left.listeners
    ]
    found += [runner_holder(one) for one in left.runners]
    found += [
        Holder(one.ref, "runner-set", "its runners have to go first", one.deleting_since)
        for one in left.runner_sets
    ]
    if left.scale_set is not None:
        found.append(Holder(
            left.scale_set.ref, "scale-set", "what belongs to it has to go first",
            left.scale_set.deleting_since,
        ))  # fmt: skip
    if options.wait_for_helpers and isinstance(left.helpers, reads.Unread):
        ref = Ref("Helper", left.target.namespace, left.target.name)
        found.append(Holder(ref, "unknown", f"not read: {left.helpers.reason}"))
    elif options.wait_for_helpers:
        found += [
            Holder(one.ref, "helper", f"it still has {releases.CLEANUP_PROTECTION}",
                   one.deleting_since)
            for one in left.helpers
        ]  # fmt: skip
    return found


def holders_of_pause(left: Remains) -> List[Holder]:
    """Return what a set that stays still waits for: its runners, else the set itself."""
    found = [runner_holder(one) for one in left.runners]
    if not found and left.scale_set is not None:
        text = "its limits or its listener are on their way"
        found.append(Holder(left.scale_set.ref, "scale-set", text))
    return found


def runner_holder(runner: Runner) -> Holder:
    """Return a runner as a holder; it has been at it since its pod's container started."""
    pod = runner.pod if isinstance(runner.pod, Pod) else None
    since = pod.started_at if pod is not None and pod.started_at else runner.created
    return Holder(runner.ref, runner.state.value, REASONS[runner.state], since, runner.job)


def _told_by_github(
    runners: Iterable[Runner], github: Mapping[str, str]
) -> Tuple[Runner, ...]:
    """Let GitHub settle what the cluster cannot tell; it never makes a busy runner idle."""
    told = {"busy": State.BUSY, "idle": State.IDLE, "gone": State.FINISHED}
    return tuple(
        replace(one, state=told.get(github.get(one.ref.name, ""), one.state))
        if one.state is State.UNKNOWN
        else one
        for one in runners
    )


def _protected(helpers: Any, of: Optional[Target] = None) -> Any:
    if isinstance(helpers, reads.Unread):
        return helpers
    return tuple(
        one
        for one in helpers
        if releases.CLEANUP_PROTECTION in one.finalizers
        and (of is None or (one.scale_set_namespace, one.scale_set_name) == of.key)
    )


def _is_of(runner_set: RunnerSet, target: Target) -> bool:
    """A set that was gone before we looked has no UID here; ARC names runner sets after it."""
    if target.uid:
        return runner_set.owner_uid == target.uid
    ref = runner_set.ref
    return ref.namespace == target.namespace and ref.name.rpartition("-")[0] == target.name


def _key(scale_set: ScaleSet) -> Tuple[str, str]:
    return (scale_set.ref.namespace, scale_set.ref.name)
