# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What forbids to release a finalizer? One small judge for each reason, in order.

A judge returns the code of a reason with its detail, or None if it has nothing against it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, Optional, Tuple

from . import read_objects, reads, releases
from .finalizer_verdicts import HOLD, REGISTRATION, UNKNOWN, Case
from .objects import Controller, Helper, Listener, Pod, Runner, RunnerSet, ScaleSet
from .states import State

RUNNER_SET_NEW = "ephemeralrunnerset.actions.github.com/finalizer"
RUNNER_SET_OLD = "ephemeralrunner.actions.github.com/finalizer"
# A lease is renewed every few seconds; its own duration is 15 s (leader election defaults).
LEASE_ALIVE = timedelta(seconds=60)

_ALWAYS = ("autoscalingrunnersets", "deployments", "pods")
NEEDED = {
    "EphemeralRunner": _ALWAYS,
    "EphemeralRunnerSet": (*_ALWAYS, "ephemeralrunners"),
    "AutoscalingListener": (*_ALWAYS, "ephemeralrunners"),
    "AutoscalingRunnerSet": (
        *_ALWAYS, "autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners",
    ),
    "helper": (*_ALWAYS, "ephemeralrunnersets", "ephemeralrunners"),
}  # fmt: skip


class Against(NamedTuple):
    """A reason not to release. `code`: key of finalizer_verdicts.REASONS."""

    decision: str
    code: str
    detail: str = ""


def allowed(case: Case) -> Optional[Against]:
    """Only ARC's finalizers, and only where ARC puts them."""
    if case.obj.ref.kind not in releases.FINALIZERS.get(case.finalizer, ()):
        return Against(HOLD, "foreign-finalizer", case.finalizer)
    if case.finalizer not in case.obj.finalizers:
        return Against(HOLD, "not-there")
    return None


def needed(case: Case) -> Optional[Against]:
    """What was not read proves nothing."""
    kind = "helper" if isinstance(case.obj, Helper) else case.obj.ref.kind
    gaps = [one for one in case.cluster.unread if one.part in NEEDED[kind]]
    if isinstance(case.options.leases, reads.Unread):
        gaps.append(case.options.leases)
    if not gaps:
        return None
    told = (f"{one.part or 'leases'} ({one.missing_right or one.reason})" for one in gaps)
    return Against(UNKNOWN, "unread", ", ".join(told))


def being_deleted(case: Case, now: datetime) -> Optional[Against]:
    """The object, or the set it belongs to, has been going for longer than the grace."""
    since = deleted_since(case)
    if since is None:
        return Against(HOLD, "not-deleted")
    age = (now - since).total_seconds()
    if age < case.options.grace_s:
        return Against(HOLD, "grace", f"{int(age)} s ago")
    return None


def deleted_since(case: Case) -> Optional[datetime]:
    """Return since when the object is to go.

    Where the controller went first, what is beneath a deleted set was never told. A set that
    has gone altogether left no time: then what it left is as old as itself.
    """
    obj = case.obj
    if obj.deleting_since is not None or isinstance(obj, (ScaleSet, Helper)):
        return obj.deleting_since
    if case.scale_set is not None:
        return case.scale_set.deleting_since
    return obj.created


def nobody_at_work(case: Case, now: datetime) -> Optional[Against]:
    """The one who should release it is gone, or demonstrably unable to."""
    if isinstance(case.obj, Helper) and case.scale_set is None:
        # Helpers are released by way of the set's annotations: without the set, by nobody.
        return None
    found = watching(case)
    for controller in found:
        if _is_at_work(controller) and _serves(controller, case):
            poisoned = _poisoned(case, controller)
            if poisoned:
                return Against(HOLD, "runner-undecodable", str(poisoned.ref))
            if not _is_unable(case, now):
                return Against(HOLD, "controller-at-work", str(controller.ref))
    strays = [one for one in case.cluster.stray_controller_pods if one.is_running]
    if strays:
        return Against(HOLD, "manager-alive", str(strays[0].ref))
    if found:
        # Its own lease tells no more than its Deployment does.
        return None
    return _leader(case, now)


def no_job_beneath(case: Case) -> Optional[Against]:
    """No busy runner dies by our hand, and unknown is not idle."""
    if isinstance(case.obj, Runner):
        return _own_job(case, case.obj)
    for runner in case.kin.beneath(case.obj):
        state = _state(case, runner)
        if state is State.BUSY:
            return Against(HOLD, "busy-beneath", str(runner.ref))
        if state is State.UNKNOWN:
            return Against(UNKNOWN, "may-be-busy-beneath", str(runner.ref))
    return None


def children_gone(case: Case) -> Optional[Against]:
    """What is beneath it goes first."""
    left = list(case.kin.children(case.obj))
    if not left:
        return None
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    return Against(HOLD, "children-first", f"{left[0].ref}{more}")


def unregistered(case: Case) -> Optional[Against]:
    """A runner that GitHub knows is left behind only if the caller accepts it by name."""
    if case.finalizer != REGISTRATION or not isinstance(case.obj, Runner):
        return None
    runner = case.obj
    if runner.runner_id is None or case.options.github.get(runner.ref.name) in ("idle", "gone"):
        return None
    if f"{runner.ref.namespace}/{runner.ref.name}" in case.options.accept_orphans:
        return None
    return Against(UNKNOWN, "registration", f"runner id {runner.runner_id}")


def unused(case: Case) -> Optional[Against]:
    """A helper is released when no set refers to it and no runner uses it."""
    if not isinstance(case.obj, Helper):
        return None
    ref = case.obj.ref
    scale_set = case.kin.set_naming(ref)
    if scale_set is not None:
        return Against(HOLD, "set-refers-to-it", str(scale_set.ref))
    user = case.kin.user_of_account(ref) if ref.kind == "ServiceAccount" else None
    return Against(HOLD, "account-in-use", str(user.ref)) if user is not None else None


def _own_job(case: Case, runner: Runner) -> Optional[Against]:
    state = _state(case, runner)
    if state is State.BUSY:
        return Against(HOLD, "busy", runner.job.repository if runner.job else "")
    if state is State.UNKNOWN:
        return Against(UNKNOWN, "may-be-busy")
    pod = runner.pod
    # GitHub may hand a job to an idle runner at any moment; its pod dies with the object.
    is_alive = isinstance(pod, Pod) and not pod.is_over
    if is_alive and case.options.github.get(runner.ref.name) not in ("idle", "gone"):
        return Against(UNKNOWN, "may-be-busy", "its pod is alive")
    return None


def _state(case: Case, runner: Runner) -> State:
    """GitHub settles what is unknown, and what it calls busy is busy."""
    said = case.options.github.get(runner.ref.name)
    if said == "busy":
        return State.BUSY
    if runner.state is State.UNKNOWN and said in ("idle", "gone"):
        return State.IDLE
    return runner.state


def watching(case: Case) -> Tuple[Controller, ...]:
    namespace = case.obj.ref.namespace
    if isinstance(case.obj, Listener):
        # A listener lives beside the controller and is served by the one that serves its set.
        namespace = case.obj.scale_set_namespace or namespace
    return case.cluster.controllers_of(namespace)


def _is_at_work(controller: Controller) -> bool:
    """No release before 0.14.2 has a probe: a manager that runs may act, ready or not."""
    running = any(one.is_running for one in controller.pods)
    return running or (controller.desired > 0 and controller.ready > 0)


def _serves(controller: Controller, case: Case) -> bool:
    """After 0.14.2 the runner set's finalizer has a name of its own; neither side takes the
    other's away."""
    if not isinstance(case.obj, RunnerSet):
        return True
    is_known = releases.is_known(controller.release)
    return case.finalizer == (RUNNER_SET_OLD if is_known else RUNNER_SET_NEW)


def _is_unable(case: Case, now: datetime) -> bool:
    since = deleted_since(case)
    if since is None or (now - since).total_seconds() < case.options.unable_after_s:
        return False
    if isinstance(case.obj, Runner) and case.obj.pod is None:
        # GitHub answers JobStillRunning for ever where the pod died in a job (#4585).
        return True
    secret = case.scale_set.github_secret if case.scale_set is not None else ""
    return (case.obj.ref.namespace, secret) in case.options.missing_secrets


def _poisoned(case: Case, controller: Controller) -> Optional[Runner]:
    known = releases.nearest(controller.release)
    if known is None or known.failures_type != "date-time":
        return None
    return case.kin.poisoned


def _leader(case: Case, now: datetime) -> Optional[Against]:
    # Of a controller that is there it is known what it watches: not this. The chart names both alike.
    known = {(one.ref.namespace, one.ref.name) for one in case.cluster.controllers}
    for lease in case.options.leases:
        meta = lease["metadata"]
        if (meta.get("namespace", ""), meta["name"]) in known:
            continue
        renewed = read_objects.read_time((lease.get("spec") or {}).get("renewTime"))
        name = meta["name"]
        if "gha-rs-controller" in name and renewed is not None and now - renewed < LEASE_ALIVE:
            return Against(HOLD, "leader-alive", name)
    return None
