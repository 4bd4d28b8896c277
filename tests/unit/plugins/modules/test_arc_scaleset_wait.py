# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_scaleset_wait through its main(): what it waits for, cures, and says at the end."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
    status,
    take_away,
)

WEB = {"namespace": "arc-runners", "name": "web"}
LISTENERS = "/apis/actions.github.com/v1alpha1/autoscalinglisteners"
FORBIDDEN = status(
    403, "Forbidden",
    'autoscalinglisteners.actions.github.com is forbidden: User "eve" cannot list resource '
    '"autoscalinglisteners" in API group "actions.github.com" at the cluster scope',
)


def sound(bound_to="web-alive"):
    parts = b.sound("0.14.2")
    parts["secrets"] = [b.helper("Secret", "web-gha-rs-github-secret", protected=False)]
    parts["autoscalinglisteners"][0]["spec"]["ephemeralRunnerSetName"] = bound_to
    for pod in parts["pods"]:
        if "-runner-" in pod["metadata"]["name"]:
            pod["metadata"].setdefault("labels", {})["actions-ephemeral-runner"] = "True"
    return parts


def wait(cluster, *, check=False, **options):
    asked = {"host": cluster.url, "timeout": 20, "scale_sets": [WEB], "settle_time": 1, **options}
    return run_module.run("arc_scaleset_wait", asked, check=check)


def make_anew(cluster, verb, raw):
    """A controller that makes a deleted listener anew, bound to the runner set that is alive."""
    if verb == "DELETE":
        cluster.change("DELETED", "autoscalinglisteners", raw)
        fresh = b.listener(cluster.parts["autoscalingrunnersets"][0])
        fresh["metadata"]["uid"] += "-2"
        pod = b.listener_pod(fresh)
        pod["metadata"]["uid"] += "-2"
        old = [one for one in cluster.parts["pods"]
               if one["metadata"]["name"] == pod["metadata"]["name"]]
        for one in old:
            cluster.change("DELETED", "pods", one)
        cluster.change("ADDED", "pods", pod)
        cluster.change("ADDED", "autoscalinglisteners", fresh)


def test_sound_set_is_healthy_after_its_settle_time():
    with ScriptedCluster(sound()) as cluster:
        code, result = wait(cluster, release="0.14.2")
        assert cluster.writes == []
    assert (code, result["finished"], result["changed"]) == (0, True, False), result.get("msg")
    assert result["sets"] == [{**WEB, "done": True, "not_yet_because": [], "cured": 0, "jobs": 0}]
    assert result["waited_s"] >= 1


def test_check_mode_looks_once():
    with ScriptedCluster(sound("web-dead"), make_anew) as cluster:
        code, result = wait(cluster, check=True)
        assert cluster.writes == []
    assert (code, result["finished"], result["changed"]) == (0, False, False)
    assert "web-dead" in result["sets"][0]["not_yet_because"][0]


def test_stale_listener_is_deleted_and_told():
    with ScriptedCluster(sound("web-dead"), make_anew) as cluster:
        uid = cluster.parts["autoscalinglisteners"][0]["metadata"]["uid"]
        code, result = wait(cluster)
        (deletion,) = [one for one in cluster.requests if one.method == "DELETE"]
    assert (code, result["finished"], result["changed"]) == (0, True, True), result.get("msg")
    assert deletion.body["preconditions"] == {"uid": uid}
    assert result["cured"][0]["evidence"]["fault"] == "listener-of-dead-runner-set"
    assert result["cured"][0]["done_at"] and result["sets"][0]["cured"] == 1


def test_listener_that_somebody_else_replaced_is_looked_at_again():
    with ScriptedCluster(sound("web-dead"), make_anew) as cluster:
        cluster.fault("DELETE", ".*", status(409, "Conflict", "the UID does not match"))
        code, result = wait(cluster)
    assert (code, result["finished"], len(result["cured"])) == (0, True, 1)


def test_cure_goes_on_in_the_next_slice():
    with ScriptedCluster(sound("web-dead"), make_anew) as cluster:
        code, result = wait(cluster, slice=1)
        assert (code, result["finished"], cluster.writes) == (0, False, [])
        for _slice in range(8):
            code, result = wait(cluster, slice=2, memory=result["memory"])
            if result["finished"]:
                break
    assert (code, result["finished"], result["changed"]) == (0, True, True)
    assert len(result["cured"]) == 1 and "memory" not in result


def test_slice_that_fails_gives_its_memory_too():
    with ScriptedCluster(sound("web-dead"), make_anew) as cluster:
        # The watches list by namespace.
        cluster.fault("GET", ".*/namespaces/[a-z-]+/autoscalinglisteners", FORBIDDEN)
        code, failed = wait(cluster, slice=3)
        assert (code, failed["error"]["class"], failed["finished"]) == (1, "ReadFailed", False)
        for _slice in range(8):
            code, result = wait(cluster, slice=2, memory=failed["memory"])
            if result["finished"]:
                break
            failed = result
    assert (code, result["finished"], len(result["cured"])) == (0, True, 1)


def test_deadline_names_each_set_and_why():
    missing = {"namespace": "elsewhere", "name": "api"}
    with ScriptedCluster(sound("web-dead")) as cluster:
        code, result = wait(cluster, cure=False, timeout=3, scale_sets=[WEB, missing])
        assert cluster.writes == []
    assert code == 1 and result["error"]["class"] == "DeadlineReached"
    assert "arc-runners/web: " in result["msg"] and "web-dead" in result["msg"]
    assert "elsewhere/api: there is no AutoscalingRunnerSet" in result["msg"]
    assert [one["name"] for one in result["error"]["details"]["remaining"]] == ["web", "api"]
    assert not result["finished"] and len(result["sets"]) == 2


def test_absence_is_noticed_when_the_last_object_goes():
    with ScriptedCluster(sound()) as cluster:
        timer = threading.Timer(
            2, take_away, [cluster, "DELETE", cluster.parts["autoscalingrunnersets"][0]]
        )
        timer.start()
        code, result = wait(cluster, state="absent")
        timer.join()
    assert (code, result["finished"], result["changed"]) == (0, True, False)
    assert result["waited_s"] < 6


@pytest.mark.parametrize("state", ["healthy", "absent"])
def test_forbidden_read_is_neither_health_nor_absence(state):
    parts = sound() if state == "healthy" else {**sound(), **{part: [] for part in (
        "autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets",
        "ephemeralrunners", "pods")}}
    with ScriptedCluster(parts) as cluster:
        cluster.fault("GET", LISTENERS, *[FORBIDDEN] * 20)
        code, result = wait(cluster, state=state, timeout=4)
    assert code == 1 and not result["finished"]
    assert "could not be read" in result["msg"]


def test_memory_that_is_none_is_refused():
    with ScriptedCluster(sound()) as cluster:
        code, result = wait(cluster, slice=2, memory={"a": 1})
    assert code == 1 and "option memory" in result["msg"]
