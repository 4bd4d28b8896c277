# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a status tells of sound, ill, half-read and silent clusters, and when it fails."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    findings,
    model,
    reads,
    status_text,
    summary,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def info_of(parts):
    cluster = model.read_cluster(b.snapshot(**parts))
    return summary.summarise(cluster, findings.findings_of(cluster))


def told(parts):
    return status_text.entry("east", info_of(parts))


def stale(parts):
    parts["autoscalinglisteners"][0]["spec"]["ephemeralRunnerSetName"] = "web-gone"
    return parts


def test_sound_cluster_is_a_line_without_findings():
    one = told(b.sound("0.14.2", busy=2, idle=1))
    head, row, *rest = status_text.lines([one])
    assert head.split() == [
        "CLUSTER", "ARC", "CRDS", "SCALE", "SETS", "BUSY", "IDLE", "PENDING", "FAILED", "UNKNOWN",
        "FINDINGS",
    ]  # fmt: skip
    assert row.startswith("east") and "0.14.2" in row and "1 of 1 serve" in row
    assert status_text.failing([one], "blocker") == []
    assert not [line for line in rest if "blocker" in line]


def test_finding_is_told_with_its_remedy_and_fails_by_its_severity():
    one = told(stale(b.sound("0.14.2")))
    assert one["findings"]
    lines = status_text.lines([one])
    finding = next(one for one in one["findings"] if one["severity"] != "info")
    at = next(number for number, line in enumerate(lines) if finding["id"] in line)
    assert finding["reason"] in lines[at] and finding["remedy"] in lines[at + 1]
    assert status_text.failing([one], finding["severity"])
    assert status_text.failing([one], "never") == []


def test_finding_that_is_known_is_told_but_fails_nothing():
    one = told(stale(b.sound("0.14.2")))
    ids = sorted({each["id"] for each in one["findings"] if each["severity"] != "info"})
    (why,) = status_text.failing([one], "warning")
    assert all(each in why for each in ids)
    assert status_text.failing([one], "warning", ignore=ids) == []
    assert status_text.failing([one], "warning", ignore=["no-such"]) == [why]


@pytest.mark.parametrize("part", ["autoscalingrunnersets", "autoscalinglisteners", "deployments",
                                  "ephemeralrunners", "crds"])
def test_what_was_not_read_is_never_zero(part):
    parts = b.sound("0.14.2")
    parts[part] = reads.Unread("forbidden", f"list {part}", part)
    row = status_text.lines([told(parts)])[1]
    assert "?" in row


def test_cluster_that_does_not_answer_hides_nobody_and_fails():
    silent = status_text.entry("west", {"failed": True, "msg": "west does not answer"})
    sound = told(b.sound("0.14.2"))
    lines = status_text.lines([silent, sound])
    assert lines[1].split()[:3] == ["west", "?", "?"] and lines[2].startswith("east")
    assert "west: west does not answer" in lines
    assert status_text.failing([silent, sound], "never") == ["west: west does not answer"]


def test_set_that_goes_serves_nobody():
    parts = b.sound("0.14.2")
    parts["autoscalingrunnersets"][0]["metadata"]["deletionTimestamp"] = b.ago(1)
    (one,) = told(parts)["scale_sets"]
    assert one["is_serving"] is False


@pytest.mark.parametrize("limits, serves", [((0, 0), False), ((1, 0), False), ((0, 1), True), ((0, None), True)])
def test_set_that_may_have_no_runner_serves_nobody(limits, serves):
    parts = b.sound("0.14.2", names=("web", "ci"), min_runners=limits[0], max_runners=limits[1])
    sets = told(parts)["scale_sets"]
    assert [one["is_serving"] for one in sets] == [serves] * 2
    assert f"{2 if serves else 0} of 2 serve" in status_text.lines([told(parts)])[1]


def test_set_that_may_have_no_runner_is_known_not_to_serve_without_its_listener():
    parts = b.sound("0.14.2", min_runners=0, max_runners=0)
    parts["autoscalinglisteners"] = reads.Unread("forbidden", "list autoscalinglisteners")
    (one,) = told(parts)["scale_sets"]
    assert one["is_serving"] is False


def test_run_that_did_not_end_is_told_once_with_its_remedy_and_fails_at_a_warning():
    marks = {"arc.lifecycle/state": "open", "arc.lifecycle/from-release": "0.9.3",
             "arc.lifecycle/to-release": "0.14.2", "arc.lifecycle/kind": "upgrade"}
    parts = {part: [] for part in b.sound("0.14.2")}
    empty = told(parts)
    assert status_text.failing([empty], "warning") == []
    parts["records"] = [{"metadata": b.meta("Secret", b.SYSTEMS, "record", annotations=marks)}]
    one = told(parts)
    lines = status_text.lines([one])
    assert "none yet" in lines[1] and "none yet" not in status_text.lines([empty])[1]
    (at,) = [number for number, line in enumerate(lines) if "record" in line]
    assert lines[at].startswith("east: warning run-unfinished: Secret arc-systems/record: ")
    assert "arc.lifecycle.upgrade -e arc_target=0.14.2 again" in lines[at + 1]
    assert "run-unfinished" in status_text.failing([one], "warning")[0]
    assert status_text.failing([one], "blocker") == []


def test_informations_stand_after_all_that_is_graver_and_alike_ones_are_one():
    parts = b.sound("0.14.2", names=("ci", "web", "x"), mode="kubernetes")
    west = {**told(stale(b.sound("0.14.2"))), "name": "west"}
    lines = status_text.lines([told(parts), west])
    known = [one for one in lines if "info kubernetes-mode" in one]
    assert known == [
        f"east: info kubernetes-mode: AutoscalingRunnerSet {b.RUNNERS}/ci and 2 more:"
        " its container mode is kubernetes"]
    at = lines.index(known[0])
    assert lines[at + 1] == "    Nothing: the upgrade removes the set first and its Helm release last."
    grave = max(number for number, one in enumerate(lines) if "west: warning" in one)
    assert grave < at


def test_informations_that_differ_are_told_one_by_one():
    one = {**told(b.sound("0.14.2")), "findings": [
        {"id": "value-moved", "severity": "info", "object": "Helm release a/b", "reason": reason,
         "remedy": "r"} for reason in ("x", "y")]}
    assert status_text.lines([one])[-4:] == [
        "east: info value-moved: Helm release a/b: x", "    r",
        "east: info value-moved: Helm release a/b: y", "    r"]


def test_cluster_without_arc_says_none():
    empty = {part: [] for part in b.sound("0.14.2")}
    row = status_text.lines([told(empty)])[1]
    assert row.split()[1] == "none" and row.split()[3] == "none" and "serve" not in row


def test_set_that_vanished_is_one_that_does_not_serve():
    info = {**info_of(b.sound("0.14.2")),
            "vanished": [{"namespace": "arc-runners", "helm_release": "api"}]}
    one = status_text.entry("east", info)
    assert one["vanished"] == ["arc-runners/api"]
    assert "1 of 2 serve" in status_text.lines([one])[1]
