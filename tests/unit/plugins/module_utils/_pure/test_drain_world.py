# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole drains, from the first look to the last, against a set that behaves as ARC was seen to."""

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


def test_drain_of_idle_set_deletes_it_at_once():
    world = World(running=[], waiting=[], min_runners=2)
    stages, acts = drained(world)
    assert [(act.verb, act.ref.kind) for act in acts] == [("delete", "AutoscalingRunnerSet")]
    assert (stages[0], stages[-1]) == ("delete", "drained")


def test_drain_with_jobs_running_and_waiting_strands_none():
    world = World(running=[60, 60], waiting=[5, 5])
    stages, acts = drained(world)
    assert (world.completed, world.stranded, world.jobs, world.waiting) == (4, 0, {}, [])
    assert [act.ref.kind for act in acts] == [
        "Deployment", "AutoscalingRunnerSet", "AutoscalingRunnerSet",
    ]
    assert stages[:4] == ["settle-controller", "settle-limits", "settle-assigned", "delete"]
    assert stages[-1] == "drained"


def test_drain_without_settling_strands_what_settling_saves():
    """The judge of the test above can tell the difference."""
    world = World(running=[60, 60], waiting=[5, 5])
    drained(world, settle="never")
    assert (world.completed, world.stranded) == (2, 2)


def test_drain_deletes_the_set_while_long_jobs_run_once_each_has_its_runner():
    world = World(running=[3600], waiting=[3600], start_s=10)
    options, memory = drain.Options((TARGET,), grace_s=15), drain.Memory()
    for _look in range(20):
        decision = drain.decide(world.view(), options, memory, world.now)
        memory = decision.memory
        for act in decision.acts:
            world.do(act)
        if any(act.verb == "delete" for act in decision.acts):
            break
        world.step()
    assert decision.acts[0].verb == "delete"
    assert (world.waiting, len(world.jobs)) == ([], 2)


def test_jobs_that_end_before_they_could_be_seen_hold_nothing_up():
    """Their runners are not replaced, so what is wanted is never all there again."""
    world = World(running=[20, 20], waiting=[5, 5], min_runners=1, max_runners=5, replaces=False)
    stages, _acts = drained(world, settle_timeout_s=10**6, limit=60)
    assert (world.completed, world.stranded, stages[-1]) == (4, 0, "drained")


def test_run_that_begins_after_these_jobs_ended_is_not_held_up_either():
    world = World(running=[20, 20], waiting=[5, 5], min_runners=1, max_runners=5, replaces=False)
    stages, _acts = drained(
        world, settle_timeout_s=10**6, limit=60, memory_lost_at=range(0, 14)
    )
    assert (world.completed, world.stranded, stages[-1]) == (4, 0, "drained")


def test_drain_gives_settling_up_at_its_limit_and_says_who_waits():
    world = World(running=[3600], waiting=[5], start_s=7200)
    options = drain.Options((TARGET,), grace_s=15, settle_timeout_s=60)
    memory, deletion = drain.Memory(), None
    for _look in range(60):
        decision = drain.decide(world.view(), options, memory, world.now)
        memory = decision.memory
        for act in decision.acts:
            world.do(act)
            deletion = act if act.verb == "delete" else deletion
        if deletion:
            break
        world.step()
    assert deletion.evidence["assigned_waiting"] == 1
    assert deletion.evidence["settled"] == (
        "not settled, as the time for settling is over: 1 assigned jobs wait until the set has "
        "gone, behind the jobs of web-alive-runner-1"
    )


jobs = st.lists(st.integers(1, 40).map(lambda one: one * STEP_S), max_size=5)


@settings(max_examples=120, deadline=None)
@given(
    running=jobs, waiting=jobs, min_runners=st.integers(0, 3), start_s=st.integers(0, 40),
    max_runners=st.sampled_from([None, 50]),
    lost=st.lists(st.integers(0, 60), max_size=4), replaces=st.booleans(),
)
def test_no_job_is_lost_or_left_behind_wherever_the_run_is_killed(
    running, waiting, min_runners, start_s, max_runners, lost, replaces
):
    """Rule 2 and rule 5: every assigned job gets its runner, also if the memory is lost."""
    world = World(
        running=running, waiting=waiting, min_runners=min_runners, start_s=start_s,
        max_runners=max_runners, replaces=replaces,
    )
    drained(world, memory_lost_at=lost, settle_timeout_s=10**6)
    assert world.stranded == 0
    assert world.completed == len(running) + len(waiting)


@settings(max_examples=30, deadline=None)
@given(running=jobs, waiting=jobs)
def test_a_drain_that_is_finished_has_nothing_more_to_do(running, waiting):
    """A second run changes nothing."""
    world = World(running=running, waiting=waiting)
    drained(world)
    options = drain.Options((TARGET,))
    decision = drain.decide(world.view(), options, drain.Memory(), world.now)
    assert (decision.finished, decision.acts, decision.holders) == (True, (), ())


@pytest.mark.parametrize("max_runners", [None, 50, 2])
def test_undo_puts_limits_and_strategy_back(max_runners):
    world = World(running=[600], waiting=[600], max_runners=max_runners, start_s=60)
    before = world.set["spec"].get("maxRunners"), world.deployment
    options, memory = drain.Options((TARGET,)), drain.Memory()
    for _look in range(8):
        decision = drain.decide(world.view(), options, memory, world.now)
        memory = decision.memory
        for act in decision.acts:
            world.do(act)
        world.step()
    assert decision.stage == "settle-assigned"
    acts, left = drain_resume.undo(world.view(), (TARGET.key,))
    assert [act.ref.kind for act in acts] == ["Deployment", "AutoscalingRunnerSet"]
    for act in acts:
        world.do(act)
    assert left == ()
    assert (world.set["spec"].get("maxRunners"), world.deployment) == before
    assert "arc.lifecycle/limits-before" not in world.set["metadata"]["annotations"]
    for _look in range(4):
        world.step()
    assert world.listener is not None
