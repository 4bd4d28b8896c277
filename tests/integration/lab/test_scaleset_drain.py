# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drains with jobs running, on real API servers: the ledger says what became of every job."""

from __future__ import annotations

import random
import time

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    NAMESPACE,
    ONLINE_S,
    RELEASES,
    DrainLab,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]
CLUSTERS = pytest.mark.parametrize("cluster", list(RELEASES), ids=list(RELEASES.values()))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with DrainLab(tmp_path_factory.mktemp("lab")) as running:
        yield running


def drain(lab, cluster, *scale_sets, **options):
    # A runner is up once its pod runs, and takes its job when it has registered.
    asked = {"timeout": 120, "grace": int(ONLINE_S) + 2, **options}
    return lab.run("arc_scaleset_drain", cluster, scale_sets=list(scale_sets), **asked)


def raw_set(lab, cluster, scale_set):
    client = connect.connect({"kubeconfig": lab.kubeconfig, "context": cluster}, environ={})
    try:
        return client.get(places.SCALE_SETS.at(NAMESPACE, scale_set["name"]), Deadline(10))
    finally:
        client.close()


def assert_all_done(lab, jobs):
    ledger = lab.service.ledger()
    assert (ledger["lost"], ledger["stranded"]) == (0, 0)
    told = {one["id"]: one["state"] for one in lab.jobs(jobs)}
    assert told == {number: "completed" for number in jobs}
    assert [one["stranded_s"] for one in lab.jobs(jobs)] == [0.0] * len(jobs)


@CLUSTERS
def test_no_job_is_lost_or_stranded_and_the_end_is_noticed_at_once(lab, cluster):
    web = lab.install(cluster, min_runners=1, max_runners=4)
    build = lab.install(cluster, mode="kubernetes", max_runners=3)
    jobs = lab.service.queue(web["name"], 2, duration_s=14)
    jobs += lab.service.queue(build["name"], 1, duration_s=14)
    lab.wait_running(jobs, 3)
    late = lab.service.queue(web["name"], 1, duration_s=3)
    late += lab.service.queue(build["name"], 1, duration_s=3)
    lab.wait_assigned(late)
    code, result = drain(lab, cluster, web, build)
    returned = time.time()
    assert (code, result["finished"], result["changed"]) == (0, True, True), result.get("msg")
    assert_all_done(lab, jobs + late)
    assert {one["stage"] for one in result["sets"]} == {"drained"}
    assert {one["scale_set"] for one in result["awaited"]} == {web["name"], build["name"]}
    assert all(one["ended"] for one in result["awaited"])
    limits = [one for one in result["acts"] if one["verb"] == "patch"
              and one["object"]["kind"] == "AutoscalingRunnerSet"]
    assert {one["object"]["name"] for one in limits} == {web["name"], build["name"]}
    last = max(one["finished_at"] for one in lab.jobs(jobs + late))
    # ARC itself needs a part of it: runner, runner set and set go one after the other.
    assert returned - last < 5
    code, again = drain(lab, cluster, web, build, allow_none=True)
    assert (code, again["changed"], again["finished"]) == (0, False, True)


@CLUSTERS
def test_idle_sets_end_at_once_and_others_are_left_alone(lab, cluster):
    idle, other = lab.install(cluster, min_runners=2), lab.install(cluster)
    code, result = drain(lab, cluster, idle, timeout=60)
    assert (code, result["finished"]) == (0, True), result.get("msg")
    assert [one["verb"] for one in result["acts"]] == ["delete"]
    assert [one["name"] for one in result["not_selected"]
            if one["name"] == other["name"]] == [other["name"]]
    assert "deletionTimestamp" not in raw_set(lab, cluster, other)["metadata"]
    drain(lab, cluster, other)


@CLUSTERS
def test_deadline_leaves_the_busy_runner_and_a_second_call_finishes(lab, cluster):
    web = lab.install(cluster)
    jobs = lab.service.queue(web["name"], 1, duration_s=20)
    lab.wait_running(jobs, 1)
    code, result = drain(lab, cluster, web, timeout=8)
    assert code == 1 and result["error"]["class"] == "DeadlineReached"
    busy = [one for one in result["error"]["details"]["remaining"] if one["state"] == "busy"]
    assert len(busy) == 1 and busy[0]["job"]["run_id"]
    code, result = drain(lab, cluster, web)
    assert (code, result["finished"]) == (0, True), result.get("msg")
    assert_all_done(lab, jobs)


def test_wait_only_waits_and_writes_nothing(lab):
    web = lab.install("green")
    jobs = lab.service.queue(web["name"], 1, duration_s=6)
    lab.wait_running(jobs, 1)
    before = raw_set(lab, "green", web)["metadata"]["generation"]
    code, result = drain(lab, "green", web, mode="wait_only")
    assert (code, result["finished"], result["changed"]) == (0, True, False), result.get("msg")
    assert_all_done(lab, jobs)
    assert raw_set(lab, "green", web)["metadata"]["generation"] == before
    drain(lab, "green", web)


def test_check_mode_writes_nothing(lab):
    web = lab.install("green", min_runners=1)
    before = raw_set(lab, "green", web)["metadata"]
    code, result = lab.run("arc_scaleset_drain", "green", check=True, scale_sets=[web])
    assert (code, result["changed"], result["finished"]) == (0, True, False)
    assert raw_set(lab, "green", web)["metadata"]["uid"] == before["uid"]
    assert "deletionTimestamp" not in raw_set(lab, "green", web)["metadata"]
    drain(lab, "green", web)


def test_without_a_controller_nothing_is_begun_and_what_is_begun_goes_on_later(lab):
    web = lab.install("green")
    jobs = lab.service.queue(web["name"], 1, duration_s=25)
    lab.wait_running(jobs, 1)
    lab.scale_controller("green", 0)
    try:
        code, result = drain(lab, "green", web)
        assert code == 1 and result["error"]["class"] == "Refused"
        assert "deletionTimestamp" not in raw_set(lab, "green", web)["metadata"]
    finally:
        lab.scale_controller("green", 1)
    code, result = drain(lab, "green", web, timeout=10)
    assert code == 1 and result["stage"] == "busy"
    lab.scale_controller("green", 0)
    try:
        code, result = drain(lab, "green", web, timeout=4)
        assert code == 1 and "controller-absent" in [one["id"] for one in result["causes"]]
        assert "is scaled to 0" in result["msg"]
    finally:
        lab.scale_controller("green", 1)
    # The job may have ended, and the controller have cleaned up, before this comes to look.
    code, result = drain(lab, "green", web, allow_none=True)
    assert (code, result["finished"]) == (0, True), result.get("msg")
    assert_all_done(lab, jobs)


@CLUSTERS
def test_drain_that_was_killed_again_and_again_ends_the_same(lab, cluster):
    web = lab.install(cluster, min_runners=1, max_runners=4)
    jobs = lab.service.queue(web["name"], 2, duration_s=18)
    lab.wait_running(jobs, 2)
    jobs += lab.service.queue(web["name"], 1, duration_s=2)
    lab.wait_assigned(jobs)
    chance = random.Random(cluster)
    for _kill in range(6):
        lab.run_and_kill(
            "arc_scaleset_drain", cluster, chance.uniform(0.6, 3.0), scale_sets=[web],
            allow_none=True, grace=int(ONLINE_S) + 2, timeout=60,
        )
    code, result = drain(lab, cluster, web, allow_none=True)
    assert (code, result["finished"]) == (0, True), result.get("msg")
    assert_all_done(lab, jobs)


def test_github_s_word_settles_what_the_cluster_cannot_tell(lab):
    """A job that starts while no listener is there leaves no mark on its runner."""
    web = lab.install("green", max_runners=4)
    jobs = lab.service.queue(web["name"], 1, duration_s=35)
    lab.wait_running(jobs, 1)
    jobs += lab.service.queue(web["name"], 1, duration_s=35)
    lab.wait_assigned(jobs)
    seen = {}
    for word, timeout, github in (("unknown", 14, None), ("busy", 5, {
        "api_url": f"{lab.service.url}/api/v3", "token": "ghp_lab_blue",
    })):
        code, result = drain(
            lab, "green", web, timeout=timeout, on_deadline="report", github=github
        )
        assert code == 0, result.get("msg")
        seen[word] = result
    assert seen["unknown"]["counts"]["unknown"] == 1
    assert (seen["busy"]["counts"]["busy"], seen["busy"]["counts"]["unknown"]) == (2, 0)
    assert seen["busy"]["github_problems"] == []
    assert "ghp_lab_blue" not in str(seen["busy"])
    code, result = drain(lab, "green", web, github={
        "api_url": f"{lab.service.url}/api/v3", "token": "ghp_wrong"})
    assert (code, result["finished"]) == (0, True), result.get("msg")
    assert_all_done(lab, jobs)
