# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects are meant, and is one still what was judged?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Mapping, Tuple

from . import errors, reads, trim
from .finalizer_verdicts import Object
from .objects import Cluster, Helper, Listener, Runner, RunnerSet, ScaleSet

SetKey = Tuple[str, str]

# Kind -> the part of a snapshot in which it stands.
PART_OF: Mapping[str, str] = {
    "AutoscalingRunnerSet": "autoscalingrunnersets",
    "AutoscalingListener": "autoscalinglisteners",
    "EphemeralRunnerSet": "ephemeralrunnersets",
    "EphemeralRunner": "ephemeralrunners",
    "Secret": "secrets",
    "ServiceAccount": "serviceaccounts",
    "Role": "roles",
    "RoleBinding": "rolebindings",
}
WAYS = ("objects", "scale_sets", "namespaces", "all")
# What changes without a change of meaning, or by our own hand.
_OWN = (
    "resourceVersion", "managedFields", "generation", "finalizers", "deletionTimestamp",
    "deletionGracePeriodSeconds", "selfLink",
)  # fmt: skip
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class Choice:
    """What the caller asked for; exactly one of the ways.

    `objects`: (kind, namespace, name). `scale_sets`: (namespace, name), of sets that may be gone.
    """

    all: bool = False
    namespaces: FrozenSet[str] = frozenset()
    scale_sets: FrozenSet[SetKey] = frozenset()
    objects: FrozenSet[Tuple[str, str, str]] = frozenset()

    def takes(self, cluster: Cluster, obj: Object) -> bool:
        """Tell whether an object is meant."""
        ref = obj.ref
        if self.all:
            return True
        if (ref.kind, ref.namespace, ref.name) in self.objects:
            return True
        key = _set_of(cluster, obj)
        return key in self.scale_sets or bool(self.namespaces & {ref.namespace, key[0]})


def choice_of(options: Mapping[str, Any]) -> Choice:
    """Read the module's options. Raises BadInput unless exactly one way is taken."""
    ways = [name for name in WAYS if options.get(name)]
    if len(ways) != 1:
        raise errors.BadInput(
            cluster="", object=f"options {', '.join(WAYS)}",
            cause=f"{' and '.join(ways)} exclude each other" if ways
            else "it is not said which objects are meant",
            next_step=f"Give exactly one of {', '.join(WAYS)}",
        )
    return Choice(
        all=bool(options["all"]),
        namespaces=frozenset(options["namespaces"] or ()),
        scale_sets=frozenset(
            (one["namespace"], one["name"]) for one in options["scale_sets"] or ()
        ),
        objects=frozenset(
            (one["kind"], one["namespace"], one["name"]) for one in options["objects"] or ()
        ),
    )


def missing_secrets(cluster: Cluster, snapshot: reads.Snapshot) -> FrozenSet[SetKey]:
    """Return GitHub secrets that sets name and that were looked for and are not there."""
    secrets = snapshot.read("secrets")
    if isinstance(secrets, reads.Unread):
        return frozenset()
    there = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in secrets}
    named = {
        (one.ref.namespace, one.github_secret)
        for one in reads.seen(cluster.scale_sets) if one.github_secret
    }
    return frozenset(named - there)


def is_as_judged(part: str, judged: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Tell whether nothing changed that a verdict may rest on.

    Finalizers and deletion are left out: the patch tests the one, and a deletion that came in
    between makes the object only more due.
    """
    return _essence(part, judged) == _essence(part, now)


def _essence(part: str, raw: Mapping[str, Any]) -> Dict[str, Any]:
    kept = dict(trim.trim(part, raw))
    meta = {key: value for key, value in kept.pop("metadata").items() if key not in _OWN}
    notes = {k: v for k, v in (meta.pop("annotations", None) or {}).items() if k != _LAST_APPLIED}
    return {
        "metadata": {**meta, "annotations": notes},
        "spec": kept.get("spec") or {},
        "status": kept.get("status") or {},
    }


def _set_of(cluster: Cluster, obj: Object) -> SetKey:
    """Return which set an object belongs to, as far as it says so itself."""
    if isinstance(obj, ScaleSet):
        return (obj.ref.namespace, obj.ref.name)
    if isinstance(obj, (Listener, Helper)):
        return (obj.scale_set_namespace or obj.ref.namespace, obj.scale_set_name)
    if isinstance(obj, Runner):
        return (obj.ref.namespace, obj.scale_set_name)
    for scale_set in reads.seen(cluster.scale_sets):
        if isinstance(obj, RunnerSet) and obj.owner_uid == scale_set.ref.uid:
            return (scale_set.ref.namespace, scale_set.ref.name)
    # A runner set of a set that has gone is named after it.
    return (obj.ref.namespace, obj.ref.name.rpartition("-")[0])
