# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of a hang about controllers, GitHub and rights: made for real in the middle of a drain.

Each is told within a minute, and cured; then the drain goes on, ends, and no job is lost.
"""

from __future__ import annotations

import contextlib
import time

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_faults import (
    CLUSTER,
    drain,
    ends_well,
    items,
    limit,
    repeated,
    running_job,
    take_away,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    CONTROLLER,
    NAMESPACE,
    DrainLab,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]

SYSTEMS, MANAGER = CONTROLLER
BINDING = places.Resource(
    "rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding",
    is_namespaced=False,
).at(name=MANAGER)


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


def test_controller_scaled_to_zero(lab, cure):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 25)
    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        cure.callback(lab.scale_controller, CLUSTER, 1)
        lab.scale_controller(CLUSTER, 0)
        cause = running.wait_cause("controller-absent", since)
        assert cause["object"] == f"Namespace {NAMESPACE}"
        cure.close()
        ends_well(lab, running, jobs)


def test_controller_that_crashes_whenever_it_runs(lab, client):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)

    def crash():
        for pod in items(client, places.PODS, SYSTEMS, MANAGER):
            lab.crash(CLUSTER, SYSTEMS, pod["metadata"]["name"])

    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        # It is up, and ready, for some seconds each time.
        with repeated(crash, 4):
            cause = running.wait_cause("controller-not-ready", since)
        assert MANAGER in cause["object"] and "restarts" in cause["reason"]
        # A new pod has no back-off to sit out.
        (pod,) = items(client, places.PODS, SYSTEMS, MANAGER)
        client.delete(places.PODS.at(SYSTEMS, pod["metadata"]["name"]), limit())
        ends_well(lab, running, jobs)


def test_two_controllers(lab, cure):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 75)
    with drain(lab, web) as running:
        running.wait_stage("busy")
        cure.callback(lab.uninstall_second_controller, CLUSTER, "arc-second")
        lab.install_second_controller(CLUSTER, "arc-second")
        since = time.monotonic()
        cause = running.wait_cause("controllers-several", since)
        assert "arc-second" in cause["reason"]
        cure.close()
        ends_well(lab, running, jobs)


def test_secret_of_github_deleted(lab, client, cure):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 40)
    scale_set = client.get(places.SCALE_SETS.at(NAMESPACE, web["name"]), limit())
    secret = scale_set["spec"]["githubConfigSecret"]
    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        take_away(client, places.SECRETS.at(NAMESPACE, secret), cure)
        cause = running.wait_cause("credentials-missing", since)
        assert web["name"] in cause["object"] and secret in cause["reason"]
        cure.close()
        ends_well(lab, running, jobs)


@pytest.mark.parametrize("action", [{"status": 401}, {"hang": True}], ids=["401", "no-answer"])
def test_github_refuses_or_is_silent(lab, action):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 15)
    lab.service.fault(action, method="DELETE", path="agents/")
    with drain(lab, web) as running:
        lab.service.wait(lambda _ledger: lab.jobs(jobs)[0]["finished_at"], what="the job's end")
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


@pytest.mark.parametrize("resource", [places.ROLES, places.ROLE_BINDINGS],
                         ids=["role", "binding"])
def test_right_of_the_manager_beside_the_set_taken_away(lab, client, cure, resource):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 40)
    place = resource.at(NAMESPACE, f"{web['name']}-gha-rs-manager")
    with drain(lab, web) as running:
        running.wait_stage("busy")
        since = time.monotonic()
        take_away(client, place, cure)
        cause = running.wait_cause("rbac-missing", since)
        assert cause["object"] == place.words
        cure.close()
        ends_well(lab, running, jobs)


def test_rights_of_the_cluster_role_taken_away(lab, client, cure):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    take_away(client, BINDING, cure)
    since = time.monotonic()
    with drain(lab, web) as running:
        running.wait_cause("listener-stays", since)
        cure.close()
        ends_well(lab, running, jobs)


def test_right_in_the_namespace_of_the_controller_taken_away(lab, client, cure):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 30)
    take_away(client, places.ROLE_BINDINGS.at(SYSTEMS, f"{MANAGER}-listener"), cure)
    since = time.monotonic()
    with drain(lab, web) as running:
        cause = running.wait_cause("controller-silent", since)
        assert (cause["object"], cause["beside"]) == (
            f"AutoscalingRunnerSet {NAMESPACE}/{web['name']}", [])
        assert "log" in cause["remedy"]
        cure.close()
        ends_well(lab, running, jobs)
