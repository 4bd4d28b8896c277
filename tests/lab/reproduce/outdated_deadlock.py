# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One runner that GitHub calls too old ends its whole scale set, which then stays `Outdated`."""

from __future__ import annotations

import time
from typing import List, Optional

from lab.reproduce.history import GONE
from lab.reproduce.judging import Between, Contains
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import PLURALS, Stage, annotations

JOB_S = 15.0
WATCHED_S = 3.0
OUTDATED = "Outdated"


def play(stage: Stage, release: str) -> None:
    (cluster,) = stage.clusters
    stage.controller(cluster, release)
    stage.scale_set(cluster, release, "web", min_runners=1)
    busy = stage.queue("web", 1, JOB_S)
    stage.until_jobs(busy, "running", "a job runs")
    stage.until(lambda: len(stage.running(cluster)) == 2, "a runner is idle beside it")
    stage.settings(runner_exit=7)
    ended = stage.until(
        lambda: stage.on(cluster).history.find("EphemeralRunner", f"phase {OUTDATED}"),
        "the idle runner is refused and ends with exit code 7",
        40,
    )
    stage.begin("the runner is Outdated", ended[0].at)
    marked = stage.change(cluster, "AutoscalingRunnerSet", f"phase {OUTDATED}")
    stage.change(cluster, "AutoscalingListener", GONE)
    waiting = stage.queue("web", 1, 1)
    (job,) = stage.until_jobs(busy, "completed", "the running job ends, unharmed")
    stage.until(lambda: not stage.scale_sets_at_github("web"), "the scale set goes at GitHub")
    stage.until(lambda: not stage.arc(cluster, "EphemeralRunnerSet"), "the runner set goes")
    stage.until(lambda: not annotated(stage, cluster), "the set forgets its id")
    stage.outcome.update(
        {
            "set Outdated after_s": stage.after(marked.at),
            "order": [told for told in stage.order(cluster) if told.endswith(" gone")],
            "left": sorted(kind for kind in PLURALS if stage.arc(cluster, kind)),
            "log": stage.manager_log(cluster, "Ephemeral runner set is outdated"),
            "helm": stage.helm_list(cluster)["web"],
            "job": job["state"],
        }
    )
    _deadlock(stage, cluster, release)
    _cure(stage, cluster, waiting)


def annotated(stage: Stage, cluster: str) -> bool:
    return "runner-scale-set-id" in annotations(stage.one(cluster, "AutoscalingRunnerSet"))


def _deadlock(stage: Stage, cluster: str, release: str) -> None:
    """The cause is gone, and nothing helps that ought to."""
    stage.settings(runner_exit=0)
    _watch(stage, cluster, "runners are welcome again: nothing happens")
    stage.restart_controller(cluster)
    _watch(stage, cluster, "controller restarted: nothing happens")
    stage.scale_set(cluster, release, "web", wait=False, min_runners=1)
    _watch(stage, cluster, "helm upgrade with the same values: nothing happens")
    stage.outcome["phase of the set"] = _phase(stage, cluster)


def _phase(stage: Stage, cluster: str) -> Optional[str]:
    return (stage.one(cluster, "AutoscalingRunnerSet").get("status") or {}).get("phase")


def _watch(stage: Stage, cluster: str, what: str) -> None:
    def parked() -> bool:
        return _phase(stage, cluster) == OUTDATED and not stage.arc(cluster, "EphemeralRunnerSet")

    stage.stays(parked, what, WATCHED_S)


def _cure(stage: Stage, cluster: str, waiting: List[int]) -> None:
    begun = time.time()
    stage.seen("status.phase is set to null")
    path = stage.path("AutoscalingRunnerSet", "web", "status")
    stage.on(cluster).patch(path, {"status": {"phase": None}})
    stage.until(lambda: stage.session("web", cluster), "the listener has its session")
    (job,) = stage.until_jobs(waiting, "completed", "the job that waited runs")
    stage.outcome["cured"] = {"job started after_s": round(job["started_at"] - begun, 2)}


SCENARIO = Scenario(
    name="outdated-deadlock",
    title="0.14: one runner of an old version parks its whole set as Outdated, for good",
    observed=("m",),
    releases=("0.14.2",),
    alone=True,
    play=play,
    expected={
        "set Outdated after_s": Between(0, 6),
        "order": [
            "AutoscalingListener gone",
            "EphemeralRunner gone",
            "EphemeralRunnerSet gone",
        ],
        "left": ["AutoscalingRunnerSet"],
        "log": Contains("Ephemeral runner set is outdated"),
        "helm": "deployed 0.14.2",
        "job": "completed",
        "phase of the set": OUTDATED,
        "cured": {"job started after_s": Between(0, 8)},
    },
)
