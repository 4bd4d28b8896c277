# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which set does Helm call deployed although it is gone, and how does it come back?

A controller deletes a set whose version label does not fit its own, and Helm does not notice
(#3562). What Helm stored of the release holds the very object that it once installed.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterator, Mapping, NamedTuple, Sequence, Tuple

from . import reads, releases
from .drain_types import Act, View
from .objects import Ref

KIND = "AutoscalingRunnerSet"
_VERSION_LABEL = "app.kubernetes.io/version"


class Manifest(NamedTuple):
    """A set as a release of Helm holds it. `release`: namespace and name of the release."""

    release: Tuple[str, str]
    body: Mapping[str, Any]

    @property
    def key(self) -> Tuple[str, str]:
        """Namespace and name of the set."""
        meta = self.body["metadata"]
        return (meta.get("namespace") or self.release[0], meta["name"])


class Stored(NamedTuple):
    """What is remembered of sets elsewhere than in their objects.

    `manifests`: of Helm's releases. `copies`: sets, as (namespace, name), that a drain keeps.
    `is_upgrade_open`: a run of the upgrade has begun and has not ended.
    """

    manifests: Tuple[Manifest, ...] = ()
    copies: FrozenSet[Tuple[str, str]] = frozenset()
    is_upgrade_open: bool = False


def sets_in(release: Tuple[str, str], documents: Sequence[Any]) -> Tuple[Manifest, ...]:
    """Return the sets among the documents of a release's manifest."""
    return tuple(
        Manifest(release, one)
        for one in documents
        if isinstance(one, Mapping) and one.get("kind") == KIND
        and (one.get("metadata") or {}).get("name")
    )


def gone(stored: Stored, view: View) -> Iterator[Manifest]:
    """Yield the sets that are not there. Nothing where the sets could not be read."""
    scale_sets = view.cluster.scale_sets
    if not reads.is_read(scale_sets):
        return
    there = {(one.ref.namespace, one.ref.name) for one in reads.seen(scale_sets)}
    for one in stored.manifests:
        if one.key not in there:
            yield one


def held(one: Manifest, view: View, stored: Stored) -> str:
    """Say why a set must not be made again, "" if it may."""
    if one.key in stored.copies:
        return "a drain took it away: bring it back with arc_scaleset_drain, state resumed"
    if stored.is_upgrade_open:
        return "an upgrade is under way, or was broken off: run arc.lifecycle.upgrade again"
    found = view.cluster.controllers_of(one.key[0])
    if len(found) != 1 or not found[0].is_ready:
        return "no controller at work watches its namespace"
    label = (one.body["metadata"].get("labels") or {}).get(_VERSION_LABEL)
    if not releases.gate_allows(label, found[0].release or ""):
        return (
            f"it is of release {label}, and {found[0].ref} of {found[0].release} would delete it"
            f" again: run arc.lifecycle.upgrade with arc_target {found[0].release}"
        )
    return ""


def create(one: Manifest, reason: str) -> Act:
    """Return the write that makes a set again, as Helm's own."""
    meta: Dict[str, Any] = {**one.body["metadata"], "namespace": one.key[0]}
    meta["labels"] = {**(meta.get("labels") or {}), "app.kubernetes.io/managed-by": "Helm"}
    meta["annotations"] = {
        **(meta.get("annotations") or {}),
        "meta.helm.sh/release-namespace": one.release[0],
        "meta.helm.sh/release-name": one.release[1],
    }
    evidence = {"helm_release": "/".join(one.release)}
    return Act("create", ref_of(one), {**one.body, "metadata": meta}, reason, evidence)


def ref_of(one: Manifest) -> Ref:
    """Name the set; it has no UID, as it is not there."""
    return Ref(KIND, one.key[0], one.key[1], "")
