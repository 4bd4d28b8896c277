# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One runner with boolean failures, written under an older release, stops a newer controller."""

from __future__ import annotations

import time

from lab.arc.install import SYSTEMS
from lab.reproduce.history import GONE
from lab.reproduce.judging import Between, Contains
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Item, Stage

JOB_S = 45.0
WATCHED_S = 5.0
UNREADABLE = "json: cannot unmarshal bool into Go struct field"


def play(stage: Stage, older: str, newer: str) -> None:
    (cluster,) = stage.clusters
    stage.controller(cluster, older)
    stage.scale_set(cluster, older, "web", min_runners=1)
    jobs = stage.queue("web", 1, JOB_S)
    (job,) = stage.until_jobs(jobs, "running", "a job runs")
    stage.until(lambda: len(stage.running(cluster)) == 2, "a runner is idle beside it")
    _write_failures(stage, cluster, _idle(stage, cluster, job["runner"]), {"x": True})
    stage.use_crds(cluster, newer)
    stage.controller(cluster, newer)
    stage.begin(f"controller {older} upgraded to {newer}, CRDs replaced")
    stage.until(
        lambda: len(stage.manager_log(cluster, UNREADABLE, newer)) >= 2,
        "the manager cannot list EphemeralRunners, again and again",
    )
    stage.stays(
        lambda: "deletionTimestamp" not in stage.one(cluster, "AutoscalingRunnerSet")["metadata"],
        "not even the version gate acts",
        WATCHED_S,
    )
    stage.until_jobs(jobs, "completed", "the running job ends")
    _note_standstill(stage, cluster, newer)
    _cure(stage, cluster, newer)


def _idle(stage: Stage, cluster: str, busy: str) -> str:
    names = [item["metadata"]["name"] for item in stage.running(cluster)]
    return str(next(name for name in names if name != busy))


def _write_failures(stage: Stage, cluster: str, runner: str, failures: object) -> None:
    path = stage.path("EphemeralRunner", runner, "status")
    stage.on(cluster).patch(path, {"status": {"failures": failures}})


def _note_standstill(stage: Stage, cluster: str, newer: str) -> None:
    (manager,) = stage.managers(cluster, newer)
    stage.outcome.update(
        {
            "error": stage.manager_log(cluster, UNREADABLE, newer)[:1],
            "workers": stage.manager_log(cluster, "Starting workers", newer),
            "manager": {
                "phase": manager["status"]["phase"],
                "restarts": _main(manager)["restartCount"],
                "ready": _main(manager)["ready"],
            },
            "helm": stage.helm_list(cluster),
            "runner phases": sorted(
                item["status"]["phase"] for item in stage.arc(cluster, "EphemeralRunner")
            ),
            "old listener has its session": stage.session("web", cluster) is not None,
        }
    )


def _main(pod: Item) -> Item:
    return dict(pod["status"]["containerStatuses"][0])


def _cure(stage: Stage, cluster: str, newer: str) -> None:
    """Taking the map off lets all workers start, and then the gate fires."""
    (runner,) = [
        item["metadata"]["name"]
        for item in stage.arc(cluster, "EphemeralRunner")
        if item["status"].get("failures")
    ]
    begun = time.time()
    stage.seen("failures are taken off the runner")
    _write_failures(stage, cluster, runner, None)
    stage.until(
        lambda: len(stage.manager_log(cluster, "Starting workers", newer)) == 4,
        "the workers of all four controllers start",
        60,
    )
    gone = stage.change(cluster, "AutoscalingRunnerSet", GONE, limit_s=60)
    stage.outcome["cured"] = {
        "set gone after_s": round(gone.at - begun, 2),
        "gate": stage.manager_log(cluster, "version doesn't match the build version", newer),
        "pods in": sorted({p["metadata"]["namespace"] for p in stage.managers(cluster, newer)}),
    }


SCENARIO = Scenario(
    name="failures-map",
    title="One runner with boolean failures: the whole controller stands still, Helm says deployed",
    observed=("e",),
    releases=("0.9.3", "0.14.2"),
    play=play,
    expected={
        "error": Contains(
            "cannot unmarshal bool into Go struct field "
            "EphemeralRunnerStatus.items.status.failures of type string"
        ),
        "workers": [],
        "manager": {"phase": "Running", "restarts": 0, "ready": True},
        "helm": {"arc": "deployed 0.14.2", "web": "deployed 0.9.3"},
        # The finished one too: nobody looks at it.
        "runner phases": ["Running", "Running"],
        "old listener has its session": True,
        "cured": {
            "set gone after_s": Between(0, 45),
            "gate": Contains('"autoscalingRunnerSetVersion": "0.9.3"'),
            "pods in": [SYSTEMS],
        },
    },
)
