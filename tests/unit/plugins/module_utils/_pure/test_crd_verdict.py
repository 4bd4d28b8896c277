# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules, live objects and the target's controller together give one verdict."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_changes,
    crd_objects,
    crd_rules,
    crd_verdict,
    reads,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.crd_changes import Change
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import published_crds

BLOCKS, LOSES, INFO = crd_changes.BLOCKS, crd_changes.LOSES_DATA, crd_changes.INFO
UNREAD = reads.Unread("403", "list ephemeralrunners")


def change(change_id, severity):
    return Change(change_id, severity, "things.example.com", "v1", ".spec.a")


def report(*lost, kind="Thing", **violations):
    found = tuple(crd_objects.Violation(*one) for one in violations.get("wrong", ()))
    return crd_objects.ObjectReport(kind, "n", "x", "u", found, lost)


CLEAN, REQUIRED = report(), report(wrong=[(".spec.a", "required", "is required and not there")])
ADDED = change("required-added", BLOCKS)
REMOVED = change("field-removed", LOSES)

VERDICTS = {
    "nothing": ([], [CLEAN], True, "identical"),
    "fields-added": ([], [CLEAN], False, "safe"),
    "only-information": ([change("default-changed", INFO)], [CLEAN], False, "safe"),
    "rule-without-victim": ([ADDED], [CLEAN], False, "safe_for_these_objects"),
    "removed-without-victim": ([REMOVED], [], False, "safe_for_these_objects"),
    "object-loses": ([REMOVED], [report(".spec.a")], False, "loses_data"),
    "object-breaks": ([ADDED, REMOVED], [report(".spec.a"), REQUIRED], False, "breaks_objects"),
    "identical-and-object-is-invalid-already": ([], [REQUIRED], True, "breaks_objects"),
    "scope": ([change("scope-changed", BLOCKS)], [], False, "blocked"),
    "names-that-are-only-short": ([change("names-changed", INFO)], [], False, "safe"),
    "secret-leaves-the-status": (
        [REMOVED], [report(".status.runnerJITConfig", kind="EphemeralRunner")], False,
        "safe_for_these_objects"),
    "unread-identical": ([], UNREAD, True, "identical"),
    "unread-safe": ([], UNREAD, False, "safe"),
    "unread-removed": ([REMOVED], UNREAD, False, "loses_data"),
    "unread-required": ([ADDED], UNREAD, False, "breaks_objects"),
}  # fmt: skip


@pytest.mark.parametrize("changes, reports, identical, verdict", VERDICTS.values(), ids=VERDICTS)
def test_verdict(changes, reports, identical, verdict):
    found = crd_verdict.judge(changes, reports, identical=identical)
    assert found.verdict == verdict
    assert found.may_replace is (verdict in ("identical", "safe", "safe_for_these_objects"))
    assert bool(found.reasons) is (verdict not in ("identical", "safe"))


def test_unread_objects_are_said_to_be_unread():
    found = crd_verdict.judge([ADDED], UNREAD)
    assert found.reasons[0] == "the objects were not read (403)"


def test_worst_of_several_is_the_verdict_of_the_set():
    found = crd_verdict.worst([
        crd_verdict.Judgement("safe"), crd_verdict.Judgement("loses_data", ("a",)),
        crd_verdict.Judgement("loses_data", ("b",)),
    ])  # fmt: skip
    assert (found.verdict, found.reasons) == ("loses_data", ("a", "b"))
    assert crd_verdict.worst([]).verdict == "identical"


def runner(**failures):
    return {"metadata": {"name": "x", "namespace": "n"}, "status": {"failures": failures}}


@pytest.mark.parametrize("failures, release, caught", [
    ({"u": True}, "0.14.2", True), ({"u": True}, "0.11.0", False),
    ({"u": "2026-06-01T12:00:00Z"}, "0.14.2", False),
    ({"u": "2026-06-01T12:00:00Z"}, "0.9.3", True),
    ({}, "0.14.2", False), ({"u": True}, None, False), ({"u": True}, "dev", False),
], ids=[
    "old-mark-new-controller", "old-mark-old-controller", "new-mark-new-controller",
    "new-mark-old-controller", "no-mark", "no-controller", "release-unreadable",
])  # fmt: skip
def test_one_mark_of_another_release_stops_a_controller(failures, release, caught):
    found = crd_verdict.traps(runner(**failures), report(kind="EphemeralRunner"), release)
    assert [one.id for one in found] == ["failures-undecodable"] * caught
    assert all(one.stops_controller for one in found)
    if caught:
        judged = crd_verdict.judge([], [report(kind="EphemeralRunner")], found)
        assert judged.verdict == "breaks_objects"
        assert found[0].as_dict()["object"]["name"] == "x"


def test_runner_set_without_patch_id_is_named_with_its_cure():
    wrong = report(kind="EphemeralRunnerSet", wrong=[(".spec.patchID", "required", "is missing")])
    (found,) = crd_verdict.traps({}, wrong, "0.9.3")
    assert (found.id, found.stops_controller) == ("patch-id-missing", False)
    assert '"patchID": 0' in found.remedy


@pytest.mark.parametrize("kind, caught", [
    ("AutoscalingRunnerSet", True), ("EphemeralRunnerSet", True), ("EphemeralRunner", False),
])  # fmt: skip
def test_template_with_a_key_twice_makes_no_children(kind, caught):
    path = ".spec.template.spec.containers[0].env[1]"
    twice = report(kind=kind, wrong=[(path, "duplicate", "stands there twice: name A")])
    found = crd_verdict.traps({}, twice, "0.11.0")
    assert [one.id for one in found] == ["duplicate-in-template"] * caught
    assert all("name A" in one.reason for one in found)


@published_crds.needed
def test_step_to_0_12_0_breaks_only_where_a_failure_is_recorded():
    old = published_crds.load_one("0.11.0", "ephemeralrunners")
    new = published_crds.load_one("0.12.0", "ephemeralrunners")
    checker, changes = crd_objects.prepare(new), crd_rules.compare(old, new)
    assert not crd_verdict.is_identical(old, new)
    spec = {"githubConfigUrl": "u", "githubConfigSecret": "s", "runnerScaleSetId": 1}
    for failures, verdict in ({}, "safe_for_these_objects"), ({"u": True}, "breaks_objects"):
        judged = crd_verdict.judge(changes, [checker.check({**runner(**failures), "spec": spec})])
        assert judged.verdict == verdict


@published_crds.needed
def test_same_set_is_identical_also_with_other_text():
    old = published_crds.load_one("0.14.0", "ephemeralrunners")
    new = published_crds.load_one("0.14.0", "ephemeralrunners")
    new["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["description"] = "ours"
    assert crd_verdict.is_identical(old, new)
