# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier changes left behind in a cluster, and no drain takes away, is part of the plan."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_set,
    model,
    plan,
    record,
    releases,
    summary,
    work,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def cluster(name="blue", edit=None):
    parts = b.sound("0.9.3", group=name)
    if edit:
        edit(parts)
    return model.read_cluster(b.snapshot(name=name, **parts))


def with_crds(one, release):
    name = releases.release(release).crd_set
    state = crd_set.CrdState(crd_set.EXACT, name, crd_set.releases_of(name))
    return dataclasses.replace(one, crds=state)


@pytest.mark.parametrize(("target", "failures", "blocks"), [
    ("0.14.2", {"x": True}, True),
    ("0.14.2", {"x": "2026-01-01T00:00:00Z"}, False),
    ("0.14.2", None, False),
    ("0.10.1", {"x": True}, False),
], ids=["undecodable", "times", "none", "target-wants-booleans"])
def test_runner_that_no_drain_takes_away_blocks_where_the_target_cannot_decode_it(
    target, failures, blocks
):
    def orphan(parts):
        gone = b.runner_set(b.scale_set("gone", release="0.9.3"), replicas=1)
        parts["ephemeralrunners"].append(
            b.runner(gone, name="gone-1", failures=failures, release="0.9.3"))

    made = plan.plan_fleet([cluster(edit=orphan), cluster("green")], target)
    found = [one for one in made.blockers if one.id == "poisoned-failures"]
    assert [one.object.endswith("gone-1") for one in found] == ([True] if blocks else [])


@pytest.mark.parametrize("target, blocks", [("0.14.2", True), ("0.9.3", False)], ids=["replaced", "kept"])
@pytest.mark.parametrize("part", ["ephemeralrunnersets", "ephemeralrunners"])
def test_what_belongs_to_no_set_blocks_where_the_controller_goes(part, target, blocks):
    def orphan(parts):
        gone = b.runner_set(b.scale_set("gone", release="0.9.3"), replicas=1)
        parts[part].append(gone if part == "ephemeralrunnersets" else b.runner(gone, name="gone-1"))
        parts["records"] = [] if blocks else [{"metadata": b.meta("Secret", b.SYSTEMS, "record", annotations={
            "arc.lifecycle/state": "open", "arc.lifecycle/from-release": "0.9.3"})}]

    made = plan.plan_fleet([with_crds(cluster(edit=orphan), "0.9.3")], target)
    assert made.is_anything_to_do
    assert [one.severity for one in made.findings if one.id == "orphan-runners"] == ["blocker" if blocks else "warning"]


def test_listeners_that_serve_no_set_are_part_of_the_plan():
    def gone(parts):
        for part in ("autoscalingrunnersets", "ephemeralrunnersets", "ephemeralrunners"):
            parts[part] = []

    (one,) = plan.plan_fleet([cluster(edit=gone)], "0.14.2").clusters
    assert [name.startswith("arc-systems/web-") for name in one.orphaned_listeners] == [True]
    (one,) = plan.plan_fleet([cluster()], "0.14.2").clusters
    assert one.orphaned_listeners == ()


def test_listener_that_an_older_rule_named_is_part_of_the_plan_as_no_drain_takes_it_away():
    parts = b.sound("0.13.1")
    old = b.listener(parts["autoscalingrunnersets"][0], release="0.13.0", rule="namespace")
    parts["autoscalinglisteners"].append(old)
    (one,) = plan.plan_fleet([model.read_cluster(b.snapshot(**parts))], "0.14.2").clusters
    assert one.orphaned_listeners == (f"arc-systems/{old['metadata']['name']}",)


def test_vanished_set_is_expected_under_the_name_that_its_values_give_it():
    def vanished(parts):
        for part in ("autoscalingrunnersets", "ephemeralrunnersets", "ephemeralrunners"):
            parts[part] = []
        parts["helm"][1]["set_name"] = "gpu_large"

    one = cluster(edit=vanished)
    (planned,) = plan.plan_fleet([one], "0.14.2").clusters
    (gone,) = planned.scale_sets
    assert (gone.name, gone.helm, gone.serves_as) == ("gpu-large", "web", "gpu_large")
    made = work.work_of(planned.as_dict(), record.entries_of(one))
    wanted = {"namespace": "arc-runners", "name": "gpu-large", "helm": "web"}
    assert made["expected"] == made["scale_sets"] == [wanted]
    taken = work.uninstall_of(summary.summarise(one))
    assert taken["scale_sets"] == [wanted]


def unfinished(number):
    def edit(parts):
        parts["helm"][number]["status"] = "pending-upgrade"
    return edit


@pytest.mark.parametrize("edit, crds, method", [
    (None, "0.14.1", "in_place"),
    (None, "0.12.0", "full_cycle"),
    (unfinished(0), "0.14.1", "full_cycle"),
    (unfinished(1), "0.14.1", "full_cycle"),
], ids=["sound", "old-crds", "controller-unfinished", "set-unfinished"])
def test_in_place_is_not_taken_where_something_has_to_be_taken_apart_first(edit, crds, method):
    parts = b.sound("0.14.1")
    if edit:
        edit(parts)
    one = with_crds(model.read_cluster(b.snapshot(**parts)), crds)
    made = plan.plan_fleet([one], "0.14.2", plan.Options(in_place=True)).clusters[0]
    assert (made.method, "crds" in made.steps) == (method, method == "full_cycle")


def set_elsewhere(parts):
    marks = parts["autoscalingrunnersets"][0]["metadata"]["annotations"]
    marks["meta.helm.sh/release-namespace"] = parts["helm"][1]["namespace"] = "team-a"


def controller_elsewhere(parts):
    marks = parts["deployments"][0]["metadata"]["annotations"]
    marks["meta.helm.sh/release-namespace"] = parts["helm"][0]["namespace"] = "helm-home"


def vanished_elsewhere(parts):
    for part in ("autoscalingrunnersets", "ephemeralrunnersets", "ephemeralrunners"):
        parts[part] = []
    parts["helm"][1]["value_paths"] = ["namespaceOverride"]


@pytest.mark.parametrize("edit", [set_elsewhere, controller_elsewhere, vanished_elsewhere])
def test_what_helm_put_into_another_namespace_would_not_come_back_and_blocks(edit):
    made = plan.plan_fleet([cluster(edit=edit)], "0.14.2")
    assert "namespace-override" in {one.id for one in made.blockers}
    assert "namespace-override" not in {one.id for one in plan.plan_fleet([cluster()], "0.14.2").blockers}
