# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a wait for sets ends, what it says until then, and which listeners it cures."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import reads, waiting
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    gone,
    view_of,
)

WEB = (b.RUNNERS, "web")


def decided(parts, memory=None, later_s=0, **aim):
    at = b.NOW + timedelta(seconds=later_s)
    asked = waiting.Aim(**{"sets": (WEB,), **aim})
    return waiting.decide(
        view_of(parts), asked, memory or waiting.Memory(), at, b.NOW + timedelta(seconds=600)
    )


def stale(release="0.14.2"):
    parts = b.sound(release)
    parts["autoscalinglisteners"][0]["spec"]["ephemeralRunnerSetName"] = "web-dead"
    return parts


def test_healthy_set_ends_the_wait_after_its_settle_time():
    first = decided(b.sound("0.14.2"))
    assert not first.finished
    assert first.sets[0].reasons == ("its listener has been steady for 0 of 5 s",)
    assert "0 of 1 sets | arc-runners/web: its listener" in first.line
    second = decided(b.sound("0.14.2"), first.memory, later_s=5)
    assert second.finished and second.sets[0].as_dict()["done"] is True
    assert waiting.told(second) == ""


def test_time_that_passes_is_no_news():
    first = decided(b.sound("0.14.2"))
    second = decided(b.sound("0.14.2"), first.memory, later_s=3)
    assert waiting.told(first) == waiting.told(second) != ""


def test_set_of_another_release_is_not_what_was_asked_for():
    states = decided(b.sound("0.9.3"), release="0.14.2").sets
    assert "its version label says 0.9.3" in states[0].reasons


def test_stale_listener_is_cured_once_it_is_sure():
    first = decided(stale())
    assert (first.acts, first.finished) == ((), False)
    second = decided(stale(), first.memory, later_s=waiting.SURE_AFTER_S)
    (act,) = second.acts
    assert act.verb == "delete" and act.ref.kind == "AutoscalingListener"
    assert act.body["preconditions"] == {"uid": act.ref.uid}
    assert act.evidence["fault"] == "listener-of-dead-runner-set"
    after = waiting.cured(second.memory, act)
    assert decided(stale(), after).sets[0].cured == 1


def test_fault_that_went_away_by_itself_is_forgotten():
    first = decided(stale())
    between = decided(b.sound("0.14.2"), first.memory, later_s=1)
    assert decided(stale(), between.memory, later_s=3).acts == ()


@pytest.mark.parametrize("aim, cured, said", [
    ({"cure": False}, 0, "cure is off"),
    ({}, waiting.MOST_CURES, "was deleted 3 times"),
], ids=["not-asked-for", "often-enough"])
def test_listener_is_not_deleted(aim, cured, said):
    memory = waiting.Memory(cured={WEB: cured})
    first = decided(stale(), memory, **aim)
    second = decided(stale(), first.memory, later_s=60, **aim)
    assert second.acts == () and not second.finished
    assert any(said in one for one in second.sets[0].reasons)


def test_nothing_is_cured_after_the_deadline():
    first = decided(stale())
    assert decided(stale(), first.memory, later_s=600).acts == ()


@pytest.mark.parametrize("part", [
    "autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners", "pods",
    "autoscalingrunnersets",
])
def test_set_is_not_absent_while_anything_of_it_is_left(part):
    left = b.sound()
    parts = {**gone(b.sound()), part: left[part]}
    for pod in parts["pods"]:
        if pod["metadata"]["name"].startswith("web"):
            pod["metadata"].setdefault("labels", {}).update({
                "actions.github.com/scale-set-name": "web",
                "actions.github.com/scale-set-namespace": b.RUNNERS,
            })
    decision = decided(parts, state=waiting.ABSENT)
    assert not decision.finished and decision.sets[0].reasons
    assert decided(gone(b.sound()), state=waiting.ABSENT).finished


def test_job_pod_of_kubernetes_mode_is_left_of_its_set_only():
    parts = gone(b.sound())
    job = b.pod("web-abcde-runner-fghij-workflow", labels={
        "runner-pod": "web-abcde-runner-fghij"})
    parts["pods"].append(job)
    assert not decided(parts, state=waiting.ABSENT).finished
    assert decided(parts, state=waiting.ABSENT, sets=((b.RUNNERS, "we"),)).finished


def test_job_pod_is_left_of_a_set_whose_name_is_as_long_as_it_may_be():
    name = "w" * 45
    parts = gone(b.sound())
    # Kubernetes cuts what a name is generated from to 58 characters.
    runner = f"{name}-abcde-runner-"[:58] + "fghij"
    parts["pods"].append(b.pod("job", labels={"runner-pod": runner}))
    assert not decided(parts, state=waiting.ABSENT, sets=((b.RUNNERS, name),)).finished


@pytest.mark.parametrize("helpers", [True, False])
def test_helper_objects_count_where_asked(helpers):
    parts = gone(b.sound())
    parts["roles"] = [b.helper("Role", "web-gha-rs-manager")]
    decision = decided(parts, state=waiting.ABSENT, helpers=helpers)
    assert decision.finished is not helpers
    if helpers:
        assert "held by actions.github.com/cleanup-protection" in decision.sets[0].reasons[0]


def test_our_own_record_is_no_helper_of_the_set():
    parts = gone(b.sound())
    record = b.helper("Secret", "web-record", protected=False)
    record["metadata"]["labels"]["arc.lifecycle/record"] = "limits"
    parts["secrets"] = [record]
    assert decided(parts, state=waiting.ABSENT, helpers=True).finished


@pytest.mark.parametrize("part, helpers, ends", [
    ("ephemeralrunners", False, False), ("roles", True, False), ("roles", False, True),
])
def test_what_was_not_read_is_not_absent(part, helpers, ends):
    parts = {**gone(b.sound()), part: reads.Unread("403")}
    decision = decided(parts, state=waiting.ABSENT, helpers=helpers)
    assert decision.finished is ends
    assert decision.unread
    if not ends:
        assert f"{part} could not be read: 403" in decision.sets[0].reasons


def test_many_remnants_are_counted():
    parts = gone(b.sound())
    parts["roles"] = [b.helper("Role", f"web-{number}") for number in range(30)]
    (state,) = decided(parts, state=waiting.ABSENT, helpers=True).sets
    assert len(state.reasons) == 21 and state.reasons[-1] == "10 more objects"


def test_memory_survives_a_slice():
    first = decided(stale())
    second = decided(stale(), first.memory, later_s=3)
    memory = waiting.cured(second.memory, second.acts[0])
    assert waiting.from_plain(json.loads(json.dumps(waiting.to_plain(memory)))) == memory


def with_jobs(*, busy=0, finished=0):
    """A sound set with so many runners, the same ones each time."""
    parts = b.sound("0.14.2", busy=busy, idle=0)
    group = parts["ephemeralrunnersets"][0]
    for number, phase in enumerate(["Succeeded"] * finished):
        parts["ephemeralrunners"].append(b.runner(group, name=f"over-{number}", phase=phase))
    return parts


def seen_through(*looks, jobs=1):
    memory = None
    for number, parts in enumerate(looks):
        decision = decided(parts, memory, later_s=10 * number, settle_s=0, jobs=jobs)
        memory = waiting.from_plain(json.loads(json.dumps(waiting.to_plain(decision.memory))))
    return decision


def test_job_is_seen_through_when_its_runner_is_gone():
    first = seen_through(with_jobs(busy=2), jobs=2)
    assert first.sets[0].reasons == ("0 of 2 jobs were seen to end well, 2 run",)
    half = seen_through(with_jobs(busy=2), with_jobs(busy=1), jobs=2)
    assert half.sets[0].reasons == ("1 of 2 jobs were seen to end well, 1 run",)
    assert waiting.told(half) != waiting.told(first)
    whole = seen_through(with_jobs(busy=2), with_jobs(busy=1), with_jobs(), jobs=2)
    assert whole.finished and whole.sets[0].as_dict()["jobs"] == 2


def test_runner_that_nobody_saw_with_a_job_proves_nothing():
    assert not seen_through(with_jobs(), with_jobs(finished=1), with_jobs()).finished


@pytest.mark.parametrize("phase, finished", [("Succeeded", True), ("Failed", False)])
def test_job_whose_runner_fails_does_not_count(phase, finished):
    before, after = with_jobs(busy=1), with_jobs(busy=1)
    uid = next(one["metadata"]["uid"] for one in before["ephemeralrunners"] if one["status"].get("jobRequestId"))
    for one in after["ephemeralrunners"]:
        if one["metadata"]["uid"] == uid:
            one["status"]["phase"] = phase
            after["pods"] = [pod for pod in after["pods"] if pod["metadata"]["name"] != one["metadata"]["name"]]
    decision = seen_through(before, after, with_jobs())
    assert decision.finished is finished, decision.sets
