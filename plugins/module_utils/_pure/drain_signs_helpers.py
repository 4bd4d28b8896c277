# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which signs of a hang show on the objects that the chart makes beside a set?

What they are called stands in annotations of the set. An object is called gone only where all of
its kind could be read.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Iterator, List, Mapping, Optional, Sequence

from . import helper_protection, read_objects, reads, releases
from .drain_leaving import Remains
from .drain_signs import Judge, Look, Sign, key_of, sets
from .objects import Pod, Ref, ScaleSet
from .states import State

# The API server goes on taking a token of a ServiceAccount that is being deleted for so long.
_TOKEN_LEEWAY = timedelta(seconds=60)


def _credentials(look: Look) -> Iterator[Sign]:
    for scale_set in sets(look):
        raw = look.view.raw("autoscalingrunnersets", scale_set.ref)
        # With a vault the name is a key in the vault (#4090).
        in_vault = "vaultConfig" in (raw.get("spec") or {})
        name = "" if in_vault else scale_set.github_secret
        if name and _is_gone(look, Ref("Secret", scale_set.ref.namespace, name)):
            text = f"its Secret {name} does not exist"
            yield Sign("credentials-missing", str(scale_set.ref), text, key_of(scale_set))


def _manager_rights(look: Look) -> Iterator[Sign]:
    """With its finalizer on, a Role that is being deleted goes on granting: it must be gone."""
    for left in look.left:
        # The controller itself releases both when nothing else of the set is left.
        if left.scale_set is None or not (left.listeners or left.runner_sets or left.runners):
            continue
        for ref in _named(left.scale_set, "manager-role"):
            if _is_gone(look, ref):
                text = (
                    f"it is gone: without it the controller cannot read the Secrets or delete the"
                    f" pods of {left.target.name}"
                )
                yield Sign("rbac-missing", str(ref), text, left.target.key)


def _job_rights(look: Look) -> Iterator[Sign]:
    """Jobs of container mode kubernetes make their pods with the runner's own token."""
    for left in look.left:
        accounts = [] if left.scale_set is None else [
            ref for ref in _named(left.scale_set, "kubernetes-mode")
            if ref.kind == "ServiceAccount"
        ]
        pods = _pods_with_jobs(left, [ref.name for ref in accounts])
        if left.scale_set is None or not pods:
            continue
        jobs = f"{len(pods)} running {'job needs' if len(pods) == 1 else 'jobs need'} it"
        for ref in accounts:
            reason = _account_trouble(look, ref, pods)
            if reason:
                text = f"{reason}; {jobs}"
                yield Sign("serviceaccount-going", str(ref), text, left.target.key)
        for ref in _named(left.scale_set, "kubernetes-mode"):
            if ref.kind != "ServiceAccount" and _is_gone(look, ref):
                text = f"it is gone: calls of the jobs are refused (403); {jobs}"
                yield Sign("serviceaccount-going", str(ref), text, left.target.key)


def _pods_with_jobs(left: Remains, accounts: Sequence[str]) -> List[Pod]:
    return [
        one.pod for one in left.runners
        if one.state in (State.BUSY, State.UNKNOWN) and isinstance(one.pod, Pod)
        and not one.pod.is_over and one.pod.service_account in accounts
    ]


def _account_trouble(look: Look, ref: Ref, pods: Sequence[Pod]) -> str:
    if _is_gone(look, ref):
        return "it is gone: calls of the jobs are refused (401)"
    meta = (_find(look, ref) or {}).get("metadata") or {}
    deleting = read_objects.read_time(meta.get("deletionTimestamp"))
    if deleting is not None:
        since = (deleting + _TOKEN_LEEWAY).strftime("%H:%M:%S")
        return f"it is being deleted: calls of the jobs are refused (401) from {since} UTC on"
    created = read_objects.read_time(meta.get("creationTimestamp"))
    if created and any(pod.created and pod.created < created for pod in pods):
        return "it was made anew: tokens of runners that are older are refused (401)"
    return ""


def _left_over(look: Look) -> Iterator[Sign]:
    for left in look.left:
        if left.scale_set is None and reads.is_read(left.helpers):
            for one in left.helpers:
                text = f"it still has {releases.CLEANUP_PROTECTION}"
                yield Sign("helper-left", str(one.ref), text, left.target.key, at_once=False)


def _named(scale_set: ScaleSet, role: str) -> List[Ref]:
    """Return the helpers of a purpose that the set's annotations point at."""
    return [
        Ref(kind, scale_set.ref.namespace, name)
        for kind, name, purpose in releases.named_helpers(scale_set.cleanup)
        if purpose.startswith(role)
    ]


def _is_gone(look: Look, ref: Ref) -> bool:
    is_seen = reads.is_read(look.view.snapshot.read(helper_protection.PARTS[ref.kind]))
    return is_seen and _find(look, ref) is None


def _find(look: Look, ref: Ref) -> Optional[Mapping[str, Any]]:
    for one in reads.seen(look.view.snapshot.read(helper_protection.PARTS[ref.kind])):
        meta = one["metadata"]
        if (meta.get("namespace"), meta["name"]) == (ref.namespace, ref.name):
            return one
    return None


JUDGES: Sequence[Judge] = (_credentials, _manager_rights, _job_rights, _left_over)
