# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States in which a finalizer is rightly there, or nobody can tell: made for real, and left alone.

After each the cause is taken away, and the set goes as ARC lets it go; no job is lost.
"""

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
    MANAGER,
    NAMESPACE,
    RELEASE,
    SYSTEMS,
    StuckLab,
    codes,
    limit,
    row,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with StuckLab(tmp_path_factory.mktemp("lab"), {CLUSTER: RELEASE}) as running:
        yield running


@pytest.fixture
def lab(shared):
    yield shared
    shared.put_right()
    assert shared.service.ledger()["lost"] <= shared.given_up


def assert_untouched(lab, **options):
    """Asked to clear, it clears nothing of what it holds."""
    result = lab.clear(**options)
    assert (result["changed"], result["cleared"], result["deleted"]) == (False, [], [])
    return result


def test_busy_runner_and_no_controller(lab):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 15)
    lab.wait_marked(lab.runner(web))
    lab.scale_controller(CLUSTER, 0)
    lab.delete_set(web)
    result = lab.clear()
    runner = [one for one in result["verdicts"] if one["object"]["kind"] == "EphemeralRunner"]
    assert {one["code"] for one in runner} == {"busy"}
    assert ("AutoscalingRunnerSet", "busy-beneath") in codes(result)
    # The listener goes, as it would go on taking jobs; the job runs to its end.
    assert {one["object"]["kind"] for one in result["cleared"]} <= {"AutoscalingListener"}
    lab.wait_job(jobs)
    row("busy runner, no controller", result, "held; the job completed")


def test_busy_runner_and_a_controller_at_work(lab):
    web = lab.install(CLUSTER)
    jobs = running_job(lab, web, 12)
    lab.wait_marked(lab.runner(web))
    lab.delete_set(web)
    result = assert_untouched(lab)
    assert ("EphemeralRunner", "busy") in codes(lab.judge())
    lab.wait_job(jobs)
    lab.eventually(lambda: not lab.objects(places.SCALE_SETS), "the controller to let it go")
    row("busy runner, controller at work", result, "held; the job completed, the set went")


def test_deletion_that_has_just_begun(lab):
    web = lab.install(CLUSTER)
    lab.scale_controller(CLUSTER, 0)
    lab.delete_set(web)
    result = assert_untouched(lab, min_age=90)
    assert ("AutoscalingListener", "grace") in codes(result)
    lab.scale_controller(CLUSTER, 1)
    lab.eventually(lambda: not lab.objects(places.SCALE_SETS), "the controller to let it go")
    row("controller away for a moment", result, "held; it came back, the set went")


def test_idle_runner_with_a_living_pod_that_nobody_asked_about(lab):
    web = lab.install(CLUSTER, min_runners=1)
    lab.wait_runners(web, 1)
    lab.scale_controller(CLUSTER, 0)
    lab.delete_set(web)
    result = lab.clear()
    assert ("EphemeralRunner", "may-be-busy") in codes(result)
    assert len(lab.objects(places.RUNNERS)) == 1
    row("idle runner with a living pod, GitHub not asked", result, "unknown; nothing of it went")


def test_registered_runner_without_a_pod_that_nobody_asked_about(lab):
    web = lab.install(CLUSTER, min_runners=1)
    lab.wait_runners(web, 1)
    lab.scale_controller(CLUSTER, 0)
    runner = lab.runner(web)
    lab.delete_set(web)
    lab.delete(places.PODS, runner)
    lab.eventually(lambda: not lab.objects(places.PODS, runner), "the pod to go")
    result = lab.clear()
    assert {"registration", "may-be-busy"} & {
        code for kind, code in codes(result) if kind == "EphemeralRunner"}
    assert len(lab.objects(places.RUNNERS)) == 1
    row("registered runner, its pod gone, GitHub not asked", result, "unknown; it stays")


def test_runner_that_github_calls_busy_though_its_pod_has_gone(lab):
    web = lab.install(CLUSTER)
    running_job(lab, web, 600)
    runner = lab.runner(web)
    lab.wait_marked(runner)
    lab.service.fault({"busy_forever": True}, method="DELETE", path="agents/")
    lab.delete_set(web)
    lab.client.delete(places.PODS.at(NAMESPACE, runner), limit(), grace_period_s=0)
    lab.given_up += 1
    result = lab.wait_code("EphemeralRunner", "busy", unable_after=1,
                           github_states={runner: "busy"})
    assert assert_untouched(lab, unable_after=1, github_states={runner: "busy"})
    row("pod gone, GitHub says busy", result, "held for as long as GitHub says so")
    lab.clear(unable_after=0, github_states={runner: "gone"})


def test_secret_of_github_gone_for_a_moment(lab):
    web = lab.install(CLUSTER, min_runners=1)
    lab.wait_runners(web, 1)
    place = places.SCALE_SETS.at(NAMESPACE, web["name"])
    secret = lab.client.get(place, limit())["spec"]["githubConfigSecret"]
    with contextlib.ExitStack() as cure:
        take_away(lab.client, places.SECRETS.at(NAMESPACE, secret), cure)
        lab.delete_set(web)
        result = assert_untouched(lab)
        assert ("AutoscalingRunnerSet", "controller-at-work") in codes(lab.judge()) or (
            "EphemeralRunner", "may-be-busy") in codes(lab.judge())
    lab.eventually(lambda: not lab.objects(places.SCALE_SETS), "the controller to let it go")
    row("GitHub's secret gone for a moment", result, "held; it came back, the set went")


def test_foreign_finalizer(lab):
    web = lab.install(CLUSTER)
    place = places.SCALE_SETS.at(NAMESPACE, web["name"])
    kept = lab.client.get(place, limit())["metadata"]["finalizers"]
    lab.client.merge_patch(
        place, {"metadata": {"finalizers": [*kept, "example.com/hold"]}}, limit())
    lab.delete_set(web)
    result = lab.wait_judged(
        lambda result: codes(result) == [("AutoscalingRunnerSet", "foreign-finalizer")],
        "only the foreign one is left")
    assert_untouched(lab)
    row("finalizer of somebody else", result, "held for ever; nobody but its owner may")
    lab.strip(places.SCALE_SETS, web["name"])


def test_helper_that_a_living_set_refers_to(lab):
    web = lab.install(CLUSTER)
    account = f"{web['name']}-gha-rs-no-permission"
    lab.delete(places.SERVICE_ACCOUNTS, account)
    result = assert_untouched(lab)
    assert codes(result) == [("ServiceAccount", "controller-at-work")]
    lab.scale_controller(CLUSTER, 0)
    result = assert_untouched(lab)
    assert codes(result) == [("ServiceAccount", "set-refers-to-it")]
    row("ServiceAccount of a living set deleted by hand", result, "held until its set goes")


def test_account_that_a_runner_still_uses(lab):
    web = lab.install(CLUSTER, min_runners=1)
    lab.wait_runners(web, 1)
    runner = lab.runner(web)
    lab.scale_controller(CLUSTER, 0)
    lab.uninstall(CLUSTER, web)
    lab.strip(places.SCALE_SETS, web["name"])
    result = lab.wait_judged(
        lambda result: "ServiceAccount" in {kind for kind, _code in codes(result)},
        "the account is stuck")
    by_kind = dict(codes(result))
    assert by_kind["ServiceAccount"] in ("children-first", "may-be-busy-beneath")
    # However idle its runner may be, it goes first.
    named = [{"kind": "ServiceAccount", "namespace": NAMESPACE,
              "name": f"{web['name']}-gha-rs-no-permission"}]
    result = lab.judge(objects=named, github_states={runner: "idle"})
    assert codes(result) == [("ServiceAccount", "children-first")]
    lab.clear()
    assert f"ServiceAccount {web['name']}-gha-rs-no-permission" in lab.left()
    row("set stripped of its finalizer, a runner is on", result, "its ServiceAccount is held")
    # Said to be idle, the runner goes, and then its account.
    lab.clear(github_states={runner: "idle"})


def test_set_whose_runner_set_is_still_there(lab):
    web = lab.install(CLUSTER)
    lab.scale_controller(CLUSTER, 0)
    lab.delete_set(web)
    result = lab.judge(objects=[
        {"kind": "AutoscalingRunnerSet", "namespace": NAMESPACE, "name": web["name"]}])
    assert codes(result) == [("AutoscalingRunnerSet", "children-first")]
    row("set above a listener and a runner set", result, "held until they are gone")


def test_living_runner_that_is_asked_about(lab):
    web = lab.install(CLUSTER, min_runners=1)
    lab.wait_runners(web, 1)
    named = [{"kind": "EphemeralRunner", "namespace": NAMESPACE, "name": lab.runner(web)}]
    result = assert_untouched(lab, objects=named)
    assert {code for _kind, code in codes(result)} == {"not-deleted"}
    row("living runner asked about by name", result, "held")


def test_manager_that_outlived_its_deployment(lab):
    web = lab.install(CLUSTER)
    deployment = places.DEPLOYMENTS.at(SYSTEMS, MANAGER)
    kept = lab.client.get(deployment, limit())
    lab.client.delete(deployment, limit(), propagation="Orphan")
    # What no manager serves any more is not yet free: one still runs.
    place = places.SCALE_SETS.at(NAMESPACE, web["name"])
    finalizers = lab.client.get(place, limit())["metadata"]["finalizers"]
    lab.client.merge_patch(
        place, {"metadata": {"finalizers": [*finalizers, "example.com/hold"]}}, limit())
    lab.service.fault({"status": 500}, method="DELETE", path="runnerscalesets/[0-9]+$")
    lab.delete_set(web)
    result = lab.wait_code("AutoscalingRunnerSet", "manager-alive")
    assert_untouched(lab)
    row("manager pod without its Deployment", result, "held while it runs")
    lab.service.clear_faults()
    for key in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"):
        kept["metadata"].pop(key, None)
    lab.client.create(places.DEPLOYMENTS.at(SYSTEMS), kept, limit())
    lab.eventually(lambda: len(lab.objects(places.SCALE_SETS)) == 0 or (
        lab.objects(places.SCALE_SETS)[0]["metadata"]["finalizers"] == ["example.com/hold"]),
        "ARC to let it go")
    lab.strip(places.SCALE_SETS, web["name"])
