# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in against a real API server: life and death of a set, by release (observed a to q)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from lab.tests.arc_bench import KINDS, Bench

from lab.kube import path_of
from lab.service_client import Service

SETS, LISTENERS, RUNNER_SETS, RUNNERS = KINDS
MAIN = "ephemeralrunner.actions.github.com/finalizer"
REGISTRATION = "ephemeralrunner.actions.github.com/runner-registration-finalizer"


@pytest.fixture
def bench(one_cluster: Any, tmp_path: Path) -> Iterator[Bench]:
    """A cluster without ARC; what a test makes is taken away after it."""
    made = Bench(one_cluster, Service(one_cluster.lab.state.service_url()), tmp_path)
    yield made
    made.close()


def states(bench: Bench, jobs: List[int]) -> List[str]:
    return sorted(j["state"] for j in bench.service.ledger()["jobs"] if j["id"] in jobs)


def queue(bench: Bench, count: int, duration_s: float) -> List[int]:
    return bench.service.queue(bench.set_name("web"), count, scope="acme", duration_s=duration_s)


def running(bench: Bench) -> List[Dict[str, Any]]:
    return [r for r in bench.all(RUNNERS) if (r.get("status") or {}).get("phase") == "Running"]


def up(bench: Bench, release: str, *flags: str, **spec: Any) -> Any:
    """A manager and a set of the release, with its listener's session and its idle runners."""
    bench.use_crds(release)
    manager = bench.start(release, *flags)
    bench.install(release, **spec)
    bench.until(bench.serves, "session")
    wanted = spec.get("minRunners", 0)
    bench.until(lambda: len(running(bench)) == wanted, f"{wanted} idle runners")
    return manager


def delete_set(bench: Bench) -> None:
    bench.cluster.delete(bench.path(SETS, bench.set_name("web")))


def until_gone(bench: Bench, limit_s: float = 20.0) -> None:
    bench.until(lambda: not any(bench.all(kind) for kind in KINDS), "all four kinds gone", limit_s)


@pytest.mark.parametrize("release", ["0.9.0", "0.12.1", "0.14.2"])
def test_jobs_run_on_idle_and_new_runners_and_the_set_goes_without_a_trace(
    bench: Bench, release: str
) -> None:
    manager = up(bench, release, minRunners=1)
    jobs = queue(bench, 3, 1)
    bench.until(lambda: states(bench, jobs) == ["completed"] * 3, "three jobs", 30)
    assert manager.rss_kib() < 60 * 1024
    delete_set(bench)
    until_gone(bench)
    assert bench.helper_finalizers() == {}
    assert not any(s["name"] == bench.set_name("web") for s in bench.service.scale_sets())


ORDER = {
    "0.9.0": [REGISTRATION, MAIN],
    "0.9.3": [MAIN, REGISTRATION],
    "0.14.2": [MAIN, REGISTRATION],
}


@pytest.mark.parametrize("release, passes", [("0.9.0", 4), ("0.9.3", 0), ("0.14.2", 0)])
def test_deletion_awaits_the_busy_runner_and_only_then_frees_the_helpers(
    bench: Bench, release: str, passes: int
) -> None:
    manager = up(bench, release, minRunners=2)
    assert [r["metadata"]["finalizers"] for r in running(bench)] == [ORDER[release]] * 2
    jobs = queue(bench, 1, 6)
    bench.until(lambda: states(bench, jobs) == ["running"], "the job runs")
    bench.until(lambda: len(running(bench)) == 3, "another idle runner")
    delete_set(bench)
    bench.until(lambda: not bench.all(LISTENERS), "the listener goes first")
    bench.until(lambda: len(bench.all(RUNNERS)) == 1, "idle runners go")
    (busy,), (runner_set,) = bench.all(RUNNERS), bench.all(RUNNER_SETS)
    assert "deletionTimestamp" not in busy["metadata"]
    assert "deletionTimestamp" in runner_set["metadata"]
    assert len(bench.helper_finalizers()) == 4
    assert states(bench, jobs) == ["running"]
    until_gone(bench)
    assert states(bench, jobs) == ["completed"]
    assert bench.helper_finalizers() == {}
    assert manager.log().count("Waiting for dependent resources to be deleted") == passes


def test_newer_controller_deletes_the_set_of_an_older_one(bench: Bench) -> None:
    up(bench, "0.9.0", minRunners=1).stop()
    newer = bench.start("0.9.1")
    until_gone(bench)
    told = "Autoscaling runner set version doesn't match the build version. Deleting the resource."
    assert told in newer.log()
    assert '"targetVersion": "0.9.1", "actualVersion": "0.9.0"' in newer.log()
    assert bench.helper_finalizers() == {}


def test_two_controllers_give_the_lines_of_3562(bench: Bench) -> None:
    bench.use_crds("0.9.1")
    older, newer = bench.start("0.9.0"), bench.start("0.9.1")
    for manager in (older, newer):
        bench.until(lambda m=manager: m.log().count("Starting workers") == 4, "workers")
    for number in range(4):
        bench.install("0.9.1", f"set{number}")
        until_gone(bench)
    missing = [line for line in newer.log().splitlines() if "finalizer added" in line]
    assert missing and all("Failed to update autoscaling runner set" in line for line in missing)
    assert all('\\"set' in line and 'not found"' in line for line in missing)
    assert newer.log().count("Reconciler error") >= len(missing)


def test_listener_of_0_13_0_is_an_orphan_under_0_13_1_and_keeps_the_session(bench: Bench) -> None:
    up(bench, "0.13.0", minRunners=1).stop()
    (old,) = bench.all(LISTENERS)
    newer = bench.start("0.13.1")
    bench.until(lambda: len(bench.all(LISTENERS)) == 2, "a second listener")
    refused = "Listener pod is terminated"
    bench.until(lambda: newer.log().count(refused) >= 3, "the second one dies again and again")
    bench.cluster.delete(bench.path(LISTENERS, old["metadata"]["name"]))
    bench.until(lambda: len(bench.all(LISTENERS)) == 1, "the orphan goes")
    bench.until(bench.serves, "the new one has the session")
    (left,) = bench.all(LISTENERS)
    assert left["spec"]["image"].endswith(":0.13.1")


def test_boolean_failures_stop_every_worker_until_cured(bench: Bench) -> None:
    up(bench, "0.9.3", minRunners=1).stop()
    path = bench.path(RUNNERS, running(bench)[0]["metadata"]["name"], "status")
    bench.cluster.patch(path, {"status": {"failures": {"x": True}}})
    bench.use_crds("0.14.2")
    newer = bench.start("0.14.2")
    told = "json: cannot unmarshal bool into Go struct field"
    bench.until(lambda: newer.log().count(told) >= 2, "the list fails again and again")
    assert "Starting workers" not in newer.log()
    assert "deletionTimestamp" not in bench.all(SETS)[0]["metadata"]
    bench.cluster.patch(path, {"status": {"failures": None}})
    bench.until(lambda: not bench.all(SETS), "the gate fires now", 40)


def test_listener_bound_to_a_dead_runner_set_dies_until_it_is_deleted(bench: Bench) -> None:
    bench.use_crds("0.14.2")
    manager = bench.start("0.14.2", LAB_ARC_STALE_LISTENER="1")
    bench.install("0.14.2", minRunners=1)
    restarts = "Listener pod is terminated"
    bench.until(lambda: manager.log().count(restarts) >= 3, "the listener dies again and again")
    (listener,), (live,) = bench.all(LISTENERS), bench.all(RUNNER_SETS)
    assert listener["spec"]["ephemeralRunnerSetName"] != live["metadata"]["name"]
    assert bench.all(SETS)[0]["status"]["phase"] == "Running"
    bench.cluster.delete(bench.path(LISTENERS, listener["metadata"]["name"]))
    bench.until(lambda: len(running(bench)) == 1, "cured")


@pytest.mark.parametrize("release", ["0.13.1", "0.14.2"])
def test_eventual_keeps_the_listener_away_while_an_idle_runner_stays(
    bench: Bench, release: str
) -> None:
    manager = up(bench, release, "--update-strategy=eventual", minRunners=1)
    bench.until(
        lambda: bench.all(RUNNER_SETS)[0]["status"].get("runningEphemeralRunners") == 1, "counted"
    )
    path = bench.path(SETS, bench.set_name("web"))
    bench.cluster.patch(path, {"spec": {"maxRunners": 6}})
    told = "Creating a new AutoscalingListener is waiting for the running and pending runners"
    bench.until(lambda: told in manager.log(), "it waits")
    assert bench.all(LISTENERS) == [] and not bench.serves()
    (runner_set,) = bench.all(RUNNER_SETS)
    name = bench.path(RUNNER_SETS, runner_set["metadata"]["name"])
    bench.cluster.patch(name, {"spec": {"replicas": 0, "patchID": 0}})
    bench.until(bench.serves, "cured")


@pytest.mark.parametrize(
    "release, taken", [("0.9.0", ["assigned"] * 2), ("0.14.2", ["queued"] * 2)]
)
def test_limits_of_zero_stop_new_work_only_where_capacity_is_told(
    bench: Bench, release: str, taken: List[str]
) -> None:
    up(bench, release, maxRunners=2)
    path = bench.path(SETS, bench.set_name("web"))
    before = bench.all(LISTENERS)[0]["metadata"]["uid"]
    bench.cluster.patch(path, {"spec": {"minRunners": 0, "maxRunners": 0}})
    bench.until(
        lambda: [x for x in bench.all(LISTENERS) if x["metadata"]["uid"] != before]
        and bench.serves(),
        "the listener is made again",
    )
    assert "maxRunners" not in bench.all(LISTENERS)[0]["spec"]
    assert "replicas" not in bench.all(RUNNER_SETS)[0]["spec"]
    jobs = queue(bench, 2, 1)
    if taken == ["assigned"] * 2:
        bench.until(lambda: states(bench, jobs) == taken, "0.9.0 takes what it will never run")
    else:
        bench.settle(lambda: states(bench, jobs) == taken, "not offered", 2.0)
    assert bench.all(RUNNERS) == []


@pytest.mark.parametrize("release", ["0.9.0", "0.14.2"])
def test_listener_goes_on_taking_jobs_without_its_controller(bench: Bench, release: str) -> None:
    manager = up(bench, release, minRunners=1)
    manager.stop(9)
    jobs = queue(bench, 2, 1)
    bench.until(
        lambda: states(bench, jobs) == ["assigned", "completed"], "one runs, one never starts"
    )
    bench.until(lambda: bench.all(RUNNER_SETS)[0]["spec"].get("replicas") == 2, "it patches on")
    assert len(bench.all(RUNNERS)) == 1
    delete_set(bench)
    bench.settle(lambda: bench.serves() and len(bench.all(LISTENERS)) == 1, "nothing follows", 1.0)
    bench.start(release)
    until_gone(bench)


def test_newer_crds_leave_an_older_controller_without_runners(bench: Bench) -> None:
    bench.use_crds("0.14.2")
    manager = bench.start("0.9.3")
    bench.install("0.9.3", minRunners=1)
    bench.until(bench.serves, "looks fine")
    made = "Creating new EphemeralRunner pod."
    bench.until(lambda: manager.log().count(made) >= 8, "no limit of five", 40)
    assert "must be of type date-time" in manager.log()
    (runner,) = bench.all(RUNNERS)
    assert runner["status"]["phase"] == "Running" and "failures" not in runner["status"]


@pytest.mark.parametrize("release", ["0.9.3", "0.14.2"])
def test_scale_set_gone_at_github_holds_the_set_until_the_annotation_goes(
    bench: Bench, release: str
) -> None:
    manager = up(bench, release)
    path = bench.path(SETS, bench.set_name("web"))
    bench.cluster.patch(path, {"metadata": {"annotations": {"runner-scale-set-id": "999999"}}})
    delete_set(bench)
    told = "Failed to delete runner scale set"
    bench.until(lambda: manager.log().count(told) >= 3, "tried again and again")
    assert bench.all(SETS) and len(bench.helper_finalizers()) == 4
    bench.cluster.patch(path, {"metadata": {"annotations": {"runner-scale-set-id": None}}})
    until_gone(bench)


def test_deprecated_runner_parks_the_set_until_its_spec_changes(bench: Bench) -> None:
    bench.service.settings(runner_exit=7)
    try:
        bench.use_crds("0.14.2")
        manager = bench.start("0.14.2")
        bench.install("0.14.2", minRunners=1)
        bench.until(
            lambda: not bench.all(RUNNER_SETS)
            and (bench.all(SETS)[0].get("status") or {}).get("phase") == "Outdated",
            "parked",
        )
        assert "Ephemeral runner set is outdated" in manager.log()
        annotations = bench.all(SETS)[0]["metadata"]["annotations"]
        bench.until(
            lambda: "runner-scale-set-id" not in bench.all(SETS)[0]["metadata"]["annotations"],
            "scale set deleted at GitHub",
        )
        assert bench.all(LISTENERS) == [] and annotations["actions.github.com/change-hash"]
    finally:
        bench.service.settings(runner_exit=0)
    bench.settle(lambda: not bench.all(LISTENERS), "a deadlock", 2.0)
    path = bench.path(SETS, bench.set_name("web"))
    bench.cluster.patch(path, {"metadata": {"labels": {"again": "yes"}}})
    bench.until(lambda: len(running(bench)) == 1, "works again")


def test_runner_pod_that_is_refused_makes_the_runner_failed(bench: Bench) -> None:
    pod = {
        "serviceAccountName": "nobody",
        "containers": [{"name": "runner", "image": "runner", "command": ["/home/runner/run.sh"]}],
    }
    bench.use_crds("0.9.3")
    bench.start("0.9.3")
    bench.install("0.9.3", minRunners=1, template={"spec": pod})
    (runner,) = bench.until(
        lambda: [r for r in bench.all(RUNNERS) if r.get("status", {}).get("phase") == "Failed"],
        "the runner fails",
    )
    assert runner["status"]["reason"] == "InvalidPod"
    assert 'serviceaccount "nobody" not found' in runner["status"]["message"]
    pods = path_of("v1", "pods", bench.runners)
    assert bench.cluster.items(pods) == []


def test_second_manager_waits_for_the_lease_and_takes_over(bench: Bench) -> None:
    bench.use_crds("0.14.2")
    flags = ("--enable-leader-election", f"--watch-single-namespace={bench.runners}")
    leader = bench.start("0.14.2", *flags)
    bench.until(lambda: "Starting workers" in leader.log(), "the first one works")
    second = bench.start("0.14.2", *flags)
    bench.install("0.14.2", minRunners=1)
    bench.until(lambda: len(running(bench)) == 1, "an idle runner")
    assert "attempting to acquire leader lease" in second.log()
    assert "Starting workers" not in second.log()
    leader.stop(9)
    delete_set(bench)
    bench.until(lambda: "Starting workers" in second.log(), "the lease lapses", 30)
    until_gone(bench)
