# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two clusters serve one set in the same runner group: removing it in one kills it in both."""

from __future__ import annotations

import time
from typing import List

from lab.arc.install import SYSTEMS
from lab.reproduce.history import GONE
from lab.reproduce.judging import Between, Contains
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import GROUPS, Stage, annotations

BLUE_S, GREEN_S = 10.0, 24.0
SEVERAL_PODS = 3
HANGS_S = 4.0
CONFLICT = "RunnerScaleSetSessionConflictException"
BUSY = "RunnerScaleSetHasRunningJobsException"
UNKNOWN = "RunnerScaleSetNotFoundException"


def play(stage: Stage, release: str) -> None:
    blue, green = stage.clusters
    _install(stage, blue, green, release)
    jobs = stage.queue("web", 1, BLUE_S)
    stage.until_jobs(jobs, "running", "a job runs in blue")
    begun = stage.begin("the AutoscalingRunnerSet of blue is deleted")
    stage.on(blue).delete(stage.path("AutoscalingRunnerSet", "web"))
    session = stage.until(
        lambda: stage.session("web", green),
        "green has the session",
        at=lambda found: float(found["opened_at"]),
    )
    stage.outcome["green has the session after_s"] = stage.after(session["opened_at"])
    stage.until(lambda: len(stage.running(green)) >= 1, "green makes runners")
    # One scale set, two clusters: an idle runner of blue would take green's job.
    stage.until(lambda: len(stage.arc(blue, "EphemeralRunner")) == 1, "blue's idle runner is gone")
    others = stage.queue("web", 1, GREEN_S)
    (other,) = stage.until_jobs(others, "running", "a job runs in green")
    stage.outcome["it runs in green"] = other["cluster"] == green
    _blue_hangs(stage, blue, jobs, others, begun)
    _green_dies(stage, green)
    _green_hangs_too(stage, green)
    stage.outcome["jobs"] = stage.states(jobs + others)


def _install(stage: Stage, blue: str, green: str, release: str) -> None:
    """Both in the group `blue`; green's listener never gets its session."""
    stage.side_by_side(
        lambda: stage.controller(blue, release), lambda: stage.controller(green, release)
    )
    stage.scale_set(blue, release, "web", group=GROUPS[0], min_runners=1)
    stage.scale_set(green, release, "web", wait=False, group=GROUPS[0], min_runners=1)
    stage.outcome["green's listener"] = _listener_says(stage, green, CONFLICT)
    numbers = [annotations(stage.one(c, "AutoscalingRunnerSet")) for c in (blue, green)]
    stage.outcome["scale set ids are the same"] = (
        numbers[0]["runner-scale-set-id"] == numbers[1]["runner-scale-set-id"]
    )
    stage.outcome["runners of green"] = len(stage.arc(green, "EphemeralRunner"))
    stage.outcome["replicas in green"] = stage.one(green, "EphemeralRunnerSet")["spec"].get(
        "replicas"
    )


def _listener_says(stage: Stage, cluster: str, part: str) -> List[str]:
    """Wait for a line of the listener, whose pods end at once, and for several such pods."""
    since = time.time()
    lines: List[str] = []

    def told() -> bool:
        for item in stage.arc(cluster, "AutoscalingListener"):
            log = stage.on(cluster).log(SYSTEMS, item["metadata"]["name"])
            lines.extend(line for line in log if part in line)
        gone = stage.on(cluster).history.find("Pod", GONE, since)
        return bool(lines) and len(gone) >= SEVERAL_PODS

    stage.until(told, f"{cluster}: listener dies again and again: {part}", 40)
    return lines[:1]


def _blue_hangs(
    stage: Stage, blue: str, jobs: List[int], others: List[int], begun: float
) -> None:
    """Its own job has ended; the job that holds it is in the other cluster."""
    (own,) = stage.until_jobs(jobs, "completed", "blue's own job ends")
    stage.until(lambda: not stage.arc(blue, "EphemeralRunnerSet"), "blue: all but the set is gone")
    told = stage.until(
        lambda: stage.manager_log(blue, BUSY), "blue's set cannot be deleted at GitHub"
    )
    stage.outcome["blue's error"] = told[:1]
    (other,) = stage.until_jobs(others, "completed", "green's job ends")
    gone = stage.change(blue, "AutoscalingRunnerSet", GONE, limit_s=90)
    stage.outcome["blue's set hung for_s"] = round(gone.at - own["finished_at"], 1)
    stage.outcome["it went after green's job_s"] = round(gone.at - other["finished_at"], 1)
    asked = stage.asked("DELETE", "runnerscalesets", begun, blue)
    stage.outcome["refusals"] = [entry["status"] for entry in asked].count(400)


def _green_dies(stage: Stage, green: str) -> None:
    """The deletion in blue took the scale set away under it."""
    stage.outcome["scale sets at GitHub"] = stage.scale_sets_at_github("web")
    stage.outcome["green's listener after that"] = _listener_says(stage, green, UNKNOWN)
    stage.outcome["green's set looks intact"] = "deletionTimestamp" not in stage.one(
        green, "AutoscalingRunnerSet"
    )["metadata"]


def _green_hangs_too(stage: Stage, green: str) -> None:
    """404 is no "gone" to this release; without its id the set goes."""
    path = stage.path("AutoscalingRunnerSet", "web")
    stage.on(green).delete(path)
    stage.seen("the AutoscalingRunnerSet of green is deleted")
    stage.until(lambda: not stage.arc(green, "EphemeralRunner"), "green: runners are gone")
    stage.stays(lambda: stage.arc(green, "AutoscalingRunnerSet"), "green's set hangs", HANGS_S)
    told = stage.manager_log(green, "Failed to delete runner scale set")
    stage.outcome["green's error"] = [line for line in told if UNKNOWN in line][:1]
    stage.on(green).patch(path, {"metadata": {"annotations": {"runner-scale-set-id": None}}})
    stage.seen("its annotation runner-scale-set-id is taken off")
    stage.until(lambda: not stage.arc(green, "AutoscalingRunnerSet"), "green's set is gone")


SCENARIO = Scenario(
    name="same-group",
    title="One runner group in two clusters: removal in one hangs on the other, then kills it",
    observed=("j2", "q2"),
    releases=("0.9.3",),
    clusters=2,
    play=play,
    expected={
        "green's listener": Contains(CONFLICT),
        "scale set ids are the same": True,
        "runners of green": 0,
        "replicas in green": None,
        # Observed: 0.27 s.
        "green has the session after_s": Between(0, 4),
        "it runs in green": True,
        "blue's error": Contains("Failed to delete runner scale set"),
        "blue's set hung for_s": Between(5, 60),
        # The first retry without a running job; pauses double.
        "it went after green's job_s": Between(0, 45),
        "refusals": Between(5, 30),
        "scale sets at GitHub": [],
        "green's listener after that": Contains("404"),
        "green's set looks intact": True,
        "green's error": Contains("StatusCode 404"),
        "jobs": ["completed", "completed"],
    },
)
