# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the smoke test green where all is well, and red where a job is lost or a process is left?"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator

from lab import leftover
from lab.cluster import python_environment
from lab.commands.crash import crash
from lab.lab import Lab
from lab.mounts import mounts_below
from lab.service_client import Service
from lab.state import LabState

LIMIT_S = 240


@contextmanager
def smoke(folder: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """`python -m lab smoke`, ended at the latest with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lab", "smoke", "--dir", str(folder), *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, **python_environment()},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=LIMIT_S)


def told_until(process: "subprocess.Popen[str]", step: str) -> None:
    """Read on until that step has been told; the process itself has a limit for each."""
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if step in line:
            return
    raise AssertionError(f"no {step!r} in: {''.join(said)}")


def begun(ledger: Dict[str, Any]) -> Any:
    return [job for job in ledger["jobs"] if job["state"] == "running"]


def test_smoke_test_is_green_and_leaves_nothing(tmp_path: Path) -> None:
    with smoke(tmp_path / "lab") as process:
        said = process.communicate(timeout=LIMIT_S)[0]
    assert process.returncode == 0, said
    assert "20 jobs completed, nothing left" in said
    assert not (tmp_path / "lab").exists()
    assert leftover.of_lab(tmp_path) == [] and mounts_below(tmp_path) == []


def test_lost_job_and_left_process_are_found(tmp_path: Path) -> None:
    state = LabState(tmp_path / "lab")
    with smoke(state.folder, "--jobs", "4", "--duration", "5") as process:
        told_until(process, "served by both")
        service = Service(state.service_url())
        ledger = service.wait(begun, 30, "a job to begin")
        # Nobody of the lab knows of this one, so `down` leaves it.
        with subprocess.Popen(["sleep", "600"], cwd=state.folder) as stranger:
            try:
                job = begun(ledger)[0]
                crash(Lab(state), job["cluster"], f"arc-runners/{job['runner']}")
                said = process.communicate(timeout=LIMIT_S)[0]
            finally:
                stranger.kill()
    assert process.returncode == 1, said
    assert "jobs lost: 1" in said and "3 of 4 jobs completed" in said
    assert f"process left: {stranger.pid} sleep 600" in said
    assert f"clear them with: python -m lab down --dir {state.folder}" in said
    assert leftover.of_lab(state.folder) == []
