# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in against a real API server: what one controller finds that another has left, and
what only its deletion or change cures (observed a to q)."""

from __future__ import annotations

from lab.tests.arc_bench import Bench
from lab.tests.arc_steps import (
    LISTENERS,
    RUNNER_SETS,
    RUNNERS,
    SETS,
    delete_set,
    running,
    until_gone,
    up,
)


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


def test_eventual_keeps_the_listener_away_while_an_idle_runner_stays(bench: Bench) -> None:
    manager = up(bench, "0.14.2", "--update-strategy=eventual", minRunners=1)
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
