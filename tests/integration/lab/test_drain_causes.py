# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cause of a hang is made for real in the middle of a drain, told within a minute, and cured.

After the cure the drain goes on and ends, and the ledger has no lost job.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import threading
import time

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    CONTROLLER,
    NAMESPACE,
    DrainLab,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_slices import Slices

pytestmark = [pytest.mark.lab, pytest.mark.long]

CLUSTER = "green"
SYSTEMS = CONTROLLER[0]
RBAC = ("rbac.authorization.k8s.io", "v1")
BINDING = places.Resource(
    *RBAC, "clusterrolebindings", "ClusterRoleBinding", is_namespaced=False
).at(name=CONTROLLER[1])
RUNNER_CRD = places.CRDS.at(name="ephemeralrunners.actions.github.com")
SOON_S = 60


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with DrainLab(tmp_path_factory.mktemp("lab"), {CLUSTER: "0.14.2"}) as running:
        yield running


@pytest.fixture
def client(lab):
    link = lab.connect(CLUSTER)
    yield link
    link.close()


@pytest.fixture(autouse=True)
def no_fault_is_left(lab):
    yield
    lab.service.clear_faults()


def limit():
    return Deadline(30)


def drain(lab, *scale_sets, **options):
    return Slices(lab, CLUSTER, *scale_sets, **{"settle": "never", **options})


def running_job(lab, scale_set, duration_s):
    jobs = lab.service.queue(scale_set["name"], 1, duration_s=duration_s)
    lab.wait_running(jobs, 1)
    return jobs


def ends_well(lab, running, jobs=(), limit_s=240):
    result = running.wait_end(limit_s)
    assert (result.get("finished"), result.get("failed")) == (True, None), result.get("msg")
    ledger = lab.service.ledger()
    assert ledger["lost"] == 0
    assert {one["state"] for one in lab.jobs(list(jobs))} <= {"completed"}
    return result


def items(client, resource, namespace, prefix):
    found = client.list(resource.at(namespace), limit()).items
    return [one for one in found if one["metadata"]["name"].startswith(prefix)]


def take_away(client, place):
    """Delete an object although a finalizer protects it; gives what puts it back."""
    found = client.get(place, limit())
    if found["metadata"].get("finalizers"):
        client.merge_patch(place, {"metadata": {"finalizers": None}}, limit())
    client.delete(place, limit())
    kept = copy.deepcopy(found)
    for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
        kept["metadata"].pop(key, None)
    return lambda: client.create(dataclasses.replace(place, name=""), kept, limit())


def eventually(is_true, what, limit_s=60):
    until = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < until, what
        time.sleep(0.2)


@contextlib.contextmanager
def repeated(act, pause_s):
    """Do something again and again until the block ends."""
    stop = threading.Event()

    def work():
        while not stop.wait(pause_s):
            act()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def test_controller_scaled_to_zero(lab):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 25)
    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        lab.scale_controller(CLUSTER, 0)
        cause = running.wait_cause("controller-absent", since)
        assert cause["object"] == f"Namespace {NAMESPACE}"
        lab.scale_controller(CLUSTER, 1)
        ends_well(lab, running, jobs)


def test_controller_that_crashes_whenever_it_runs(lab, client):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)

    def crash():
        for pod in items(client, places.PODS, SYSTEMS, CONTROLLER[1]):
            lab.crash(CLUSTER, SYSTEMS, pod["metadata"]["name"])

    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        # It is up, and ready, for some seconds each time.
        with repeated(crash, 4):
            cause = running.wait_cause("controller-not-ready", since)
        assert CONTROLLER[1] in cause["object"] and "restarts" in cause["reason"]
        (pod,) = items(client, places.PODS, SYSTEMS, CONTROLLER[1])
        client.delete(places.PODS.at(SYSTEMS, pod["metadata"]["name"]), limit())
        ends_well(lab, running, jobs)


def test_two_controllers(lab):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        lab.install_second_controller(CLUSTER, "arc-second")
        cause = running.wait_cause("controllers-several", since)
        assert "arc-second" in cause["reason"]
        lab.uninstall_second_controller(CLUSTER, "arc-second")
        ends_well(lab, running, jobs)


def test_secret_of_github_deleted(lab, client):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    secret = client.list(places.SCALE_SETS.at(NAMESPACE), limit()).items[0]["spec"][
        "githubConfigSecret"]
    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        put_back = take_away(client, places.SECRETS.at(NAMESPACE, secret))
        cause = running.wait_cause("credentials-missing", since)
        assert web["name"] in cause["object"] and secret in cause["reason"]
        put_back()
        ends_well(lab, running, jobs)


@pytest.mark.parametrize("action", [{"status": 401}, {"hang": True}], ids=["401", "no-answer"])
def test_github_refuses_or_is_silent(lab, action):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 15)
    lab.service.fault(action, method="DELETE", path="agents/")
    with drain(lab, web) as running:
        lab.service.wait(lambda ledger: ledger["completed"] and lab.jobs(jobs)[0]["finished_at"])
        since = time.monotonic()
        cause = running.wait_cause("github-refuses", since)
        assert cause["object"].startswith(f"EphemeralRunner {NAMESPACE}/{web['name']}")
        lab.service.clear_faults()
        ends_well(lab, running, jobs)


def test_github_refuses_to_let_an_idle_runner_go(lab):
    web = lab.install(CLUSTER, min_runners=1)
    lab.service.fault({"status": 401}, method="DELETE", path="agents/")
    since = time.monotonic()
    with drain(lab, web) as running:
        cause = running.wait_cause("runner-unclear", since)
        assert cause["object"].startswith(f"EphemeralRunner {NAMESPACE}/{web['name']}")
        lab.service.clear_faults()
        ends_well(lab, running)


def test_scale_set_that_github_does_not_delete(lab):
    web = lab.install(CLUSTER)
    lab.service.fault({"status": 400}, method="DELETE", path="runnerscalesets/[0-9]+$")
    since = time.monotonic()
    with drain(lab, web) as running:
        cause = running.wait_cause("held-at-github", since)
        assert web["name"] in cause["object"]
        lab.service.clear_faults()
        ends_well(lab, running)


def test_role_of_the_manager_taken_away(lab, client):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    name = f"{web['name']}-gha-rs-manager"
    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        put_back = take_away(client, places.ROLES.at(NAMESPACE, name))
        cause = running.wait_cause("rbac-missing", since)
        assert cause["object"] == f"Role {NAMESPACE}/{name}"
        put_back()
        ends_well(lab, running, jobs)


def test_right_of_the_cluster_role_taken_away(lab, client):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    put_back = take_away(client, BINDING)
    since = time.monotonic()
    with drain(lab, web) as running:
        running.wait_cause("listener-stays", since)
        put_back()
        ends_well(lab, running, jobs)


def test_right_in_the_namespace_of_the_controller_taken_away(lab, client):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    put_back = take_away(client, places.ROLE_BINDINGS.at(SYSTEMS, f"{CONTROLLER[1]}-listener"))
    since = time.monotonic()
    with drain(lab, web) as running:
        cause = running.wait_cause("controller-silent", since)
        assert (cause["object"], cause["beside"]) == (
            f"AutoscalingRunnerSet {NAMESPACE}/{web['name']}", [])
        assert "log" in cause["remedy"]
        put_back()
        ends_well(lab, running, jobs)


def test_pod_of_the_listener_that_does_not_go(lab, client):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    (pod,) = items(client, places.PODS, SYSTEMS, web["name"])
    place = places.PODS.at(SYSTEMS, pod["metadata"]["name"])
    client.merge_patch(place, {"metadata": {"finalizers": ["example.com/hold"]}}, limit())
    since = time.monotonic()
    with drain(lab, web) as running:
        cause = running.wait_cause("listener-stuck", since)
        assert pod["metadata"]["name"] in cause["object"]
        client.merge_patch(place, {"metadata": {"finalizers": None}}, limit())
        ends_well(lab, running, jobs)


def test_node_lost_with_all_its_pods(lab):
    web = lab.install(CLUSTER, min_runners=1)
    # So GitHub holds the idle runner: no job dies with the node.
    lab.service.fault({"busy_forever": True}, method="DELETE", path="agents/")
    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        lab.kill_node(CLUSTER)
        cause = running.wait_cause("runner-pod-stuck", since)
        assert "does not report" in cause["reason"]
        running.wait_cause("controller-not-ready", since)
        lab.restore_node(CLUSTER)
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


def test_failures_that_the_controller_cannot_decode(lab, client):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 25)
    (runner,) = items(client, places.RUNNERS, NAMESPACE, web["name"])
    values = ("/spec/versions/0/schema/openAPIV3Schema/properties/status/properties/failures"
              "/additionalProperties")
    before = client.get(RUNNER_CRD, limit())["spec"]["versions"][0]["schema"]["openAPIV3Schema"][
        "properties"]["status"]["properties"]["failures"]["additionalProperties"]
    place = places.RUNNERS.at(NAMESPACE, runner["metadata"]["name"], "status")
    with drain(lab, web) as running:
        running.wait_stage("busy")
        client.json_patch(RUNNER_CRD, [
            {"op": "test", "path": values, "value": before},
            {"op": "replace", "path": values,
             "value": {"x-kubernetes-preserve-unknown-fields": True}},
        ], limit())
        time.sleep(2)
        since = time.monotonic()
        client.merge_patch(place, {"status": {"failures": {"x": True}}}, limit())
        cause = running.wait_cause("runner-undecodable", since)
        assert cause["object"] == f"EphemeralRunner {NAMESPACE}/{runner['metadata']['name']}"
        client.merge_patch(place, {"status": {"failures": None}}, limit())
        client.json_patch(RUNNER_CRD, [
            {"op": "test", "path": f"{values}/x-kubernetes-preserve-unknown-fields",
             "value": True},
            {"op": "replace", "path": values, "value": before},
        ], limit())
        ends_well(lab, running, jobs)


def test_helper_that_nobody_releases(lab, client):
    web = lab.install(CLUSTER)
    place = places.SCALE_SETS.at(NAMESPACE, web["name"])
    mark = "actions.github.com/cleanup-no-permission-service-account-name"
    client.merge_patch(place, {"metadata": {"annotations": {mark: None}}}, limit())
    account = places.SERVICE_ACCOUNTS.at(NAMESPACE, f"{web['name']}-gha-rs-no-permission")
    since = time.monotonic()
    with drain(lab, web) as running:
        cause = running.wait_cause("helper-left", since)
        assert cause["object"] == f"ServiceAccount {NAMESPACE}/{account.name}"
        client.merge_patch(account, {"metadata": {"finalizers": None}}, limit())
        ends_well(lab, running)


def test_set_that_somebody_makes_again(lab):
    web, busy = lab.install(CLUSTER), lab.install(CLUSTER)
    jobs = running_job(lab, busy, 50)
    with drain(lab, web, busy) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        lab.reinstall(CLUSTER, web)
        cause = running.wait_cause("set-came-back", since)
        assert web["name"] in cause["object"]
        lab.uninstall(CLUSTER, web)
        ends_well(lab, running, jobs)


def test_failed_runner_that_holds_a_slot_beside_an_assigned_job(lab, client):
    web = lab.install(CLUSTER, max_runners=1)
    account = places.SERVICE_ACCOUNTS.at(NAMESPACE, f"{web['name']}-gha-rs-no-permission")
    put_back = take_away(client, account)
    jobs = lab.service.queue(web["name"], 1, duration_s=3)
    lab.wait_assigned(jobs)
    eventually(lambda: [one for one in items(client, places.RUNNERS, NAMESPACE, web["name"])
                        if one.get("status", {}).get("phase") == "Failed"], "no failed runner")
    since = time.monotonic()
    with drain(lab, web, mode="wait_only") as running:
        cause = running.wait_cause("zombie", since)
        put_back()
        name = cause["object"].rpartition("/")[2]
        client.delete(places.RUNNERS.at(NAMESPACE, name), limit())
        ends_well(lab, running, jobs)


def test_uninstall_under_a_job_of_container_mode_kubernetes(lab):
    build = lab.install(CLUSTER, mode="kubernetes")
    # A job that is over within a minute survives the end of its ServiceAccount.
    jobs = running_job(lab, build, 45)
    with drain(lab, build, mode="wait_only") as running:
        running.wait_stage("busy")
        since = time.monotonic()
        lab.uninstall(CLUSTER, build)
        cause = running.wait_cause("serviceaccount-going", since)
        assert cause["object"] == f"ServiceAccount {NAMESPACE}/{build['name']}-gha-rs-kube-mode"
        assert "(401) from" in cause["reason"]
        ends_well(lab, running, jobs)
