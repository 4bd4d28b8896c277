# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an uninstallation takes away, from what arc_info says."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    errors,
    model,
    reads,
    summary,
    work,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def taken(parts):
    return work.uninstall_of(summary.summarise(model.read_cluster(b.snapshot(**parts))))


def test_sets_that_are_there_are_drained_and_all_releases_go():
    found = taken(b.sound("0.14.2"))
    (scale_set,) = found["scale_sets"]
    assert found["drain"] == [{key: scale_set[key] for key in ("namespace", "name")}]
    assert (scale_set["name"], bool(scale_set["helm"])) == ("web", True)
    assert [bool(one["helm"]) for one in found["controllers"]] == [True]


def test_release_whose_set_has_vanished_goes_without_a_drain():
    parts = b.sound("0.14.2")
    parts["autoscalingrunnersets"].clear()
    found = taken(parts)
    assert found["drain"] == []
    assert [one["helm"] for one in found["scale_sets"]] == ["web"]


def test_nothing_there_is_nothing_to_take():
    empty = {part: [] for part in b.sound("0.14.2")}
    assert taken(empty) == {"drain": [], "scale_sets": [], "controllers": []}


@pytest.mark.parametrize("part", ["autoscalingrunnersets", "deployments", "helm"])
def test_what_could_not_be_read_is_refused(part):
    parts = b.sound("0.14.2")
    parts[part] = reads.Unread("forbidden", f"list {part}", part)
    with pytest.raises(errors.BadInput) as caught:
        taken(parts)
    assert "could not be read" in caught.value.cause


@pytest.mark.parametrize("part, number", [("autoscalingrunnersets", 1), ("deployments", 0)])
def test_release_whose_objects_are_elsewhere_is_refused_as_it_would_stay(part, number):
    parts = b.sound("0.14.2")
    marks = parts[part][0]["metadata"]["annotations"]
    marks["meta.helm.sh/release-namespace"] = parts["helm"][number]["namespace"] = "team-a"
    with pytest.raises(errors.BadInput) as caught:
        taken(parts)
    assert "another namespace" in caught.value.cause


def test_peers_of_an_upgrade_are_those_that_serve_what_is_taken_away():
    def planned(name, action, *peers):
        return {"namespace": "n", "name": name, "action": action, "source": "live", "helm_release": name,
                "peers": [{"cluster": cluster, "namespace": "m", "name": name, "serves": serves}
                          for cluster, serves in peers]}

    found = work.work_of({"steps": [], "scale_sets": [
        planned("web", "replace", ("green", True), ("red", False)), planned("api", "keep", ("green", True)),
        planned("ci", "replace", ("green", True)),
    ]}, [])
    assert found["peers"] == [
        {"cluster": "green", "namespace": "m", "name": name} for name in ("ci", "web")]


@pytest.mark.parametrize("batch, may_be_down, method, expected", [
    (["blue"], [], "full_cycle", []),
    (["blue", "green"], [], "full_cycle", ["n/web"]),
    (["blue", "green", "red"], [], "full_cycle", ["n/api", "n/web"]),
    (["blue", "green", "red"], ["n/*"], "full_cycle", []),
    (["blue", "green", "red"], ["w?b"], "full_cycle", ["n/api"]),
    (["blue", "green", "red"], [], "in_place", []),
])
def test_batch_must_not_hold_all_that_serve_a_set(batch, may_be_down, method, expected):
    def planned(name, action, *serving):
        return {"namespace": "n", "name": name, "action": action,
                "peers": [{"cluster": cluster, "serves": cluster in serving}
                          for cluster in ("green", "red")]}

    cluster = {"method": method, "scale_sets": [
        planned("web", "replace", "green"), planned("api", "replace", "green", "red"),
        planned("kept", "keep", "green"), planned("alone", "replace")]}
    assert work.unserved_in(cluster, batch, may_be_down) == expected


@pytest.mark.parametrize("steps, drained", [
    (["uninstall_controller"], ["leaving", "web"]), (["remove_sets"], ["web"]),
], ids=["controller-goes", "controller-stays"])
def test_set_that_its_owner_removes_is_gone_before_the_controller_goes(steps, drained):
    def planned(name, action):
        return {"namespace": "n", "name": name, "action": action, "source": "live",
                "helm_release": "", "peers": []}

    found = work.work_of({"steps": steps, "scale_sets": [
        planned("leaving", "leave"), planned("web", "replace")]}, [])
    assert [one["name"] for one in found["drain"]] == drained
