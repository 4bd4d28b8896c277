# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why does a drain not go on, although nothing legitimate holds it?

Each judge looks at one known cause; none needs an event or a log, so that it is told within a
minute. A state that may be a passing one is told only after it has lasted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from . import reads, releases
from .drain_leaving import Remains
from .drain_types import Cause, Memory, Options, View
from .objects import Controller, Pod, ScaleSet
from .states import State

# Id -> remedy.
REMEDIES: Mapping[str, str] = {
    "unread": "Grant the right or mend the connection; nothing is concluded until then",
    "controller-absent": "Install the controller of the set's release again: it goes on by itself",
    "controller-not-ready": "Mend the controller's Deployment: without it nothing is released",
    "controllers-several": "Remove all but one of the controllers that watch this namespace",
    "version-gate": "Nothing to do for a drain: the controller deletes this set by itself",
    "runner-undecodable": (
        "Patch the runner's status: failures to null; then the controller works again"
    ),
    "credentials-missing": "Put the Secret back: every runner is removed at GitHub with it",
    "github-refuses": (
        "Read the controller's log for errors of GitHub: credentials, network, proxy or TLS"
    ),
    "listener-stuck": (
        "If its node is lost, delete the pod with grace period 0 once the node is proven dead"
    ),
    "listener-stays": "Look at the controller's log: it has not seen the changed limits",
    "runner-pod-stuck": (
        "If its node is lost, delete the pod with grace period 0 once the node is proven dead"
    ),
    "busy-without-pod": (
        "GitHub counts a job on a runner whose pod has gone: cancel the job there, or release "
        "the runner with arc_finalizer_clear"
    ),
    "zombie": "Delete the runner: it holds a slot and runs nothing",
    "outdated": "Give the set a newer runner image, or delete it: no job starts on it any more",
    "held-at-github": (
        "Read the controller's log: jobs of another cluster with the same runner group hold the "
        "scale set, or GitHub knows it no more (then remove the annotation runner-scale-set-id)"
    ),
    "helper-left": "Release it with arc_finalizer_clear: the set that would do it has gone",
    "set-came-back": "Suspend who makes it again (Argo CD, Flux, another run), then drain again",
    "gitops": "Suspend self-heal for this set and say so (gitops_suspended)",
}
_LOST = ("NodeLost", "NodeShutdown")


class _Look(NamedTuple):
    """What a judge sees."""

    view: View
    left: Sequence[Remains]
    stages: Mapping[Tuple[str, str], str]
    options: Options
    now: datetime


class _Sign(NamedTuple):
    """A cause as a judge sees it. `at_once`: it needs no time to be sure of."""

    id: str
    object: str
    reason: str
    at_once: bool = True


def find(
    view: View,
    left: Sequence[Remains],
    stages: Mapping[Tuple[str, str], str],
    options: Options,
    memory: Memory,
    now: datetime,
) -> Tuple[Tuple[Cause, ...], Dict[Tuple[str, str], datetime]]:
    """Return the causes that are sure, and since when each sign has been seen.

    `left`: what remains of the sets that are not drained. `stages`: of all sets.
    """
    look = _Look(view, left, stages, options, now)
    signs = [sign for judge in _JUDGES for sign in judge(look)]
    seen = {
        (sign.id, sign.object): memory.seen.get((sign.id, sign.object), now) for sign in signs
    }
    patience = timedelta(seconds=options.stuck_after_s)
    causes = [
        Cause(sign.id, sign.object, sign.reason, REMEDIES[sign.id], seen[sign.id, sign.object])
        for sign in signs
        if sign.at_once or now - seen[sign.id, sign.object] >= patience
    ]
    return tuple(sorted(set(causes), key=lambda one: (one.id, one.object))), seen


def unread_causes(view: View, needed: Sequence[str]) -> Tuple[Cause, ...]:
    """Return a cause for every needed part that could not be read."""
    found = []
    for part in needed:
        answer = view.snapshot.read(part)
        if isinstance(answer, reads.Unread):
            right = f", missing right: {answer.missing_right}" if answer.missing_right else ""
            reason = f"not read: {answer.reason}{right}"
            found.append(Cause("unread", part, reason, REMEDIES["unread"]))
    return tuple(found)


def _controllers(look: _Look) -> Iterator[_Sign]:
    for namespace in sorted({one.target.namespace for one in look.left}):
        found = look.view.cluster.controllers_of(namespace)
        if not any(one.desired > 0 for one in found):
            what = "is scaled to 0" if found else "does not exist"
            yield _Sign("controller-absent", f"Namespace {namespace}", f"its controller {what}")
            continue
        if len(found) > 1:
            names = ", ".join(f"{one.ref} ({one.release})" for one in found)
            yield _Sign("controllers-several", f"Namespace {namespace}", f"watched by {names}")
        for one in found:
            if not one.is_ready:
                yield _Sign("controller-not-ready", str(one.ref), _unready(one), at_once=False)


def _unready(controller: Controller) -> str:
    text = f"{controller.ready} of {controller.desired} pods are ready"
    for pod in reads.seen(controller.pods):
        if pod.restarts or pod.reason:
            text += f"; {pod.ref.name}: {pod.reason or 'restarted'}, {pod.restarts} restarts"
    return text


def _gate(look: _Look) -> Iterator[_Sign]:
    for scale_set in _sets(look):
        if scale_set.deleting_since is not None:
            continue
        for one in look.view.cluster.controllers_of(scale_set.ref.namespace):
            if one.release and not releases.gate_allows(scale_set.release, one.release):
                text = f"its label says {scale_set.release}, {one.ref} is {one.release}"
                yield _Sign("version-gate", str(scale_set.ref), text)


def _undecodable(look: _Look) -> Iterator[_Sign]:
    cluster = look.view.cluster
    types = {
        known.failures_type
        for known in (releases.nearest(one.release) for one in cluster.controllers)
        if known is not None
    }
    if "date-time" not in types:
        return
    runners = [one for scale_set in cluster.scale_sets for one in scale_set.runners]
    for runner in (*runners, *cluster.orphan_runners):
        if runner.failures_poisoned:
            text = "its failures hold booleans, which stop a controller from 0.12.0 on altogether"
            yield _Sign("runner-undecodable", str(runner.ref), text)


def _credentials(look: _Look) -> Iterator[_Sign]:
    secrets = look.view.snapshot.read("secrets")
    for scale_set in _sets(look):
        raw = look.view.raw("autoscalingrunnersets", scale_set.ref)
        # With a vault the name is a key in the vault (#4090).
        in_vault = "vaultConfig" in (raw.get("spec") or {})
        name = "" if in_vault else scale_set.github_secret
        if name and reads.is_read(secrets) and not _has(secrets, scale_set, name):
            text = f"its Secret {name} does not exist"
            yield _Sign("credentials-missing", str(scale_set.ref), text)


def _has(secrets: Sequence[Mapping[str, Any]], scale_set: ScaleSet, name: str) -> bool:
    return any(
        (one["metadata"].get("namespace"), one["metadata"]["name"])
        == (scale_set.ref.namespace, name)
        for one in secrets
    )


def _lingering(look: _Look) -> Iterator[_Sign]:
    """Idle and finished runners go in a second: GitHub is asked, then the object is deleted."""
    for left in look.left:
        if left.scale_set is None or left.scale_set.deleting_since is None or left.listeners:
            continue
        for runner in left.runners:
            if runner.state in (State.IDLE, State.FINISHED, State.FAILED):
                text = f"it is {runner.state.value} and has not gone"
                yield _Sign("github-refuses", str(runner.ref), text, at_once=False)


def _listeners(look: _Look) -> Iterator[_Sign]:
    for left in look.left:
        for one in left.listeners:
            if one.deleting_since is not None and _is_overdue(one.pod, look.now):
                text = f"its pod should have ended{_on_node(one.pod)}"
                yield _Sign("listener-stuck", str(one.ref), text)
            elif one.deleting_since is not None:
                # Its pod has 60 s to end, and deletes its session meanwhile.
                sure = look.now - one.deleting_since >= timedelta(seconds=60)
                text = "it has been terminating for longer than its pod may take"
                if sure:
                    yield _Sign("listener-stuck", str(one.ref), text)
            elif look.stages.get(left.target.key) in ("listener", "settle-listener"):
                text = "its set changed or is being deleted, and it was not touched"
                yield _Sign("listener-stays", str(one.ref), text, at_once=False)


def _runner_pods(look: _Look) -> Iterator[_Sign]:
    for left in look.left:
        for runner in left.runners:
            if _is_overdue(runner.pod, look.now):
                text = f"its pod should have ended{_on_node(runner.pod)}"
                yield _Sign("runner-pod-stuck", str(runner.ref), text)


def _is_overdue(pod: object, now: datetime) -> bool:
    """A pod's deletionTimestamp is the moment at which its grace period is over."""
    if not isinstance(pod, Pod):
        return False
    if pod.reason in _LOST or pod.phase == "Unknown":
        return True
    return pod.deleting_since is not None and now - pod.deleting_since >= timedelta(seconds=15)


def _on_node(pod: object) -> str:
    return f" on node {pod.node}" if isinstance(pod, Pod) and pod.node else ""


def _podless(look: _Look) -> Iterator[_Sign]:
    for left in look.left:
        going = left.scale_set is None or left.scale_set.deleting_since is not None
        for runner in left.runners:
            if runner.pod is not None or runner.phase in releases.NOT_STARTED:
                continue
            if runner.is_zombie and not going:
                text = f"its phase is {runner.phase} and it has no pod ({runner.reason})"
                yield _Sign("zombie", str(runner.ref), text, at_once=False)
            elif going and runner.state is State.UNKNOWN:
                text = "its pod has gone, and GitHub does not let it go"
                yield _Sign("busy-without-pod", str(runner.ref), text, at_once=False)


def _outdated(look: _Look) -> Iterator[_Sign]:
    for scale_set in _sets(look):
        if scale_set.phase == "Outdated" and scale_set.deleting_since is None:
            yield _Sign("outdated", str(scale_set.ref), "GitHub calls its runner image too old")


def _held_at_github(look: _Look) -> Iterator[_Sign]:
    for left in look.left:
        scale_set = left.scale_set
        if scale_set is None or scale_set.deleting_since is None:
            continue
        if not (left.listeners or left.runner_sets or left.runners):
            text = f"all of it has gone but scale set {scale_set.scale_set_id} at GitHub"
            yield _Sign("held-at-github", str(scale_set.ref), text, at_once=False)


def _helpers(look: _Look) -> Iterator[_Sign]:
    for left in look.left:
        if left.scale_set is None and reads.is_read(left.helpers):
            for one in left.helpers:
                text = f"it still has {releases.CLEANUP_PROTECTION}"
                yield _Sign("helper-left", str(one.ref), text, at_once=False)


def _came_back(look: _Look) -> Iterator[_Sign]:
    for left in look.left:
        if left.came_back:
            text = "another object of the same name is there: somebody made the set again"
            yield _Sign("set-came-back", str(left.target), text)


def _sets(look: _Look) -> List[ScaleSet]:
    return [one.scale_set for one in look.left if one.scale_set is not None]


_JUDGES: Sequence[Callable[[_Look], Iterator[_Sign]]] = (
    _controllers, _gate, _undecodable, _credentials, _lingering, _listeners, _runner_pods,
    _podless, _outdated, _held_at_github, _helpers, _came_back,
)  # fmt: skip
