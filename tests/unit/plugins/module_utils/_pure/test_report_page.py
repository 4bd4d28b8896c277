# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a report: whole, well-formed, without anything from elsewhere, whatever the names."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    report,
    report_page,
    report_picture,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_report import (
    planned,
)

PHASES = [{"phase": name, "at": 1000.0 + at} for name, at in (
    ("drain", 0), ("uninstall", 40), ("CRDs", 45), ("install", 50), ("proof", 60), ("end", 70))]
BACK = [*PHASES[:3], {"phase": "failed", "at": 1046.0},
        *({"phase": "rollback: " + one["phase"], "at": one["at"] + 50} for one in PHASES[:-1]),
        {"phase": "end", "at": 1120.0}]
HOSTILE = "<script>alert(1)</script>\"'&"
VOID = {"meta"}


def entry(name="blue", phases=PHASES, failure=None, text="o"):
    made = planned()["clusters"][0]
    made = {**made, "cluster": {**made["cluster"], "name": name}}
    finding = {"cluster": name, "severity": "warning", "id": "x", "object": text, "reason": text,
               "remedy": text}
    drained = {
        "awaited": [{"runner": text, "namespace": "n", "job": {"repository": text}, "ended": None}],
        "acts": [{
            "verb": "delete", "reason": text, "evidence": {"busy": 2}, "body": {},
            "object": {"kind": "AutoscalingRunnerSet", "namespace": "n", "name": text},
        }],
        "sets": [{"namespace": "arc-runners", "name": "web",
                  "durations": {"listener": 2.0, "busy": 8.0}}],
    }
    return report.entry_of(made, [finding], phases, drained, {"cured": [text]}, failure)


class Checker(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self):
        super().__init__()
        self.open, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        assert not {name for name, _value in attrs} & {"src", "href", "onload", "onclick"}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def read(page):
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    return " ".join(checker.texts)


def test_page_tells_all_that_was_done():
    text = read(report_page.page([entry(), entry("green", [])]))
    for word in ("2 clusters: 1 upgraded, 1 not reached", "0.9.3 → 0.14.2", "arc-runners/web",
                 "1 min 10 s", "delete", "busy 2", "warning", "Jobs that were waited for"):
        assert word in text


@pytest.mark.parametrize("failure", [None, {"task": HOSTILE, "msg": HOSTILE}])
def test_names_of_others_are_shown_and_not_run(failure):
    page = report_page.page([entry(name=HOSTILE, failure=failure, text=HOSTILE)])
    assert "<script" not in page
    assert HOSTILE in read(page)


def test_page_asks_nobody():
    page = report_page.page([entry()])
    assert not re.search(r"(?i)url\(|@import|<link|<img|<iframe|javascript:", page)
    assert "http" not in page.replace(planned()["clusters"][0]["cluster"]["server"], "")


def test_page_without_clusters_and_without_work_is_whole():
    assert "No cluster" in read(report_page.page([]))
    page = report_page.page([entry(phases=[])])
    assert "<svg" not in page and "not reached" in read(page)


def test_long_lists_are_cut_and_say_so():
    one = entry()
    one["awaited"] = [{"runner": f"r{number}"} for number in range(250)]
    text = read(report_page.page([one]))
    assert "50 more stand in the report's JSON" in text and "r249" not in text


@pytest.mark.parametrize(
    ("phases", "failure", "states"),
    [
        (PHASES, None, ["drain", "empty", "empty", "empty", "proof", "serves"]),
        (PHASES[:2] + [{"phase": "end", "at": 1045.0}], {"task": "t", "msg": "m"},
         ["drain", "empty", "failed"]),
        (BACK, {"task": "t", "msg": "m", "rolled_back": True},
         ["drain", "empty", "empty", "failed", "drain", "empty", "empty", "empty", "proof",
          "serves"]),
        ([], None, ["serves"]),
    ],
    ids=["upgraded", "failed", "rolled-back", "not-reached"],
)
def test_lane_has_no_gap(phases, failure, states):
    spans = list(report_picture.spans_of(entry(phases=phases, failure=failure), 1000.0, 1200.0))
    assert [one.state for one in spans] == states
    assert (spans[0].start, spans[-1].end) == (1000.0, 1200.0)
    assert all(before.end == pytest.approx(after.start) for before, after in zip(spans, spans[1:]))


def test_set_that_was_gone_early_is_empty_while_others_drain():
    picture = report_picture.picture([entry(), entry("green", [])])
    assert "gone, 30 s" in picture and picture.count("<text") == 2 + 1 + 5


def test_facts_are_words_and_no_json():
    awaited = {"runner": "web-1", "ended": "2026-01-01T12:00:00.123456+00:00", "scale_set": "web",
               "job": {"name": "job-1", "run_id": 7}, "labels": ["a", "b"], "none": None}
    text = report_page.page([{**entry(), "awaited": [awaited]}])
    assert ("ended 2026-01-01T12:00:00+00:00, job (name job-1, run id 7), labels a, b, scale set web" in text)
