# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_scaleset_drain through its main(): what it writes, refuses, predicts, and says at the end."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    Reply,
    ScriptedCluster,
    status,
    take_away,
)

ARC = "/apis/actions.github.com/v1alpha1"
WEB = "arc-runners/web"
FORBIDDEN = status(
    403, "Forbidden",
    'ephemeralrunners.actions.github.com is forbidden: User "eve" cannot list resource '
    '"ephemeralrunners" in API group "actions.github.com" at the cluster scope',
)


def sound(**changes):
    parts = b.sound(**changes)
    parts["secrets"] = [b.helper("Secret", "web-gha-rs-github-secret", protected=False)]
    for pod in parts["pods"]:
        if "-runner-" in pod["metadata"]["name"]:
            pod["metadata"].setdefault("labels", {})["actions-ephemeral-runner"] = "True"
    return parts


def drain(cluster, *, check=False, diff=False, **options):
    asked = {"host": cluster.url, "timeout": 20, "keep_copy": False, "all": True, **options}
    return run_module.run("arc_scaleset_drain", asked, check=check, diff=diff)


def lists_of(cluster, resource):
    return [one for one in cluster.requests
            if one.path.endswith(resource) and one.method == "GET" and "watch" not in one.query]


def end_job(cluster):
    """The runner's job ends, and the controller takes away what is left."""
    take_away(cluster, "DELETE", cluster.parts["autoscalingrunnersets"][0])


def test_idle_set_is_deleted_with_its_uid_and_waited_for():
    with ScriptedCluster(sound(), take_away) as cluster:
        code, result = drain(cluster)
        deletions = [one for one in cluster.requests if one.method == "DELETE"]
    assert (code, result["changed"], result["finished"]) == (0, True, True), result.get("msg")
    path = f"{ARC}/namespaces/arc-runners/autoscalingrunnersets/web"
    assert [one.path for one in deletions] == [path]
    assert deletions[0].body["preconditions"] == {
        "uid": "uid-AutoscalingRunnerSet-arc-runners-web"}
    (act,) = result["acts"]
    assert act["done_at"] and act["evidence"]["counts"]["idle"] == 1
    assert [one["name"] for one in result["selected"]] == ["web"]
    assert result["stage"] == "drained" and result["holders"] == []


def test_check_mode_predicts_on_the_server_and_writes_nothing():
    with ScriptedCluster(sound(), take_away) as cluster:
        code, result = drain(cluster, check=True, diff=True)
        assert cluster.writes == [("DELETE", WEB, True)]
    assert (code, result["changed"], result["finished"]) == (0, True, False)
    assert result["acts"][0]["predicted"] is True and "done_at" not in result["acts"][0]
    assert result["diff"][0]["after"] == {"is_there": False}


def test_check_mode_of_a_busy_set_predicts_settling_and_deletion():
    with ScriptedCluster(sound(busy=1), take_away) as cluster:
        _code, result = drain(cluster, check=True)
        assert {is_dry for _method, _name, is_dry in cluster.writes} == {True}
    assert [(one["verb"], one["object"]["kind"]) for one in result["acts"]] == [
        ("patch", "Deployment"), ("delete", "AutoscalingRunnerSet"),
    ]


def test_second_run_changes_nothing():
    with ScriptedCluster({**sound(), **{part: [] for part in (
        "autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets",
        "ephemeralrunners",
    )}}) as cluster:
        gone = [{"namespace": "arc-runners", "name": "web"}]
        code, result = drain(cluster, all=False, scale_sets=gone, allow_none=True)
        assert (code, result["changed"], result["finished"]) == (0, False, True)
        assert result["missing"] == [WEB]
        code, result = drain(cluster, all=False, scale_sets=gone)
        assert code == 1 and WEB in result["msg"] and "allow_none (arc_drain_allow_none)" in result["msg"]
        code, result = drain(cluster)
        assert code == 1 and "no set fits it" in result["msg"]
        code, result = drain(cluster, allow_none=True)
        assert (code, result["finished"], result["sets"]) == (0, True, [])
        code, result = drain(cluster, all=False, scale_sets=[], allow_none=True)
        assert (code, result["finished"]) == (0, True)
        assert cluster.writes == []


def test_set_that_is_gone_but_left_a_runner_is_waited_for():
    parts = {**sound(busy=1, idle=0), "autoscalingrunnersets": [], "autoscalinglisteners": []}
    with ScriptedCluster(parts) as cluster:
        code, result = drain(
            cluster, all=False, scale_sets=[{"namespace": "arc-runners", "name": "web"}], timeout=3
        )
    assert code == 1 and result["error"]["class"] == "DeadlineReached"
    assert result["missing"] == []
    assert {one["object"]["kind"] for one in result["holders"]} == {
        "EphemeralRunner", "EphemeralRunnerSet"}


def test_deadline_names_who_holds_and_changes_nothing_more():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        code, result = drain(cluster, settle="never", timeout=4)
        assert cluster.writes == [("DELETE", WEB, False)]
    assert code == 1
    error = result["error"]
    assert error["class"] == "DeadlineReached" and "Run it again" in error["next_step"]
    holders = {one["object"]["kind"]: one for one in error["details"]["remaining"]}
    assert holders["EphemeralRunner"]["job"]["repository"] == "acme/app"
    assert (result["changed"], result["finished"]) == (True, False)
    assert result["awaited"][0]["job"]["repository"] == "acme/app"
    assert result["acts"][0]["done_at"] and "memory" not in result


def test_end_of_the_last_job_is_noticed_at_once():
    timers = []

    def job_of_two_seconds(cluster, _verb, _raw):
        timers.append(threading.Timer(2, end_job, [cluster]))
        timers[0].start()

    with ScriptedCluster(sound(busy=1, idle=0), job_of_two_seconds) as cluster:
        code, result = drain(cluster, settle="never", timeout=30)
        timers[0].join()
        looks = len(lists_of(cluster, "/ephemeralrunners"))
    assert (code, result["finished"]) == (0, True), result.get("msg")
    assert sum(result["durations"].values()) < 6
    assert result["awaited"][0]["ended"]
    # One look each: begin, watches stand, after the deletion, after the end; lists of watches.
    assert looks <= 7


def test_missing_right_to_read_ends_it_before_a_write():
    with ScriptedCluster(sound(), take_away) as cluster:
        cluster.fault("GET", f"{ARC}/ephemeralrunners", FORBIDDEN)
        code, result = drain(cluster)
        assert cluster.writes == []
    assert code == 1 and result["error"]["class"] == "ReadFailed"
    assert "list ephemeralrunners" in result["msg"]


def test_deletion_that_led_to_nothing_is_made_again():
    with ScriptedCluster(sound(), take_away) as cluster:
        cluster.fault("DELETE", ".*web", Reply(200, {}))
        code, result = drain(cluster)
    assert (code, result["finished"]) == (0, True)
    assert [one["verb"] for one in result["acts"]] == ["delete", "delete"]


def test_read_that_fails_later_is_not_taken_for_the_end():
    """The watches tell that all has gone; the look that is to confirm it is refused."""
    def forbid(times):
        def after(cluster, verb, raw):
            cluster.fault("GET", f"{ARC}/ephemeralrunners", *[FORBIDDEN] * times)
            take_away(cluster, verb, raw)
        return after

    with ScriptedCluster(sound(), forbid(2)) as cluster:
        code, result = drain(cluster, timeout=20)
        assert (code, result["finished"]) == (0, True)
        assert "unknown" in result["durations"]
        assert "unread" in {one for point in result["timeline"] for one in point["causes"]}
    with ScriptedCluster(sound(), forbid(99)) as cluster:
        code, result = drain(cluster, timeout=4)
    assert code == 1 and result["error"]["class"] == "DeadlineReached"
    assert result["stage"] == "unknown" and result["holders"]


def test_missing_right_to_delete_is_named_before_anything_is_written():
    denied = (("delete", "autoscalingrunnersets"),)
    with ScriptedCluster(sound(busy=1), take_away, denied) as cluster:
        code, result = drain(cluster)
        assert cluster.writes == []
    assert code == 1 and not result["changed"]
    assert "delete autoscalingrunnersets.actions.github.com in namespace arc-runners" in (
        result["msg"])


def test_missing_right_to_settle_is_told_and_the_drain_goes_on():
    denied = (("patch", "deployments"),)
    with ScriptedCluster(sound(busy=1, idle=0), take_away, denied) as cluster:
        code, result = drain(cluster)
        assert cluster.writes == [("DELETE", WEB, False)]
    assert (code, result["finished"]) == (0, True)
    assert result["rights_missing"] == ["patch deployments.apps in namespace arc-systems"]
    assert "patch deployments.apps" in result["acts"][0]["evidence"]["settled"]


@pytest.mark.parametrize(
    "controllers", [[], [b.controller(replicas=0)]], ids=["gone", "scaled-to-0"]
)
def test_without_a_controller_it_is_refused_and_nothing_is_written(controllers):
    with ScriptedCluster({**sound(), "deployments": controllers}) as cluster:
        code, result = drain(cluster)
        assert cluster.writes == []
    assert code == 1 and result["error"]["class"] == "Refused"
    assert "Install the controller" in result["msg"] and not result["changed"]


def test_set_of_a_git_operator_is_refused():
    marks = {"argocd.argoproj.io/tracking-id": "x"}
    with ScriptedCluster(sound(annotations=marks), take_away) as cluster:
        code, result = drain(cluster)
        assert cluster.writes == []
        assert code == 1 and result["error"]["class"] == "Refused"
        assert "argocd" in result["msg"]
        code, result = drain(cluster, gitops_suspended=True)
    assert (code, result["finished"]) == (0, True)


def test_conflict_means_to_look_again():
    with ScriptedCluster(sound(), take_away) as cluster:
        cluster.fault("DELETE", ".*web", status(409, "Conflict", "it changed"),
                      status(409, "Conflict", "it changed"))
        code, result = drain(cluster)
    assert (code, result["finished"], len(result["acts"])) == (0, True, 1)


def test_conflicts_without_end_are_an_error():
    with ScriptedCluster(sound(), take_away) as cluster:
        cluster.fault("DELETE", ".*web", *[status(409, "Conflict", "it changed")] * 40)
        code, result = drain(cluster)
    assert code == 1 and result["error"]["class"] == "Conflict"
    assert not result["changed"] and len([one for one in cluster.requests
                                          if one.method == "DELETE"]) == 11


def test_throttling_and_expired_watches_are_waited_out():
    with ScriptedCluster(sound(), take_away) as cluster:
        slow = status(429, "TooManyRequests", "slow down", headers=(("Retry-After", "1"),))
        cluster.fault("GET", f"{ARC}/ephemeralrunners", slow)
        cluster.fault("DELETE", ".*web", slow)
        expired = {"type": "ERROR", "object": {"kind": "Status", "code": 410}}
        cluster.fault("GET", ".*/ephemeralrunners", Reply(events=(expired,)),
                      status(410, "Expired", "too old"), query="watch")
        code, result = drain(cluster)
    assert (code, result["finished"]) == (0, True)


def test_refused_write_says_what_was_done_before():
    parts = sound(names=("web", "api"))
    with ScriptedCluster(parts, take_away) as cluster:
        cluster.fault("DELETE", ".*/web", status(403, "Forbidden", "admission webhook says no"))
        code, result = drain(cluster, settle="never")
    assert code == 1 and result["error"]["class"] == "WriteFailed"
    assert "admission webhook says no" in result["msg"]
    assert result["changed"] is True
    assert [one["object"]["name"] for one in result["acts"]] == ["api"]


def test_slices_carry_the_drain_to_its_end():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        code, result = drain(cluster, settle="never", slice=2)
        assert (code, result["finished"], result["changed"]) == (0, False, True)
        assert "busy 1" in result["line"]
        end_job(cluster)
        code, result = drain(cluster, settle="never", slice=2, memory=result["memory"])
        assert cluster.writes == [("DELETE", WEB, False)]
    assert (code, result["finished"], result["changed"]) == (0, True, True)
    assert "memory" not in result
    assert result["awaited"][0]["ended"] and len(result["acts"]) == 1


def test_wait_only_writes_nothing():
    with ScriptedCluster(sound(busy=1, idle=0)) as cluster:
        code, result = drain(cluster, mode="wait_only", timeout=3)
        assert code == 1 and result["error"]["class"] == "DeadlineReached"
        end_job(cluster)
        code, result = drain(cluster, mode="wait_only", allow_none=True)
        assert cluster.writes == []
    assert (code, result["finished"], result["changed"]) == (0, True, False)


BAD = {
    "nothing-selected": ({"all": False}, "it names nothing. Give namespace (arc_drain_namespace), "),
    "two-ways": ({"namespace": "a"}, "option all"),
    "two-other-ways": ({"all": False, "scale_sets": [{"namespace": "a", "name": "b"}],
                        "names": ["b"]}, "option scale_sets"),
    "label": ({"all": False, "label_selector": ["team"]}, "option label_selector (arc_drain_label_selector): 'team' is not"),
    "controller": ({"all": False, "controller": "a/b"}, "no controller of this name"),
    "mode": ({"mode": "kill"}, "value of mode must be one of"),
    "memory": ({"memory": {"a": 1}, "slice": 2}, "option memory"),
}


@pytest.mark.parametrize("options, named", BAD.values(), ids=BAD.keys())
def test_bad_input_is_named_and_nothing_is_written(options, named):
    with ScriptedCluster(sound(), take_away) as cluster:
        code, result = drain(cluster, **options)
        assert cluster.writes == []
    assert code == 1 and named in result["msg"]
