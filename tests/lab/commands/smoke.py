# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `smoke`."""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List

from lab import leftover, toolchain
from lab.arc import install
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


@contextmanager
def _told(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{what} | {time.monotonic() - started:.1f} s", flush=True)


def run(options: argparse.Namespace) -> int:
    if options.jobs < 1:
        raise LabError(f"--jobs {options.jobs}: that is no number of jobs.", "Give 1 or more.")
    # A name that no other process has in its command line by chance.
    folder = Path(options.dir or tempfile.mkdtemp(prefix="arc-lab-smoke-")).resolve()
    lab = Lab(LabState(folder))
    with _told("control plane and helm at hand"):
        toolchain.controlplane(lambda line: print(f"  {line}", flush=True))
        toolchain.helm()
    try:
        with _told("two clusters up"):
            lab.up(CLUSTERS)
        with _told(f"ARC {options.release} in both"):
            _install(lab, options.release)
        with _told(f"{options.jobs} jobs over both"):
            ledger = _jobs(lab, options.jobs)
    finally:
        with _told("down"):
            lab.down()
    problems = judged(ledger, options.jobs) + left(folder)
    for problem in problems:
        print(f"  {problem}")
    print("smoke: " + ("FAILED" if problems else f"{options.jobs} jobs completed, nothing left"))
    return 1 if problems else 0


def _install(lab: Lab, release: str) -> None:
    def one(cluster: str) -> None:
        install.install_controller(lab.state, cluster, release)
        install.install_scale_set(lab.state, cluster, release, SET)

    with ThreadPoolExecutor(len(CLUSTERS)) as pool:
        list(pool.map(one, CLUSTERS))


def _jobs(lab: Lab, count: int) -> Dict[str, Any]:
    service = Service(lab.state.service_url())
    service.queue(SET.name, count, scope=SET.scope, duration_s=1)
    return service.wait(
        lambda l: not (l["queued"] or l["assigned"] or l["running"]), LIMIT_S, "all jobs to end"
    )


def judged(ledger: Dict[str, Any], count: int) -> List[str]:
    """What of the ledger is not as it should be."""
    problems = [f"{ledger[bad]} jobs {bad}" for bad in ("failed", "lost", "stranded") if ledger[bad]]
    if ledger["completed"] != count:
        problems.append(f"{ledger['completed']} of {count} jobs completed")
    idle = sorted(set(CLUSTERS) - {job["cluster"] for job in ledger["jobs"]})
    if idle and count >= 2 * len(CLUSTERS):
        problems.append(f"no job ran in cluster {', '.join(idle)}")
    return problems


def left(folder: Path) -> List[str]:
    """What of the lab is still there."""
    return [f"process left: {one}" for one in leftover.processes(folder)] + [
        f"mount left: {one}" for one in mounts_below(folder)
    ]
