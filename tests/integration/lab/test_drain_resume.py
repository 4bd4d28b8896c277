# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets that are paused or retired and come back, on real API servers, also after kills."""

from __future__ import annotations

import random

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    NAMESPACE,
    ONLINE_S,
    DrainLab,
)

pytestmark = pytest.mark.lab
KILLS = 50
COPY = "arc-lifecycle-copy-{name}"
NOTE = "arc.lifecycle/limits-before"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with DrainLab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def client(lab):
    found = connect.connect({"kubeconfig": lab.kubeconfig, "context": "green"}, environ={})
    yield found
    found.close()


def drain(lab, *scale_sets, cluster="green", **options):
    asked = {"timeout": 120, "grace": int(ONLINE_S) + 2, **options}
    return lab.run("arc_scaleset_drain", cluster, scale_sets=list(scale_sets), **asked)


def resume(lab, *scale_sets, **options):
    return drain(lab, *scale_sets, state="resumed", **options)


def spec_of(client, scale_set):
    place = places.SCALE_SETS.at(NAMESPACE, scale_set["name"])
    return client.get(place, Deadline(10))["spec"]


def limits(client, scale_set):
    spec = spec_of(client, scale_set)
    return spec.get("minRunners"), spec.get("maxRunners")


def strategy(client):
    found = client.list(places.DEPLOYMENTS.at("arc-systems"), Deadline(10)).items
    args = found[0]["spec"]["template"]["spec"]["containers"][0]["args"]
    return [one for one in args if "update-strategy" in one]


def assert_takes_jobs(lab, scale_set):
    """The set runs a job, and the ledger has none that suffered."""
    lab.service.queue(scale_set["name"], 1, duration_s=1)
    lab.service.wait(
        lambda ledger: all(one["state"] == "completed" for one in ledger["jobs"]),
        what="every job to be completed",
    )
    ledger = lab.service.ledger()
    assert (ledger["lost"], ledger["stranded"], ledger["failed"]) == (0, 0, 0)


def test_paused_set_takes_no_job_until_it_is_resumed(lab, client):
    web = lab.install("green", min_runners=1, max_runners=4)
    before = limits(client, web), strategy(client)
    code, result = drain(lab, web, mode="pause")
    assert (code, result["finished"], result["changed"]) == (0, True, True), result.get("msg")
    assert limits(client, web) == (0, 0)
    jobs = lab.service.queue(web["name"], 1, duration_s=1)
    code, again = drain(lab, web, mode="pause")
    assert (code, again["finished"], again["changed"]) == (0, True, False)
    assert [one["state"] for one in lab.jobs(jobs)] == ["queued"]
    code, result = resume(lab, web)
    assert (code, result["changed"], result["sets"][0]["stage"]) == (0, True, "resumed")
    assert (limits(client, web), strategy(client)) == before
    assert_takes_jobs(lab, web)
    code, again = resume(lab, web)
    assert (code, again["changed"], again["finished"]) == (0, False, True)


@pytest.mark.long
def test_release_without_capacity_is_not_paused(lab):
    web = lab.install("blue")
    code, result = drain(lab, web, cluster="blue", mode="pause")
    assert (code, result["error"]["class"], result["changed"]) == (1, "Refused", False)
    assert "takes every job it is offered" in result["msg"]


def test_retired_set_comes_back_with_its_limits_and_its_helm_release(lab, client):
    web = lab.install("green", min_runners=1, max_runners=3)
    before = spec_of(client, web)
    code, result = drain(lab, web)
    assert (code, result["finished"]) == (0, True), result.get("msg")
    copy = places.SECRETS.at(NAMESPACE, COPY.format(**web))
    assert client.get(copy, Deadline(10))["type"] == "arc.lifecycle/scale-set"
    code, predicted = lab.run(
        "arc_scaleset_drain", "green", check=True, state="resumed", scale_sets=[web]
    )
    code, result = resume(lab, web)
    assert (code, result["finished"]) == (0, True), result.get("msg")
    told = [(one["verb"], one["object"]["kind"]) for one in result["acts"]]
    assert told[:2] == [("create", "AutoscalingRunnerSet"), ("delete", "Secret")]
    assert [(one["verb"], one["object"]["kind"]) for one in predicted["acts"]] == told[:2]
    assert spec_of(client, web) == before
    left = client.list(places.SECRETS.at(NAMESPACE), Deadline(10)).items
    assert copy.name not in {one["metadata"]["name"] for one in left}
    assert_takes_jobs(lab, web)
    # Helm finds its object again: it does not end in "already exists", and takes it away.
    lab.uninstall("green", web)


@pytest.mark.long
def test_helm_release_that_went_meanwhile_is_asked_about(lab, client):
    web = lab.install("green")
    drain(lab, web)
    lab.uninstall("green", web)
    code, result = resume(lab, web)
    assert (code, result["error"]["class"], result["changed"]) == (1, "Refused", False)
    assert "was uninstalled since the drain" in result["msg"]


def test_limits_that_somebody_changed_meanwhile_are_asked_about(lab, client):
    web = lab.install("green", min_runners=1, max_runners=3)
    drain(lab, web, mode="pause")
    place = places.SCALE_SETS.at(NAMESPACE, web["name"])
    client.merge_patch(place, {"spec": {"minRunners": 2, "maxRunners": 5}}, Deadline(10))
    code, result = resume(lab, web)
    assert (code, result["error"]["class"], result["changed"]) == (1, "Refused", False)
    assert "somebody made them minRunners 2, maxRunners 5" in result["msg"]
    code, result = resume(lab, web, changed_meanwhile="restore")
    assert (code, limits(client, web)) == (0, (1, 3)), result.get("msg")


@pytest.mark.long
def test_deadline_that_asks_for_it_takes_the_drain_back(lab, client):
    web = lab.install("green", min_runners=1, max_runners=4)
    before = limits(client, web), strategy(client)
    jobs = lab.service.queue(web["name"], 1, duration_s=25)
    lab.wait_running(jobs, 1)
    code, result = drain(lab, web, mode="pause", timeout=10, on_deadline="resume")
    assert (code, result["error"]["class"]) == (1, "DeadlineReached")
    assert result["error"]["details"]["not_taken_back"] == []
    assert "is taken back" in result["msg"]
    assert (limits(client, web), strategy(client)) == before
    assert_takes_jobs(lab, web)


@pytest.mark.long
def test_deadline_that_only_reports_succeeds_and_says_who_holds(lab):
    web = lab.install("green")
    jobs = lab.service.queue(web["name"], 1, duration_s=15)
    lab.wait_running(jobs, 1)
    code, result = drain(lab, web, timeout=4, on_deadline="report")
    assert (code, result["finished"]) == (0, False)
    assert [one["state"] for one in result["holders"] if one["job"]] == ["busy"]
    code, result = drain(lab, web)
    assert (code, result["finished"]) == (0, True)


@pytest.mark.long
def test_cause_that_does_not_pass_ends_a_wait_that_asked_for_it(lab):
    web = lab.install("green")
    jobs = lab.service.queue(web["name"], 1, duration_s=20)
    lab.wait_running(jobs, 1)
    drain(lab, web, timeout=4, on_deadline="report")
    lab.scale_controller("green", 0)
    try:
        code, result = drain(lab, web, fail_fast=True, timeout=60)
        assert (code, result["error"]["class"]) == (1, "Stuck"), result
        assert "controller" in result["error"]["cause"]
    finally:
        lab.scale_controller("green", 1)
    code, result = drain(lab, web, allow_none=True)
    assert (code, result["finished"]) == (0, True)


@pytest.mark.long
def test_set_that_no_peer_serves_is_not_drained(lab):
    web = lab.install("green")
    peers = [{"name": "blue", "connection": {"kubeconfig": lab.kubeconfig, "context": "blue"}}]
    for mode in ("retire", "pause"):
        code, result = drain(lab, web, mode=mode, peers=peers)
        assert (code, result["error"]["class"], result["changed"]) == (1, "Refused", False)
        assert f"{web['name']} is served by no peer" in result["msg"]
    code, result = drain(lab, web, peers=peers, may_be_down=[f"{NAMESPACE}/green-*"])
    assert (code, result["finished"]) == (0, True), result.get("msg")


@pytest.mark.long
@pytest.mark.parametrize("mode", ["pause", "retire"])
def test_kills_at_random_points_leave_a_drain_that_ends_the_same(lab, client, mode):
    """Half of the kills each; the limits of before come back right, and no job suffers."""
    chance = random.Random(mode)
    web = lab.install("green", min_runners=1, max_runners=4)
    before = spec_of(client, web), strategy(client)
    killed = 0
    while killed < KILLS // 2:
        jobs = lab.service.queue(web["name"], 2, duration_s=6)
        lab.wait_running(jobs, 1)
        jobs += lab.service.queue(web["name"], 1, duration_s=1)
        for _kill in range(5):
            done = lab.run_and_kill(
                "arc_scaleset_drain", "green", chance.uniform(0.5, 4.0), scale_sets=[web],
                mode=mode, allow_none=True, grace=int(ONLINE_S) + 2, timeout=60,
            )
            killed += done is None
        code, result = drain(lab, web, mode=mode, allow_none=True)
        assert (code, result["finished"]) == (0, True), result.get("msg")
        for _kill in range(3):
            done = lab.run_and_kill(
                "arc_scaleset_drain", "green", chance.uniform(0.5, 3.0), scale_sets=[web],
                state="resumed", timeout=60,
            )
            killed += done is None
        code, result = resume(lab, web)
        assert (code, result["finished"]) == (0, True), result.get("msg")
        assert (spec_of(client, web), strategy(client)) == before
        assert_takes_jobs(lab, web)
