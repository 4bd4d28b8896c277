# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deadline only ever gets nearer."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_deadline_counts_down_and_stays_over():
    clock = Clock()
    deadline = Deadline(10, clock)
    clock.now += 4
    assert (deadline.elapsed_s(), deadline.remaining_s(), deadline.is_over()) == (4.0, 6.0, False)
    clock.now += 20
    assert (deadline.elapsed_s(), deadline.remaining_s(), deadline.is_over()) == (24.0, 0.0, True)


@pytest.mark.parametrize("asked, left", [(3, 3.0), (30, 6.0)], ids=["sooner", "not-later"])
def test_part_of_a_deadline_ends_with_it(asked, left):
    clock = Clock()
    deadline = Deadline(10, clock)
    clock.now += 4
    assert deadline.within(asked).remaining_s() == left


def test_request_limits_are_cut_to_what_is_left():
    clock = Clock()
    deadline = Deadline(10, clock)
    assert deadline.clip((5.0, 30.0)) == (5.0, 10.0)
    clock.now += 10
    assert deadline.clip((5.0, 30.0)) == (0.05, 0.05)


def test_wall_clock_that_jumps_changes_nothing(monkeypatch):
    deadline = Deadline(60)
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 59 < deadline.remaining_s() <= 60


def test_pause_ends_at_the_deadline_and_when_stopped():
    start = time.monotonic()
    assert Deadline(0.05).pause(30) is True
    stop = threading.Event()
    stop.set()
    assert Deadline(30).pause(30, stop) is False
    assert time.monotonic() - start < 2


def test_negative_limit_is_refused():
    with pytest.raises(ValueError, match="-1"):
        Deadline(-1)
