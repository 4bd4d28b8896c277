# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary is plain, bounded, without secrets, and None where nothing was read."""

from __future__ import annotations

import json

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_set,
    findings,
    model,
    reads,
    summary,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def told(parts, **options):
    cluster = model.read_cluster(b.snapshot(**parts))
    return summary.summarise(cluster, findings.findings_of(cluster), **options)


def test_sound_cluster_is_told_as_plain_data():
    one = told(b.sound("0.14.2", busy=1))
    assert json.loads(json.dumps(one)) == one
    assert one["cluster"]["uid"] == "uid-blue" and one["at"] == "2026-06-01T12:00:00Z"
    assert one["counts"] == {
        "busy": 1, "idle": 1, "pending": 0, "finished": 0, "failed": 0, "unknown": 0,
    }
    web = one["scale_sets"][0]
    assert web["listeners"][0]["name"] == web["expected_listener"] == "web-56895fb6-listener"
    assert (web["counts"], web["release"], web["helm_release"]) == (
        one["counts"], "0.14.2", "web",
    )
    assert one["controllers"][0]["pods"][0]["ready"] is True
    assert one["orphans"] == {"listeners": [], "runner_sets": [], "helpers": [],
                              "controller_pods": [], "runners": 0}
    assert one["runners"][0]["state"] == "busy" and one["runners"][0]["job"]["run_id"] == 4711
    assert one["runners"][1]["job"] is None


def test_everything_out_of_place_is_told():
    parts = b.sound()
    parts["autoscalingrunnersets"] = []
    parts["roles"] = [b.helper("Role", "web-gha-rs-manager", deleting=9)]
    parts["pods"].append(b.controller_pod(b.controller(name="old")))
    parts["records"] = [{"metadata": b.meta("Secret", b.SYSTEMS, "r")}]
    one = told(parts)
    assert [x["helm_release"] for x in one["vanished"]] == ["web"]
    assert {key: len(value) if isinstance(value, list) else value
            for key, value in one["orphans"].items()} == {
        "listeners": 1, "runner_sets": 1, "helpers": 1, "controller_pods": 1, "runners": 1,
    }
    assert one["records"][0]["state"] == "unreadable"
    assert {finding["id"] for finding in one["findings"]} >= {"set-vanished", "helper-leftover"}


def test_runners_are_bounded_and_those_that_matter_come_first():
    one = told(b.sound(busy=3, idle=5), runners_shown=4)
    assert [runner["state"] for runner in one["runners"]] == ["busy"] * 3 + ["idle"]
    assert one["runners_not_shown"] == 4 and one["counts"]["idle"] == 5


def test_result_of_many_runners_stays_small():
    parts = b.sound(names=[f"s{number}" for number in range(10)], busy=10, idle=40)
    one = told(parts)
    assert (len(one["runners"]), one["runners_not_shown"]) == (200, 300)
    assert len(json.dumps(one)) < 150_000


@pytest.mark.parametrize("part", reads.PARTS)
def test_unread_part_is_none_and_never_an_empty_list(part):
    one = told({**b.sound(busy=1), part: reads.Unread("forbidden", "list it")})
    assert one["unread"] == [{"part": part, "reason": "forbidden", "missing_right": "list it"}]
    web = (one["scale_sets"] or [{}])[0]
    empty = {
        "autoscalingrunnersets": [one["scale_sets"], one["counts"]["busy"], one["vanished"]],
        "autoscalinglisteners": [web.get("listeners"), one["orphans"]["listeners"]],
        "ephemeralrunnersets": [web.get("runner_sets"), one["orphans"]["runner_sets"]],
        "ephemeralrunners": [one["counts"]["idle"], one["runners_not_shown"],
                             web.get("poisoned_runners"), one["orphans"]["runners"]],
        "pods": [one["orphans"]["controller_pods"]],
        "deployments": [one["controllers"]],
        "helm": [one["helm_releases"], one["vanished"]],
        "records": [one["records"]],
        "secrets": [web.get("helpers"), one["orphans"]["helpers"]],
        "roles": [web.get("helpers")],
        "rolebindings": [web.get("helpers")],
        "serviceaccounts": [web.get("helpers")],
    }.get(part, [])
    assert empty == [None] * len(empty)
    if part == "crds":
        assert one["crds"]["unread"]["reason"] == "forbidden"
    if part == "pods":
        assert web["listeners"][0]["pod"]["reason"] == "forbidden"


def test_listener_without_pod_is_told_as_none():
    parts = b.sound()
    del parts["pods"][1]
    assert told(parts)["scale_sets"][0]["listeners"][0]["pod"] is None


def test_differing_paths_of_edited_crds_are_bounded():
    match = crd_set.CrdMatch("x", "edited", (), "0.9.0", tuple(f"p{n}" for n in range(99)))
    cluster = model.read_cluster(b.snapshot())
    one = summary.summarise(
        model.Cluster(cluster.id, cluster.at, crds=crd_set.CrdState("edited", crds=(match,)))
    )
    assert len(one["crds"]["crds"][0]["differing"]) == 20
    assert one["crds"]["crds"][0]["differing_count"] == 99


def test_findings_are_bounded():
    cluster = model.read_cluster(b.snapshot())
    many = [findings.make("unread", f"part-{n}", "x") for n in range(600)]
    one = summary.summarise(cluster, many)
    assert (len(one["findings"]), one["findings_not_shown"]) == (500, 100)
