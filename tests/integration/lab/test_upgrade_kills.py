# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at the begin of each task of an upgrade and of the way back, then the same command again.

One cluster goes up and back by turns under load; each way is killed at the next task. Without
ARC_KILLS=all a few tasks are taken. A line for each stands in build/kills.tsv; a run that was cut
off goes on at ARC_KILLS_FROM.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

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
RECORD = path_of("v1", "secrets", "arc-systems", "arc-lifecycle-record")


class Killing(Rehearsal):
    """Runs that are killed when a task begins."""

    def __init__(self, lab, folder):
        super().__init__(lab, folder)
        self.kill_at = 0
        self.told = folder / "tasks.txt"

    def environment(self):
        found = super().environment()
        if not self.kill_at:
            return found
        self.told.write_text("", encoding="utf-8")
        return {
            **found, "ANSIBLE_CALLBACK_PLUGINS": str(HERE.parent / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "kill_at", "ARC_KILL_AT": str(self.kill_at),
            "ARC_KILL_FILE": str(self.told),
        }


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


def killed(run, there, number):
    """Run until the task, or to the end if it has fewer; gives the task's name, "" at the end."""
    playbook, variables = way(run, there)
    run.kill_at = number
    process = run.start(playbook, **variables)
    try:
        code = process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        run.kill_at = 0
    if code != -signal.SIGKILL:
        assert code == 0, run.log()[-4000:]
        return ""
    return run.told.read_text(encoding="utf-8").splitlines()[-1].split("\t")[1]


def test_run_that_is_killed_at_a_task_goes_on_and_ends_whole(run, capsys):
    is_all = os.environ.get("ARC_KILLS") == "all"
    number, at = int(os.environ.get("ARC_KILLS_FROM", "1")), OLD
    numbers = iter(range(number, 1000)) if is_all else iter(SAMPLE)
    for number in numbers:
        task = ""
        for _turn in ("up", "back"):
            there = NEW if at == OLD else OLD
            task = killed(run, there, number)
            playbook, variables = way(run, there)
            done = run.play(playbook, timeout_s=LIMIT_S, **variables)
            # A way back that had ended leads nowhere, which is told.
            assert done.code == 0 or (not task and there == OLD), f"{task}: {done.text[-4000:]}"
            whole(run, there)
            at = there
            ledger = run.service.ledger(jobs=False)
            figures = (number, playbook, task, f"{done.seconds:.0f}", ledger["lost"],
                       ledger["stranded"], ledger["failed"])
            with open(TABLE, "a", encoding="utf-8") as table:
                table.write("\t".join(map(str, figures)) + "\n")
            with capsys.disabled():
                print("\nKILLED at {} of {} ({}), again {} s: {} lost, {} stranded, {} failed".format(
                    *figures), end="")
            assert (ledger["lost"], ledger["stranded"], ledger["failed"]) == (0, 0, 0)
        if not task:
            break
    ledger = run.end_load()
    assert (ledger["lost"], ledger["stranded"], ledger["failed"]) == (0, 0, 0)
