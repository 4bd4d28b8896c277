# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Troubles made by their real causes, found, mended, and the jobs that ran on meanwhile."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    CONTROLLER,
    NAMESPACE,
    DrainLab,
)

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with DrainLab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def client(lab):
    found = connect.connect({"kubeconfig": lab.kubeconfig, "context": "green"}, environ={})
    yield found
    found.close()


def keys(lab, cluster="green"):
    code, result = lab.run("arc_repair", cluster)
    assert (code, result["changed"]) == (0, False), result.get("msg")
    return [one["id"] for one in result["found"] if not one["held"]]


def wait_found(lab, id, cluster="green"):
    deadline = Deadline(60)
    while id not in keys(lab, cluster):
        assert not deadline.is_over(), f"{id} was not found"
        deadline.pause(0.5)


def mend(lab, id, cluster="green", **options):
    code, predicted = lab.run(
        "arc_repair", cluster, check=True, state="repaired", repairs=[id], **options
    )
    assert (code, predicted["changed"]) == (0, True), predicted.get("msg")
    code, result = lab.run(
        "arc_repair", cluster, state="repaired", repairs=[id], timeout=60, **options
    )
    assert (code, result["changed"]) == (0, True), result.get("msg")
    assert {one["id"] for one in result["repaired"]} == {id}
    assert [one["key"] for one in predicted["repaired"]] == [
        one["key"] for one in result["repaired"]]
    code, again = lab.run("arc_repair", cluster, state="repaired", repairs=[id], **options)
    assert (code, again["changed"], again["repaired"]) == (0, False, [])


def assert_jobs_run(lab, *names):
    for name in names:
        lab.service.queue(name, 1, duration_s=1)
    lab.service.wait(
        lambda ledger: all(one["state"] == "completed" for one in ledger["jobs"]),
        what="every job to be completed",
    )
    ledger = lab.service.ledger()
    assert (ledger["lost"], ledger["failed"]) == (0, 0)


def strategy(client, word):
    """What `helm upgrade` of the controller with flags.updateStrategy does."""
    place = places.DEPLOYMENTS.at(*CONTROLLER)
    raw = client.get(place, Deadline(10))
    containers = raw["spec"]["template"]["spec"]["containers"]
    kept = [one for one in containers[0]["args"] if "update-strategy" not in one]
    containers[0]["args"] = [*kept, f"--update-strategy={word}"]
    client.replace(place, raw, Deadline(10))


def test_deadlock_of_the_eventual_strategy(lab, client):
    """#4432: a change of the limits, and idle runners keep the listener away for ever."""
    web = lab.install("green", min_runners=1, max_runners=3)
    busy = lab.install("green", max_runners=2)
    jobs = lab.service.queue(busy["name"], 1, duration_s=20)
    lab.wait_running(jobs, 1)
    strategy(client, "eventual")
    try:
        place = places.SCALE_SETS.at(NAMESPACE, web["name"])
        client.merge_patch(place, {"spec": {"maxRunners": 4}}, Deadline(10))
        wait_found(lab, "eventual-deadlock")
        mend(lab, "eventual-deadlock")
        assert_jobs_run(lab, web["name"])
    finally:
        strategy(client, "immediate")
    lab.run("arc_scaleset_drain", "green", scale_sets=[web, busy], keep_copy=False, timeout=60)


@pytest.mark.long
def test_set_that_arc_parked_as_outdated(lab):
    """#4595: one runner that GitHub calls too old takes the whole set away, for good."""
    web = lab.install("green", min_runners=1, max_runners=3)
    lab.service.settings(runner_exit=7)
    lab.service.queue(web["name"], 1, duration_s=1)
    try:
        wait_found(lab, "outdated")
    finally:
        lab.service.settings(runner_exit=0)
    mend(lab, "outdated")
    assert_jobs_run(lab, web["name"])
    lab.run("arc_scaleset_drain", "green", scale_sets=[web], keep_copy=False, timeout=60)


@pytest.mark.long
def test_listener_whose_set_was_stripped_of_its_finalizer(lab, client):
    """What blind scripts do; the listener goes on taking jobs that nobody will run."""
    web = lab.install("green", max_runners=3)
    lab.scale_controller("green", 0)
    place = places.SCALE_SETS.at(NAMESPACE, web["name"])
    client.delete(place, Deadline(10))
    client.merge_patch(place, {"metadata": {"finalizers": None}}, Deadline(10))
    code, result = lab.run("arc_repair", "green")
    assert code == 0
    assert ["orphaned-listener"] == [one["id"] for one in result["held"]]
    lab.scale_controller("green", 1)
    wait_found(lab, "orphaned-listener")
    mend(lab, "orphaned-listener")
    assert not client.list(places.LISTENERS.at(CONTROLLER[0]), Deadline(10)).items


def test_word_that_is_no_repair_is_refused(lab):
    code, result = lab.run("arc_repair", "green", state="repaired", repairs=["everything"])
    assert (code, result["error"]["class"]) == (1, "BadInput")
    assert "stale-listener" in result["msg"]
