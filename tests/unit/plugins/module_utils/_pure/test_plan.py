# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan says what will be done and what stands in the way, from what is there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_set,
    model,
    plan,
    plan_cluster,
    reads,
    releases,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def crds_of(release):
    name = releases.release(release).crd_set
    return crd_set.CrdState(crd_set.EXACT, name, crd_set.releases_of(name))


def cluster(name="blue", release="0.9.3", *, edit=None, crds=None, uid="", kubernetes="1.36.3",
            **changes):
    changes.setdefault("group", name)
    parts = b.sound(release, **changes)
    if edit:
        edit(parts)
    one = model.read_cluster(b.snapshot(name=name, uid=uid, kubernetes=kubernetes, **parts))
    return replace(one, crds=crds_of(crds or release))


def record(state="open", start="0.9.3", end="0.14.2", names=("web",)):
    sets = [{"namespace": b.RUNNERS, "name": name, "helm": name} for name in names]
    marks = {"arc.lifecycle/state": state, "arc.lifecycle/from-release": start,
             "arc.lifecycle/to-release": end, "arc.lifecycle/scale-sets": json.dumps(sets)}
    return {"metadata": b.meta("Secret", b.SYSTEMS, "record", annotations=marks)}


def ids(made, severity):
    return sorted({one.id for one in made.findings if one.severity == severity})


def actions(one):
    return {planned.name: (planned.source, planned.action) for planned in one.scale_sets}


def pair(release="0.9.3", **changes):
    return [cluster("blue", release, **changes), cluster("green", release, **changes)]


@pytest.mark.parametrize(
    "start, target, kind, method",
    [
        ("0.9.0", "0.9.3", "full_cycle", "full_cycle"),
        ("0.9.3", "0.14.2", "full_cycle", "full_cycle"),
        ("0.12.0", "0.12.1", "in_place", "full_cycle"),
    ],
)
def test_two_sound_clusters_are_planned_without_blocker(start, target, kind, method):
    made = plan.plan_fleet(pair(start, busy=1), target)
    assert made.blockers == () and made.is_anything_to_do
    assert [(one.hop.kind, one.method, one.from_releases) for one in made.clusters] == [
        (kind, method, (start,))
    ] * 2
    assert made.clusters[0].steps == plan_cluster.FULL_CYCLE_STEPS
    assert actions(made.clusters[0]) == {"web": ("live", "replace")}
    assert made.clusters[0].controllers == (("arc-systems", "arc-gha-rs-controller", "replace"),)
    assert made.clusters[0].counts["busy"] == 1


def test_in_place_is_taken_where_asked_for_and_possible():
    options = plan.Options(in_place=True)
    assert plan.plan_fleet(pair("0.12.0"), "0.12.1", options).clusters[0].steps == (
        plan_cluster.IN_PLACE_STEPS
    )
    assert plan.plan_fleet(pair("0.11.0"), "0.12.1", options).clusters[0].method == "full_cycle"


def test_all_at_target_and_healthy_is_nothing_to_do():
    made = plan.plan_fleet(pair("0.14.2"), "0.14.2")
    assert not made.is_anything_to_do and made.findings == ()
    assert [(one.method, one.steps) for one in made.clusters] == [("none", ())] * 2
    assert actions(made.clusters[0]) == {"web": ("live", "keep")}


def test_at_target_with_an_ill_listener_is_proven_again():
    def stale(parts):
        parts["autoscalinglisteners"][0]["spec"]["ephemeralRunnerSetName"] = "web-gone"

    made = plan.plan_fleet([cluster(release="0.14.2", edit=stale)], "0.14.2")
    assert made.clusters[0].steps == ("prove",) and made.clusters[0].method == "none"


def test_controller_at_target_over_old_crds_is_a_full_cycle():
    made = plan.plan_fleet([cluster(release="0.14.2", crds="0.9.3")], "0.14.2")
    assert made.clusters[0].crds == {
        "installed": "0.9.0-0.10.1", "verdict": "exact", "target": "0.14.0", "must_change": True,
    }
    assert made.clusters[0].steps == plan_cluster.FULL_CYCLE_STEPS


def test_edited_crds_are_no_reason_to_empty_a_cluster_at_its_target():
    one = replace(cluster(release="0.14.2"), crds=crd_set.CrdState(crd_set.EDITED))
    made = plan.plan_fleet([one], "0.14.2")
    assert not made.is_anything_to_do and ids(made, "warning") == ["crds-edited"]


def test_version_skew_replaces_only_what_does_not_fit():
    def skew(parts):
        b.add_set(parts, b.scale_set("ci", release="0.9.1"), release="0.9.1", busy=0, idle=0)
        parts["helm"].append(b.helm_release("ci", release="0.9.1"))

    made = plan.plan_fleet([cluster(edit=skew)], "0.9.3")
    assert actions(made.clusters[0]) == {"web": ("live", "keep"), "ci": ("live", "replace")}
    assert made.clusters[0].steps == plan_cluster.MISSING_SETS_STEPS
    assert made.clusters[0].from_releases == ("0.9.1", "0.9.3")


def vanish(parts):
    for part in ("autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets",
                 "ephemeralrunners"):
        parts[part] = []
    del parts["pods"][1:]


def test_vanished_set_is_installed_again_and_its_cluster_goes_first():
    """#3562: Helm says deployed, the object is gone."""
    made = plan.plan_fleet(
        [cluster("blue"), cluster("green", edit=vanish)], "0.14.2"
    )
    assert [one.id.name for one in made.clusters] == ["green", "blue"]
    assert actions(made.clusters[0]) == {"web": ("vanished", "install")}
    assert made.blockers == ()
    assert {one.id for one in made.findings} == {"set-vanished", "peer-ill"}


def after_kill(parts):
    """The old controller is gone, its sets too, and Helm has let go of all of them."""
    vanish(parts)
    parts["pods"], parts["deployments"], parts["helm"] = [], [], []
    parts["records"] = [record()]


def test_interrupted_run_goes_on_from_its_record():
    made = plan.plan_fleet([cluster("blue"), cluster("green", edit=after_kill)], "0.14.2")
    green = made.clusters[0]
    assert (green.id.name, green.from_releases, green.is_resumed) == ("green", ("0.9.3",), True)
    assert actions(green) == {"web": ("recorded", "install")}
    assert green.steps == plan_cluster.FULL_CYCLE_STEPS
    assert made.blockers == () and "run-unfinished" in ids(made, "info")
    (open_one,) = [one for one in made.findings if one.id == "run-unfinished"]
    assert open_one.remedy == "Nothing: this run goes on from what it finds."


def test_interrupted_run_after_the_new_controller_installs_only_what_is_missing():
    def half(parts):
        parts["records"] = [record(names=("web", "ci"))]

    made = plan.plan_fleet([cluster(release="0.14.2", edit=half)], "0.14.2")
    assert actions(made.clusters[0]) == {"web": ("live", "keep"), "ci": ("recorded", "install")}
    assert made.clusters[0].steps == plan_cluster.MISSING_SETS_STEPS


def test_record_gives_the_name_of_a_set_that_helm_knows_otherwise():
    def renamed(parts):
        vanish(parts)
        sets = [{"namespace": b.RUNNERS, "name": "linux", "helm": "web"}]
        raw = record()
        raw["metadata"]["annotations"]["arc.lifecycle/scale-sets"] = json.dumps(sets)
        parts["records"] = [raw]

    made = plan.plan_fleet([cluster(edit=renamed)], "0.14.2")
    assert actions(made.clusters[0]) == {"linux": ("vanished", "install")}


def test_run_that_has_only_to_be_ended_is_ended():
    def left(parts):
        parts["records"] = [record()]

    for target in ("0.9.3", "0.14.2"):
        made = plan.plan_fleet([cluster("blue", target, edit=left), cluster("green", target)],
                               target)
        assert [one.steps for one in made.clusters] == [("prove",), ()]
        assert made.clusters[0].method == "none"


def test_closed_record_expects_nothing():
    def closed(parts):
        parts["records"] = [record("closed", names=("old",))]

    made = plan.plan_fleet([cluster(edit=closed)], "0.14.2")
    assert actions(made.clusters[0]) == {"web": ("live", "replace")}


def test_records_given_by_themselves_count_instead_of_those_seen():
    seen = model.read_cluster(b.snapshot(records=[record(names=("ci",))])).records
    made = plan.plan_fleet([cluster()], "0.14.2", records={"uid-blue": seen, "uid-x": ()})
    assert actions(made.clusters[0])["ci"] == ("recorded", "install")
    untouched = plan.plan_fleet([cluster()], "0.14.2", records={"uid-x": seen})
    assert "ci" not in actions(untouched.clusters[0])


@pytest.mark.parametrize(
    "helm, recorded, expected",
    [(True, False, "replace"), (False, True, "replace"), (False, False, "leave")],
    ids=["helm-holds-it", "a-run-took-it-down", "its-owner-removes-it"],
)
def test_terminating_set_comes_back_unless_its_owner_removes_it(helm, recorded, expected):
    def edit(parts):
        parts["helm"] = parts["helm"] if helm else parts["helm"][:1]
        parts["records"] = [record()] if recorded else []

    made = plan.plan_fleet([cluster(edit=edit, deleting=1)], "0.14.2")
    assert actions(made.clusters[0]) == {"web": ("live", expected)}


def unread(*parts_unread):
    def edit(parts):
        parts.update({part: reads.Unread("forbidden", "list") for part in parts_unread})
    return edit


def no_helm(parts):
    parts["helm"] = []


def set_elsewhere(parts):
    marks = parts["autoscalingrunnersets"][0]["metadata"]["annotations"]
    marks["meta.helm.sh/release-namespace"] = parts["helm"][1]["namespace"] = "team-a"


BLOCKERS = [
    pytest.param(pair, "0.9.9", "target-unknown", id="unknown-target"),
    pytest.param(pair, "0.8.3", "target-unsupported", id="target-too-old"),
    pytest.param(lambda: pair("0.8.3"), "0.14.2", "target-unsupported", id="present-too-old"),
    pytest.param(lambda: pair("0.14.2"), "0.9.3", "downgrade", id="downgrade"),
    pytest.param(lambda: [cluster("a", uid="x"), cluster("b", uid="x")], "0.14.2",
                 "two-hosts-one-cluster", id="two-hosts"),
    pytest.param(lambda: pair(group="same"), "0.14.2", "same-name-and-group", id="same-group"),
    pytest.param(lambda: [cluster(edit=unread("pods"))], "0.14.2", "unread", id="pods-unread"),
    pytest.param(lambda: [cluster(release="0.14.2", edit=unread("ephemeralrunners"))], "0.14.2",
                 "unread", id="unread-at-target"),
    pytest.param(lambda: [cluster(edit=no_helm)], "0.14.2", "no-helm-release", id="hand-made"),
    pytest.param(lambda: [cluster("blue"), cluster("green", edit=lambda p: p["pods"].pop(1))],
                 "0.14.2", "peer-ill", id="peer-ill"),
    pytest.param(lambda: [cluster(labels={"argocd.argoproj.io/instance": "a"})], "0.14.2",
                 "gitops-owned", id="gitops"),
    pytest.param(lambda: [cluster(release="0.11.0", mode="dind", kubernetes="v1.28.9+k3s1")],
                 "0.14.2", "kubernetes-too-old", id="dind-on-old-kubernetes"),
    pytest.param(lambda: [model.read_cluster(b.snapshot())], "0.14.2", "nothing-installed",
                 id="empty-cluster"),
    pytest.param(
        lambda: [cluster(edit=lambda p: p["helm"].append(
            b.helm_release("x", chart="gha-runner-scale-set-experimental")))],
        "0.14.2", "experimental-chart", id="experimental"),
]


@pytest.mark.parametrize("clusters, target, expected", BLOCKERS)
def test_blocker_stands_in_the_way(clusters, target, expected):
    made = plan.plan_fleet(clusters(), target)
    assert expected in {one.id for one in made.blockers}
    assert made.as_dict()["is_blocked"]


def test_controller_that_is_kept_needs_no_helm_release():
    def edit(parts):
        parts["helm"] = parts["helm"][1:]
        parts["records"] = [record(names=("ci",))]

    made = plan.plan_fleet([cluster(release="0.14.2", edit=edit)], "0.14.2")
    assert made.is_anything_to_do and made.blockers == ()


def test_part_that_nobody_asked_for_blocks_the_plan():
    snapshot = b.snapshot(**b.sound())
    asked = {part: read for part, read in snapshot.reads.items() if part != "records"}
    one = replace(model.read_cluster(replace(snapshot, reads=asked)), crds=crds_of("0.9.3"))
    made = plan.plan_fleet([one], "0.14.2")
    assert ("unread", "records", reads.NOT_ASKED) in {
        (x.id, x.object, x.reason) for x in made.blockers
    }


@pytest.mark.parametrize(
    "options, blocked",
    [
        (plan.Options(), True),
        (plan.Options(acknowledge=("gitops-owned",)), False),
        (plan.Options(suspended=("blue",)), False),
        (plan.Options(suspended=("green",)), True),
        (plan.Options(acknowledge=("unread",)), True),
    ],
)
def test_acknowledged_blocker_becomes_a_warning(options, blocked):
    one = cluster(labels={"argocd.argoproj.io/instance": "a"})
    made = plan.plan_fleet([one], "0.14.2", options)
    assert ("gitops-owned" in {one.id for one in made.blockers}) is blocked
    assert "gitops-owned" in {finding.id for finding in made.findings}


def test_acknowledged_ids_are_told_with_those_that_were_not_found():
    options = plan.Options(acknowledge=("name-in-one-cluster", "unread"))
    made = plan.plan_fleet([cluster()], "0.14.2", options)
    assert (made.acknowledged, made.not_found) == (("name-in-one-cluster",), ("unread",))


@pytest.mark.parametrize("id", [one for one in plan.NEVER_ACKNOWLEDGED if one != "crd-managed"])
def test_what_makes_a_plan_impossible_cannot_be_acknowledged(id):
    cases = {
        "target-unknown": ([cluster()], "9.9.9"),
        "two-hosts-one-cluster": ([cluster("a", uid="x"), cluster("b", uid="x")], "0.14.2"),
        "nothing-installed": ([model.read_cluster(b.snapshot())], "0.14.2"),
        "namespace-override": ([cluster(edit=set_elsewhere)], "0.14.2"),
    }
    clusters, target = cases[id]
    made = plan.plan_fleet(clusters, target, plan.Options(acknowledge=(id,)))
    assert id in {one.id for one in made.blockers}


def test_rollback_may_go_down():
    made = plan.plan_fleet(pair("0.14.2"), "0.9.3", plan.Options(allow_downgrade=True))
    assert made.blockers == () and made.clusters[0].hop.downgrade


def test_finding_of_a_cluster_without_work_does_not_block():
    def leftover(parts):
        parts["roles"] = [b.helper("Role", "x-gha-rs-manager", of="x", deleting=60)]

    made = plan.plan_fleet([cluster(release="0.14.2", edit=leftover)], "0.14.2")
    assert made.blockers == () and ids(made, "warning") == ["helper-leftover"]


@pytest.mark.parametrize(
    "options, severity",
    [
        (plan.Options(), "blocker"),
        (plan.Options(acknowledge=("name-in-one-cluster",)), "warning"),
    ],
)
def test_name_in_one_cluster_blocks_until_the_user_says_that_it_may_be_down(options, severity):
    made = plan.plan_fleet([cluster()], "0.14.2", options)
    assert ids(made, severity) == ["name-in-one-cluster"]


def test_set_that_is_shared_at_github_has_no_peer_in_the_one_that_shares_it():
    """Acknowledged only by its own id it would stop at the drain, where nobody serves it."""
    shared = [cluster("blue", group="one"), cluster("green", group="one")]
    made = plan.plan_fleet(shared, "0.14.2", plan.Options(acknowledge=("same-name-and-group",)))
    assert {one.id for one in made.blockers} == {"name-in-one-cluster"}
    both = plan.Options(acknowledge=("same-name-and-group", "name-in-one-cluster"))
    made = plan.plan_fleet(shared, "0.14.2", both)
    assert made.blockers == () and [one.peers for each in made.clusters for one in each.scale_sets] == [(), ()]


def test_set_that_serves_nobody_needs_no_peer():
    no_pod = {"edit": lambda parts: parts["pods"].pop(1)}
    made = plan.plan_fleet([cluster("blue", **no_pod), cluster("green", **no_pod)], "0.14.2")
    assert made.blockers == ()


def test_slow_target_is_told():
    assert "slow-release" in ids(plan.plan_fleet(pair("0.9.0"), "0.9.1"), "warning")


def test_clusters_come_in_the_wished_order():
    options = plan.Options(order=("green", "blue"))
    made = plan.plan_fleet(pair(), "0.14.2", options)
    assert [one.id.name for one in made.clusters] == ["green", "blue"]


def test_controller_of_no_known_release_has_no_hop():
    def custom(parts):
        parts["deployments"] = [b.controller("dev")]
        parts["autoscalingrunnersets"] = [b.scale_set(release="dev")]

    made = plan.plan_fleet([cluster(edit=custom)], "0.14.2")
    assert made.clusters[0].hop is None and made.clusters[0].method == "full_cycle"
    assert "release-unknown" in {one.id for one in made.blockers}


def test_unread_crds_are_not_taken_for_old_or_new():
    one = replace(cluster(release="0.14.2"), crds=reads.Unread("forbidden", None, "crds"))
    made = plan.plan_fleet([one], "0.14.2")
    assert made.clusters[0].crds["verdict"] == "unread" and not made.is_anything_to_do
    assert [x.id for x in made.blockers] == ["unread"]


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(reads.PARTS), min_size=1), st.sampled_from(["0.9.3", "0.14.2"]))
def test_plan_with_anything_unread_is_always_blocked(parts, target):
    """Rule 1: no write on what could not be seen, least of all "nothing to do"."""
    made = plan.plan_fleet([cluster(edit=unread(*parts), busy=1)], target)
    assert "unread" in {one.id for one in made.blockers}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(releases.SUPPORTED), st.sampled_from(releases.SUPPORTED))
def test_every_supported_hop_is_planned_and_plain_data(start, target):
    """The plan blocks exactly the downgrades, and all of it can be written as JSON."""
    made = plan.plan_fleet(pair(start), target)
    is_down = releases.hop(start, target).downgrade
    assert [one.id for one in made.blockers] == (["downgrade"] * 2 if is_down else [])
    assert made.is_anything_to_do == (start != target)
    told = json.loads(json.dumps(made.as_dict()))
    assert told["order"] == ["blue", "green"] and len(told["clusters"]) == 2


@pytest.mark.parametrize(
    ("found", "word", "target"),
    [
        (["0.9.0", "0.9.0"], "latest", releases.LATEST),
        (["0.9.0", "0.12.0"], "latest_patch", "0.9.3"),
        (["0.13.0", "0.14.0"], "latest_patch", "0.13.1"),
        (["0.10.0", "0.10.1"], "latest_patch", "0.10.1"),
        (["0.9.0", "0.9.0"], "0.11.0", "0.11.0"),
    ],
)
def test_target_by_word(found, word, target):
    both = [cluster(name, release) for name, release in zip(("blue", "green"), found)]
    assert plan.plan_fleet(both, word).target == target


def test_latest_patch_of_nothing_is_no_target():
    made = plan.plan_fleet([], "latest_patch")
    assert [one.id for one in made.findings] == ["target-unknown"]


def test_way_back_is_known_where_all_come_from_one_release():
    def back(*clusters, target="0.14.2"):
        return plan.plan_fleet(clusters, target).back_to

    assert back(*pair("0.9.3")) == "0.9.3"
    # What is at the target already needs no way back.
    assert back(cluster("blue", "0.14.2"), cluster("green", "0.9.3")) == "0.9.3"
    assert back(cluster("blue", "0.9.0"), cluster("green", "0.9.3")) == ""
    half_way = cluster("blue", "0.9.3", edit=after_kill)
    assert back(half_way) == "0.9.3"
