# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Can the smoke test's verdict be bad, and is what a lab leaves behind found?"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest

from lab import leftover
from lab.__main__ import main
from lab.commands.smoke import Smoke, is_over, judged
from lab.errors import LabError
from lab.state import LabState

WAITS = "import sys; print('up', flush=True); sys.stdin.read()"


def ledger(**changes: Any) -> Dict[str, Any]:
    jobs = [{"cluster": "blue"}, {"cluster": "green"}] * 2
    counts = {name: 0 for name in ("queued", "assigned", "running", "failed", "lost", "stranded")}
    return {**counts, "completed": 4, "jobs": jobs, **changes}


@pytest.mark.parametrize(
    "found, problems",
    [
        (ledger(), []),
        (ledger(lost=1, completed=3), ["jobs lost: 1", "3 of 4 jobs completed"]),
        (ledger(failed=1, completed=3), ["jobs failed: 1", "3 of 4 jobs completed"]),
        (ledger(stranded=2), ["jobs stranded: 2"]),
        (ledger(completed=3), ["3 of 4 jobs completed"]),
        (ledger(jobs=[{"cluster": "blue"}] * 4), ["no job ran in cluster green"]),
    ],
)
def test_verdict_on_the_ledger(found: Dict[str, Any], problems: List[str]) -> None:
    assert judged(found, 4) == problems


def test_few_jobs_need_not_reach_every_cluster() -> None:
    assert judged(ledger(completed=1, jobs=[{"cluster": "blue"}]), 1) == []


@pytest.mark.parametrize("state", ["queued", "assigned", "running"])
def test_waiting_goes_on_while_a_job_is_on_its_way(state: str) -> None:
    assert is_over(ledger()) and not is_over(ledger(**{state: 1}))


@contextmanager
def running(*more: str, code: str = WAITS, cwd: Optional[Path] = None,
            **env: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that has said that it is up, until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, cwd=cwd, env={**os.environ, **env},
    )
    try:
        assert process.stdout and process.stdout.readline() == "up\n"
        yield process
    finally:
        process.communicate()


@pytest.mark.parametrize("where", ["argument", "environment", "working folder"])
def test_process_that_names_the_folder_is_found(tmp_path: Path, where: str) -> None:
    arguments = [f"--state={tmp_path}/x"] if where == "argument" else []
    env = {"OF_LAB": f"{tmp_path}:web"} if where == "environment" else {}
    cwd = tmp_path if where == "working folder" else None
    with running(*arguments, cwd=cwd, **env) as process:
        assert [one.pid for one in leftover.of_lab(tmp_path)] == [process.pid]
    assert leftover.of_lab(tmp_path) == []


def test_folder_whose_name_only_begins_alike_is_another_lab(tmp_path: Path) -> None:
    with running(f"{tmp_path}2"), running(f"{tmp_path}-b/x"):
        assert leftover.of_lab(tmp_path) == []


def test_child_that_hides_is_found_and_outlives_its_parent(tmp_path: Path) -> None:
    hides = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAITS!r}], env={{}})"
    with running(str(tmp_path), code=hides) as parent:
        seen = leftover.of_lab(tmp_path)
        child = [one for one in seen if one.pid != parent.pid]
        assert len(seen) == 2 and str(tmp_path) not in child[0].command
        parent.kill()
        parent.wait(10)
        assert leftover.of_lab(tmp_path) == []
        assert leftover.survivors(seen) == child
    # Another process of the same number is a stranger.
    assert leftover.survivors([child[0]._replace(pid=os.getpid())]) == []


def smoke(tmp_path: Path) -> Smoke:
    return Smoke(LabState(tmp_path / "lab"), "0.9.0", 4, 1)


def test_a_step_that_fails_ends_the_steps_but_not_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken() -> List[str]:
        raise LabError("Port 1 is taken.")

    one = smoke(tmp_path)
    monkeypatch.setattr(one, "tools", lambda: [])
    monkeypatch.setattr(one, "up", taken)
    one.perform()
    said = capsys.readouterr().out
    assert one.problems == ["Port 1 is taken."]
    assert [line.split()[0] for line in said.splitlines() if " s  " in line] == [
        "ok", "FAILED", "ok", "ok",
    ]
    assert "ARC" not in said and "no process and no mount left" in said


@pytest.mark.parametrize("wrong, code", [(None, 0), ("jobs", 1), ("left", 1)])
def test_exit_code_is_the_verdict(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    wrong: Optional[str], code: int,
) -> None:
    for step in ("tools", "up", "arc", "jobs", "down", "left"):
        found = ["Bad."] if step == wrong else []
        monkeypatch.setattr(Smoke, step, lambda _, found=found: found)
    assert main(["smoke"]) == code
    said = capsys.readouterr().out.splitlines()
    assert len([line for line in said if line.startswith("ok")]) == 6 - code
    assert said[-1].startswith("smoke: FAILED after" if code else "smoke: passed after")
    assert ("       Bad." in said) == bool(code)


def test_a_lab_that_is_there_is_not_taken_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    LabState(tmp_path).write({"schema": 1, "clusters": [], "service": None})
    assert main(["smoke", "--dir", str(tmp_path)]) == 2
    assert "There is a lab in" in capsys.readouterr().err
    assert LabState(tmp_path).exists()


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--duration", "-1"],
                                       ["--duration", "nan"]])
def test_no_jobs_are_no_smoke_test(
    arguments: List[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["smoke", *arguments]) == 2
    assert "these are no jobs" in capsys.readouterr().err


def test_unknown_release_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARC_LAB_RELEASES", raising=False)
    assert main(["smoke", "--release", "0.8.0"]) == 2
    told = capsys.readouterr()
    assert "no chart of ARC release '0.8.0'" in told.err and told.out == ""
