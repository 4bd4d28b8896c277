# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a report is readable with many sets and long names, on a phone, and of a run that stopped."""

from __future__ import annotations

import re

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import report_page, report_picture
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_report_page import (
    entry,
    read,
)

MANY = 60


def with_sets(count):
    one = entry()
    names = [f"arc-runners/{'long-' * 10}{number:02d}" for number in range(count)]
    return {**one, "sets": [{**one["sets"][0], "name": name} for name in names]}


def shown(picture):
    """What stands beside the lanes."""
    beside = re.findall(r"<text[^>]*>(?:<title>[^<]*</title>)?([^<]*)</text>", picture)
    return [one for one in beside if not re.match(r"\d\d:\d\d:\d\d", one)]


def test_long_names_differ_in_the_picture_and_are_told_in_full():
    picture = report_picture.picture([with_sets(3)])
    names = shown(picture)
    assert len(set(names)) == len(names) == 1 + 3
    assert max(map(len, names)) <= 26
    assert f"<title>arc-runners/{'long-' * 10}02</title>" in picture


def test_sets_that_the_picture_leaves_out_are_counted():
    assert shown(report_picture.picture([with_sets(MANY)]))[-1] == "and 10 more sets"
    assert "more sets" not in report_picture.picture([with_sets(50)])


def test_one_cluster_is_no_clusters():
    assert "1 cluster: 1 upgraded" in read(report_page.page([entry()]))


@pytest.mark.parametrize(
    ("one", "head"),
    [
        (entry(), "What was done"),
        (entry(phases=[]), "What was planned"),
        (entry(failure={"task": "t", "msg": "m"}), "What was planned"),
    ],
    ids=["upgraded", "not-reached", "failed"],
)
def test_what_was_not_done_is_not_called_done(one, head):
    heads = re.findall(r"<th>(What was (?:done|planned))</th>", report_page.page([one]))
    assert heads == [head]


def test_each_cell_knows_its_head_for_a_narrow_screen():
    page = report_page.page([entry()])
    tables = re.findall(r"<table>.*?</table>", page)
    assert len(tables) > 5
    for table in tables:
        heads = re.findall(r"<th>(.*?)</th>", table)
        for row in re.findall(r"<tr>(<td.*?)</tr>", table):
            assert re.findall(r"<td data-head=\"(.*?)\">", row) == heads
    assert "content:attr(data-head)" in page
