# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that is assigned but has no runner yet when the set goes is left behind; settling first,
by ARC's own `eventual`, lets it start.

Both ways side by side, each in its cluster, with the same load: two long jobs run, then two short
ones are queued while a new runner needs ten seconds to register.
"""

from __future__ import annotations

from typing import List

from lab.reproduce.history import GONE
from lab.reproduce.judging import Between, Contains
from lab.reproduce.scenario import Scenario
from lab.reproduce.stage import Item, Stage

LONG_S, SHORT_S, ONLINE_S = 40.0, 5.0, 10.0
HEAD_START_S = 1.5
AT_ONCE, SETTLED = "at-once", "settled"
STARTED = ("running", "completed")


def play(stage: Stage, release: str) -> None:
    blue, green = stage.clusters
    where = {AT_ONCE: blue, SETTLED: green}
    stage.side_by_side(
        lambda: _install(stage, blue, release, AT_ONCE),
        lambda: _install(stage, green, release, SETTLED),
    )
    long = {name: stage.queue(name, 2, LONG_S) for name in where}
    stage.until_jobs(long[AT_ONCE] + long[SETTLED], "running", "two long jobs run in each cluster")
    stage.settings(runner_online_s=ONLINE_S)
    short = {name: stage.queue(name, 2, SHORT_S) for name in where}
    stage.begin("two short jobs are queued in each cluster")
    both = short[AT_ONCE] + short[SETTLED]

    def is_taken() -> bool:
        return stage.states(both) == ["assigned"] * 4

    stage.until(is_taken, "all are assigned")
    stage.stays(is_taken, "none has a runner yet", HEAD_START_S)
    stage.side_by_side(
        lambda: _delete(stage, blue, AT_ONCE),
        lambda: _settle_then_delete(stage, green, release, short[SETTLED]),
    )
    stage.until_jobs(long[AT_ONCE] + long[SETTLED], "completed", "the long jobs end", LONG_S + 20)
    for name, cluster in where.items():
        gone = stage.change(cluster, "AutoscalingRunnerSet", GONE)
        stage.outcome[name] = _facts(stage, short[name], long[name])
        stage.outcome[name]["set gone after_s"] = stage.after(gone.at)
    starts = [stage.after(job["started_at"]) for job in stage.jobs(short[SETTLED])]
    stage.outcome["settled jobs started by_s"] = max(starts)


def _install(stage: Stage, cluster: str, release: str, name: str) -> None:
    stage.controller(cluster, release)
    stage.scale_set(cluster, release, name, min_runners=0, max_runners=4)


def _delete(stage: Stage, cluster: str, name: str) -> None:
    stage.seen(f"{cluster}: the AutoscalingRunnerSet {name} is deleted")
    stage.on(cluster).delete(stage.path("AutoscalingRunnerSet", name))


def _settle_then_delete(stage: Stage, cluster: str, release: str, short: List[int]) -> None:
    """The listener goes and is not made again while runners are pending or running."""
    stage.controller(cluster, release, strategy="eventual")
    stage.seen(f"{cluster}: the controller has updateStrategy eventual")
    path = stage.path("AutoscalingRunnerSet", SETTLED)
    stage.on(cluster).patch(path, {"spec": {"maxRunners": 5}})
    stage.change(cluster, "AutoscalingListener", GONE)
    stage.until(
        lambda: all(state in STARTED for state in stage.states(short)),
        f"{cluster}: every assigned job has its runner",
        60,
    )
    _delete(stage, cluster, SETTLED)


def _facts(stage: Stage, short: List[int], long: List[int]) -> Item:
    jobs = stage.jobs(short)
    left = [job for job in jobs if job["stranded_s"]]
    back = [_back_at(job) for job in left]
    return {
        "stranded": len(left),
        "longest stranded_s": max([job["stranded_s"] for job in left], default=0),
        "back in the queue after_s": stage.after(max(back)) if back else None,
        "short jobs": sorted(job["state"] for job in jobs),
        "long jobs": stage.states(long),
    }


def _back_at(job: Item) -> float:
    times = [entry["at"] for entry in job["history"] if entry["event"] == "requeued"]
    return float(times[-1]) if times else 0.0


BOTH = {
    "long jobs": ["completed", "completed"],
    # Nobody is killed: the set goes when they have ended.
    "set gone after_s": Between(LONG_S - 15, LONG_S + 10),
}
SCENARIO = Scenario(
    name="stranded",
    title="An assigned job without a runner is stranded when the set goes; settling first is safe",
    observed=("j3", "r"),
    releases=("0.9.3",),
    clusters=2,
    alone=True,
    play=play,
    expected={
        AT_ONCE: {
            **BOTH,
            # Observed: one of the two; the runner of the other was just far enough.
            "stranded": Between(1, 2),
            "longest stranded_s": Between(15, LONG_S + 5),
            "back in the queue after_s": Between(LONG_S - 15, LONG_S + 10),
            "short jobs": Contains("queued"),
        },
        SETTLED: {
            **BOTH,
            "stranded": 0,
            "longest stranded_s": 0,
            "back in the queue after_s": None,
            "short jobs": ["completed", "completed"],
        },
        # Observed: 13.5 and 23.5 s.
        "settled jobs started by_s": Between(ONLINE_S, 38),
    },
)
