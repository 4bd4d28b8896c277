# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_controller_wait through its main(): it waits, speaks in slices, and names who holds."""

from __future__ import annotations

import threading

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
    status,
)

NAME = "arc-gha-rs-controller"


def parts():
    deployment = b.controller("0.14.2")
    return {"deployments": [deployment], "pods": [b.controller_pod(deployment)],
            "autoscalinglisteners": []}


def wait(cluster, *, check=False, **options):
    asked = {"host": cluster.url, "namespace": b.SYSTEMS, "timeout": 20, **options}
    return run_module.run("arc_controller_wait", asked, check=check)


def test_ready_controller_needs_no_wait():
    with ScriptedCluster(parts()) as cluster:
        code, result = wait(cluster, name=NAME, release="0.14.2")
        assert cluster.writes == []
    assert (code, result["finished"], result["changed"]) == (0, True, False), result.get("msg")


def test_the_last_pod_is_waited_for():
    there = parts()
    with ScriptedCluster({**there, "deployments": []}) as cluster:
        gone = threading.Timer(5, cluster.change, ("DELETED", "pods", there["pods"][0]))
        gone.start()
        code, result = wait(cluster, name=NAME, state="absent", timeout=60)
        gone.join()
    assert (code, result["finished"]) == (0, True), result.get("msg")
    assert result["not_yet_because"] == []


def test_deadline_names_who_holds():
    with ScriptedCluster(parts()) as cluster:
        code, result = wait(cluster, name=NAME, state="absent", timeout=2)
    assert code == 1 and result["error"]["class"] == "DeadlineReached", result
    held = " ".join(result["error"]["details"]["remaining"])
    assert f"Deployment arc-systems/{NAME}" in held and f"Pod arc-systems/{NAME}" in held
    assert result["finished"] is False and result["changed"] is False


def test_slice_returns_with_what_the_next_one_needs():
    with ScriptedCluster(parts()) as cluster:
        code, result = wait(cluster, name=NAME, state="absent", slice=1)
        assert (code, result["finished"]) == (0, False) and "is still there" in result["line"]
        code, again = wait(cluster, name=NAME, state="absent", slice=1, memory=result["memory"])
    assert code == 0 and again["waited_s"] > result["waited_s"]


def test_slice_that_fails_gives_its_memory_too():
    denied = status(403, "Forbidden", "no")
    with ScriptedCluster(parts()) as cluster:
        cluster.fault("GET", "/apis/apps/v1/.*/deployments", denied, query="watch")
        code, result = wait(cluster, name=NAME, state="absent", slice=5)
    assert (code, result["error"]["class"], result["finished"]) == (1, "ReadFailed", False)
    assert "is still there" in result["memory"]["told"]


def test_news_ends_a_slice_early():
    there = parts()
    with ScriptedCluster(there) as cluster:
        code, result = wait(cluster, name=NAME, state="absent", slice=1)
        assert code == 0
        gone = threading.Timer(3, cluster.change, ("DELETED", "deployments",
                                                   there["deployments"][0]))
        gone.start()
        code, result = wait(cluster, name=NAME, state="absent", slice=60, timeout=90,
                            memory=result["memory"])
        gone.join()
    assert (code, result["finished"]) == (0, False)
    assert result["not_yet_because"] and "Deployment" not in " ".join(result["not_yet_because"])
    assert result["waited_s"] < 40


def test_check_mode_tells_and_does_not_wait():
    with ScriptedCluster(parts()) as cluster:
        code, result = wait(cluster, name=NAME, state="absent", check=True)
    assert (code, result["finished"]) == (0, False) and result["not_yet_because"]


def test_forbidden_pods_are_not_absent():
    denied = status(403, "Forbidden", 'pods is forbidden: User "eve" cannot list resource "pods" '
                    'in API group "" in the namespace "arc-systems"')
    with ScriptedCluster({}) as cluster:
        cluster.fault("GET", "/api/v1/namespaces/arc-systems/pods", *[denied] * 60)
        code, result = wait(cluster, state="absent", timeout=3)
    assert code == 1 and result.get("finished") is not True
    assert "pods" in result["msg"]


def test_bad_input():
    with ScriptedCluster({}) as cluster:
        code, result = run_module.run("arc_controller_wait", {"host": cluster.url})
        assert code == 1 and "namespace" in result["msg"]
        code, result = wait(cluster, state="gone")
        assert code == 1 and "must be one of" in result["msg"]
        code, result = wait(cluster, timeout=2)
    assert code == 1 and "there is no controller at all in namespace arc-systems" in result["msg"]
