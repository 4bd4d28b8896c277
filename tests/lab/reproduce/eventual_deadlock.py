# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`updateStrategy: eventual` and an idle runner: the listener goes and never comes back."""

from __future__ import annotations

import time
from typing import List

from lab.reproduce.history import GONE
from lab.reproduce.judging import Between
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Stage

WATCHED_S = 5.0
AGAIN_S = 3.0


def play(stage: Stage, release: str) -> None:
    (cluster,) = stage.clusters
    stage.controller(cluster, release, strategy="eventual")
    stage.scale_set(cluster, release, "web", min_runners=1, max_runners=5)
    stage.until(
        lambda: stage.one(cluster, "EphemeralRunnerSet")["status"].get("runningEphemeralRunners"),
        "the idle runner is counted",
    )
    stage.begin("helm upgrade of the set: maxRunners 5 to 6")
    stage.scale_set(cluster, release, "web", wait=False, min_runners=1, max_runners=6)
    gone = stage.change(cluster, "AutoscalingListener", GONE)
    jobs = stage.queue("web", 2, 1)
    _watch(stage, cluster, WATCHED_S, "no listener comes back")
    stage.outcome.update(
        {
            "listener gone after_s": stage.after(gone.at),
            "phase of the set": stage.one(cluster, "AutoscalingRunnerSet")["status"].get("phase"),
            "helm": stage.helm_list(cluster)["web"],
            "jobs": stage.states(jobs),
            "idle runners": len(stage.running(cluster)),
            "replicas": stage.one(cluster, "EphemeralRunnerSet")["spec"].get("replicas"),
        }
    )
    stage.scale_set(cluster, release, "web", wait=False, min_runners=1, max_runners=5)
    _watch(stage, cluster, AGAIN_S, "max back to 5: no listener")
    stage.restart_controller(cluster)
    _watch(stage, cluster, AGAIN_S, "controller restarted: no listener")
    _cure(stage, cluster, jobs)


def _watch(stage: Stage, cluster: str, span_s: float, what: str) -> None:
    stage.stays(lambda: not stage.arc(cluster, "AutoscalingListener"), what, span_s)


def _cure(stage: Stage, cluster: str, jobs: List[int]) -> None:
    """The idle runner is taken away by hand."""
    begun = time.time()
    stage.seen("patch of the runner set: replicas 0, patchID 0")
    name = stage.one(cluster, "EphemeralRunnerSet")["metadata"]["name"]
    body = {"spec": {"replicas": 0, "patchID": 0}}
    stage.on(cluster).patch(stage.path("EphemeralRunnerSet", name), body)
    done = stage.until_jobs(jobs, "completed", "both jobs run")
    starts = [job["started_at"] - begun for job in done]
    stage.outcome["cured"] = {"jobs started after_s": round(max(starts), 2)}


SCENARIO = Scenario(
    name="eventual-deadlock",
    title="updateStrategy eventual with minRunners 1: the listener goes and never comes back",
    observed=("l",),
    releases=("0.14.2",),
    play=play,
    expected={
        # Observed: at once; Helm takes half a second.
        "listener gone after_s": Between(0, 10),
        "phase of the set": "Pending",
        "helm": "deployed 0.14.2",
        "jobs": ["queued", "queued"],
        "idle runners": 1,
        "replicas": 1,
        "cured": {"jobs started after_s": Between(0, 8)},
    },
)
