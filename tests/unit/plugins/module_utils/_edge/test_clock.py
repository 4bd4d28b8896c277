# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock that counts is the one which wrote the times of the objects."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import clock
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import Reply

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=timezone.utc)


def heard(*ahead_s):
    """A clock after answers that came when ours was ahead by so many seconds."""
    found = clock.Clock()
    for seconds in ahead_s:
        found.hear(format_datetime(NOW, usegmt=True), NOW + timedelta(seconds=seconds))
    return found


@pytest.mark.parametrize("ahead_s, told", [
    ((), 0), ((0,), 0), ((2.9,), 0), ((-2.9,), 0), ((90,), 90), ((-90,), -90),
    # Jitter does not move what was told; a clock that is set right does.
    ((90, 91.5, 88.5), 90), ((90, 0.4), 0), ((90, 300), 300),
])
def test_only_a_difference_that_is_no_jitter_counts(ahead_s, told):
    assert heard(*ahead_s).ahead_s == told


@pytest.mark.parametrize("date", [None, "", "yesterday", "Fri, 01 May 2026 12:00:00 -0000"])
def test_header_that_tells_nothing_changes_nothing(date):
    found = heard(90)
    found.hear(date, NOW)
    assert found.ahead_s == 90


def test_time_of_a_look_is_the_api_servers(server):
    late = format_datetime(datetime.now(timezone.utc) - timedelta(minutes=10), usegmt=True)
    server.answer("GET", "/version", Reply(body={"gitVersion": "v1.36.3"}, headers=(("Date", late),)))
    client = server.client()
    client.get_path("/version", Deadline(5))
    behind = datetime.now(timezone.utc) - client.now()
    assert timedelta(minutes=9, seconds=55) < behind < timedelta(minutes=10, seconds=5)
