# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of a hang about runners, pods, nodes and helpers: made for real in the middle of a drain.

Each is told within a minute, and cured; then the drain goes on, ends, and no job is lost.
"""

from __future__ import annotations

import contextlib
import time

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import WriteFailed
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_faults import (
    CLUSTER,
    drain,
    ends_well,
    eventually,
    items,
    limit,
    running_job,
    take_away,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    CONTROLLER,
    NAMESPACE,
    DrainLab,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]

SYSTEMS = CONTROLLER[0]
RUNNER_CRD = places.CRDS.at(name="ephemeralrunners.actions.github.com")
FAILURES = (
    "spec", "versions", 0, "schema", "openAPIV3Schema", "properties", "status", "properties",
    "failures", "additionalProperties",
)  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with DrainLab(tmp_path_factory.mktemp("lab"), {CLUSTER: "0.14.2"}) as running:
        yield running


@pytest.fixture
def client(lab):
    link = lab.connect(CLUSTER)
    yield link
    link.close()


@pytest.fixture
def cure(client):
    """What takes a fault back, at the latest when the test ends."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(autouse=True)
def no_fault_is_left(lab):
    yield
    lab.service.clear_faults()


def test_pod_of_the_listener_that_does_not_go(lab, client, cure):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    (pod,) = items(client, places.PODS, SYSTEMS, web["name"])
    place = places.PODS.at(SYSTEMS, pod["metadata"]["name"])
    client.merge_patch(place, {"metadata": {"finalizers": ["example.com/hold"]}}, limit())
    cure.callback(
        lambda: client.merge_patch(place, {"metadata": {"finalizers": None}}, limit())
    )
    since = time.monotonic()
    with drain(lab, web) as running:
        cause = running.wait_cause("listener-stuck", since)
        assert pod["metadata"]["name"] in cause["object"]
        cure.close()
        ends_well(lab, running, jobs)


def test_node_lost_with_all_its_pods(lab, cure):
    web = lab.install(CLUSTER, min_runners=1)
    # So GitHub holds the idle runner: no job dies with the node.
    lab.service.fault({"busy_forever": True}, method="DELETE", path="agents/")
    with drain(lab, web) as running:
        running.wait_stage("busy")
        cure.callback(lab.restore_node, CLUSTER)
        since = time.monotonic()
        lab.kill_node(CLUSTER)
        cause = running.wait_cause("runner-pod-stuck", since)
        assert "does not report" in cause["reason"]
        running.wait_cause("controller-not-ready", since)
        cure.close()
        lab.service.clear_faults()
        ends_well(lab, running)


def test_runner_that_lives_at_github_only(lab, client):
    web = lab.install(CLUSTER, min_runners=1)
    lab.service.fault({"busy_forever": True}, method="DELETE", path="agents/")
    with drain(lab, web) as running:
        running.wait_stage("busy")
        (runner,) = items(client, places.RUNNERS, NAMESPACE, web["name"])
        name = runner["metadata"]["name"]
        client.delete(places.RUNNERS.at(NAMESPACE, name), limit())
        since = time.monotonic()
        client.delete(places.PODS.at(NAMESPACE, name), limit(), grace_period_s=0)
        cause = running.wait_cause("busy-without-pod", since)
        assert cause["object"] == f"EphemeralRunner {NAMESPACE}/{name}"
        lab.service.clear_faults()
        ends_well(lab, running)


def is_taken(client, place, patch):
    """Tell whether the API server would take a patch now."""
    try:
        client.merge_patch(place, patch, limit(), dry_run=True)
    except WriteFailed:
        return False
    return True


def test_failures_that_the_controller_cannot_decode(lab, client, cure):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    (runner,) = items(client, places.RUNNERS, NAMESPACE, web["name"])
    name = runner["metadata"]["name"]
    schema = client.get(RUNNER_CRD, limit())
    for step in FAILURES:
        schema = schema[step]
    path = "/" + "/".join(map(str, FAILURES))
    # What an older release's CRD lets through.
    loose = [{"op": "replace", "path": path,
              "value": {"x-kubernetes-preserve-unknown-fields": True}}]
    strict = [{"op": "replace", "path": path, "value": schema}]
    status = places.RUNNERS.at(NAMESPACE, name, "status")
    with drain(lab, web) as running:
        running.wait_stage("busy")
        cure.callback(lambda: client.json_patch(RUNNER_CRD, strict, limit()))
        client.json_patch(RUNNER_CRD, loose, limit())
        poison = {"status": {"failures": {"x": True}}}
        eventually(lambda: is_taken(client, status, poison), "the API server to go by the loose CRD")
        since = time.monotonic()
        client.merge_patch(status, poison, limit())
        cause = running.wait_cause("runner-undecodable", since)
        assert cause["object"] == f"EphemeralRunner {NAMESPACE}/{name}"
        client.merge_patch(status, {"status": {"failures": None}}, limit())
        cure.close()
        ends_well(lab, running, jobs)


def test_helper_that_nobody_releases(lab, client):
    web = lab.install(CLUSTER)
    mark = "actions.github.com/cleanup-no-permission-service-account-name"
    client.merge_patch(places.SCALE_SETS.at(NAMESPACE, web["name"]),
                       {"metadata": {"annotations": {mark: None}}}, limit())
    account = places.SERVICE_ACCOUNTS.at(NAMESPACE, f"{web['name']}-gha-rs-no-permission")
    since = time.monotonic()
    with drain(lab, web) as running:
        cause = running.wait_cause("helper-left", since)
        assert cause["object"] == account.words
        client.merge_patch(account, {"metadata": {"finalizers": None}}, limit())
        ends_well(lab, running)


def test_set_that_somebody_makes_again(lab):
    web, busy = lab.install(CLUSTER), lab.install(CLUSTER)
    jobs = running_job(lab, busy, 50)
    with drain(lab, web, busy) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        lab.uninstall(CLUSTER, web)
        lab.reinstall(CLUSTER, web)
        cause = running.wait_cause("set-came-back", since)
        assert web["name"] in cause["object"]
        lab.uninstall(CLUSTER, web)
        ends_well(lab, running, jobs)


def test_failed_runner_that_holds_a_slot_beside_an_assigned_job(lab, client, cure):
    web = lab.install(CLUSTER, max_runners=1)
    account = places.SERVICE_ACCOUNTS.at(NAMESPACE, f"{web['name']}-gha-rs-no-permission")
    take_away(client, account, cure)
    jobs = lab.service.queue(web["name"], 1, duration_s=3)
    lab.wait_assigned(jobs)

    def failed():
        found = items(client, places.RUNNERS, NAMESPACE, web["name"])
        return [one for one in found if one.get("status", {}).get("phase") == "Failed"]

    eventually(failed, "no failed runner")
    since = time.monotonic()
    with drain(lab, web, mode="wait_only") as running:
        cause = running.wait_cause("zombie", since)
        cure.close()
        name = cause["object"].rpartition("/")[2]
        client.delete(places.RUNNERS.at(NAMESPACE, name), limit())
        lab.service.wait(
            lambda _ledger: lab.jobs(jobs)[0]["state"] == "completed", what="the job that waited"
        )
        ends_well(lab, running, jobs)


def test_uninstall_under_a_job_of_container_mode_kubernetes(lab):
    build = lab.install(CLUSTER, mode="kubernetes")
    # A job that is over within a minute survives the end of its ServiceAccount.
    jobs = running_job(lab, build, 50)
    with drain(lab, build, mode="wait_only") as running:
        running.wait_stage("busy")
        since = time.monotonic()
        lab.uninstall(CLUSTER, build)
        cause = running.wait_cause("serviceaccount-going", since)
        assert cause["object"] == (
            f"ServiceAccount {NAMESPACE}/{build['name']}-gha-rs-kube-mode")
        assert "(401) from" in cause["reason"]
        ends_well(lab, running, jobs)
