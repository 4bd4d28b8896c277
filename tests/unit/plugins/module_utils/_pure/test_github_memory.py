# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of GitHub count for a while, failures keep us away, and a bad memory does neither."""

from __future__ import annotations

import json

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import github_rest
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.github_memory import Memory

ACME = github_rest.listing_of("https://github.com/acme")
APP = github_rest.listing_of("https://github.com/acme/app")
NOW = 1000000.0


def handed_on(memory, now=NOW):
    return Memory(json.loads(json.dumps(memory.as_dict(now))), 10.0)


@pytest.mark.parametrize("verdict", ["busy", "idle", "gone", ""])
def test_answer_counts_until_it_is_too_old(verdict):
    memory = Memory({}, 10.0)
    memory.keep(ACME, "web-a", verdict, NOW)
    for one in (memory, handed_on(memory)):
        assert one.answer(ACME, "web-a", NOW + 9.9) == verdict
        assert one.answer(ACME, "web-a", NOW + 10.0) is None
        assert one.answer(APP, "web-a", NOW) is None
        assert one.answer(ACME, "web-b", NOW) is None


def test_answer_from_the_future_does_not_count():
    memory = Memory({}, 10.0)
    memory.keep(ACME, "web-a", "idle", NOW + 60)
    assert memory.answer(ACME, "web-a", NOW) is None
    assert memory.as_dict(NOW)["answers"] == {}


def test_each_failure_in_a_row_keeps_away_for_longer_up_to_a_limit():
    memory, now, spans = Memory({}, 10.0), NOW, []
    for _number in range(8):
        memory.fail(ACME, now, "why")
        span = next(s for s in range(1, 1000) if not memory.quiet(ACME, now + s))
        assert memory.quiet(ACME, now + span - 1) == "why"
        now, memory = now + span, handed_on(memory, now + span)
        spans.append(span)
    assert spans == [10, 20, 40, 80, 160, 300, 300, 300]
    assert not memory.quiet(APP, now)
    memory.succeed(ACME)
    memory.fail(ACME, now, "why")
    assert memory.quiet(ACME, now + 9) and not memory.quiet(ACME, now + 10)


def test_rate_limit_keeps_away_from_all_of_the_api():
    memory = Memory({}, 10.0)
    memory.limit(ACME, NOW, NOW + 1800, "limited")
    for listing in (ACME, APP):
        assert handed_on(memory).quiet(listing, NOW + 1799) == "limited"
        assert memory.quiet(listing, NOW + 1800) == ""


def test_rate_limit_ends_whatever_the_server_says():
    memory = Memory({}, 10.0)
    memory.limit(ACME, NOW, NOW + 10 ** 9, "limited")
    assert memory.quiet(ACME, NOW + 3599) and not memory.quiet(ACME, NOW + 3600)


def test_clock_that_went_back_does_not_keep_away_for_ever():
    memory = Memory({}, 10.0)
    memory.limit(ACME, NOW, NOW + 60, "limited")
    memory.fail(APP, NOW, "why")
    assert not memory.quiet(ACME, NOW - 86400) and not memory.quiet(APP, NOW - 86400)


@pytest.mark.parametrize("stored", [
    {"answers": 7}, {"answers": {ACME.key: 7}}, {"answers": {ACME.key: {"web-a": "idle"}}},
    {"answers": {ACME.key: {"web-a": [NOW, "free"]}}},
    {"answers": {ACME.key: {"web-a": ["now", "idle"]}}},
    {"answers": {ACME.key: {"web-a": [NOW]}}}, {"quiet": []}, {"quiet": {ACME.key: [NOW + 5]}},
    {"quiet": {ACME.key: [None, 1, "why"]}}, {"quiet": {ACME.key: [NOW + 5, "1", "why"]}},
])
def test_memory_that_makes_no_sense_is_left_out(stored):
    memory = Memory(stored, 10.0)
    assert memory.answer(ACME, "web-a", NOW) is None and memory.quiet(ACME, NOW) == ""
    assert memory.as_dict(NOW) == {"answers": {}, "quiet": {}}
