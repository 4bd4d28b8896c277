# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may work on a cluster: the Lease is free, its holder is dead, or it is not ours."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import lease
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.lease import (
    REFUSE,
    TAKE,
    WAIT,
    Holder,
)

NOW = datetime(2026, 1, 1, 12, 0, 0, 250000, tzinfo=timezone.utc)
ME = str(Holder("ops", "one", 10, "boot-1"))
NEIGHBOUR = str(Holder("eve", "one", 11, "boot-1"))
STRANGER = str(Holder("eve", "two", 11, "boot-2"))
FOREIGN = "written by somebody else"


def held(by, age_s=5, **more):
    renewed = lease.micro_time(NOW - timedelta(seconds=age_s))
    return {"holderIdentity": by, "leaseDurationSeconds": 90, "renewTime": renewed, **more}


@pytest.mark.parametrize(
    ("there", "alive", "unchanged_s", "renewed", "verdict"),
    [
        (None, True, 0, False, TAKE),
        (held(""), True, 0, False, TAKE),
        ({}, True, 0, False, TAKE),
        (held(ME), True, 0, False, TAKE),
        (held(NEIGHBOUR), True, 0, False, REFUSE),
        (held(NEIGHBOUR), False, 0, False, TAKE),
        (held(NEIGHBOUR, age_s=90), True, 0, False, TAKE),
        (held(STRANGER), False, 0, False, WAIT),
        (held(STRANGER, age_s=9999), False, 5, False, WAIT),
        (held(STRANGER), False, 5, True, REFUSE),
        (held(STRANGER), False, 90, False, TAKE),
        (held(FOREIGN), False, 89, False, WAIT),
        (held(FOREIGN, leaseDurationSeconds=30), False, 30, False, TAKE),
    ],
    ids=["none", "given-back", "empty", "mine", "same-machine-alive", "same-machine-dead",
         "number-of-a-new-process", "elsewhere", "clocks-differ", "elsewhere-alive",
         "elsewhere-silent", "no-name-of-ours", "its-own-duration"],
)
def test_who_may_take_it(there, alive, unchanged_s, renewed, verdict):
    assert lease.may_take(
        there, ME, "boot-1", lambda _pid: alive, NOW, unchanged_s, renewed) == verdict


def test_machine_without_boot_id_waits():
    nameless = str(Holder("eve", "one", 11, ""))
    assert lease.may_take(
        held(nameless), ME, "", lambda _pid: False, NOW, 0, False) == WAIT


def test_holder_is_read_as_it_was_written():
    for one in (Holder("ops", "one.example", 7, "x-y"), Holder("a@b", "h", 1, "")):
        assert lease.read_holder(str(one)) == one
    for text in ("", FOREIGN, "ops one 7", "ops@one x -"):
        assert lease.read_holder(text) is None


def test_holder_keeps_its_times_and_a_new_one_counts():
    first = lease.spec_of(None, ME, NOW)
    assert (first["holderIdentity"], first["leaseTransitions"]) == (ME, 0)
    later = lease.spec_of(first, ME, NOW + timedelta(seconds=30))
    assert later["acquireTime"] == first["acquireTime"] != later["renewTime"]
    other = lease.spec_of(later, STRANGER, NOW + timedelta(seconds=60))
    assert other["leaseTransitions"] == 1
    assert other["acquireTime"] == other["renewTime"] == "2026-01-01T12:01:00.250000Z"


@pytest.mark.parametrize(("age_s", "due"), [(0, False), (9, False), (10, True), (-10, True)])
def test_renewal_is_due(age_s, due):
    assert lease.is_due(held(ME, age_s), NOW) is due


def test_lease_without_a_time_is_due():
    assert lease.is_due({}, NOW)
