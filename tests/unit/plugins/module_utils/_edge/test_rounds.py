# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module does while it waits: keep its Lease, and not trust a cluster that goes away."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    controller_wait,
    rounds,
    task,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    drain_types,
    errors,
    reads,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.test_leasing import (
    MINE,
    ONE,
    OTHER,
    held,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
    status,
)


@pytest.fixture
def cluster():
    with ScriptedCluster(b.sound()) as running:
        yield running


class Goneness:
    """Waits until no runner is left. `said`: whether that was so, each time it was asked."""

    def __init__(self):
        self.said = []

    def judge(self, view, _now):
        runners = view.snapshot.read("ephemeralrunners")
        self.said.append(rounds.is_seen(view) and not reads.seen(runners))
        return rounds.Round(self.said[-1], (), "")


def go(running, aim):
    first = rounds.look(running)
    return rounds.go(running, first, (b.RUNNERS,), aim.judge, lambda _act: None)


def watched(cluster):
    """Parts of which a watch was asked for."""
    return {one.path.rsplit("/", 1)[-1] for one in list(cluster.requests) if "watch" in one.query}


@pytest.mark.parametrize("given", [{"slice": 1, "timeout": 60}, {"timeout": 6}],
                         ids=["slice", "whole"])
def test_end_that_no_look_confirmed_is_none(cluster, begun, monkeypatch, given):
    def end():
        late = time.monotonic() + 20
        while not set(drain_types.NEEDED) <= watched(cluster) and time.monotonic() < late:
            time.sleep(0.02)
        for runner in list(cluster.parts["ephemeralrunners"]):
            cluster.change("DELETED", "ephemeralrunners", runner)
        cluster.is_away = True

    monkeypatch.setattr(task, "_LEAST_LOOK_S", 0.5)
    running, aim = begun(cluster, **given), Goneness()
    thread, started = threading.Thread(target=end), time.monotonic()
    thread.start()
    assert go(running, aim) is False
    thread.join()
    # The watches said so, and the look that was to confirm it failed.
    assert True in aim.said and aim.said[-1] is False
    assert time.monotonic() - started < 20


def test_later_slice_does_not_wait_in_silence_for_a_cluster_that_is_away(
    cluster, begun, monkeypatch
):
    monkeypatch.setattr(task, "_LEAST_LOOK_S", 0.5)
    cluster.is_away = True
    started = time.monotonic()
    with pytest.raises(errors.ReadFailed):
        begun(cluster, slice=1, memory={"told": "a"}, timeout=60).identify()
    assert time.monotonic() - started < 10


def go_controller(running, _aim):
    aim = controller_wait.Aim(((b.SYSTEMS, ""),), "absent")
    return controller_wait.wait_for(aim, running)["finished"]


@pytest.fixture
def waiting(cluster, begun, monkeypatch):
    """Wait with a Lease; `first`: what is answered to who reads it."""
    monkeypatch.setattr(task, "_LEASE_EVERY_S", 0.2)
    monkeypatch.setattr(controller_wait, "_LOOK_EVERY_S", 0.3)
    lease = {"namespace": "arc-systems", "holder": MINE}

    def wait(how, *first):
        cluster.fault("GET", ONE, *first)
        cluster.fault("PUT", ONE, *[held(MINE)] * len(first))
        return how(begun(cluster, lease=lease, slice=3), Goneness())

    return wait


@pytest.mark.parametrize("how", [go, go_controller])
def test_lease_is_renewed_while_it_waits_though_a_try_fails(cluster, waiting, how):
    assert waiting(how, status(403, "Forbidden", "no"), held(MINE), held(MINE)) is False
    renewed = [one.body["spec"] for one in cluster.requests
               if (one.method, one.path) == ("PUT", ONE)]
    assert [one["holderIdentity"] for one in renewed] == [MINE, MINE]


@pytest.mark.parametrize("how", [go, go_controller])
def test_wait_ends_once_another_run_has_the_lease(waiting, how):
    with pytest.raises(errors.Refused, match="bob on there"):
        waiting(how, held(MINE), held(OTHER))
