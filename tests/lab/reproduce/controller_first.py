# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller is removed before its scale sets: what hangs, what goes on, what cures it."""

from __future__ import annotations

from typing import Any, Dict

from lab.arc import await_arc
from lab.arc.install import SYSTEMS
from lab.reproduce.history import GONE
from lab.reproduce.judging import Between
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Stage

BUSY_S, SHORT_S = 15.0, 3.0
RUNNER = "ephemeralrunner.actions.github.com"


def play(stage: Stage, release: str) -> None:
    (cluster,) = stage.clusters
    stage.controller(cluster, release)
    stage.scale_set(cluster, release, "web", min_runners=1, inline=True)
    busy = stage.queue("web", 1, BUSY_S)
    stage.until_jobs(busy, "running", "a job runs")
    stage.until(lambda: len(stage.running(cluster)) == 2, "a runner is idle beside it")
    stage.uninstall(cluster, "arc", SYSTEMS)
    stage.begin("helm uninstall of the controller")
    stage.until(lambda: not stage.managers(cluster), "the manager is gone")
    _listener_goes_on(stage, cluster)
    stage.until_jobs(busy, "completed", "the first job ends")
    stage.uninstall(cluster, "web")
    stage.seen("helm uninstall of the scale set: rc 0")
    stage.stays(lambda: len(stage.arc(cluster, "AutoscalingListener")) == 1, "all of it hangs", 3)
    stage.outcome.update(
        {
            "held": stage.held(cluster),
            "helm": stage.helm_list(cluster),
            "session is open": stage.session("web", cluster) is not None,
            "runner pods": sorted(pod["status"]["phase"] for pod in _runner_pods(stage, cluster)),
        }
    )
    _cure(stage, cluster, release)


def _listener_goes_on(stage: Stage, cluster: str) -> None:
    """Of two new jobs one runs on the idle runner, the other is taken and never starts."""
    jobs = stage.queue("web", 2, SHORT_S)
    stage.until(
        lambda: sorted(stage.states(jobs)) == ["assigned", "completed"],
        "one job ran on the idle runner, one is assigned and has no runner",
    )
    (waiting,) = [job["id"] for job in stage.jobs(jobs) if job["state"] == "assigned"]
    stage.until(lambda: stage.service.job(waiting)["stranded_s"], "the assigned job is stranded")
    stage.outcome["jobs without controller"] = sorted(stage.states(jobs))
    stage.outcome["runners without controller"] = len(stage.arc(cluster, "EphemeralRunner"))


def _runner_pods(stage: Stage, cluster: str) -> Any:
    return [
        pod
        for pod in stage.pods(cluster, "arc-runners")
        if pod["metadata"].get("labels", {}).get("app.kubernetes.io/component") == "runner"
    ]


def _cure(stage: Stage, cluster: str, release: str) -> None:
    """The same release again."""
    stage.controller(cluster, release, wait=False)
    pod = stage.change(cluster, "Pod", "phase Running", _manager(stage, cluster))
    gone = stage.change(cluster, "AutoscalingRunnerSet", GONE)
    stage.until(lambda: not await_arc.remaining(stage.state, cluster), "nothing of ARC is left")
    stage.outcome["cured after_s"] = round(gone.at - pod.at, 2)
    stage.outcome["held after the cure"] = stage.held(cluster)


def _manager(stage: Stage, cluster: str) -> str:
    found = stage.until(lambda: stage.managers(cluster), "the same release is installed again")
    return str(found[0]["metadata"]["name"])


def hung(deleting: bool, count: int, *finalizers: str) -> Dict[str, Any]:
    return {"count": count, "deleting": deleting, "finalizers": sorted(finalizers)}


KEPT = hung(True, 1, "actions.github.com/cleanup-protection")
SCENARIO = Scenario(
    name="controller-first",
    title="The controller is removed first: everything hangs, the listener goes on taking jobs",
    observed=("c",),
    releases=("0.14.2",),
    play=play,
    expected={
        "jobs without controller": ["assigned", "completed"],
        "runners without controller": 2,
        "held": {
            "AutoscalingRunnerSet": hung(
                True, 1, "autoscalingrunnerset.actions.github.com/finalizer"
            ),
            "AutoscalingListener": hung(
                False, 1, "autoscalinglistener.actions.github.com/finalizer"
            ),
            "EphemeralRunnerSet": hung(False, 1, f"{RUNNER}/finalizer"),
            "EphemeralRunner": hung(
                False, 2, f"{RUNNER}/finalizer", f"{RUNNER}/runner-registration-finalizer"
            ),
            "ServiceAccount": KEPT,
            "Secret": KEPT,
            "Role": KEPT,
            "RoleBinding": KEPT,
        },
        "helm": {},
        "session is open": True,
        # Nobody takes away what has ended.
        "runner pods": ["Succeeded", "Succeeded"],
        "cured after_s": Between(0, 8),
        "held after the cure": {},
    },
)
