# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stuck states made by their cause, and mended: by a controller that comes back, by a release on
proof, or by a repair that is named. What is left after is told, and the next set works."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_faults import (
    running_job,
    take_away,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.stuck_lab import (
    CLUSTER,
    NAMESPACE,
    RELEASE,
    SYSTEMS,
    StuckLab,
    codes,
    limit,
    mended,
    row,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]

CLEANUP = "actions.github.com/cleanup-no-permission-service-account-name"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with StuckLab(tmp_path_factory.mktemp("lab"), {CLUSTER: RELEASE}) as running:
        yield running


@pytest.fixture
def lab(shared):
    yield shared
    shared.put_right()
    assert shared.service.ledger()["lost"] == 0


def idle_set(lab, **limits):
    web = lab.install(CLUSTER, min_runners=1, **limits)
    lab.wait_runners(web, 1)
    return web, lab.runner(web)


def assert_takes_jobs(lab, scale_set):
    lab.wait_job(lab.service.queue(scale_set["name"], 1, duration_s=1))


def of_set(lab, scale_set):
    return [one for one in lab.left() if scale_set["name"] in one]


def test_controller_that_went_first_is_brought_back(lab):
    web, _runner = idle_set(lab)
    lab.scale_controller(CLUSTER, 0)
    lab.uninstall(CLUSTER, web)
    result = lab.judge()
    assert any("Bring Deployment" in one["remedy"] for one in result["verdicts"])
    lab.scale_controller(CLUSTER, 1)
    lab.eventually(lambda: of_set(lab, web) == [], "the controller to clean up")
    row("controller removed first", result, "brought back: all gone, nothing left at GitHub")
    assert not lab.service.scale_set(web["name"])


def test_controller_that_went_first_and_does_not_come_back(lab):
    web, runner = idle_set(lab)
    lab.scale_controller(CLUSTER, 0)
    lab.uninstall(CLUSTER, web)
    result = lab.judge(github_states={runner: "idle"})
    lab.clear(github_states={runner: "idle"})
    lab.eventually(
        lambda: [one for one in of_set(lab, web) if "Role" not in one] == [],
        "the listener's account to be collected")
    row("controller removed first, for good", result,
        "released in order; the listener's Role and RoleBinding stay, as foretold")


def test_runner_that_never_registered(lab):
    web = lab.install(CLUSTER)
    lab.service.fault({"status": 500}, method="POST", path="generatejitconfig")
    lab.service.queue(web["name"], 1, duration_s=1)
    lab.eventually(lambda: lab.objects(places.RUNNERS, web["name"]), "a runner")
    lab.scale_controller(CLUSTER, 0)
    lab.delete_set(web)
    result = lab.judge()
    done = lab.clear()
    assert "EphemeralRunner" in {one["object"]["kind"] for one in done["cleared"]}
    assert not lab.objects(places.SCALE_SETS)
    row("runner without registration, no controller", result, "released, the set went")
    lab.service.clear_faults()
    lab.scale_controller(CLUSTER, 1)
    assert_takes_jobs(lab, lab.install(CLUSTER))


def test_finished_runner_and_no_controller(lab):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 6)
    runner = lab.runner(web)
    lab.wait_marked(runner)
    lab.scale_controller(CLUSTER, 0)
    lab.wait_job(jobs)
    lab.delete_set(web)
    evidence = {"api_url": f"{lab.service.url}/api/v3", "token": f"ghp_lab_{CLUSTER}"}
    result = lab.wait_judged(
        lambda result: ("EphemeralRunner", "proven") in codes(result),
        "GitHub to say that the runner is gone", github=evidence)
    lab.clear(github=evidence)
    assert not lab.objects(places.SCALE_SETS) and not lab.objects(places.RUNNERS)
    row("runner finished its job, no controller", result, "GitHub says gone: released")


def test_annotations_of_the_clean_up_lost(lab):
    web = lab.install(CLUSTER)
    lab.client.merge_patch(places.SCALE_SETS.at(NAMESPACE, web["name"]),
                           {"metadata": {"annotations": {CLEANUP: None}}}, limit())
    lab.uninstall(CLUSTER, web)
    result = lab.wait_code("ServiceAccount", "proven")
    lab.clear()
    assert of_set(lab, web) == []
    row("clean-up annotation lost", result, "the ServiceAccount is released")


def test_set_that_a_script_stripped(lab):
    web, runner = idle_set(lab)
    lab.scale_controller(CLUSTER, 0)
    lab.uninstall(CLUSTER, web)
    lab.strip(places.SCALE_SETS, web["name"])
    result = lab.judge(github_states={runner: "idle"})
    lab.clear(github_states={runner: "idle"})
    lab.wait_judged(lambda one: not one["verdicts"], "nothing to be stuck",
                    github_states={runner: "idle"})
    lab.eventually(
        lambda: [one for one in of_set(lab, web) if "Role" not in one] == [],
        "the listener's account to be collected")
    row("set stripped of its finalizer, no controller", result,
        "listener, runner set, runner and helpers are released")


def test_orphaned_listener_of_a_stripped_set(lab):
    web = lab.install(CLUSTER)
    lab.scale_controller(CLUSTER, 0)
    lab.delete_set(web)
    lab.strip(places.SCALE_SETS, web["name"])
    lab.scale_controller(CLUSTER, 1)
    repair = lab.wait_found("orphaned-listener")
    lab.mend("orphaned-listener")
    assert not lab.objects(places.LISTENERS)
    mended("listener of a set that is gone", repair, "deleted; its session is closed")


def test_job_still_running_though_runner_and_pod_are_gone(lab):
    web, runner = idle_set(lab)
    lab.service.fault({"busy_forever": True}, method="DELETE", path="agents/")
    lab.delete_set(web)
    lab.eventually(lambda: not lab.objects(places.LISTENERS, web["name"]), "the listener to go")
    lab.delete(places.RUNNERS, runner)
    lab.client.delete(places.PODS.at(NAMESPACE, runner), limit(), grace_period_s=0)
    result = lab.wait_code(
        "EphemeralRunner", "proven", unable_after=1, github_states={runner: "gone"})
    lab.clear(unable_after=1, github_states={runner: "gone"})
    lab.eventually(lambda: not lab.objects(places.SCALE_SETS), "the controller to do the rest")
    row("JobStillRunning for ever, the pod is gone", result,
        "released on GitHub's word; the controller did the rest")


def test_secret_of_github_gone_for_good(lab):
    web, runner = idle_set(lab)
    place = places.SCALE_SETS.at(NAMESPACE, web["name"])
    secret = lab.client.get(place, limit())["spec"]["githubConfigSecret"]
    with contextlib.ExitStack() as cure:
        take_away(lab.client, places.SECRETS.at(NAMESPACE, secret), cure)
        lab.delete_set(web)
        said = {"unable_after": 1, "github_states": {runner: "idle"}}
        result = lab.wait_judged(
            lambda one: any(kind == "EphemeralRunner" for kind, _code in codes(one)),
            "the runner is stuck", **said)
        lab.eventually(
            lambda: lab.clear(**said) and not lab.objects(places.SCALE_SETS),
            "all to be released")
    row("GitHub's secret gone for good", result, "released after unable_after")


def test_namespace_that_is_deleted_without_a_controller(lab):
    web, runner = idle_set(lab)
    lab.scale_controller(CLUSTER, 0)
    lab.client.delete(places.NAMESPACES.at(name=NAMESPACE), limit())
    said = {"github_states": {runner: "idle"}}
    result = lab.wait_judged(lambda one: one["counts"]["release"], "something to release", **said)
    lab.eventually(
        lambda: lab.clear(**said) and not lab.client.read_object(
            places.NAMESPACES.at(name=NAMESPACE), limit()).items, "the namespace to go")
    row("namespace deleted, no controller", result, "all released, the namespace went by itself")


def test_failed_runner_that_holds_a_slot(lab):
    web = lab.install(CLUSTER, max_runners=1)
    account = places.SERVICE_ACCOUNTS.at(NAMESPACE, f"{web['name']}-gha-rs-no-permission")
    with contextlib.ExitStack() as cure:
        take_away(lab.client, account, cure)
        jobs = lab.service.queue(web["name"], 1, duration_s=1)
        lab.eventually(
            lambda: [one for one in lab.objects(places.RUNNERS, web["name"])
                     if (one.get("status") or {}).get("phase") == "Failed"], "a failed runner")
    repair = lab.wait_found("zombie-runner", 180)
    lab.mend("zombie-runner")
    lab.wait_job(jobs)
    mended("failed runner that holds a slot", repair, "it went, the job that waited ran")


def test_set_that_arc_called_outdated(lab):
    web = lab.install(CLUSTER, min_runners=1)
    lab.service.settings(runner_exit=7)
    lab.service.queue(web["name"], 1, duration_s=1)
    repair = lab.wait_found("outdated")
    lab.service.settings(runner_exit=0)
    lab.mend("outdated")
    mended("Outdated for ever", repair, "it registered anew, and takes jobs")
    assert_takes_jobs(lab, web)


def test_set_that_github_has_no_more(lab):
    web = lab.install(CLUSTER)
    lab.service.fault({"status": 404}, method="DELETE", path="runnerscalesets/[0-9]+$")
    lab.delete_set(web)
    key = f"{NAMESPACE}/{web['name']}"

    def found():
        code, result = lab.run("arc_repair", CLUSTER, lost_at_github=[key])
        assert code == 0, result.get("msg")
        return [one for one in result["found"] if one["id"] == "lost-at-github"]

    assert not [one for one in lab.found() if not one["held"]]
    lab.eventually(found, "the deletion to be long enough", 90)
    (repair,) = found()
    lab.mend("lost-at-github", lost_at_github=[key])
    lab.eventually(lambda: not lab.objects(places.SCALE_SETS), "the set to go")
    mended("deletion that hangs on 404", repair, "the set went")


def test_living_set_that_github_has_no_more(lab):
    web = lab.install(CLUSTER)
    before = lab.objects(places.SCALE_SETS)[0]["metadata"]
    lab.service.fault({"status": 404}, method="DELETE", path="runnerscalesets/[0-9]+$")
    key = f"{NAMESPACE}/{web['name']}"
    wanted = ["dead-at-github", "lost-at-github", "set-vanished"]
    code, result = lab.run("arc_repair", CLUSTER, lost_at_github=[key])
    (repair,) = [one for one in result["found"] if one["id"] == "dead-at-github"]
    assert code == 0 and not repair["held"]
    code, result = lab.run("arc_repair", CLUSTER, state="repaired", lost_at_github=[key],
                           repairs=wanted[:2], timeout=150)
    lab.service.clear_faults()
    assert code == 0, result.get("msg")
    lab.eventually(lambda: not lab.objects(places.SCALE_SETS), "the set to go")
    lab.mend("set-vanished")
    after = lab.objects(places.SCALE_SETS)[0]["metadata"]
    assert after["uid"] != before["uid"]
    assert_takes_jobs(lab, web)
    mended("GitHub has a living set no more", repair, "made again with a new id, takes jobs")


def test_set_that_vanished_while_helm_calls_it_deployed(lab):
    web = lab.install(CLUSTER)
    lab.delete_set(web)
    lab.eventually(lambda: not lab.objects(places.SCALE_SETS), "the set to go")
    repair = lab.wait_found("set-vanished")
    done = lab.mend("set-vanished")
    assert {one["id"] for one in done["repaired"]} == {"set-vanished"}
    # Bare helpers would go at once with `helm uninstall`, and the set for ever not.
    assert {one["object"]["kind"] for one in done["repaired"]} == {
        "AutoscalingRunnerSet", "Role", "RoleBinding", "ServiceAccount"}
    assert_takes_jobs(lab, web)
    assert "set-vanished" not in {one["id"] for one in lab.found()}
    assert not [one for one in lab.found() if one["id"] == "unprotected-helper"]
    mended("set gone, Helm says deployed", repair, "made again from Helm's record, takes jobs")
    lab.uninstall(CLUSTER, web)


def test_listener_bound_to_a_runner_set_that_is_no_more(lab):
    web = lab.install(CLUSTER)
    (listener,) = lab.objects(places.LISTENERS, web["name"])
    # What a controller of 0.14.2 does by itself in two of fourteen installs.
    lab.client.merge_patch(
        places.LISTENERS.at(SYSTEMS, listener["metadata"]["name"]),
        {"spec": {"ephemeralRunnerSetName": f"{web['name']}-gone"}}, limit())
    repair = lab.wait_found("stale-listener")
    lab.mend("stale-listener")
    mended("listener bound to a dead runner set", repair, "deleted, made anew")
    assert_takes_jobs(lab, web)


def test_definition_that_is_deleted_without_a_controller(lab):
    web = lab.install(CLUSTER)
    lab.scale_controller(CLUSTER, 0)
    kept = {}
    for one in lab.objects(places.CRDS):
        if one["spec"]["group"] == "actions.github.com":
            kept[one["metadata"]["name"]] = {
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": one["metadata"]["name"]}, "spec": one["spec"]}
            lab.client.delete(places.CRDS.at(name=one["metadata"]["name"]), limit())
    assert len(kept) == 4
    result = lab.wait_judged(lambda one: one["counts"]["release"], "something to release")
    lab.clear()
    lab.eventually(
        lambda: not [one for one in lab.objects(places.CRDS) if one["metadata"]["name"] in kept],
        "the definitions to go")
    row("CRDs deleted, no controller", result, "objects released, the definitions went")
    for body in kept.values():
        lab.client.create(places.CRDS.at(), body, limit())
    lab.eventually(lambda: all(
        any(condition["type"] == "Established" and condition["status"] == "True"
            for condition in (one.get("status") or {}).get("conditions") or ())
        for one in lab.objects(places.CRDS) if one["metadata"]["name"] in kept
    ), "the definitions to be served again")
    lab.uninstall(CLUSTER, web)
