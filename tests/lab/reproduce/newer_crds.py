# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Newer CRDs under an older controller: everything looks fine, and no runner ever starts."""

from __future__ import annotations

from typing import List

from lab.reproduce.judging import Between, Contains
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Item, Stage

WATCHED_S = 8.0
SEVERAL_PODS = 8


def play(stage: Stage, controller: str, definitions: str) -> None:
    (cluster,) = stage.clusters
    stage.use_crds(cluster, definitions)
    stage.controller(cluster, controller)
    # Its idle runner would be waited for in vain.
    stage.scale_set(cluster, controller, "web", wait=False, min_runners=1)
    stage.begin(f"scale set of {controller} installed, with the CRDs of {definitions}")
    stage.until(lambda: stage.session("web", cluster), "the listener has its session")
    jobs = stage.queue("web", 2, 1)
    stage.until(lambda: "assigned" in stage.states(jobs), "the listener takes a job")
    stage.until(lambda: len(_pods(stage, cluster)) >= SEVERAL_PODS, "runner pods die, one by one")
    stage.stays(
        lambda: not {"running", "completed"} & set(stage.states(jobs)),
        "no job starts",
        WATCHED_S,
    )
    listener = stage.one(cluster, "AutoscalingListener")
    runner_set = stage.one(cluster, "EphemeralRunnerSet")
    runner = stage.arc(cluster, "EphemeralRunner")[0]
    stage.outcome.update(
        {
            "helm": stage.helm_list(cluster),
            "listener is bound to": bound_to(listener, runner_set),
            "jobs": sorted(set(stage.states(jobs))),
            "runner phase": runner["status"].get("phase"),
            "runner failures": runner["status"].get("failures"),
            "JIT configuration": runner["status"].get("runnerJITConfig"),
            "pods of one runner": _most(stage, cluster),
            "error": stage.manager_log(cluster, "Failed to delete runner pod on failure")[:3],
        }
    )


def bound_to(listener: Item, runner_set: Item) -> str:
    is_live = listener["spec"]["ephemeralRunnerSetName"] == runner_set["metadata"]["name"]
    return "the live runner set" if is_live else "a runner set that is no more"


def _pods(stage: Stage, cluster: str) -> List[str]:
    """The runner pods that were made so far."""
    made = stage.on(cluster).history.find("Pod", "made", stage.zero or 0.0)
    return [change.name for change in made if "-runner-" in change.name]


def _most(stage: Stage, cluster: str) -> int:
    names = _pods(stage, cluster)
    return max(names.count(name) for name in names)


SCENARIO = Scenario(
    name="newer-crds",
    title="CRDs of 0.14.2 under a controller of 0.9.3: looks fine, starts no runner",
    observed=("n1",),
    releases=("0.9.3", "0.14.2"),
    play=play,
    expected={
        "helm": {"arc": "deployed 0.9.3", "web": "deployed 0.9.3"},
        "listener is bound to": "the live runner set",
        "jobs": ["assigned"],
        "runner phase": "Running",
        "runner failures": None,
        "JIT configuration": None,
        # No limit of five: the failures cannot be counted.
        "pods of one runner": Between(7),
        "error": Contains("in body must be of type date-time"),
    },
)
