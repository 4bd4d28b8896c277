# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_scaleset_drain through its main(): pause, the way back, deadlines, peers, endless waits."""

from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.test_arc_scaleset_drain import (
    ARC,
    FORBIDDEN,
    drain,
    sound,
)

WEB = "arc-runners/web"
NOTE = "arc.lifecycle/limits-before"


def obey(cluster, verb, raw):
    """A controller that makes a listener for the limits it is given, and takes idle runners."""
    if verb != "PATCH" or "minRunners" not in raw.get("spec", {}):
        return
    old = cluster.parts["autoscalinglisteners"][0]
    cluster.change("DELETED", "autoscalinglisteners", old)
    new = b.listener(raw)
    new["metadata"]["uid"] += "-next"
    cluster.change("ADDED", "autoscalinglisteners", new)
    pod = b.listener_pod(new)
    pod["metadata"]["uid"] += "-next"
    pod["metadata"].setdefault("labels", {})[
        "app.kubernetes.io/component"] = "runner-scale-set-listener"
    cluster.change("ADDED", "pods", pod)
    if not raw["spec"].get("maxRunners"):
        for runner in list(cluster.parts["ephemeralrunners"]):
            if "jobRequestId" not in runner["status"]:
                cluster.change("DELETED", "ephemeralrunners", runner)


def limits(cluster):
    spec = cluster.parts["autoscalingrunnersets"][0]["spec"]
    return spec.get("minRunners"), spec.get("maxRunners")


def test_pause_of_an_idle_set_and_the_way_back():
    with ScriptedCluster(sound(), obey) as cluster:
        before = limits(cluster)
        code, result = drain(cluster, mode="pause", diff=True)
        assert (code, result["finished"], result["changed"]) == (0, True, True), result.get("msg")
        assert (limits(cluster), cluster.writes) == ((0, 0), [("PATCH", WEB, False)])
        assert result["diff"][0]["after"]["/spec/maxRunners"] == 0
        note = cluster.parts["autoscalingrunnersets"][0]["metadata"]["annotations"][NOTE]
        assert (json.loads(note)["min"], json.loads(note)["max"]) == before
        code, again = drain(cluster, mode="pause")
        assert (code, again["finished"], again["changed"]) == (0, True, False)
        code, result = drain(cluster, state="resumed", check=True)
        assert (result["changed"], limits(cluster)) == (True, (0, 0))
        assert result["acts"][0]["predicted"] is True
        code, result = drain(cluster, state="resumed", timeout=30)
        assert (code, result["changed"], limits(cluster)) == (0, True, before), result.get("msg")
        assert {one["stage"] for one in result["sets"]} == {"resumed"}


def test_check_mode_of_a_pause_predicts_the_limits_too():
    with ScriptedCluster(sound(busy=1), obey) as cluster:
        _code, result = drain(cluster, mode="pause", check=True)
        assert {is_dry for _method, _name, is_dry in cluster.writes} == {True}
    assert [(one["verb"], one["object"]["kind"]) for one in result["acts"]] == [
        ("patch", "Deployment"), ("patch", "AutoscalingRunnerSet"),
    ]


def test_deadline_with_resume_puts_the_limits_back_and_fails():
    with ScriptedCluster(sound(busy=1, idle=0), obey) as cluster:
        before = limits(cluster)
        code, result = drain(
            cluster, mode="pause", settle="never", timeout=4, on_deadline="resume"
        )
        assert limits(cluster) == before
    assert (code, result["error"]["class"]) == (1, "DeadlineReached")
    assert result["error"]["details"]["not_taken_back"] == []
    assert [one["reason"] for one in result["acts"]] == [
        "no job comes until it is resumed", "the limits of before come back",
    ]


def test_deadline_with_resume_says_that_a_deletion_stays():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        code, result = drain(cluster, settle="never", timeout=4, on_deadline="resume")
    assert code == 1
    assert result["error"]["details"]["not_taken_back"] == [
        f"AutoscalingRunnerSet {WEB}: a deletion is not undone"]


def test_deadline_with_resume_takes_nothing_back_where_nothing_was_changed():
    parts = sound(busy=1, idle=0)
    (raw,) = parts["autoscalingrunnersets"]
    raw["spec"].update(minRunners=0, maxRunners=0)
    raw["metadata"]["annotations"][NOTE] = json.dumps(
        {"min": 1, "max": 4, "touched": 0, "listeners": [], "waiting": 0})
    with ScriptedCluster(parts, obey) as cluster:
        code, result = drain(cluster, mode="wait_only", timeout=3, on_deadline="resume")
        assert (code, cluster.writes) == (1, [])
    assert result["error"]["class"] == "DeadlineReached" and not result["changed"]
    assert "Nothing more was changed" in result["error"]["next_step"]


def test_deadline_with_report_does_not_fail():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        code, result = drain(cluster, settle="never", timeout=4, on_deadline="report")
    assert (code, result["finished"]) == (0, False)
    assert result["holders"] and "memory" not in result


def test_cause_that_does_not_pass_ends_the_wait_at_once_if_asked():
    parts = sound(busy=1, idle=0)
    parts["autoscalingrunnersets"][0]["metadata"]["deletionTimestamp"] = b.ago(1)
    parts["deployments"] = []
    with ScriptedCluster(parts) as cluster:
        code, result = drain(cluster, fail_fast=True, timeout=60)
    assert (code, result["error"]["class"]) == (1, "Stuck"), result
    assert "does not exist" in result["msg"] and "it goes on where it stopped" in result["msg"]


def test_set_that_no_peer_serves_is_refused_before_a_write():
    with ScriptedCluster(sound(), obey) as cluster, ScriptedCluster(sound()) as other:
        other.parts["autoscalingrunnersets"][0]["spec"]["runnerGroup"] = "green"
        other.parts["autoscalingrunnersets"][0]["spec"]["maxRunners"] = 0
        peers = [{"name": "green", "connection": {"host": other.url}}]
        code, result = drain(cluster, peers=peers)
        assert (code, result["error"]["class"], cluster.writes) == (1, "Refused", [])
        assert "it is the cluster that is to be drained" in result["msg"]
        other.uid = "another"
        code, result = drain(cluster, peers=peers)
        assert (code, result["error"]["class"], cluster.writes) == (1, "Refused", [])
        assert "green: " in result["msg"] and "its maxRunners is 0" in result["msg"]
        assert "arc_drain_may_be_down" in result["msg"] and "arc_cycle_may_be_down" in result["msg"]
        code, result = drain(cluster, mode="pause", peers=peers, may_be_down=["*/we?"])
        assert (code, result["finished"]) == (0, True), result.get("msg")


def test_peers_are_checked_as_input():
    with ScriptedCluster(sound()) as cluster:
        peers = [{"name": "green", "connection": {"kubecfg": "x"}}]
        code, result = drain(cluster, peers=peers)
        assert (code, result["error"]["class"], cluster.writes) == (1, "BadInput", [])
    assert "kubecfg is no connection option" in result["msg"]


@pytest.mark.parametrize("module, timeout, is_wrong", [
    ("arc_scaleset_drain", 0, False), ("arc_scaleset_drain", -1, True),
    ("arc_scaleset_wait", 0, True), ("arc_info", 0, True),
])
def test_only_a_drain_may_wait_for_ever(module, timeout, is_wrong):
    more = {
        "arc_scaleset_drain": {"all": True, "keep_copy": False, "mode": "wait_only"},
        "arc_scaleset_wait": {"scale_sets": [{"namespace": "arc-runners", "name": "web"}]},
        "arc_info": {},
    }[module]
    with ScriptedCluster(sound()) as cluster:
        code, result = run_module.run(module, {"host": cluster.url, "timeout": timeout, **more})
    assert code == int(is_wrong)
    if is_wrong:
        assert result["error"]["object"] == "option timeout"
    else:
        assert "left" not in result["line"]


def test_slice_that_fails_on_the_way_back_remembers_what_came_back():
    parts = sound()
    (raw,) = parts["autoscalingrunnersets"]
    raw["spec"].update(minRunners=0, maxRunners=0)
    raw["metadata"]["annotations"][NOTE] = json.dumps(
        {"min": 1, "max": 4, "touched": 0, "listeners": [], "waiting": 0})
    with ScriptedCluster(parts, obey) as cluster:
        # The watches list by namespace.
        cluster.fault("GET", f"{ARC}/namespaces/arc-runners/ephemeralrunners", FORBIDDEN)
        code, failed = drain(cluster, state="resumed", slice=20)
        assert (code, failed["error"]["class"], failed["changed"]) == (1, "ReadFailed", True)
        code, result = drain(cluster, state="resumed", slice=20, memory=failed["memory"])
    assert code == 0 and result["acts"][0] == failed["acts"][0]


def test_limits_that_somebody_changed_are_asked_about_before_a_write():
    parts = sound()
    (raw,) = parts["autoscalingrunnersets"]
    raw["spec"].update(minRunners=2, maxRunners=9)
    raw["metadata"]["annotations"][NOTE] = json.dumps(
        {"min": 1, "max": 4, "touched": 0, "listeners": [], "waiting": 0})
    with ScriptedCluster(copy.deepcopy(parts), obey) as cluster:
        code, result = drain(cluster, state="resumed")
        assert (code, result["error"]["class"], cluster.writes) == (1, "Refused", [])
        code, result = drain(cluster, state="resumed", changed_meanwhile="keep", timeout=30)
        assert (code, limits(cluster)) == (0, (2, 9)), result.get("msg")


def _other(other):
    """A cluster that serves web in a runner group of its own."""
    other.uid = "another"
    other.parts["autoscalingrunnersets"][0]["spec"]["runnerGroup"] = "green"
    return [{"name": "green", "connection": {"host": other.url}}]


def _older(memory):
    """The memory of a slice whose look at the peers was a minute ago."""
    memory["peers"]["looked"] = b.ago(60).replace("Z", "+00:00")
    return memory


def test_peer_that_is_lost_while_runners_end_is_told_until_it_is_back():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster, ScriptedCluster(sound()) as other:
        asked = {"peers": _other(other), "slice": 1, "settle": "never", "timeout": 60}
        code, result = drain(cluster, **asked)
        assert (code, result["finished"], result["peers_lost"]) == (0, False, [])
        pods, other.parts["pods"] = other.parts["pods"], []
        code, lost = drain(cluster, **asked, memory=_older(result["memory"]))
        (one,) = lost["peers_lost"]
        assert (code, one["object"], one["until"]) == (0, f"AutoscalingRunnerSet {WEB}", "")
        assert "green: " in one["reason"] and "it has no pod" in one["reason"]
        assert f"no peer serves AutoscalingRunnerSet {WEB}" in lost["line"]
        assert lost["memory"]["told"] != result["memory"]["told"]
        other.parts["pods"] = pods
        code, back = drain(cluster, **asked, memory=_older(lost["memory"]))
        (one,) = back["peers_lost"]
        assert code == 0 and one["until"] and "no peer" not in back["line"]


def test_peer_that_cannot_be_reached_while_runners_end_is_told_and_no_failure():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        with ScriptedCluster(sound()) as other:
            asked = {"peers": _other(other), "slice": 1, "settle": "never", "timeout": 60}
            _code, result = drain(cluster, **asked)
        code, lost = drain(cluster, **asked, memory=_older(result["memory"]))
    assert code == 0 and [one["until"] for one in lost["peers_lost"]] == [""]


def test_set_is_not_stopped_after_settling_where_its_peer_was_lost_meanwhile():
    with ScriptedCluster(sound(busy=1)) as cluster, ScriptedCluster(sound()) as other:
        asked = {"peers": _other(other), "slice": 1, "timeout": 60}
        _code, result = drain(cluster, **asked)
        assert not [one for one in result["acts"] if one["verb"] == "delete"]
        other.parts["pods"] = []
        code, result = drain(cluster, **{**asked, "settle": "never"}, memory=_older(result["memory"]))
        assert (code, result["error"]["class"]) == (1, "Refused"), result
        assert "DELETE" not in {method for method, _name, _dry in cluster.writes}


def test_set_that_an_earlier_run_stopped_is_waited_for_though_its_peer_is_away():
    parts = sound(busy=1, idle=0)
    parts["autoscalingrunnersets"][0]["metadata"]["deletionTimestamp"] = b.ago(1)
    with ScriptedCluster(parts) as cluster:
        with ScriptedCluster(sound()) as other:
            peers = _other(other)
        code, result = drain(cluster, peers=peers, slice=1, timeout=60)
        assert (code, result["finished"]) == (0, False), result.get("msg")
        code, later = drain(cluster, peers=peers, slice=1, timeout=60, memory=result["memory"])
    assert code == 0 and [one["until"] for one in later["peers_lost"]] == [""]


def test_memory_that_is_none_is_refused():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        _code, result = drain(cluster, slice=1, settle="never")
        memory = {**result["memory"], "peers": {"sets": [["web"]]}}
        code, result = drain(cluster, slice=1, settle="never", memory=memory)
    assert (code, result["error"]["object"]) == (1, "option memory, peers")
