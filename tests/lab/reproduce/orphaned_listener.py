# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""0.13.1 names listeners otherwise: the old one goes on beside a new one that never can work."""

from __future__ import annotations

import time
from typing import Any, Dict, List

from lab.arc.install import SYSTEMS
from lab.reproduce.history import GONE
from lab.reproduce.judging import Between, Contains
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Stage

JOB_S = 18.0
SEVERAL_PODS = 4


def play(stage: Stage, older: str, newer: str) -> None:
    (cluster,) = stage.clusters
    stage.controller(cluster, older)
    stage.scale_set(cluster, older, "web", min_runners=1)
    jobs = stage.queue("web", 1, JOB_S)
    stage.until_jobs(jobs, "running", "a job runs")
    stage.until(lambda: len(stage.running(cluster)) == 2, "a runner is idle beside it")
    old = stage.one(cluster, "AutoscalingListener")
    before = _identities(stage, cluster)
    begun = stage.begin(f"helm upgrade of the controller {older} to {newer}")
    stage.controller(cluster, newer)
    stage.until(lambda: len(stage.arc(cluster, "AutoscalingListener")) == 2, "a second listener")
    stage.scale_set(cluster, newer, "web", wait=False, min_runners=1)
    stage.seen("helm upgrade of the scale set: nothing changes")
    (new,) = [
        item["metadata"]["name"]
        for item in stage.arc(cluster, "AutoscalingListener")
        if item["metadata"]["uid"] != old["metadata"]["uid"]
    ]
    _new_one_dies(stage, cluster, new, begun)
    _jobs_run_all_the_same(stage)
    stage.outcome["listeners"] = _images(stage, cluster)
    stage.outcome["helm"] = stage.helm_list(cluster)
    stage.outcome["objects kept"] = _identities(stage, cluster) == before
    _cure(stage, cluster, old["metadata"]["name"], jobs)


def _identities(stage: Stage, cluster: str) -> List[str]:
    """Of the set, its runner set, and the scale set at GitHub."""
    kinds = ("AutoscalingRunnerSet", "EphemeralRunnerSet")
    uids = [stage.one(cluster, kind)["metadata"]["uid"] for kind in kinds]
    return uids + [str(number) for number in stage.scale_sets_at_github("web")]


def _images(stage: Stage, cluster: str) -> List[str]:
    found = stage.arc(cluster, "AutoscalingListener")
    return sorted(item["spec"]["image"].rpartition(":")[2] for item in found)


def _new_one_dies(stage: Stage, cluster: str, new: str, begun: float) -> None:
    history = stage.on(cluster).history
    stage.until(
        lambda: len(history.find("Pod", GONE, begun, new)) >= SEVERAL_PODS,
        f"pod of {new} dies, again and again",
    )
    session = stage.session("web", cluster) or {}
    stage.outcome["session is held by the old one"] = not str(session.get("owner")) == new
    gone = history.find("Pod", GONE, begun, new)
    pause = (gone[-1].at - gone[0].at) / (len(gone) - 1)
    stage.outcome["seconds from pod to pod"] = round(pause, 2)
    lines: List[str] = []

    def refused() -> bool:
        # Its pods are too short-lived for every look to find one.
        lines.extend(line for line in stage.on(cluster).log(SYSTEMS, new) if "409" in line)
        return bool(lines)

    stage.until(refused, "its log tells why")
    stage.outcome["error"] = lines[:1]


def _jobs_run_all_the_same(stage: Stage) -> None:
    jobs = stage.queue("web", 2, 1)
    done = stage.until_jobs(jobs, "completed", "two more jobs run at once")
    waits = [job["started_at"] - job["queued_at"] for job in done]
    stage.outcome["longest wait_s"] = round(max(waits), 2)


def _cure(stage: Stage, cluster: str, old: str, jobs: List[int]) -> None:
    """`kubectl delete autoscalinglistener` of the old one."""
    begun = time.time()
    stage.seen(f"{old} is deleted")
    stage.on(cluster).delete(stage.path("AutoscalingListener", old))
    gone = stage.change(cluster, "AutoscalingListener", GONE, old)
    session = stage.until(
        lambda: _session_since(stage, cluster, begun),
        "the new listener has its session",
        at=lambda found: float(found["opened_at"]),
    )
    stage.until_jobs(jobs, "completed", "the job that ran all the time ends")
    stage.outcome["cured"] = {
        "listener gone after_s": round(gone.at - begun, 2),
        "session after_s": round(session["opened_at"] - begun, 2),
        "listeners": _images(stage, cluster),
        "job": stage.states(jobs),
    }


def _session_since(stage: Stage, cluster: str, begun: float) -> Dict[str, Any]:
    session = stage.session("web", cluster) or {}
    return session if session.get("opened_at", 0.0) > begun else {}


SCENARIO = Scenario(
    name="orphaned-listener",
    title="0.13.0 to 0.13.1: the old listener works on, the new one dies for ever",
    observed=("i",),
    releases=("0.13.0", "0.13.1"),
    play=play,
    expected={
        "session is held by the old one": True,
        # Observed: 0.45 s.
        "seconds from pod to pod": Between(0.2, 6),
        "error": Contains("RunnerScaleSetSessionConflictException"),
        "longest wait_s": Between(0, 6),
        "listeners": ["0.13.0", "0.13.1"],
        "helm": {"arc": "deployed 0.13.1", "web": "deployed 0.13.1"},
        "objects kept": True,
        "cured": {
            "listener gone after_s": Between(0, 5),
            "session after_s": Between(0, 10),
            "listeners": ["0.13.1"],
            "job": ["completed"],
        },
    },
)
