# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which scale sets are to be drained, and why not the others?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, Mapping, Optional, Sequence, Tuple

from . import errors
from .drain_types import Target
from .objects import Cluster, Ref, ScaleSet

# Ways to select that may be combined; `scale_sets` and `all` each stand alone.
PARTIAL_WAYS = ("namespace", "names", "label_selector", "controller")


@dataclass(frozen=True)
class Selector:
    """Which sets: all conditions that are given must hold; none given selects nothing.

    `names`: "name" or "namespace/name". `labels`: equality only. `controller`: of the sets in
    its scope, "namespace/name" of its Deployment. `everything`: every set of the cluster.
    """

    namespaces: Tuple[str, ...] = ()
    names: Tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    controller: str = ""
    everything: bool = False


@dataclass(frozen=True)
class Selection:
    """`targets`: what was selected. `skipped`: every other set and why. `missing`: names that
    no set has, as given."""

    targets: Tuple[Target, ...]
    skipped: Tuple[Tuple[Ref, str], ...] = ()
    missing: Tuple[str, ...] = ()


def named(option: str) -> str:
    """Return an option as a message names it, with the variable of the role that sets it."""
    return f"{option} (arc_drain_{option})"


def select(cluster: Cluster, selector: Selector) -> Selection:
    """Return what is to be drained. A named set that has gone is a target without uid.

    Raises BadInput for a selector that says nothing or names no controller of this cluster,
    ReadFailed where the sets could not be read.
    """
    labels = dict(selector.labels)
    if not (selector.namespaces or selector.names or labels or selector.controller
            or selector.everything):
        raise errors.BadInput(
            cluster=cluster.id.name, object="selection of scale sets",
            cause="it names nothing",
            next_step=f"Give {', '.join(map(named, PARTIAL_WAYS))}, or, where every set is meant,"
                      f" {named('all')}",
        )  # fmt: skip
    scope = _scope(cluster, selector.controller)
    targets: List[Target] = []
    skipped: List[Tuple[Ref, str]] = []
    for one in cluster.scale_sets:
        why_not = _why_not(one, selector, labels, scope)
        if why_not:
            skipped.append((one.ref, why_not))
        else:
            targets.append(Target(one.ref.namespace, one.ref.name, one.ref.uid))
    gone, missing = _missing(selector, targets, skipped)
    ordered = sorted([*targets, *gone], key=lambda one: one.key)
    return Selection(tuple(ordered), tuple(skipped), missing)


def _scope(cluster: Cluster, name: str) -> Optional[Any]:
    if not name:
        return None
    for one in cluster.controllers:
        if name in (f"{one.ref.namespace}/{one.ref.name}", one.ref.name):
            return one
    raise errors.BadInput(
        cluster=cluster.id.name, object=f"controller {name}",
        cause="no controller of this name is in the cluster",
        next_step="Give namespace/name of a Deployment that arc_info lists",
    )  # fmt: skip


def _why_not(
    scale_set: ScaleSet, selector: Selector, labels: Mapping[str, str], scope: Any
) -> str:
    ref = scale_set.ref
    if selector.names and not {ref.name, f"{ref.namespace}/{ref.name}"} & set(selector.names):
        return "its name is not among those given"
    if selector.namespaces and ref.namespace not in selector.namespaces:
        return f"namespace {ref.namespace} is not among those given"
    for key, value in labels.items():
        if scale_set.labels.get(key) != value:
            return f"its label {key} is {scale_set.labels.get(key)!r}, not {value!r}"
    if scope is not None and not scope.watches(ref.namespace):
        return f"{scope.ref} does not watch namespace {ref.namespace}"
    return ""


def _missing(
    selector: Selector, targets: Sequence[Target], skipped: Sequence[Tuple[Ref, str]]
) -> Tuple[List[Target], Tuple[str, ...]]:
    """Tell names that no set has: a target if it is clear where it was, else missing."""
    there = {one.key for one in targets} | {(ref.namespace, ref.name) for ref, _why in skipped}
    gone: List[Target] = []
    missing: List[str] = []
    for name in selector.names:
        namespace, _slash, bare = name.rpartition("/")
        if any(bare == known and namespace in ("", where) for where, known in there):
            continue
        spaces: Tuple[str, ...] = (namespace,) if namespace else selector.namespaces
        if len(spaces) == 1:
            gone.append(Target(spaces[0], bare))
        missing.append(name)
    return gone, tuple(missing)
