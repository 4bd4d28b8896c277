# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that were assigned get their runners first: what is counted, written and waited for."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    drain,
    drain_resume,
    drain_settle,
    drain_types,
    reads,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    WEB,
    decided,
    view_of,
)


@pytest.mark.parametrize("replicas, minimum, maximum, busy, expected, text", [
    (0, 0, 5, 0, (0, False), "0"),
    (3, 0, 5, 1, (2, False), "2"),
    (3, 1, 5, 1, (1, False), "1"),
    (5, 1, 5, 2, (2, True), "at least 2"),
    (9, 1, None, 2, (6, False), "6"),
    (1, 1, 5, 2, (0, False), "0"),
], ids=["idle", "two-wait", "one-is-the-spare", "at-the-limit", "no-limit", "already-ended"])
def test_assigned_jobs_without_runner_are_counted(
    replicas, minimum, maximum, busy, expected, text
):
    parts = b.sound(busy=busy, idle=0, min_runners=minimum, max_runners=maximum)
    parts["ephemeralrunnersets"][0]["spec"]["replicas"] = replicas
    (scale_set,) = view_of(parts).cluster.scale_sets
    found = drain.assigned_waiting(scale_set)
    assert ((found.waiting, found.at_least), str(found)) == (expected, text)


def test_replicas_that_stayed_high_are_no_waiting_jobs_while_runners_are_idle():
    (scale_set,) = view_of(b.sound(busy=1, idle=4, min_runners=1)).cluster.scale_sets
    assert drain.assigned_waiting(scale_set).waiting == 0


def test_assigned_jobs_are_unknown_where_runners_were_not_read():
    parts = {**b.sound(), "ephemeralrunners": reads.Unread("403")}
    (scale_set,) = view_of(parts).cluster.scale_sets
    assert str(drain.assigned_waiting(scale_set)) == "an unknown number"


def test_assigned_jobs_are_none_without_a_runner_set():
    parts = {**b.sound(), "ephemeralrunnersets": []}
    (scale_set,) = view_of(parts).cluster.scale_sets
    assert drain.assigned_waiting(scale_set).waiting == 0
    assert drain_settle.has_started(scale_set, None, drain.Options(()), b.NOW)


def two_controllers(parts):
    parts["deployments"].append(b.controller(name="second"))


def argo_controller(parts):
    parts["deployments"][0]["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "x"


def old_controller(parts):
    parts["deployments"] = [b.controller("0.4.0")]


def bare_controller(parts):
    del parts["deployments"][0]["spec"]["template"]["spec"]["containers"][0]["args"]


@pytest.mark.parametrize("change, options, reason", [
    (two_controllers, {}, "2 controllers watch namespace arc-runners"),
    (argo_controller, {}, "belongs to argocd, which would set it back"),
    (old_controller, {}, "has no update strategy"),
    (bare_controller, {}, "takes no arguments"),
    (lambda parts: None, {"rights_missing": ("patch deployments",)},
     "the right to patch deployments is missing"),
], ids=["two-controllers", "gitops", "release-without-flag", "no-arguments", "no-right"])
def test_set_that_cannot_settle_is_deleted_and_says_who_waits(change, options, reason):
    parts = b.sound(busy=1, idle=0)
    parts["ephemeralrunnersets"][0]["spec"]["replicas"] = 4
    change(parts)
    decision = decided(parts, **options)
    assert [act.verb for act in decision.acts] == ["delete"]
    assert reason in decision.sets[0].note
    assert "2 assigned jobs wait until the set has gone" in decision.sets[0].note
    assert decision.sets[0].as_dict()["assigned_waiting"] == 2


def test_set_without_waiting_jobs_that_cannot_settle_says_only_why():
    decision = decided(b.sound(busy=1, idle=1), rights_missing=("patch deployments",))
    assert decision.sets[0].note == (
        "not settled, as the right to patch deployments is missing"
    )


def test_strategy_flag_is_replaced_where_the_chart_set_it():
    parts = b.sound(busy=1)
    parts["deployments"] = [b.controller(strategy="immediate")]
    (act,) = decided(parts).acts
    assert [one["op"] for one in act.body] == ["test", "test", "replace", "add"]
    assert act.body[1]["value"] == "--update-strategy=immediate"
    assert act.body[3]["value"] == "--update-strategy=immediate"


def test_annotations_are_made_where_there_are_none():
    parts = b.sound(busy=1)
    del parts["deployments"][0]["metadata"]["annotations"]
    (act,) = decided(parts).acts
    assert act.body[-1] == {
        "op": "add", "path": "/metadata/annotations",
        "value": {"arc.lifecycle/update-strategy-before": ""},
    }  # fmt: skip


def eventual(busy=1, **changes):
    parts = b.sound(busy=busy, idle=0, **changes)
    parts["deployments"] = [b.controller(strategy="eventual")]
    parts["pods"][0] = b.controller_pod(parts["deployments"][0])
    return parts


def old_pod_left(parts):
    parts["pods"].append(b.controller_pod(parts["deployments"][0], suffix="old", deleting=0))


def stray_pod_left(parts):
    stray = b.controller_pod(parts["deployments"][0], suffix="stray")
    stray["metadata"]["labels"] = {"app.kubernetes.io/part-of": "gha-rs-controller"}
    parts["pods"].append(stray)


def not_ready(parts):
    parts["deployments"] = [b.controller(strategy="eventual", ready=0)]


@pytest.mark.parametrize("change", [old_pod_left, stray_pod_left, not_ready])
def test_limits_are_not_touched_while_a_manager_of_before_may_live(change):
    parts = eventual()
    change(parts)
    decision = decided(parts)
    assert (decision.acts, decision.stage) == ((), "settle-controller")


def evicted(pod):
    pod["status"] = {"phase": "Failed", "reason": "Evicted"}
    return pod


def evicted_pod_left(parts):
    parts["pods"].append(evicted(b.controller_pod(parts["deployments"][0], suffix="old")))


def evicted_stray_pod_left(parts):
    stray_pod_left(parts)
    evicted(parts["pods"][-1])


@pytest.mark.parametrize("change", [evicted_pod_left, evicted_stray_pod_left])
def test_what_an_eviction_left_of_a_manager_holds_no_settling_up(change):
    parts = eventual()
    change(parts)
    assert decided(parts).stage == "settle-limits"


def test_jobs_taken_before_the_touch_are_waited_for_though_the_listener_was_away_once():
    """helm upgrade made the listener anew: what was measured meanwhile is no measure."""
    parts = eventual(min_runners=0)
    parts["autoscalinglisteners"] = []
    parts["deployments"] = [b.controller(strategy="immediate")]
    memory = decided(parts).memory
    assert memory.settled[WEB.key].waiting == 0
    parts = eventual(min_runners=0)
    parts["ephemeralrunnersets"][0]["spec"]["replicas"] = 3
    memory = decided(parts, memory=memory).memory
    touched(parts)
    assert WEB.key not in memory.settled
    parts["autoscalinglisteners"] = []
    decision = decided(parts, memory=memory)
    assert (decision.stage, decision.acts) == ("settle-assigned", ())


def touched(parts, *, listeners=None):
    """The limits were touched as the drain does it."""
    (act,) = decided(parts).acts
    assert decided(parts).stage == "settle-limits"
    spec = parts["autoscalingrunnersets"][0]["spec"]
    spec["maxRunners"] = act.body[-2]["value"]
    value = act.body[-1]["value"]
    if listeners is not None:
        value = value.replace(parts["autoscalinglisteners"][0]["metadata"]["uid"], listeners)
    marks = parts["autoscalingrunnersets"][0]["metadata"]["annotations"]
    marks["arc.lifecycle/limits-before"] = value
    return parts


def test_listener_that_is_still_there_after_the_touch_is_waited_for():
    decision = decided(touched(eventual()))
    assert (decision.acts, decision.stage) == ((), "settle-listener")


def test_listener_that_came_back_in_this_run_means_that_all_had_ended():
    memory = drain.Memory(settled={WEB.key: drain_types.Settled(b.NOW, 3)})
    decision = decided(touched(eventual(), listeners="another"), memory=memory)
    assert [act.verb for act in decision.acts] == ["delete"]
    assert "the listener came back" in decision.sets[0].note


def test_listener_that_came_back_before_this_run_is_taken_away_once_more():
    parts = touched(eventual(max_runners=5), listeners="another")
    (act,) = decided(parts).acts
    assert act.body[2] == {"op": "replace", "path": "/spec/maxRunners", "value": 7}
    assert '"max": 5' in act.body[3]["value"]


def test_limits_that_somebody_changed_meanwhile_are_touched_anew_and_not_put_back():
    parts = touched(eventual(max_runners=5))
    parts["autoscalingrunnersets"][0]["spec"]["maxRunners"] = 9
    (act,) = decided(parts).acts
    assert '"max": 9' in act.body[3]["value"]
    acts, left = drain_resume.undo(view_of(parts), (WEB.key,))
    assert acts == ()
    assert "and somebody made them minRunners 1, maxRunners 9 since" in left[0]


def test_annotation_that_makes_no_sense_is_not_believed():
    parts = eventual()
    marks = parts["autoscalingrunnersets"][0]["metadata"]["annotations"]
    marks["arc.lifecycle/limits-before"] = "{broken"
    assert decided(parts).stage == "settle-limits"


def test_undo_leaves_the_strategy_while_another_set_is_settling():
    parts = touched(eventual())
    parts["deployments"][0]["metadata"]["annotations"][
        "arc.lifecycle/update-strategy-before"
    ] = "--update-strategy=immediate"
    acts, _left = drain_resume.undo(view_of(parts), ())
    assert acts == ()
    acts, _left = drain_resume.undo(view_of(parts), (WEB.key,))
    assert acts[0].body[2]["value"] == "--update-strategy=immediate"


def settling(*, started, replicas, runners=2, ready=True, runner_id=7, failed=0):
    """No listener any more; runners came up `started` minutes ago."""
    parts = eventual(busy=1, min_runners=0)
    touched(parts)
    parts["autoscalinglisteners"] = []
    group = parts["ephemeralrunnersets"][0]
    group["spec"]["replicas"] = replicas
    for number in range(runners):
        raw = b.runner(group, name=f"new-{number}", runner_id=runner_id)
        parts["ephemeralrunners"].append(raw)
        parts["pods"].append(b.runner_pod(raw, started=started, ready=ready))
    for number in range(failed):
        parts["ephemeralrunners"].append(b.runner(group, name=f"bad-{number}", phase="Failed"))
    return parts


@pytest.mark.parametrize("changes, stage", [
    ({"started": 1, "replicas": 3}, "delete"),
    ({"started": 0.2, "replicas": 3}, "settle-assigned"),
    ({"started": 1, "replicas": 3, "ready": False}, "settle-assigned"),
    ({"started": 1, "replicas": 3, "runner_id": None}, "settle-assigned"),
    ({"started": 1, "replicas": 4}, "settle-assigned"),
    ({"started": 1, "replicas": 4, "failed": 1}, "settle-assigned"),
], ids=["all-up", "too-fresh", "not-ready", "not-registered", "one-missing", "one-failed"])
def test_assigned_jobs_have_started_when_every_wanted_runner_has_been_up(changes, stage):
    decision = decided(settling(**changes))
    assert decision.stage == stage


def test_replacement_of_a_runner_whose_job_ended_is_not_waited_for():
    """Two waited; two came up. That a third runner ended and is made anew changes nothing."""
    memory = drain.Memory(settled={WEB.key: drain_types.Settled(b.NOW, 2)})
    parts = settling(started=1, replicas=4)
    assert decided(parts, memory=memory).stage == "delete"


def test_runner_that_ends_does_not_hide_the_job_for_which_another_is_on_its_way():
    """The listener has counted the end of the first job: replicas 1 is the second one's."""
    parts = settling(started=1, replicas=1, runners=0)
    old, group = parts["ephemeralrunners"][0], parts["ephemeralrunnersets"][0]
    parts["pods"][-1] = b.runner_pod(old, state="terminated")
    parts["ephemeralrunners"].append(
        b.runner(group, name="new-0", phase="Pending", runner_id=None, created=0.1))
    assert decided(parts).stage == "settle-assigned"
    (scale_set,) = view_of(parts).cluster.scale_sets
    assert drain_settle.most_waiting(scale_set) == 1
    # Where one is to be spare the idle one takes the job, and this one is the next spare.
    assert drain_settle.most_waiting(dataclasses.replace(scale_set, min_runners=1)) == 0
