# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the smoke test green where all is well, and red where a job is lost or a process is left?

The steps as `python -m lab smoke` takes them, on one lab; what the verb makes of their answers is
asked in test_smoke_parts.py.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Dict, List

from lab import leftover
from lab.commands.crash import crash
from lab.commands.smoke import SET, Smoke, is_over, judged
from lab.service_client import Service
from lab.state import LabState


def begun(ledger: Dict[str, Any]) -> List[Dict[str, Any]]:
    return [job for job in ledger["jobs"] if job["state"] == "running"]


def lose_one_job(smoke: Smoke) -> List[str]:
    """Four jobs more, one of whose runners is killed; gives the verdict."""
    service = Service(smoke.lab.state.service_url())
    service.queue(SET.name, 4, scope=SET.scope, duration_s=5)
    job = begun(service.wait(begun, 60, "a job to begin"))[0]
    crash(smoke.lab, job["cluster"], f"arc-runners/{job['runner']}")
    return judged(service.wait(is_over, 60, "the jobs to end"), smoke.count + 4)


def test_steps_are_green_until_a_job_is_lost_and_a_process_is_left(tmp_path: Path) -> None:
    smoke = Smoke(LabState(tmp_path / "lab"), "0.9.0", 20, 1)
    folder = smoke.lab.state.folder
    smoke.tools()
    try:
        for step in (smoke.up, smoke.arc, smoke.jobs):
            assert step() == []
        assert lose_one_job(smoke) == ["jobs lost: 1", "23 of 24 jobs completed"]
        agents = {one.command for one in leftover.of_lab(folder) if "lab.node" in one.command}
        assert len(agents) == 2 and len(leftover.of_lab(folder)) > 20
        # The lab does not know of this one, so its `down` leaves it.
        with subprocess.Popen(["sleep", "600"], cwd=folder) as stranger:
            try:
                assert smoke.down() == []
                assert smoke.left() == [f"process left: {stranger.pid} sleep 600"]
            finally:
                stranger.kill()
    finally:
        smoke.down()
    assert smoke.left() == []
    assert not folder.exists()
