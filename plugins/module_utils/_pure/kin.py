# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which scale set does an object belong to, and which runners stand beneath it?

Indexed once per cluster, so that judging thousands of runners takes time in proportion. Each
index is built when it is first asked for, and raises ReadFailed if a part it needs was not read.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from . import releases
from .objects import Cluster, Helper, Pod, Ref, Runner, RunnerSet, ScaleSet

Key = Tuple[str, str]


class Kin:
    """The indexes of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def scale_set_of(self, obj: Any) -> Optional[ScaleSet]:
        """Return the set an object belongs to, None if that has gone."""
        if isinstance(obj, ScaleSet):
            return obj
        if isinstance(obj, RunnerSet):
            return self._sets_by_uid.get(obj.owner_uid)
        if isinstance(obj, Runner):
            return self._sets.get((obj.ref.namespace, obj.scale_set_name))
        return self._sets.get((obj.scale_set_namespace, obj.scale_set_name))

    def beneath(self, obj: Any) -> Tuple[Runner, ...]:
        """Return the runners that would go with the object, or that need it to end well."""
        if isinstance(obj, RunnerSet):
            return tuple(self._runners_by_owner.get(obj.ref.uid, ()))
        if isinstance(obj, ScaleSet):
            return tuple(self._runners_by_set.get((obj.ref.namespace, obj.ref.name), ()))
        if isinstance(obj, Helper):
            namespace = obj.scale_set_namespace or obj.ref.namespace
            return tuple(self._runners_by_set.get((namespace, obj.scale_set_name), ()))
        return ()

    def children(self, obj: Any) -> Iterator[Any]:
        """Yield what has to go before the object."""
        yield from self.beneath(obj)
        if isinstance(obj, ScaleSet):
            yield from obj.listeners
            yield from obj.runner_sets
        elif isinstance(obj, Helper) and obj.scale_set_name:
            yield from self._left_runner_sets.get((obj.ref.namespace, obj.scale_set_name), ())

    def set_naming(self, ref: Ref) -> Optional[ScaleSet]:
        """Return a set whose clean-up annotations name this helper object."""
        return self._named.get((ref.namespace, ref.kind, ref.name))

    def user_of_account(self, ref: Ref) -> Optional[Runner]:
        """Return a runner whose pod, not over yet, uses this ServiceAccount."""
        return self._account_users.get((ref.namespace, ref.name))

    @cached_property
    def poisoned(self) -> Optional[Runner]:
        """A runner whose `failures` a newer controller cannot decode."""
        return next((one for one in self._runners if one.failures_poisoned), None)

    @cached_property
    def _runners(self) -> Tuple[Runner, ...]:
        of_sets = (runner for one in self._cluster.scale_sets for runner in one.runners)
        return (*of_sets, *self._cluster.orphan_runners)

    @cached_property
    def _sets(self) -> Mapping[Key, ScaleSet]:
        return {(one.ref.namespace, one.ref.name): one for one in self._cluster.scale_sets}

    @cached_property
    def _sets_by_uid(self) -> Mapping[str, ScaleSet]:
        return {one.ref.uid: one for one in self._cluster.scale_sets}

    @cached_property
    def _runners_by_owner(self) -> Mapping[str, List[Runner]]:
        found: Dict[str, List[Runner]] = defaultdict(list)
        for one in self._runners:
            found[one.owner_uid].append(one)
        return found

    @cached_property
    def _runners_by_set(self) -> Mapping[Key, List[Runner]]:
        found: Dict[Key, List[Runner]] = defaultdict(list)
        for one in self._runners:
            found[(one.ref.namespace, one.scale_set_name)].append(one)
        return found

    @cached_property
    def _left_runner_sets(self) -> Mapping[Key, List[RunnerSet]]:
        """A runner set of a set that has gone carries no name of it but its own prefix."""
        found: Dict[Key, List[RunnerSet]] = defaultdict(list)
        for one in self._cluster.orphan_runner_sets:
            found[(one.ref.namespace, one.ref.name.rpartition("-")[0])].append(one)
        return found

    @cached_property
    def _named(self) -> Mapping[Tuple[str, str, str], ScaleSet]:
        found: Dict[Tuple[str, str, str], ScaleSet] = {}
        for one in self._cluster.scale_sets:
            for kind, name, _role in releases.named_helpers(one.cleanup):
                found.setdefault((one.ref.namespace, kind, name), one)
        return found

    @cached_property
    def _account_users(self) -> Mapping[Key, Runner]:
        found: Dict[Key, Runner] = {}
        for one in self._runners:
            if isinstance(one.pod, Pod) and not one.pod.is_over:
                found.setdefault((one.ref.namespace, one.pod.service_account), one)
        return found
