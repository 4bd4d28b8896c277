# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that are alike show no drift; each way to come apart has its id; unread is no difference."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_set,
    findings,
    model,
    reads,
    releases,
    status_drift,
    status_text,
    summary,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def crds_of(release):
    name = releases.release(release).crd_set
    return crd_set.CrdState(crd_set.EXACT, name, crd_set.releases_of(name))


def entry(name, release="0.14.2", changed=None, **settings):
    parts = b.sound(release, **settings)
    if changed is not None:
        changed(parts)
    cluster = replace(model.read_cluster(b.snapshot(**parts)), crds=crds_of(release))
    return status_text.entry(name, summary.summarise(cluster, findings.findings_of(cluster)))


def helm_was_told(**limits):
    def change(parts):
        parts["helm"][1].update(limits)
    return change


def live(low, high):
    def change(parts):
        parts["autoscalingrunnersets"][0]["spec"].update(minRunners=low, maxRunners=high)
        parts["helm"][1].update(min_runners=low, max_runners=high)
    return change


def without_sets(parts):
    for kind in ("autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets",
                 "ephemeralrunners"):
        parts[kind] = []
    parts["pods"], parts["helm"] = parts["pods"][:1], parts["helm"][:1]


def without_arc(parts):
    for kind in list(parts):
        parts[kind] = []


alike = live(1, 5)


def ids(*clusters, release=""):
    return [one["id"] for one in status_drift.drift(clusters, release)]


CASES = {
    "alike": ((("east", {}), ("west", {})), "", []),
    "as-expected": ((("east", {}),), "0.14.2", []),
    "other-release": (
        (("east", {}), ("west", {"release": "0.14.1"})), "", ["release-drift", "set-drift"]),
    "other-crds-and-release": (
        (("east", {}), ("west", {"release": "0.13.1"})), "",
        ["crd-drift", "release-drift", "set-drift"]),
    "not-as-expected": ((("east", {}), ("west", {})), "0.14.1", ["release-drift"] * 2),
    "set-of-three-missing-in-one": (
        (("east", {}), ("west", {}), ("north", {"changed": without_sets})), "", ["set-missing"]),
    "set-that-lives-in-one-alone": ((("east", {}), ("west", {"changed": without_sets})), "", []),
    "other-limits": (
        (("east", {"changed": live(1, 5)}), ("west", {"changed": live(1, 6)})),
        "", ["set-drift"]),
    "limits-changed-by-hand": (
        (("east", {"changed": helm_was_told(min_runners=1, max_runners=9)}),), "",
        ["limits-drift"]),
    "silent-cluster": ((("east", {}),), "", []),
    "emptied-beside-one-that-is-not": (
        (("east", {}), ("west", {"changed": without_arc})), "", ["release-drift"]),
    "emptied-beside-one-as-expected": (
        (("east", {}), ("west", {"changed": without_arc})), "0.14.2", ["release-drift"]),
    "emptied-beside-one-that-is-not-as-expected": (
        (("east", {}), ("west", {"changed": without_arc})), "0.14.1", ["release-drift"] * 2),
    "empty-alone": ((("west", {"changed": without_arc}),), "", []),
    "empty-alone-as-expected": ((("west", {"changed": without_arc}),), "0.14.2", []),
    "all-empty": (
        (("east", {"changed": without_arc}), ("west", {"changed": without_arc})), "0.14.2", []),
}


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_each_way_to_come_apart_has_its_id(case):
    clusters, release, expected = CASES[case]
    plain = {"changed": alike}
    found = ids(*(entry(name, **{**plain, **how}) for name, how in clusters), release=release)
    assert found == expected


def test_limits_that_helm_was_not_told_are_those_of_the_chart():
    def unlimited(parts):
        spec = parts["autoscalingrunnersets"][0]["spec"]
        spec.pop("maxRunners", None)
        spec["minRunners"] = 0

    assert ids(entry("east", changed=unlimited)) == []


def test_reason_names_both_sides_and_what_happens_next():
    one = entry("east", changed=lambda parts: (
        live(0, 0)(parts), helm_was_told(min_runners=1, max_runners=9)(parts)))
    found, = status_drift.drift([one])
    assert found["object"].endswith("web of east") and found["clusters"] == ["east"]
    assert found["reason"].startswith("min_runners is 0, Helm was told 1; max_runners is 0, Helm")
    assert status_drift.lines([found])[0].startswith("drift limits-drift: scale set ")


def test_cluster_that_was_emptied_is_named_beside_those_that_have_a_release():
    found, = status_drift.drift([entry("east", changed=alike), entry("west", changed=without_arc)])
    assert (found["clusters"], found["reason"]) == (["east", "west"], "0.14.2 in east, none in west")
    found, = status_drift.drift(
        [entry("east", changed=alike), entry("west", changed=without_arc)], "0.14.2")
    assert (found["clusters"], found["reason"]) == (["west"], "of none, expected is 0.14.2")


def test_empty_cluster_whose_controllers_were_not_read_has_no_other_release():
    def half(parts):
        without_arc(parts)
        parts["deployments"] = reads.Unread("forbidden", "list deployments", "deployments")

    assert ids(entry("east", changed=alike), entry("west", changed=half)) == []


@pytest.mark.parametrize("part", ["autoscalingrunnersets", "deployments", "helm", "crds"])
def test_what_was_not_read_is_no_difference(part):
    parts = b.sound("0.14.2")
    alike(parts)
    unread = reads.Unread("forbidden", f"list {part}", part)
    cluster = replace(model.read_cluster(b.snapshot(**{**parts, part: unread})),
                      crds=unread if part == "crds" else crds_of("0.14.2"))
    half = status_text.entry("west", summary.summarise(cluster, findings.findings_of(cluster)))
    assert ids(entry("east", changed=alike), half) == []


def test_cluster_that_did_not_answer_takes_no_part():
    silent = status_text.entry("west", {"failed": True, "msg": "no answer"})
    assert ids(entry("east", changed=alike), silent, release="0.14.2") == []


def test_drift_fails_a_status_where_it_is_asked_for():
    found = status_drift.drift([entry("east", changed=alike)], "0.14.1")
    assert status_text.failing([], "never", found) == ["1 differences: release-drift"]
    assert status_text.lines([], found)[-1].startswith("drift release-drift: controllers of east")
