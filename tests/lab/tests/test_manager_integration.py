# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in against a real API server: life and death of a set, by release (observed a to q)."""

from __future__ import annotations

from typing import List

import pytest

from lab.kube import path_of
from lab.tests.arc_bench import Bench
from lab.tests.arc_steps import (
    LISTENERS,
    RUNNER_SETS,
    RUNNERS,
    SETS,
    delete_set,
    queue,
    running,
    states,
    until_gone,
    up,
)

MAIN = "ephemeralrunner.actions.github.com/finalizer"
REGISTRATION = "ephemeralrunner.actions.github.com/runner-registration-finalizer"


def test_jobs_run_on_idle_and_new_runners_and_the_set_goes_without_a_trace(bench: Bench) -> None:
    manager = up(bench, "0.12.1", minRunners=1)
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
    assert not any(s["name"] == bench.set_name("web") for s in bench.service.scale_sets())
    assert manager.log().count("Waiting for dependent resources to be deleted") == passes


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


def test_scale_set_gone_at_github_holds_the_set_until_the_annotation_goes(bench: Bench) -> None:
    manager = up(bench, "0.14.2")
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
