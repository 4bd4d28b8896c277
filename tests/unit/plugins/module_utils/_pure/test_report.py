# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each phase works on, and what is told at the end, follow from plan, record and results."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    plan,
    record,
    report,
    report_page,
    report_text,
    work,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_plan import pair

CONTROLLER = {"kind": "controller", "namespace": "arc-systems", "name": "arc-c", "helm": "arc"}
WEB = {"kind": "scale-set", "namespace": "arc-runners", "name": "web", "helm": "web"}
GONE = {"kind": "scale-set", "namespace": "arc-runners", "name": "gone", "helm": "g"}


def planned(target="0.14.2"):
    return plan.plan_fleet(pair(), target).as_dict()


def named(entries):
    return [(one["namespace"], one["name"]) for one in entries]


def test_full_cycle_works_on_every_set_and_controller():
    found = work.work_of(planned()["clusters"][0], [CONTROLLER, WEB])
    assert named(found["drain"]) == named(found["scale_sets"]) == [("arc-runners", "web")]
    assert found["controllers"] == [
        {"namespace": "arc-systems", "name": "arc-c", "helm": "arc"}]


def test_set_that_is_remembered_is_expected_even_if_the_plan_does_not_replace_it():
    found = work.work_of(planned()["clusters"][0], [CONTROLLER, WEB, GONE])
    assert named(found["expected"]) == [("arc-runners", "gone"), ("arc-runners", "web")]
    assert named(found["scale_sets"]) == [("arc-runners", "web")]


def test_at_the_target_nothing_is_worked_on_and_every_set_is_expected():
    one = planned("0.9.3")["clusters"][0]
    found = work.work_of(one, [])
    assert (found["drain"], found["scale_sets"], found["controllers"]) == ([], [], [])
    assert named(found["expected"]) == [("arc-runners", "web")]


def test_sound_controller_stays():
    one = {**planned()["clusters"][0], "steps": list(plan.plan_cluster.MISSING_SETS_STEPS)}
    assert work.work_of(one, [CONTROLLER, WEB])["controllers"] == []


PHASES = [{"phase": "drain", "at": 10.0}, {"phase": "proof", "at": 75.5},
          {"phase": "end", "at": 80.0}]
RESULTS = {
    "whole": ({"phases": PHASES}, report.DONE),
    "failed": ({"phases": PHASES, "failure": {"task": "t", "msg": "m"}}, report.FAILED),
    "stopped": ({"phases": PHASES[:2]}, report.NOT_REACHED),
    "never-begun": ({}, report.NOT_REACHED),
}


@pytest.mark.parametrize("given, result", RESULTS.values(), ids=RESULTS.keys())
def test_result_of_a_cluster(given, result):
    assert report.entry_of(planned()["clusters"][0], **given)["result"] == result


@pytest.mark.parametrize("given, told", [
    ({"phases": PHASES}, "would be upgraded"),
    ({"phases": PHASES, "restored": True}, "would go back"),
    ({"phases": PHASES, "failure": {"task": "t", "msg": "m"}}, report.FAILED),
    ({}, report.NOT_REACHED),
], ids=["whole", "way-back", "failed", "never-begun"])
def test_rehearsal_does_not_say_that_anything_was_done(given, told):
    one = report.entry_of(planned()["clusters"][0], rehearsed=True, **given)
    assert one["result"] == told and told in report_text.report_lines([one])[1]


def test_cluster_at_its_target_had_nothing_to_do():
    one = report.entry_of(planned("0.9.3")["clusters"][0])
    assert one["result"] == report.NOTHING


def test_report_tells_times_jobs_and_its_own_findings():
    made = planned()
    findings = [{"cluster": "blue", "severity": "warning", "id": "x", "object": "o",
                 "reason": "r"}, {"cluster": "green", "severity": "blocker", "id": "y"}]
    one = report.entry_of(made["clusters"][0], findings, PHASES,
                          {"awaited": [{"runner": "a"}]}, {"cured": []},
                          {"task": "Take away", "msg": "because"})
    assert one["phases"] == [{"phase": "drain", "seconds": 65.5}, {"phase": "proof", "seconds": 4.5}]
    assert (one["jobs_awaited"], [f["id"] for f in one["findings"]]) == (1, ["x"])
    text = "\n".join(report_text.report_lines([one]))
    assert "drain 1 min 6 s, proof 4 s" in text
    assert "warning x: o: r" in text and "FAILED in Take away: because" in text


def test_plan_is_told_as_a_table_with_remedies():
    lines = report_text.plan_lines(planned())
    assert lines[0].split() == ["CLUSTER", "RELEASE", "WAY", "SCALE", "SETS", "RUNNERS"]
    assert "0.9.3 -> 0.14.2  full_cycle  web (replace)" in lines[1]
    assert "Nothing to do" in "\n".join(report_text.plan_lines(planned("0.9.3")))


def test_what_was_remembered_first_wins():
    first, later = {**WEB, "values": {"a": 1}}, {**WEB, "from": "0.14.2"}
    assert record.merged([first], [later, GONE]) == [GONE, first]
    assert record.told([first], False) == [WEB]


def test_values_beyond_a_secret_are_refused():
    big = {**WEB, "values": {"a": "x" * record.MAX_DATA}}
    with pytest.raises(record.Refused, match="several runs"):
        record.secret_of("arc-systems", [big], {})


def test_rollback_gives_each_release_its_values_of_before():
    before = [{**WEB, "values": {"a": 1}, "max_runners": 3, "chart_version": "0.9.3"}, GONE]
    later = {**WEB, "values": {"a": 2}, "max_runners": 9, "chart_version": "0.14.2", "revision": 4}
    fresh = {**WEB, "helm": "fresh", "values": {}}
    # GONE was uninstalled since, on purpose; `fresh` was not there before.
    assert record.restored(before, [later, fresh]) == [
        {**WEB, "values": {"a": 1}, "max_runners": 3, "chart_version": "0.9.3", "revision": 4},
        fresh,
    ]


@pytest.mark.parametrize(
    ("notes", "release"),
    [
        ({}, ""),
        ({"state": "closed", "kind": "upgrade", "from-release": "0.9.3"}, "0.9.3"),
        ({"state": "open", "kind": "upgrade", "from-release": "0.9.3"}, "0.9.3"),
        ({"state": "open", "from-release": "0.9.0, 0.9.3"}, ""),
        ({"state": "open", "kind": "rollback", "from-release": "0.14.2", "to-release": "0.9.3"},
         "0.9.3"),
        ({"state": "closed", "kind": "rollback", "from-release": "0.14.2",
          "to-release": "0.9.3"}, ""),
    ],
    ids=["none", "after", "half-way", "mixed", "rollback-half-way", "after-a-rollback"],
)
def test_where_a_rollback_goes(notes, release):
    assert record.back_to(notes) == release


def test_journal_has_each_phase_once_and_does_not_grow_for_ever():
    one, two = {"phase": "drain", "at": 1.0}, {"phase": "proof", "at": 2.0}
    assert record.noted([one], [one, two]) == [one, two]
    many = [{"phase": "drain", "at": float(at)} for at in range(record.MOST_PHASES)]
    assert record.noted(many, [two])[-1] == two
    assert len(record.noted(many, [two])) == record.MOST_PHASES


def test_in_place_works_on_every_set_and_controller():
    made = plan.plan_fleet(pair("0.13.0"), "0.13.1", plan.Options(in_place=True)).as_dict()
    assert {one["method"] for one in made["clusters"]} == {"in_place"}
    found = work.work_of(made["clusters"][0], [CONTROLLER, WEB])
    assert named(found["scale_sets"]) == [("arc-runners", "web")]
    assert named(found["controllers"]) == [("arc-systems", "arc-c")]


def test_report_has_the_writes_of_each_module_in_one_form():
    release = {"namespace": "arc-runners", "name": "web", "chart": "gha-rs-0.14.2", "seconds": 1.2}
    crd = {"name": "ephemeralrunners.actions.github.com", "after": {"releases": ["0.14.2"]},
           "changes": {"field-removed": 3}, "backup": "arc-systems/copy"}
    repair = {"id": "stale-listener", "object": {"kind": "AutoscalingListener", "name": "web-l"},
              "effect": "the controller makes another", "proof": "bound to a dead runner set"}
    drained = {"acts": [{"verb": "delete", "object": {"kind": "AutoscalingRunnerSet", "name": "web"}}],
               "peers_lost": [{"object": "AutoscalingRunnerSet arc-runners/web", "reason": "green: it has no pod",
                               "since": "2026-01-01T12:00:00+00:00", "until": ""}]}
    entry = report.entry_of(planned()["clusters"][0], drained=drained, peers_ill=["green: not healthy"], written=[
        {"releases": [{**release, "action": "uninstalled"}, {**release, "action": "unchanged"}],
         "crds": [{**crd, "action": "replaced", "before": {"releases": ["0.9.2", "0.9.3"]}},
                  {**crd, "action": "created", "before": None}, {**crd, "action": "unchanged"},
                  {**crd, "action": "deleted", "before": {"verdict": "mixed", "nearest": "0.9.3"}, "after": None}]},
        {"releases": [{**release, "action": "failed", "error": "no room"}], "repaired": [repair]},
    ])
    told = [(one["verb"], one["object"]["kind"], one.get("reason")) for one in entry["acts"]]
    assert told == [
        ("delete", "AutoscalingRunnerSet", None),
        ("uninstalled", "Helm release", ""),
        ("replaced", "CustomResourceDefinition", "0.9.2, 0.9.3 to 0.14.2"),
        ("created", "CustomResourceDefinition", "none to 0.14.2"),
        ("deleted", "CustomResourceDefinition", "mixed 0.9.3 to none"),
        ("failed", "Helm release", "no room"),
        ("stale-listener", "AutoscalingListener", "the controller makes another"),
    ]
    assert entry["acts"][2]["evidence"] == {"changes": {"field-removed": 3}, "backup": "arc-systems/copy"}
    lines = report_text.report_lines([entry])
    assert "blue: peer fell out: green: not healthy" in lines
    assert any("no peer served AutoscalingRunnerSet arc-runners/web from" in one and "the end of the drain" in one
               for one in lines)
    text = report_page.page([entry])
    for words in ("uninstalled", "Helm release arc-runners/web", "green: it has no pod", "green: not healthy"):
        assert words in text
