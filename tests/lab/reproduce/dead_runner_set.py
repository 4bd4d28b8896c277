# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""0.14.2 binds a listener to a runner set that is no more: it dies for ever, the set is `Running`.

By itself that happens in about two of fourteen installs; the stand-in does it on demand.
"""

from __future__ import annotations

import time
from typing import List

from lab.arc.install import SYSTEMS
from lab.reproduce.history import GONE
from lab.reproduce.judging import Between, Contains
from lab.reproduce.newer_crds import bound_to
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Stage

SEVERAL_PODS = 5
WATCHED_S = 3.0


def play(stage: Stage, release: str) -> None:
    (cluster,) = stage.clusters
    stage.controller(cluster, release, stale_listener=1)
    begun = stage.begin("helm install of the scale set, on an idle cluster")
    stage.scale_set(cluster, release, "web", wait=False, min_runners=1)
    listener = stage.until(
        lambda: stage.arc(cluster, "AutoscalingListener"), "a listener is made"
    )[0]
    name = listener["metadata"]["name"]
    history = stage.on(cluster).history
    stage.until(
        lambda: len(history.find("Pod", GONE, begun, name)) >= SEVERAL_PODS,
        "its pod dies, again and again",
    )
    lines = _why(stage, cluster, name)
    stage.stays(lambda: not stage.arc(cluster, "EphemeralRunner"), "no runner comes", WATCHED_S)
    gone = history.find("Pod", GONE, begun, name)
    stage.outcome.update(
        {
            "listener is bound to": bound_to(listener, stage.one(cluster, "EphemeralRunnerSet")),
            "runner sets made": len(history.find("EphemeralRunnerSet", "made", begun)),
            "seconds from pod to pod": round((gone[-1].at - gone[0].at) / (len(gone) - 1), 2),
            "error": lines[:1],
            "phase of the set": stage.one(cluster, "AutoscalingRunnerSet")["status"]["phase"],
            "helm": stage.helm_list(cluster),
        }
    )
    _cure(stage, cluster, name)


def _why(stage: Stage, cluster: str, name: str) -> List[str]:
    lines: List[str] = []

    def told() -> bool:
        # Its pods are too short-lived for every look to find one.
        found = stage.on(cluster).log(SYSTEMS, name)
        lines.extend(line for line in found if "could not patch ephemeral runner set" in line)
        return bool(lines)

    stage.until(told, "its log tells why")
    return lines


def _cure(stage: Stage, cluster: str, name: str) -> None:
    """`kubectl delete autoscalinglistener`."""
    begun = time.time()
    stage.seen(f"{name} is deleted")
    stage.on(cluster).delete(stage.path("AutoscalingListener", name))
    stage.until(lambda: len(stage.running(cluster)) == 1, "the idle runner is there")
    session = stage.session("web", cluster) or {}
    listener, live = (
        stage.one(cluster, kind) for kind in ("AutoscalingListener", "EphemeralRunnerSet")
    )
    stage.outcome["cured"] = {
        "session after_s": round(session.get("opened_at", 0.0) - begun, 2),
        "listener is bound to": bound_to(listener, live),
    }


SCENARIO = Scenario(
    name="dead-runner-set",
    title="0.14.2: a listener bound to a deleted runner set dies for ever, the set says Running",
    observed=("h", "j2", "k"),
    releases=("0.14.2",),
    play=play,
    expected={
        "listener is bound to": "a runner set that is no more",
        "runner sets made": 2,
        # Observed: three to four pods a second.
        "seconds from pod to pod": Between(0.1, 4),
        "error": Contains("not found"),
        "phase of the set": "Running",
        "helm": {"arc": "deployed 0.14.2", "web": "deployed 0.14.2"},
        "cured": {
            "session after_s": Between(0, 10),
            "listener is bound to": "the live runner set",
        },
    },
)
