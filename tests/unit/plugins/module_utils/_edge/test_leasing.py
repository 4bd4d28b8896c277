# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Lease that others write, too: who is faster has it, and nobody tries for ever."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import leasing
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import (
    Conflict,
    Refused,
    WriteFailed,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
    status,
)

ALL = "/apis/coordination.k8s.io/v1/namespaces/arc-systems/leases"
ONE = f"{ALL}/arc-lifecycle"
MINE, OTHER = "ann@here 7 boot-a", "bob@there 9 boot-b"
PAUSE_S = 0.15
LIMIT_S = 0.6
ABSENT = status(404, "NotFound", "not found", details={"name": "arc-lifecycle", "kind": "leases"})
CHANGED = status(409, "Conflict", "the object has been modified")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(leasing, "_AGAIN_S", PAUSE_S)
    monkeypatch.setattr(leasing, "_LOOK_EVERY_S", PAUSE_S)


def held(holder="", version="1", renewed="2026-01-01T00:00:00.000000Z"):
    return Reply(body={
        "metadata": {"name": "arc-lifecycle", "namespace": "arc-systems",
                     "resourceVersion": version},
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": 90, "renewTime": renewed},
    })


def take(server, limit_s=5.0):
    leasing.take(server.client(), Deadline(limit_s), "arc-systems", MINE, False)


def keep(server, limit_s=5.0):
    leasing.keep(server.client(), Deadline(limit_s), "arc-systems", MINE)


def give_back(server, limit_s=5.0):
    leasing.give_back(server.client(), Deadline(limit_s), "arc-systems", MINE)


def test_run_in_another_container_of_the_machine_is_not_taken_for_dead(server, monkeypatch):
    """It shares the boot, and no process here has its number."""
    boot, _colon, namespace = leasing.boot_mark().partition(":")
    assert boot and int(namespace) == leasing.os.stat("/proc/self/ns/pid").st_ino
    monkeypatch.setattr(leasing, "_is_alive", lambda _process: False)
    server.answer("GET", ONE, held(f"bob@there 9 {boot}:1"))
    with pytest.raises(Refused, match="bob on there"):
        take(server, LIMIT_S)
    server.answer("GET", ONE, held(f"bob@there 9 {boot}:{namespace}"))
    server.answer("PUT", ONE, held(MINE))
    take(server, LIMIT_S)
    assert len(server.of("PUT", ONE)) == 1


@pytest.mark.parametrize("path", ["_BOOT", "_PID_NAMESPACE"])
def test_where_a_process_is_cannot_be_told_there_is_no_mark(monkeypatch, path):
    monkeypatch.setattr(leasing, path, "/proc/there-is-none")
    assert leasing.boot_mark() == ""


@pytest.mark.parametrize("write", [take, keep], ids=["take", "keep"])
def test_namespace_that_is_not_there_is_told_at_once(server, write):
    server.answer("GET", ONE, ABSENT)
    server.answer("POST", ALL, status(404, "NotFound", 'namespaces "arc-systems" not found',
                                      details={"name": "arc-systems", "kind": "namespaces"}))
    with pytest.raises(WriteFailed, match="there is no namespace arc-systems"):
        write(server)
    assert len(server.of("POST", ALL)) == 1


def test_who_was_faster_is_looked_at_and_the_write_tried_again(server):
    server.answer("GET", ONE, ABSENT, held(version="4"), held(version="5"))
    server.answer("POST", ALL, status(409, "AlreadyExists", "it exists"))
    server.answer("PUT", ONE, CHANGED, held(MINE))
    take(server)
    assert len(server.of("POST", ALL)) == 1
    versions = [one.body["metadata"]["resourceVersion"] for one in server.of("PUT", ONE)]
    assert versions == ["4", "5"]
    assert server.of("PUT", ONE)[-1].body["spec"]["holderIdentity"] == MINE


def test_who_was_faster_and_works_has_it(server):
    server.answer("GET", ONE, held(version="4"), held(OTHER, "5"), held(OTHER, "6"))
    server.answer("PUT", ONE, CHANGED)
    with pytest.raises(Refused, match="bob on there"):
        take(server)
    assert len(server.of("PUT", ONE)) == 1


def test_a_run_whose_lease_was_taken_over_writes_no_more(server):
    server.answer("GET", ONE, held(MINE, "4"), held(OTHER, "5"))
    server.answer("PUT", ONE, CHANGED)
    with pytest.raises(Refused, match="bob on there"):
        keep(server)
    assert len(server.of("PUT", ONE)) == 1


def test_a_lease_that_another_has_by_now_is_not_given_back(server):
    server.answer("GET", ONE, held(MINE, "4"), held(OTHER, "5"))
    server.answer("PUT", ONE, CHANGED)
    give_back(server)
    assert len(server.of("PUT", ONE)) == 1


@pytest.mark.parametrize("act, holder", [(take, ""), (keep, MINE), (give_back, MINE)])
def test_tries_pause_and_end_with_the_time_limit(server, act, holder):
    server.answer("GET", ONE, held(holder))
    server.answer("PUT", ONE, CHANGED)
    with pytest.raises(Conflict, match="modified"):
        act(server, LIMIT_S)
    assert 2 <= len(server.of("PUT", ONE)) <= LIMIT_S / PAUSE_S + 1


def test_a_lease_that_is_fresh_is_not_written(server):
    now = leasing.lease.micro_time(server.client().now())
    server.answer("GET", ONE, held(MINE, renewed=now))
    keep(server)
    assert not server.of("PUT", ONE)
