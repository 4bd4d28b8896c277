# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""#3562: a controller of another release deletes the scale set, and Helm says `deployed`."""

from __future__ import annotations

from typing import Any, Dict, List

from lab.arc.install import SYSTEMS
from lab.reproduce.history import DELETING, GONE, Change
from lab.reproduce.judging import Between, Contains, InOrder
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Stage

JOB_S = 20.0
FRESH = 4
GATE = "Autoscaling runner set version doesn't match the build version. Deleting the resource."
UPDATE = "Failed to update autoscaling runner set with finalizer added"


def play(stage: Stage, older: str, newer: str) -> None:
    (cluster,) = stage.clusters
    _controller_alone(stage, cluster, older, newer)
    _two_controllers(stage, cluster, older, newer)


def _controller_alone(stage: Stage, cluster: str, older: str, newer: str) -> None:
    """a1: one running job, two idle runners; the scale set's chart stays where it is."""
    stage.controller(cluster, older)
    stage.scale_set(cluster, older, "web", min_runners=2, inline=True)
    jobs = stage.queue("web", 1, JOB_S)
    (job,) = stage.until_jobs(jobs, "running", "a job runs")
    stage.until(lambda: len(stage.running(cluster)) == 3, "two runners are idle beside it")
    stage.controller(cluster, newer, wait=False)
    found = stage.until(lambda: _started(stage, cluster, newer), f"pod of {newer} runs")
    stage.begin(f"helm upgrade of the controller {older} to {newer}: its pod runs", found[0].at)
    marked = stage.change(cluster, "AutoscalingRunnerSet", DELETING)
    stage.change(cluster, "AutoscalingListener", GONE)
    stage.change(cluster, "EphemeralRunnerSet", DELETING)
    idle = stage.until(
        lambda: stage.on(cluster).history.find("EphemeralRunner", GONE, found[0].at)[1:],
        "both idle runners are gone",
        at=lambda changes: float(changes[0].at),
    )
    (busy,) = stage.arc(cluster, "EphemeralRunner")
    stage.outcome["busy runner is marked"] = "deletionTimestamp" in busy["metadata"]
    (job,) = stage.until_jobs(jobs, "completed", "the job ends")
    gone = stage.change(cluster, "AutoscalingRunnerSet", GONE)
    stage.outcome.update(
        {
            "set marked after_s": stage.after(marked.at),
            "idle runners gone after_s": stage.after(idle[0].at),
            "set gone after the job_s": round(gone.at - job["finished_at"], 2),
            "order": stage.order(cluster),
            "job": job["state"],
            "gate": stage.manager_log(cluster, GATE, newer),
            "helm": stage.helm_list(cluster),
            "left": stage.held(cluster),
            "scale sets at GitHub": stage.scale_sets_at_github("web"),
        }
    )
    stage.seen(f"no scale set, and Helm says {stage.outcome['helm']}")


def _started(stage: Stage, cluster: str, release: str) -> List[Change]:
    pods = stage.on(cluster).history.find("Pod", "phase Running")
    return [change for change in pods if is_of(change.item, release)]


def is_of(pod: Dict[str, Any], release: str) -> bool:
    """Whether a pod is the controller's, of that release."""
    image = pod["spec"]["containers"][0]["image"]
    return pod["metadata"]["namespace"] == SYSTEMS and image.endswith(
        f"gha-runner-scale-set-controller:{release}"
    )


def _two_controllers(stage: Stage, cluster: str, older: str, newer: str) -> None:
    """a3: both alive, a fresh set of the newer release: the older one is there first."""
    stage.controller(cluster, older, name="older")
    stage.seen(f"a controller of {older} beside that of {newer}")
    names = [f"fresh-{number}" for number in range(1, FRESH + 1)]
    for name in names:
        stage.scale_set(cluster, newer, name, wait=False)
        stage.until(lambda n=name: not _sets(stage, cluster, n), f"{name} is gone")
    lines = stage.manager_log(cluster, UPDATE, newer)
    stage.outcome["two controllers"] = {
        "finalizer lines": len(lines),
        "error": lines,
        "reconciler": not_found(stage.manager_log(cluster, "Reconciler error", newer)),
        "sets": len(stage.arc(cluster, "AutoscalingRunnerSet")),
        "helm": sorted({stage.helm_list(cluster)[name] for name in names}),
    }
    stage.seen(f"{len(lines)} of {FRESH} installs gave the line of #3562")


def _sets(stage: Stage, cluster: str, name: str) -> List[Dict[str, Any]]:
    return stage.arc(cluster, "AutoscalingRunnerSet", name)


def not_found(lines: List[str]) -> List[str]:
    return [line for line in lines if "not found" in line]


UNHELD = {"count": 1, "deleting": False, "finalizers": []}
SCENARIO = Scenario(
    name="3562",
    title="A newer controller deletes the scale set; Helm says deployed (#3562)",
    observed=("a1", "a3"),
    releases=("0.9.0", "0.9.1"),
    play=play,
    expected={
        "busy runner is marked": False,
        "set marked after_s": Between(0, 5),
        "idle runners gone after_s": Between(0.2, 10),
        "set gone after the job_s": Between(0, 5),
        "order": InOrder(
            [
                "AutoscalingRunnerSet deleting",
                "AutoscalingListener deleting",
                "AutoscalingListener gone",
                "EphemeralRunnerSet deleting",
                "EphemeralRunner gone",
                "EphemeralRunnerSet gone",
                "AutoscalingRunnerSet gone",
            ]
        ),
        "job": "completed",
        "gate": Contains('"targetVersion": "0.9.1", "actualVersion": "0.9.0"'),
        "helm": {"arc": "deployed 0.9.1", "web": "deployed 0.9.0"},
        "left": dict.fromkeys(["ServiceAccount", "Secret", "Role", "RoleBinding"], UNHELD),
        "scale sets at GitHub": [],
        "two controllers": {
            "finalizer lines": Between(FRESH // 2, FRESH),
            "error": Contains('autoscalingrunnersets.actions.github.com \\"fresh-'),
            "reconciler": Contains('"controller": "autoscalingrunnerset"'),
            "sets": 0,
            "helm": ["deployed 0.9.1"],
        },
    },
)
