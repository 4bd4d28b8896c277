# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smoke test's verdict can be bad, and what a lab leaves behind is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from lab import leftover
from lab.commands import smoke


def ledger(**changes: Any) -> Dict[str, Any]:
    jobs = [{"cluster": "blue"}, {"cluster": "green"}] * 2
    return {"completed": 4, "failed": 0, "lost": 0, "stranded": 0, "jobs": jobs, **changes}


@pytest.mark.parametrize(
    "found, problems",
    [
        (ledger(), []),
        (ledger(lost=1, completed=3), ["1 jobs lost", "3 of 4 jobs completed"]),
        (ledger(stranded=2), ["2 jobs stranded"]),
        (ledger(jobs=[{"cluster": "blue"}] * 4), ["no job ran in cluster green"]),
    ],
)
def test_verdict(found: Dict[str, Any], problems: List[str]) -> None:
    assert smoke.judged(found, 4) == problems


@pytest.mark.parametrize("where", ["argument", "environment", "working directory"])
def test_process_that_names_the_folder_is_found(tmp_path: Path, where: str) -> None:
    code = "import sys; print('up', flush=True); sys.stdin.read()"
    given: Dict[str, Any] = {"argument": {}, "environment": {"env": {"LAB": str(tmp_path)}},
                             "working directory": {"cwd": tmp_path}}[where]
    argv = [sys.executable, "-c", code, *([str(tmp_path)] if where == "argument" else [])]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **given) as process:
        assert process.stdout and process.stdout.readline() == b"up\n"
        assert [one.split()[0] for one in leftover.processes(tmp_path)] == [str(process.pid)]
        process.communicate()
    assert leftover.processes(tmp_path) == []
