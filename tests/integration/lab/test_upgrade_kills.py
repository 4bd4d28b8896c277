# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL to an upgrade and to the way back from it, then the same command again, under load.

At a few tasks, each followed by a run to the end; at the beginning of task after task, each run killed one
further than the one before (all of them with ARC_KILLS=all, which takes an hour); and ARC_KILLS_RANDOM
times (5 without) at a random moment. A line for each kill stands in build/kills.tsv.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal, kill  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

HERE = Path(__file__).resolve()
TABLE = HERE.parents[3] / "build" / "kills.tsv"
OLD, NEW, LIMIT_S = "0.9.0", "0.14.2", 420
SETS = (ScaleSet("web", min_runners=1), ScaleSet("build", mode="kubernetes"))
SAMPLE = (25, 32, 40, 52)
CLEAN = {"lost": 0, "stranded": 0, "failed": 0}
# A little more than a run takes that nobody ends, so that some come to their end.
LONGEST_S = 70
RECORD = path_of("v1", "secrets", "arc-systems", "arc-lifecycle-record")


class Killing(Rehearsal):
    """Runs that are killed when a task begins. `kill_at`: the task's number, or `new`; "" for none."""

    def __init__(self, lab, folder):
        super().__init__(lab, folder)
        self.kill_at = ""
        self.told, self.done = folder / "tasks.txt", folder / "done.txt"
        self.done.write_text("", encoding="utf-8")

    def environment(self):
        found = super().environment()
        if not self.kill_at:
            return found
        self.told.write_text("", encoding="utf-8")
        return {
            **found, "ANSIBLE_CALLBACK_PLUGINS": str(HERE.parent / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "kill_at", "ARC_KILL_AT": self.kill_at,
            "ARC_KILL_FILE": str(self.told), "ARC_KILL_DONE": str(self.done),
        }

    def last_task(self):
        """Number and name of the task at which the run was killed."""
        number, name = self.told.read_text(encoding="utf-8").splitlines()[-1].split("\t")
        return int(number), name


@pytest.fixture
def run(tmp_path):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue"])
    try:
        found = Killing(lab, tmp_path)
        found.install(OLD, SETS)
        found.load(SETS, every_s=5, durations_s=(2, 8))
        yield found
    finally:
        lab.down()


def way(run, there):
    """The playbook and the variables that lead to a release."""
    variables = {**run.charts(there), "arc_preflight_acknowledge": ["name-in-one-cluster"]}
    return ("upgrade", {**variables, "arc_target": NEW}) if there == NEW else ("rollback", variables)


def whole(run, release):
    sets = await_arc.items(run.state, "blue", path_of(await_arc.ARC, "autoscalingrunnersets"))
    assert {one["metadata"]["name"]: one["metadata"]["labels"]["app.kubernetes.io/version"]
            for one in sets} == {"web": release, "build": release}
    record = run.lab.cluster("blue").get(RECORD)
    assert record["metadata"]["annotations"]["arc.lifecycle/state"] == "closed"


def killed(run, there, at):
    """Run until a task begins, or to the end if none of it does; gives number and name, None at the end."""
    playbook, variables = way(run, there)
    run.kill_at = at
    process = run.start(playbook, **variables)
    try:
        code = process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        run.kill_at = ""
    if code == -signal.SIGKILL:
        return run.last_task()
    ended_well(run, there, code)
    return None


def ended_well(run, there, code):
    # A way back that had ended leads nowhere, which is told.
    assert code == 0 or (there == OLD and "Nothing was changed" in run.log()), run.log()[-4000:]
    whole(run, there)


def judged(run, *figures):
    """A line for the table; no job may be lost by now."""
    ledger = run.service.ledger(jobs=False)
    verdict = {key: ledger[key] for key in CLEAN}
    TABLE.parent.mkdir(exist_ok=True)
    with open(TABLE, "a", encoding="utf-8") as table:
        table.write("\t".join(map(str, [*figures, *verdict.values()])) + "\n")
    print("\nKILLED", *figures, verdict, end="", flush=True)
    assert verdict == CLEAN


def is_clean(run):
    ledger = run.end_load()
    assert {key: ledger[key] for key in CLEAN} == CLEAN


def test_run_that_is_killed_at_a_task_goes_on_and_ends_whole(run, capsys):
    at = OLD
    for number in SAMPLE:
        for _turn in ("up", "back"):
            there = NEW if at == OLD else OLD
            task = killed(run, there, str(number))
            playbook, variables = way(run, there)
            done = run.play(playbook, timeout_s=LIMIT_S, **variables)
            ended_well(run, there, done.code)
            at = there
            with capsys.disabled():
                judged(run, playbook, number, task, f"again {done.seconds:.0f} s")
    is_clean(run)


def test_run_after_run_is_killed_one_task_further(run, capsys):
    limit = 1000 if os.environ.get("ARC_KILLS") == "all" else 2
    for there in (NEW, OLD):
        run.done.write_text("", encoding="utf-8")
        playbook, variables = way(run, there)
        for _kill in range(limit):
            task = killed(run, there, "new")
            if not task:
                break
            with capsys.disabled():
                judged(run, playbook, *task)
        else:
            ended_well(run, there, run.play(playbook, timeout_s=LIMIT_S, **variables).code)
        with capsys.disabled():
            judged(run, playbook, "ended", "")
    is_clean(run)


def test_runs_that_are_killed_at_random_moments_come_to_the_end(run, capsys):
    seed = int(os.environ.get("ARC_KILLS_SEED", "1"))
    moments, there, kills = random.Random(seed), NEW, 0
    while kills < int(os.environ.get("ARC_KILLS_RANDOM", "5")):
        playbook, variables = way(run, there)
        process = run.start(playbook, **variables)
        moment = moments.uniform(2, LONGEST_S)
        begun = time.monotonic()
        try:
            code = process.wait(moment)
        except subprocess.TimeoutExpired:
            kill(process)
            kills += 1
            with capsys.disabled():
                judged(run, playbook, "random", kills, f"after {moment:.1f} s")
            continue
        ended_well(run, there, code)
        with capsys.disabled():
            judged(run, playbook, "ended", kills, f"in {time.monotonic() - begun:.0f} s")
        there = NEW if there == OLD else OLD
    playbook, variables = way(run, there)
    ended_well(run, there, run.play(playbook, timeout_s=LIMIT_S, **variables).code)
    is_clean(run)
