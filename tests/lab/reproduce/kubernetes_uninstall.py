# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`helm uninstall` under load fails the jobs of kubernetes mode; deleting the set first does not.

`helm uninstall` marks the ServiceAccount of the running jobs; 60 s of leeway later the API server
refuses their tokens. This span is Kubernetes' own and cannot be had shorter.
"""

from __future__ import annotations

from typing import Any, Dict, List

from lab.reproduce.history import DELETING, GONE
from lab.reproduce.judging import Between, Contains, InOrder
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Stage

LONG_S, SHORT_S = 92.0, 30.0
# Default mode; kubernetes mode, uninstalled; kubernetes mode, its object deleted directly.
DEFAULT, UNINSTALLED, DIRECT = "def", "kub", "kdir"


def play(stage: Stage, release: str) -> None:
    (cluster,) = stage.clusters
    jobs = _load(stage, cluster, release)
    begun = stage.begin("helm uninstall of def and kub, the AutoscalingRunnerSet of kdir deleted")
    stage.side_by_side(
        lambda: stage.uninstall(cluster, DEFAULT),
        lambda: stage.uninstall(cluster, UNINSTALLED),
        lambda: stage.on(cluster).delete(stage.path("AutoscalingRunnerSet", DIRECT)),
    )
    stage.outcome["helm"] = sorted(stage.helm_list(cluster))
    stage.outcome["objects after helm's return"] = len(stage.arc(cluster, "AutoscalingRunnerSet"))
    stage.seen(f"Helm has returned; its list: {stage.outcome['helm']}, all objects still exist")
    for name in (DEFAULT, UNINSTALLED, DIRECT):
        stage.until(lambda n=name: not stage.session(n, cluster), f"session of {name} is closed")
    stage.until(lambda: len(stage.arc(cluster, "EphemeralRunner")) == 3, "idle runners are gone")
    busy = stage.arc(cluster, "EphemeralRunner")
    stage.outcome["busy runners marked"] = sum("deletionTimestamp" in r["metadata"] for r in busy)
    stage.outcome["marked ServiceAccounts"] = _marked_accounts(stage, cluster)
    for name, state in ((DEFAULT, "completed"), (UNINSTALLED, "failed"), (DIRECT, "completed")):
        _await_end(stage, cluster, name, jobs[name], state, begun)
    stage.outcome["order"] = stage.order(cluster)
    _uninstall_afterwards(stage, cluster)


def _load(stage: Stage, cluster: str, release: str) -> Dict[str, List[int]]:
    """Three sets, each with a running job and an idle runner; the ids of the jobs."""
    stage.controller(cluster, release)
    for name in (DEFAULT, UNINSTALLED, DIRECT):
        mode = None if name == DEFAULT else "kubernetes"
        stage.scale_set(cluster, release, name, mode=mode, min_runners=1, inline=True)
    jobs = {name: stage.queue(name, 1, LONG_S) for name in (UNINSTALLED, DIRECT)}
    jobs[DEFAULT] = stage.queue(DEFAULT, 1, SHORT_S)
    stage.until_jobs([number for made in jobs.values() for number in made], "running", "jobs run")
    stage.until(lambda: len(stage.running(cluster)) == 6, "each set has an idle runner besides")
    return jobs


def _marked_accounts(stage: Stage, cluster: str) -> List[str]:
    path = "/api/v1/namespaces/arc-runners/serviceaccounts"
    marked = [i for i in stage.on(cluster).items(path) if "deletionTimestamp" in i["metadata"]]
    return sorted(item["metadata"]["name"] for item in marked)


def _await_end(
    stage: Stage, cluster: str, name: str, jobs: List[int], state: str, begun: float
) -> None:
    (job,) = stage.until_jobs(jobs, state, f"job of {name}: {state}", limit_s=120)
    gone = stage.change(cluster, "AutoscalingRunnerSet", GONE, name)
    runner_set = stage.on(cluster).history.find("EphemeralRunnerSet", DELETING, begun)
    stage.outcome[name] = {
        "job": job["state"],
        "ended after_s": round(job["finished_at"] - begun, 1),
        "why": job["history"][-1]["detail"],
        "set gone after the job_s": round(gone.at - job["finished_at"], 2),
        "runner sets marked after_s": round(runner_set[0].at - begun, 2),
        "scale sets at GitHub": stage.scale_sets_at_github(name),
    }


def _uninstall_afterwards(stage: Stage, cluster: str) -> None:
    """What the right order ends with: helm uninstall when the object has gone."""
    stage.outcome["helpers of kdir"] = stage.held(cluster)
    stage.uninstall(cluster, DIRECT)
    stage.until(lambda: not stage.held(cluster), "helm uninstall of kdir: nothing is left")


def ended(**more: Any) -> Dict[str, Any]:
    """What every set comes to."""
    return {
        "set gone after the job_s": Between(0, 6),
        "runner sets marked after_s": Between(0, 6),
        "scale sets at GitHub": [],
        **more,
    }


ONE = {"count": 1, "deleting": False, "finalizers": []}
TWO = {**ONE, "count": 2}
SCENARIO = Scenario(
    name="kubernetes-uninstall",
    title="helm uninstall under load fails kubernetes-mode jobs; deleting the object first is safe",
    observed=("b",),
    releases=("0.14.2",),
    play=play,
    expected={
        "helm": ["arc", DIRECT],
        "objects after helm's return": 3,
        "busy runners marked": 0,
        "marked ServiceAccounts": ["def-gha-rs-no-permission", "kub-gha-rs-kube-mode"],
        DEFAULT: ended(
            job="completed", why="", **{"ended after_s": Between(3, SHORT_S)}
        ),
        UNINSTALLED: ended(
            job="failed", why=Contains("401"), **{"ended after_s": Between(60, 76)}
        ),
        DIRECT: ended(job="completed", why="", **{"ended after_s": Between(LONG_S - 25, LONG_S)}),
        "order": InOrder(
            [
                "AutoscalingRunnerSet deleting",
                "AutoscalingListener deleting",
                "EphemeralRunnerSet deleting",
                "EphemeralRunner gone",
                "EphemeralRunnerSet gone",
                "AutoscalingRunnerSet gone",
            ]
        ),
        # The manager's and those of kubernetes mode.
        "helpers of kdir": {
            "ServiceAccount": ONE, "Secret": ONE, "Role": TWO, "RoleBinding": TWO
        },
    },
)
