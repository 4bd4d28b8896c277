# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stuck sets made by their real cause, on real API servers: held while rightly so, then cleared."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Query
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab.arc import install  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.service_client import Service  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

RELEASES = {"blue": "0.9.0", "green": "0.14.2"}
OF_SET = Query(labels="actions.github.com/scale-set-name", metadata_only=True)
HELPERS = (places.ROLE_BINDINGS, places.ROLES, places.SERVICE_ACCOUNTS, places.SECRETS)
ARC = (places.SCALE_SETS, places.LISTENERS, places.RUNNER_SETS, places.RUNNERS)


class ClearLab:
    """One cluster with a controller of one release, which comes and goes."""

    def __init__(self, state, cluster):
        self.state, self.cluster, self.release = state, cluster, RELEASES[cluster]
        self.service = Service(state.service_url())
        self.client = connect.connect(
            {"kubeconfig": str(state.kubeconfig), "context": cluster}, environ={})

    def install(self, name, **limits):
        install.install_scale_set(
            self.state, self.cluster, self.release,
            install.ScaleSet(name, install.RUNNERS, **limits))

    def uninstall(self, name):
        install.uninstall_scale_set(self.state, self.cluster, name)

    def install_controller(self):
        install.install_controller(self.state, self.cluster, self.release)

    def take_controller_away(self):
        install.uninstall_controller(self.state, self.cluster)
        code, result = self.run("arc_controller_wait", namespace=install.SYSTEMS, state="absent",
                                timeout=60)
        assert code == 0, result.get("msg")

    def run(self, module, **options):
        check = options.pop("check", False)
        asked = {"kubeconfig": str(self.state.kubeconfig), "context": self.cluster, "timeout": 90}
        return run_module.run(module, {**asked, **options}, check=check)

    def clear(self, name, **options):
        code, result = self.run("arc_finalizer_clear", scale_sets=[
            {"namespace": install.RUNNERS, "name": name}], **{"min_age": 1, **options})
        assert code == 0, result.get("msg")
        return result

    def names(self, *resources):
        return sorted(
            f"{one.kind} {raw['metadata']['name']}" for one in resources
            for raw in self.client.list(one.at(), Deadline(20), OF_SET).items
        )

    def runners(self):
        return [raw["metadata"]["name"]
                for raw in self.client.list(places.RUNNERS.at(), Deadline(20)).items]

    def await_that(self, condition, what, limit_s=60):
        deadline = Deadline(limit_s)
        while not condition():
            assert not deadline.is_over(), f"not in {limit_s} s: {what}"
            deadline.pause(0.2)

    def await_job(self, jobs, state):
        self.service.wait(
            lambda ledger: all(one["state"] == state for one in ledger["jobs"]
                               if one["id"] in jobs), what=f"jobs {jobs} to be {state}")


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    running = Lab(LabState(tmp_path_factory.mktemp("lab")))
    running.up(list(RELEASES))
    try:
        yield running.state
    finally:
        running.down()


@pytest.fixture(params=list(RELEASES), ids=list(RELEASES.values()))
def lab(state, request):
    found = ClearLab(state, request.param)
    found.install_controller()
    yield found
    code, result = found.run("arc_finalizer_clear", state="cleared", all=True, min_age=0,
                             github_states={name: "gone" for name in found.runners()})
    found.client.close()
    assert code == 0, result.get("msg")


def test_controller_removed_first_is_held_while_it_lives_and_cleared_on_proof(lab):
    web = f"web-{lab.cluster}"
    lab.install(web, min_runners=1)
    lab.await_that(lambda: len(lab.runners()) == 1, "one idle runner")
    (runner,) = lab.runners()
    alive = lab.clear(web, state="cleared")
    assert (alive["changed"], alive["verdicts"]) == (False, [])
    lab.take_controller_away()
    lab.uninstall(web)

    # Its runner is idle as far as anyone can tell; but GitHub was not asked, and its pod lives.
    lab.await_that(
        lambda: lab.clear(web)["counts"]["release"] > 0, "the deletion to be old enough")
    report = lab.clear(web)
    assert report["changed"] is False and report["unknown"]
    by_kind = {one["object"]["kind"]: one for one in report["verdicts"]}
    assert by_kind["AutoscalingListener"]["decision"] == "release"
    assert by_kind["AutoscalingListener"]["delete_first"] is True
    assert by_kind["AutoscalingRunnerSet"]["code"] == "children-first"
    assert lab.release in by_kind["AutoscalingListener"]["remedy"]
    before = lab.names(*HELPERS, *ARC)
    predicted = lab.clear(web, state="cleared", check=True)
    assert predicted["changed"] is True and lab.names(*HELPERS, *ARC) == before

    first = lab.clear(web, state="cleared")
    assert {one["object"]["kind"] for one in first["cleared"]} == {"AutoscalingListener"}
    assert lab.runners() == [runner]
    rest = lab.clear(web, state="cleared", github_states={runner: "idle"})
    kinds = [one["object"]["kind"] for one in rest["cleared"]]
    assert kinds.index("EphemeralRunnerSet") < kinds.index("AutoscalingRunnerSet")
    assert lab.names(*ARC) == [] and rest["counts"]["hold"] == rest["counts"]["unknown"] == 0
    # Only what was foretold stays: nobody but the controller takes a listener's rights away.
    (listener,) = first["cleared"]
    name = f"{install.RUNNERS}/{listener['object']['name']}"
    assert listener["effects"] == [f"Role {name} and RoleBinding {name} stay"]
    foretold = [f"{kind} {listener['object']['name']}" for kind in ("Role", "RoleBinding")]
    # The garbage collector takes its Secret and its ServiceAccount in its own time.
    lab.await_that(
        lambda: [one for one in lab.names(*HELPERS) if web in one] == foretold,
        "nothing but a Role and a RoleBinding to be left")
    assert lab.clear(web, state="cleared", github_states={runner: "idle"})["changed"] is False

    # What Helm installs now is not put upon anything that is still going.
    lab.install_controller()
    lab.install(web)
    jobs = lab.service.queue(web, 1, duration_s=1)
    lab.await_job(jobs, "completed")
    lab.uninstall(web)
    lab.await_that(lambda: lab.names(*ARC) == [], "the controller to clear the set by itself")


def test_a_busy_runner_is_held_until_its_job_has_ended(lab):
    web = f"busy-{lab.cluster}"
    lab.install(web)
    jobs = lab.service.queue(web, 1, duration_s=25)
    lab.await_job(jobs, "running")
    (runner,) = lab.runners()
    lab.await_that(lambda: is_marked_busy(lab, runner), "the listener to mark the runner")
    lab.take_controller_away()
    lab.uninstall(web)
    lab.await_that(
        lambda: lab.clear(web)["counts"]["hold"] > 0, "the deletion to be seen")
    result = lab.clear(web, state="cleared")
    assert lab.runners() == [runner]
    codes = {(one["object"]["kind"], one["code"]) for one in result["verdicts"]}
    assert {("EphemeralRunner", "busy"), ("AutoscalingRunnerSet", "busy-beneath")} <= codes
    # GitHub's word does not make a busy runner idle.
    lab.clear(web, state="cleared", accept_orphans=[f"{install.RUNNERS}/{runner}"])
    assert lab.runners() == [runner]
    lab.await_job(jobs, "completed")
    assert lab.service.ledger()["lost"] == 0


def is_marked_busy(lab, runner):
    raw = lab.client.get(places.RUNNERS.at(install.RUNNERS, runner), Deadline(10))
    return bool({"jobRequestId", "jobId"} & set(raw.get("status") or {}))
