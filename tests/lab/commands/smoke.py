# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `smoke`."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, List

from lab import leftover, toolchain
from lab.arc import charts, install
from lab.arc.install import ScaleSet
from lab.errors import LabError
from lab.lab import Lab
from lab.mounts import mounts_below
from lab.service_client import Service
from lab.state import LabState

HELP = "two clusters with ARC, jobs over both, and nothing left: does the lab work here?"
CLUSTERS = ["blue", "green"]
SET = ScaleSet("web", min_runners=1, max_runners=4)
LIMIT_S = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--release", default="0.9.0", help="of ARC (0.9.0)")
    parser.add_argument("--jobs", type=int, default=20, help="how many (20)")
    parser.add_argument("--duration", type=float, default=1.0, metavar="S", help="of each (1)")


class Smoke:
    """One run: its steps, and what was found wrong on the way."""

    def __init__(self, state: LabState, release: str, count: int, duration_s: float) -> None:
        self.lab = Lab(state)
        self.release, self.count, self.duration_s = release, count, duration_s
        self.problems: List[str] = []
        self._seen: List[leftover.Process] = []

    def step(self, what: str, work: Callable[[], List[str]]) -> bool:
        """Do it and print how long it took; gives whether it went well."""
        started = time.monotonic()
        try:
            found = work()
        except LabError as error:
            found = [str(error)]
        word = "FAILED" if found else "ok"
        lines = [f"{word:6} {time.monotonic() - started:6.1f} s  {what}"]
        print("\n".join(lines + [f"       {one}" for one in found]), flush=True)
        self.problems += found
        return not found

    def perform(self) -> None:
        """Up, ARC, jobs; what comes after a step that failed is left out. Then down, always."""
        names = " and ".join(CLUSTERS)
        steps = [
            ("control plane and Helm at hand", self.tools),
            (f"clusters {names} up", self.up),
            (f"ARC {self.release} in both, scale set {SET.name} served by both", self.arc),
            (f"{self.count} jobs over both completed, none lost", self.jobs),
        ]
        try:
            all(self.step(what, work) for what, work in steps)
        finally:
            self.step("down", self.down)
            self.step("no process and no mount left", self.left)

    def tools(self) -> List[str]:
        """Built or fetched, if they are not in the cache."""
        toolchain.controlplane(_say)
        toolchain.helm(_say)
        return []

    def up(self) -> List[str]:
        """Both clusters and the Actions service."""
        self.lab.up(CLUSTERS)
        return []

    def arc(self) -> List[str]:
        """The controller and the same scale set in each."""
        def one(cluster: str) -> None:
            install.install_controller(self.lab.state, cluster, self.release)
            install.install_scale_set(self.lab.state, cluster, self.release, SET)

        with ThreadPoolExecutor(len(CLUSTERS)) as pool:
            list(pool.map(one, CLUSTERS))
        return []

    def jobs(self) -> List[str]:
        """Until each has ended, well or not."""
        service = Service(self.lab.state.service_url())
        service.queue(SET.name, self.count, scope=SET.scope, duration_s=self.duration_s)
        limit_s = LIMIT_S + self.count * self.duration_s
        return judged(service.wait(is_over, limit_s, "all jobs to end"), self.count)

    def down(self) -> List[str]:
        """Everything that was started; who it is, is looked up before. After a failure the files
        are kept, for their logs."""
        self._seen = leftover.of_lab(self.lab.state.folder)
        self.lab.down(keep=bool(self.problems))
        return []

    def left(self) -> List[str]:
        """Whom `down` should have ended, who names the folder all the same, and mounts."""
        folder = self.lab.state.folder
        alive = {*leftover.survivors(self._seen), *leftover.of_lab(folder)}
        mounts = [f"mount left: {one}" for one in mounts_below(folder)]
        return [f"process left: {one}" for one in sorted(alive)] + mounts


def is_over(ledger: Dict[str, Any]) -> bool:
    """Whether no job is on its way any more."""
    return not (ledger["queued"] or ledger["assigned"] or ledger["running"])


def judged(ledger: Dict[str, Any], count: int) -> List[str]:
    """What of the ledger is not as it should be."""
    bad = [word for word in ("failed", "lost", "stranded") if ledger[word]]
    problems = [f"jobs {word}: {ledger[word]}" for word in bad]
    if ledger["completed"] != count:
        problems.append(f"{ledger['completed']} of {count} jobs completed")
    idle = [name for name in CLUSTERS if name not in {job["cluster"] for job in ledger["jobs"]}]
    if idle and count >= 2 * len(CLUSTERS):
        problems.append(f"no job ran in cluster {' and '.join(idle)}")
    return problems


def _say(line: str) -> None:
    print(f"       {line}", flush=True)


def _ground(folder: str) -> LabState:
    """Where no lab is yet: a smoke test takes down all that it finds there in the end."""
    state = LabState(Path(folder).resolve())
    if state.is_lab():
        raise LabError(
            f"There is a lab in {state.folder} already.",
            "Leave --dir out: then the smoke test takes a temporary folder of its own.",
        )
    return state


def run(options: argparse.Namespace) -> int:
    if options.jobs < 1 or not 0 <= options.duration <= 3600:
        raise LabError(
            f"--jobs {options.jobs} --duration {options.duration:g}: these are no jobs.",
            "Give 1 or more, each of 0 to 3600 seconds.",
        )
    if not os.environ.get("ARC_LAB_RELEASES"):
        charts.facts(options.release)
    # What was begun is taken away again, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    # ARC_LAB_DIR names the lab of every day, which is none of the smoke test's business.
    own = options.dir or os.path.join(tempfile.mkdtemp(prefix="arc-lab-smoke-"), "lab")
    smoke = Smoke(_ground(own), options.release, options.jobs, options.duration)
    try:
        smoke.perform()
    finally:
        if not options.dir and not smoke.lab.state.is_lab():
            shutil.rmtree(Path(own).parent)
    took = f"after {time.monotonic() - started:.1f} s"
    if smoke.problems:
        print(f"smoke: FAILED {took}")
        if smoke.lab.state.is_lab():
            folder = smoke.lab.state.folder
            print(f"  logs are kept; clear them with: python -m lab down --dir {folder}")
        return 1
    print(f"smoke: passed {took}: {options.jobs} jobs completed, nothing left")
    return 0
