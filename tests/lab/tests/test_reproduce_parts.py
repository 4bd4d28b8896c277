# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a scenario judged, listed and refused as it should be? Without any cluster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from lab.__main__ import main
from lab.commands import reproduce
from lab.errors import LabError
from lab.reproduce.clock import Clock
from lab.reproduce.history import DELETING, GONE, MADE, History
from lab.reproduce.judging import Between, Contains, InOrder, differences, shown
from lab.reproduce.scenario import scenarios
from lab.state import LabState

NAMES = [
    "3562", "controller-first", "dead-runner-set", "eventual-deadlock", "failures-map",
    "kubernetes-uninstall", "newer-crds", "orphaned-listener", "outdated-deadlock", "same-group",
    "stranded",
]


# judging -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expected, value, told",
    [
        (1, 1, []),
        (1, 2, ["x is 2, expected 1"]),
        (Between(0, 2), 2, []),
        (Between(0, 2), 2.1, ["x is 2.1, expected {'at_least': 0, 'at_most': 2}"]),
        (Between(1), 0, ["x is 0, expected {'at_least': 1}"]),
        (Between(0, 2), None, ["x is None, expected {'at_least': 0, 'at_most': 2}"]),
        (Between(0, 2), True, ["x is True, expected {'at_least': 0, 'at_most': 2}"]),
        (InOrder(["a", "c"]), ["a", "b", "c"], []),
        (InOrder(["c", "a"]), ["a", "c"], ["x is ['a', 'c'], expected {'in_order': ['c', 'a']}"]),
        (InOrder(["a", "a"]), ["a"], ["x is ['a'], expected {'in_order': ['a', 'a']}"]),
        (Contains("40"), "401", []),
        (Contains("40"), ["x", "401"], []),
        (Contains("40"), [], ["x is [], expected {'contains': '40'}"]),
        ({"y": 1}, {"y": 1}, []),
        ({"y": 1}, {"y": 2}, ["x: y is 2, expected 1"]),
        ({"y": 1}, {"y": 1, "z": 1}, ["x: z was not expected"]),
        ({"y": 1}, {}, ["x: y was never seen, expected 1"]),
        ({}, {"z": 1}, ["x: z was not expected"]),
        ({"y": 1}, None, ["x is None, expected {'y': 1}"]),
    ],
)
def test_difference_names_the_fact_what_it_is_and_what_it_should_be(
    expected: Any, value: Any, told: List[str]
) -> None:
    assert differences({"x": expected}, {"x": value, "more": 1}) == told


def test_fact_that_was_never_seen_is_a_difference() -> None:
    assert differences({"x": 1}, {}) == ["x was never seen, expected 1"]


# history -----------------------------------------------------------------------------------------


def item(uid: str, deleting: bool = False, phase: str = "", name: str = "web") -> Dict[str, Any]:
    meta: Dict[str, Any] = {"uid": uid, "name": name}
    if deleting:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {"metadata": meta, "status": {"phase": phase} if phase else {}}


def told(history: History) -> List[Any]:
    return [(change.at, change.what, change.item["metadata"]["uid"]) for change in history.changes]


def test_life_of_an_object_is_made_phase_deleting_gone() -> None:
    history = History()
    history.feed("Pod", "SYNC", {"items": []}, 1.0)
    history.feed("Pod", "ADDED", item("a"), 2.0)
    history.feed("Pod", "MODIFIED", item("a", phase="Running"), 3.0)
    history.feed("Pod", "MODIFIED", item("a", phase="Running"), 4.0)
    history.feed("Pod", "MODIFIED", item("a", True, "Running"), 5.0)
    history.feed("Pod", "DELETED", item("a", True, "Running"), 6.0)
    assert told(history) == [
        (2.0, MADE, "a"), (3.0, "phase Running", "a"), (5.0, DELETING, "a"), (6.0, GONE, "a")
    ]


def test_what_was_there_before_is_no_change() -> None:
    history = History()
    history.feed("Pod", "SYNC", {"items": [item("a", True, "Running")]}, 1.0)
    assert history.is_complete(["Pod"]) and not history.is_complete(["Pod", "Node"])
    assert told(history) == []


def test_watch_that_was_cut_misses_neither_what_went_nor_what_came() -> None:
    history = History()
    history.feed("Pod", "SYNC", {"items": [item("a"), item("b")]}, 1.0)
    history.feed("Pod", "SYNC", {"items": [item("b", True), item("c")]}, 2.0)
    assert sorted(told(history)) == [(2.0, DELETING, "b"), (2.0, GONE, "a"), (2.0, MADE, "c")]


def test_object_of_the_same_name_is_another_one() -> None:
    history = History()
    history.feed("Pod", "SYNC", {"items": [item("a")]}, 1.0)
    history.feed("Pod", "DELETED", item("a"), 2.0)
    history.feed("Pod", "ADDED", item("b"), 3.0)
    assert told(history) == [(2.0, GONE, "a"), (3.0, MADE, "b")]
    assert [c.at for c in history.find("Pod", MADE, since=2.5, name="web")] == [3.0]
    assert history.find("Pod", MADE, name="other") == []


# clock -------------------------------------------------------------------------------------------


def test_timeline_begins_with_the_act_and_has_the_time_that_is_known_best() -> None:
    said: List[str] = []
    clock = Clock(said.append)
    clock.seen("prepared")
    clock.begin("act", at=100.0)
    clock.until(lambda: [105.25], "later", at=lambda found: float(found[0]))
    assert clock.timeline == [
        {"after_s": 0.0, "what": "act"}, {"after_s": 5.25, "what": "later"}
    ]
    assert [line.split("  ")[-1].strip() for line in said] == ["prepared", "act", "later"]


def test_wait_in_vain_and_state_that_ends_are_told() -> None:
    clock = Clock()
    with pytest.raises(LabError, match="never: not within 0 s"):
        clock.until(lambda: [], "never", 0.1)
    answers = iter([True, False])
    with pytest.raises(LabError, match="always: no longer so"):
        clock.stays(lambda: next(answers), "always", 5)
    clock.stays(lambda: True, "still", 0.1)
    assert clock.timeline == []


# command -----------------------------------------------------------------------------------------


def test_every_scenario_of_the_task_is_there_and_can_be_told_as_json() -> None:
    known = scenarios()
    assert list(known) == NAMES
    for scenario in known.values():
        assert scenario.observed and scenario.releases and scenario.expected
        assert json.loads(json.dumps(shown(scenario.expected)))


def test_list_names_each_with_its_releases_and_sections(
    capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    assert lines[0].split()[1:4] == ["0.9.0", "->", "0.9.1"] and lines[0].endswith("(a1, a3)")


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (["nothing"], "There is no scenario nothing."),
        (["--releases", "0.9.0"], "--releases goes with one scenario."),
        (["3562", "stranded", "--releases", "0.9.0"], "--releases goes with one scenario."),
    ],
)
def test_bad_choice_is_refused_before_anything_is_started(
    arguments: List[str], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "none"
    assert main(["reproduce", "--dir", str(folder), *arguments]) == 2
    assert problem in capsys.readouterr().err and not folder.exists()


def test_lab_that_is_not_ready_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = LabState(tmp_path / "lab")
    state.claim()
    content = state.describe(["blue", "green"], {})
    content["service"] = {"port": 9, "url": "http://127.0.0.1:9"}
    state.write(content)
    assert main(["reproduce", "3562", "--dir", str(state.folder)]) == 2
    told_one = capsys.readouterr().err
    assert "is not ready" in told_one and "python -m lab up" in told_one


def test_summary_ends_with_the_verdict_and_each_difference() -> None:
    result = {
        "outcome": {"helm": {"arc": "deployed"}, "why": "x" * 400},
        "as_expected": False,
        "differences": ["helm is odd"],
        "took_s": 1.25,
    }
    lines = reproduce.summary(result)
    assert lines[0] == '    helm: {"arc": "deployed"}'
    assert lines[1].endswith("x…") and len(lines[1]) < 320
    assert lines[2:] == ["  NOT as expected, after 1.2 s", "    helm is odd"]
