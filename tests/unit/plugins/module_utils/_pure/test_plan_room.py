# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Room for the load at the peers: told, and no part of what is planned."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import plan
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_plan import cluster


@pytest.mark.parametrize("busy, blue, green, is_told", [
    pytest.param(3, 5, 5, True, id="each-has-3-jobs-and-room-for-2"),
    pytest.param(2, 5, 5, False, id="room-for-3"),
    pytest.param(3, 5, None, False, id="no-limit"),
])
def test_peers_without_room_for_what_runs_here_are_told(busy, blue, green, is_told):
    made = plan.plan_fleet(
        [cluster("blue", busy=busy, max_runners=blue), cluster("green", busy=busy, max_runners=green)],
        "0.14.2",
    )
    found = [one for one in made.findings if (one.id, one.cluster) == ("peer-full", "blue")]
    assert [one.severity for one in found] == (["warning"] if is_told else [])
    assert all(one.reason == "3 jobs run or wait for a runner here, green can take 2 more" for one in found)


def test_jobs_that_come_and_go_do_not_change_what_is_planned():
    quiet, loaded = (
        plan.plan_fleet([cluster("blue", busy=busy), cluster("green", busy=busy)], "0.14.2").as_dict()["clusters"]
        for busy in (0, 4)
    )
    assert [one["runners"] for one in quiet] != [one["runners"] for one in loaded]
    assert [{**one, "runners": None} for one in quiet] == [{**one, "runners": None} for one in loaded]
