# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets that are paused and come back: limits, update strategy and jobs, wherever it is killed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import drain, drain_resume
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_world import (
    STEP_S,
    TARGET,
    World,
    drained,
)

LIMITS_NOTE = "arc.lifecycle/limits-before"


def paused(world, **changes):
    return drained(world, mode="pause", **{"settle_timeout_s": 10**6, **changes})


def resumed(world, *, limit=60, **changes):
    """Bring the set back; returns the acts."""
    acts = []
    for _look in range(limit):
        decision = drain_resume.decide(world.view(), (), drain_resume.Wish((TARGET.key,), **changes))
        assert decision.refused == (), decision.refused
        if decision.finished:
            return acts
        for act in decision.acts:
            world.do(act)
            acts.append(act)
        world.step()
    raise AssertionError(f"not resumed within {limit} looks: {decision.sets}")


def limits(world):
    spec = world.set["spec"]
    return spec.get("minRunners"), spec.get("maxRunners")


def test_idle_set_is_paused_by_its_limits_alone():
    world = World(running=[], waiting=[], min_runners=2)
    stages, acts = paused(world)
    assert [act.ref.kind for act in acts] == ["AutoscalingRunnerSet"]
    assert (limits(world), world.runners, stages[-1]) == ((0, 0), {}, "drained")
    assert world.listener["spec"].get("maxRunners", 0) == 0


def test_jobs_on_their_way_get_their_runner_and_the_strategy_comes_back():
    world = World(running=[60, 60], waiting=[30, 30], min_runners=1)
    before = world.deployment
    stages, acts = paused(world)
    assert (world.completed, world.waiting, world.stranded) == (4, [], 0)
    assert [act.ref.kind for act in acts] == [
        "Deployment", "AutoscalingRunnerSet", "EphemeralRunnerSet", "Deployment",
    ]
    assert world.deployment == before
    assert stages == [
        "settle-controller", "settle-limits", "settle-assigned", "scale-down", "idle", "busy",
        "strategy", "drained",
    ]


def test_paused_set_has_nothing_more_to_do_and_comes_back():
    world = World(running=[30], waiting=[5], min_runners=1)
    before = limits(world)
    paused(world)
    decision = drain.decide(
        world.view(), drain.Options((TARGET,), mode="pause"), drain.Memory(), world.now
    )
    assert (decision.finished, decision.acts, decision.refused) == (True, (), ())
    acts = resumed(world)
    assert [act.ref.kind for act in acts] == ["AutoscalingRunnerSet"]
    assert limits(world) == before
    assert LIMITS_NOTE not in world.set["metadata"]["annotations"]
    assert resumed(world) == []


def test_without_settling_the_jobs_without_runner_are_counted():
    world = World(running=[600], waiting=[5, 5], start_s=60)
    view = world.view()
    decision = drain.decide(
        view, drain.Options((TARGET,), mode="pause", rights_missing=("patch deployments",)),
        drain.Memory(), world.now,
    )
    (act,) = decision.acts
    assert act.evidence["assigned_waiting"] == 2
    assert decision.sets[0].note == (
        "not settled, as the right to patch deployments is missing: 2 assigned jobs wait until"
        " the set has gone, behind the jobs of web-alive-runner-1"
    )


@pytest.mark.parametrize("release, is_safe", [
    ("0.8.3", False), ("0.9.0", False), ("0.9.1", True), ("0.14.2", True), ("dev", False),
])
def test_releases_whose_listener_knows_no_capacity_are_refused(release, is_safe):
    world = World(running=[], waiting=[], release=release)
    decision = drain.decide(
        world.view(), drain.Options((TARGET,), mode="pause"), drain.Memory(), world.now
    )
    assert [one.id for one in decision.refused] == ([] if is_safe else ["pause-unsafe"])
    assert bool(decision.acts) is is_safe


def test_limits_that_somebody_set_since_are_not_overwritten_unasked():
    world = World(running=[], waiting=[], min_runners=1)
    before = limits(world)
    paused(world)
    world.set["spec"].update(minRunners=3, maxRunners=9)
    view = world.view()
    asked = drain_resume.decide(view, (), drain_resume.Wish((TARGET.key,)))
    assert (asked.acts, [one.id for one in asked.refused]) == ((), ["limits-changed"])
    assert asked.refused[0].reason == (
        "its limits were minRunners 1, maxRunners 50 before the drain, the drain made them"
        " minRunners 0, maxRunners 0, and somebody made them minRunners 3, maxRunners 9 since"
    )
    for changed, wanted in (("keep", (3, 9)), ("restore", before)):
        again = World(running=[], waiting=[], min_runners=1)
        paused(again)
        again.set["spec"].update(minRunners=3, maxRunners=9)
        resumed(again, changed=changed)
        assert limits(again) == wanted
        assert LIMITS_NOTE not in again.set["metadata"]["annotations"]


def test_retire_of_a_paused_set_deletes_it_without_opening_it_again():
    world = World(running=[], waiting=[], min_runners=1)
    paused(world)
    _stages, acts = drained(world)
    assert [act.verb for act in acts] == ["delete"]


def test_user_s_own_eventual_strategy_does_not_hold_a_pause_or_the_way_back():
    """#4432: idle runners would keep the listener away for ever."""
    world = World(running=[], waiting=[], min_runners=2)
    manager = world.deployment["spec"]["template"]["spec"]["containers"][0]
    manager["args"] = [one for one in manager["args"] if "update-strategy" not in one]
    manager["args"].append("--update-strategy=eventual")
    _stages, acts = paused(world)
    assert [act.ref.kind for act in acts] == ["AutoscalingRunnerSet", "EphemeralRunnerSet"]
    resumed(world)
    assert (limits(world)[0], len(world.runners)) == (2, 2)


jobs = st.lists(st.integers(1, 30).map(lambda one: one * STEP_S), max_size=4)


@settings(max_examples=120, deadline=None)
@given(
    running=jobs, waiting=jobs, min_runners=st.integers(0, 3), start_s=st.integers(0, 40),
    max_runners=st.sampled_from([None, 50]), lost=st.lists(st.integers(0, 60), max_size=4),
    release=st.sampled_from(["0.9.1", "0.12.1", "0.14.2"]), replaces=st.booleans(),
)
def test_pause_loses_no_job_and_the_way_back_restores_what_was_there(
    running, waiting, min_runners, start_s, max_runners, lost, release, replaces
):
    world = World(
        running=running, waiting=waiting, min_runners=min_runners, start_s=start_s,
        max_runners=max_runners, release=release, replaces=replaces,
    )
    before = limits(world), world.deployment
    paused(world, memory_lost_at=lost)
    assert (world.completed, world.waiting) == (len(running) + len(waiting), [])
    assert (limits(world), world.deployment) == ((0, 0), before[1])
    resumed(world)
    assert (limits(world), world.deployment) == before


@settings(max_examples=60, deadline=None)
@given(running=jobs, waiting=jobs, cut=st.integers(0, 25), mode=st.sampled_from(["pause", "retire"]))
def test_a_drain_that_is_cut_off_anywhere_is_taken_back_whole(running, waiting, cut, mode):
    world = World(running=running, waiting=waiting, min_runners=1, start_s=20)
    before = limits(world), world.deployment
    options, memory = drain.Options((TARGET,), mode=mode, grace_s=15), drain.Memory()
    for _look in range(cut):
        decision = drain.decide(world.view(), options, memory, world.now)
        memory = decision.memory
        for act in decision.acts:
            world.do(act)
        world.step()
        if any(act.verb == "delete" for act in decision.acts) or decision.finished:
            break
    acts, left = drain_resume.undo(world.view(), (TARGET.key,))
    for act in acts:
        world.do(act)
    if not world.set or "deletionTimestamp" in world.set["metadata"]:
        assert left == ("AutoscalingRunnerSet arc-runners/web: a deletion is not undone",)
        return
    assert left == ()
    assert (limits(world), world.deployment) == before
    assert LIMITS_NOTE not in world.set["metadata"]["annotations"]
