# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects a caller means, and whether one is still what was judged."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    errors,
    finalizer_choice,
    finalizers,
    model,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

NONE = {"all": False, "namespaces": None, "scale_sets": None, "objects": None}


def taken(parts, **options):
    choice = finalizer_choice.choice_of({**NONE, **options})
    cluster = model.read_cluster(b.snapshot(**parts))
    return [one.ref for one in finalizers.objects(cluster) if choice.takes(cluster, one)]


def two_sets():
    parts = b.sound(names=("web", "build"))
    parts["secrets"] = [b.helper("Secret", "web-gha-rs-github-secret")]
    return parts


def test_a_set_takes_all_that_is_its_own_and_nothing_else():
    parts = two_sets()
    everything = taken(parts, all=True)
    web = taken(parts, scale_sets=[{"namespace": "arc-runners", "name": "web"}])
    build = taken(parts, scale_sets=[{"namespace": "arc-runners", "name": "build"}])
    assert {one.kind for one in web} == {
        "AutoscalingRunnerSet", "AutoscalingListener", "EphemeralRunnerSet", "EphemeralRunner",
        "Secret"}
    assert set(web).isdisjoint(build) and set(web) | set(build) == set(everything)


def test_what_a_set_that_is_gone_left_is_still_its_own():
    parts = two_sets()
    parts["autoscalingrunnersets"] = []
    web = taken(parts, scale_sets=[{"namespace": "arc-runners", "name": "web"}])
    assert {one.kind for one in web} == {
        "AutoscalingListener", "EphemeralRunnerSet", "EphemeralRunner", "Secret"}


def test_a_namespace_takes_the_listeners_of_its_sets_too():
    parts = two_sets()
    assert taken(parts, namespaces=["arc-runners"]) == taken(parts, all=True)
    assert {one.kind for one in taken(parts, namespaces=[b.SYSTEMS])} == {"AutoscalingListener"}
    assert taken(parts, namespaces=["other"]) == []


def test_objects_by_name():
    parts = two_sets()
    (one,) = taken(parts, objects=[
        {"kind": "AutoscalingRunnerSet", "namespace": "arc-runners", "name": "web"}])
    assert (one.kind, one.name) == ("AutoscalingRunnerSet", "web")


@pytest.mark.parametrize("options", [{}, {"all": True, "namespaces": ["x"]}])
def test_exactly_one_way(options):
    with pytest.raises(errors.BadInput, match="exactly one of"):
        finalizer_choice.choice_of({**NONE, **options})


def test_a_missing_secret_is_one_that_was_looked_for():
    parts = b.sound()
    found = {key: parts.get(key) for key in parts}
    found["secrets"] = []
    snapshot = b.snapshot(**found)
    cluster = model.read_cluster(snapshot)
    name = cluster.scale_sets[0].github_secret
    assert finalizer_choice.missing_secrets(cluster, snapshot) == {("arc-runners", name)}
    there = b.snapshot(**{**found, "secrets": [b.helper("Secret", name)]})
    assert finalizer_choice.missing_secrets(cluster, there) == frozenset()


def changed(raw, path, value):
    found = copy.deepcopy(raw)
    at = found
    for step in path[:-1]:
        at = at.setdefault(step, {})
    at[path[-1]] = value
    return found


@pytest.mark.parametrize("path, value, same", [
    (("metadata", "resourceVersion"), "99", True),
    (("metadata", "deletionTimestamp"), "2026-01-31T12:00:00Z", True),
    (("metadata", "finalizers"), [], True),
    (("metadata", "uid"), "another", False),
    (("metadata", "annotations"), {"runner-scale-set-id": "7"}, False),
    (("status", "jobRequestId"), 5, False),
    (("status", "phase"), "Running", False),
])
def test_what_counts_as_changed(path, value, same):
    runner = b.runner(b.runner_set(b.scale_set()), phase="Failed")
    later = changed(runner, path, value)
    assert finalizer_choice.is_as_judged("ephemeralrunners", runner, later) is same
