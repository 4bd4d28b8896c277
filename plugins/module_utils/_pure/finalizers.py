# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May this finalizer be taken off this object, on what proof, and in which order?

Judged by rules, never by age alone: `release` only if nobody is left who could do it properly
and no job dies of it; `hold` where it is rightly there; `unknown` where proof is missing. What
clears all by itself, without leaving anything at GitHub, is named first: the controller.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from . import errors, finalizer_proofs, releases
from .finalizer_proofs import Against
from .finalizer_verdicts import (
    BRING_BACK, BRING_UP, HOLD, REGISTRATION, RELEASE, REMEDIES, UNKNOWN, Case, Object, Options, Verdict,
)  # fmt: skip
from .kin import Kin
from .objects import Cluster, Helper, Listener, Runner, ScaleSet

__all__ = [
    "HOLD", "Options", "RELEASE", "UNKNOWN", "Verdict", "deletions", "json_patch", "judge",
    "judge_all", "objects", "order",
]  # fmt: skip

# As the controller would do it: from the leaf to the root, then what the chart put beside.
_ORDER = (
    "EphemeralRunner", "EphemeralRunnerSet", "AutoscalingListener", "AutoscalingRunnerSet",
    "RoleBinding", "Role", "ServiceAccount", "Secret",
)  # fmt: skip
# The listener goes first: it would take jobs for a set whose runners go.
_DELETION_ORDER = ("AutoscalingListener", "EphemeralRunnerSet", "EphemeralRunner")


def judge(
    cluster: Cluster, obj: Object, finalizer: str, options: Options, now: datetime,
    kin: Optional[Kin] = None,
) -> Verdict:
    """Return what may be done with one finalizer of one object.

    `now`: aware UTC. `kin`: of the cluster, where several objects are judged.
    """
    kin = kin or Kin(cluster)
    bare = Case(cluster, obj, finalizer, options, kin)
    gap = finalizer_proofs.allowed(bare) or finalizer_proofs.needed(bare)
    if gap is not None:
        return _verdict(bare, gap, now)
    case = Case(cluster, obj, finalizer, options, kin, kin.scale_set_of(obj))
    judges: Tuple[Callable[[], Optional[Against]], ...] = (
        lambda: finalizer_proofs.being_deleted(case, now),
        # A job goes before everything that might excuse a release.
        lambda: finalizer_proofs.no_job_beneath(case),
        lambda: finalizer_proofs.nobody_at_work(case, now),
        lambda: finalizer_proofs.children_gone(case),
        lambda: finalizer_proofs.unused(case),
        lambda: finalizer_proofs.unregistered(case),
    )
    for one in judges:
        against = one()
        if against is not None:
            return _verdict(case, against, now)
    return _verdict(case, Against(RELEASE, "proven"), now)


def judge_all(
    cluster: Cluster, options: Options, now: datetime, only: Iterable[Object] = ()
) -> Tuple[Verdict, ...]:
    """Return a verdict for every finalizer of objects that are going, in the order of release.

    `only`: the objects to judge, none for all of the cluster that are being deleted or whose
    set has gone. Raises ReadFailed where the sets could not be read.
    """
    kin = Kin(cluster)
    chosen = list(only) or [one for one in objects(cluster) if _is_going(kin, one)]
    return order(
        judge(cluster, one, finalizer, options, now, kin)
        for one in chosen
        for finalizer in one.finalizers
    )


def objects(cluster: Cluster) -> Iterator[Object]:
    """Yield every object of ARC that was read. Raises ReadFailed where a part was not."""
    seen: Dict[Any, Object] = {}
    for scale_set in cluster.scale_sets:
        for part in (
            scale_set.runners, scale_set.runner_sets, scale_set.listeners, (scale_set,),
            scale_set.helpers,
        ):  # fmt: skip
            seen.update((one.ref, one) for one in part)
    for part in (
        cluster.orphan_runners, cluster.orphan_runner_sets, cluster.orphan_listeners,
        cluster.stuck_helpers,
    ):  # fmt: skip
        seen.update((one.ref, one) for one in part)
    yield from seen.values()


def order(verdicts: Iterable[Verdict]) -> Tuple[Verdict, ...]:
    """Sort verdicts as the controller would release: runners first, the Secret last."""
    return tuple(sorted(
        verdicts,
        key=lambda one: (
            _ORDER.index(one.ref.kind) if one.ref.kind in _ORDER else len(_ORDER),
            one.ref.namespace,
            one.ref.name,
            # GitHub is told before the pod goes.
            one.finalizer != REGISTRATION,
            one.finalizer,
        ),
    ))  # fmt: skip


def deletions(verdicts: Iterable[Verdict]) -> Tuple[Verdict, ...]:
    """Return one verdict for each object that must be deleted first, the listener before all."""
    chosen: Dict[Any, Verdict] = {}
    for one in verdicts:
        if one.delete_first and one.decision == RELEASE:
            chosen.setdefault(one.ref, one)
    return tuple(
        sorted(
            chosen.values(),
            key=lambda one: (_DELETION_ORDER.index(one.ref.kind), one.ref.namespace, one.ref.name),
        )
    )


def json_patch(raw: Mapping[str, Any], finalizer: str) -> List[Dict[str, Any]]:
    """Return the patch that takes one finalizer off an object as it was just read.

    It tests uid, version and the value at its place: whatever came in between, a job's start
    among it, makes it fail and nothing is changed.
    Raises Conflict if the object does not have the finalizer any more, or is not going.
    """
    meta = raw["metadata"]
    present = list(meta.get("finalizers") or ())
    cause = ""
    if finalizer not in present:
        cause = f"it does not have {finalizer} any more"
    elif not meta.get("deletionTimestamp"):
        cause = "it is not being deleted"
    if cause:
        name = f"{meta.get('namespace', '')}/{meta['name']}".lstrip("/")
        raise errors.Conflict(cluster="", object=name, cause=cause, next_step="Judge it anew")
    path = f"/metadata/finalizers/{present.index(finalizer)}"
    return [
        {"op": "test", "path": "/metadata/uid", "value": meta["uid"]},
        {"op": "test", "path": "/metadata/resourceVersion", "value": meta["resourceVersion"]},
        {"op": "test", "path": path, "value": finalizer},
        {"op": "remove", "path": path},
    ]


def _verdict(case: Case, against: Against, now: datetime) -> Verdict:
    is_released = against.decision == RELEASE
    return Verdict(
        decision=against.decision,
        code=against.code,
        ref=case.obj.ref,
        finalizer=case.finalizer,
        detail=against.detail,
        remedy=_first_remedy(case) if is_released else REMEDIES.get(against.code, ""),
        evidence=_evidence(case, now) if is_released else {},
        effects=_effects(case) if is_released else (),
        delete_first=is_released and case.obj.deleting_since is None,
    )


def _first_remedy(case: Case) -> str:
    """Clearing is for what even the controller cannot mend."""
    if isinstance(case.obj, Helper) and case.scale_set is None:
        return ""
    release = case.scale_set.release if case.scale_set is not None else None
    for one in finalizer_proofs.watching(case):
        if one.ready or not releases.gate_allows(release, one.release or ""):
            # It cannot release this one, or would have.
            return ""
        return BRING_UP.format(controller=one.ref)
    return BRING_BACK.format(release=release or releases.LATEST)


def _evidence(case: Case, now: datetime) -> Dict[str, Any]:
    since = finalizer_proofs.deleted_since(case)
    obj = case.obj
    found: Dict[str, Any] = {
        "uid": obj.ref.uid,
        "read_at": case.cluster.at.isoformat(),
        "deleted_since": since.isoformat() if since else None,
        "age_s": int((now - since).total_seconds()) if since else None,
        "controllers": [
            {"object": str(one.ref), "release": one.release, "ready": one.ready,
             "desired": one.desired}
            for one in case.cluster.controllers_of(obj.ref.namespace)
        ],
        "scale_set": str(case.scale_set.ref) if case.scale_set is not None else None,
    }  # fmt: skip
    if isinstance(obj, Runner):
        found["state"] = obj.state.value
        found["runner_id"] = obj.runner_id
        found["github"] = case.options.github.get(obj.ref.name)
    return found


def _effects(case: Case) -> Tuple[str, ...]:
    """What releasing leaves elsewhere, or takes with it. Source: ARC, section on finalizers."""
    obj, is_deleted = case.obj, case.options.delete_at_github
    if isinstance(obj, Runner):
        if case.finalizer == REGISTRATION:
            known = case.options.github.get(obj.ref.name)
            if obj.runner_id is None or known == "gone":
                return ()
            verb = "is deleted at GitHub first" if is_deleted else "stays registered at GitHub"
            return (f"runner {obj.ref.name} (id {obj.runner_id}) {verb}",)
        return ("its pod, its volumes and its secret go with it",)
    if isinstance(obj, Listener):
        where = f"{obj.scale_set_namespace}/{obj.ref.name}"
        return (f"Role {where} and RoleBinding {where} stay",)
    if isinstance(obj, ScaleSet):
        number = "" if obj.scale_set_id is None else f" (id {obj.scale_set_id})"
        verb = "is deleted at GitHub first, unless it is in use" if is_deleted else "stays at GitHub"
        return (
            f"scale set {obj.name}{number} {verb}",
            "its helper objects keep cleanup-protection until they are released too",
        )
    return ()


def _is_going(kin: Kin, obj: Object) -> bool:
    if obj.deleting_since is not None:
        return True
    scale_set = kin.scale_set_of(obj)
    if scale_set is None:
        return not isinstance(obj, Helper)
    return not isinstance(obj, Helper) and scale_set.deleting_since is not None
