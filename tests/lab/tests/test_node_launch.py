# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of containers: real ones, with each kind of sandbox this machine allows."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from lab.node import leftovers
from lab.node.launch import NONE, OVERLAY, TMPFS, ContainerProcess, outer_mounts, sandbox_mode

ENV = {"PATH": os.environ["PATH"]}
IS_ROOT = os.geteuid() == 0
MODES = [
    pytest.param(OVERLAY, marks=pytest.mark.skipif(not IS_ROOT, reason="mounts need root")),
    pytest.param(TMPFS, marks=pytest.mark.skipif(not IS_ROOT, reason="mounts need root")),
    NONE,
]
LIMIT_S = 10.0


@pytest.fixture(params=MODES)
def process(request: Any, tmp_path: Path) -> ContainerProcess:
    if request.param != NONE and sandbox_mode(tmp_path / "try") == NONE:
        pytest.skip("this machine refuses mounts")
    return ContainerProcess(tmp_path / "uid" / "main", 0, request.param, tmp_path)


def shell(process: ContainerProcess, script: str, mounts: Any = (), env: Any = None) -> None:
    process.start(["sh", "-c", script], {**ENV, **(env or {})}, "/", list(mounts))


def ended(process: ContainerProcess) -> int:
    return asyncio.run(asyncio.wait_for(process.wait(), LIMIT_S))[0]


def until(condition: Any) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.parametrize(
    "script, code",
    [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)],
)
def test_wait_gives_the_exit_code(process: ContainerProcess, script: str, code: int) -> None:
    shell(process, f"echo out; echo err >&2; {script}")
    assert ended(process) == code
    assert process.log.read_text() == "out\nerr\n"


def test_wait_for_a_program_that_is_not_there_gives_127(process: ContainerProcess) -> None:
    process.start(["/no/such/program"], ENV, "/", [])
    assert ended(process) == 127
    assert "cannot start /no/such/program" in process.log.read_text()


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGKILL, 137)])
def test_signal_ends_the_program(process: ContainerProcess, number: int, code: int) -> None:
    shell(process, "echo up; exec sleep 60")
    until(lambda: process.log.read_text() == "up\n")
    process.signal(number)
    assert ended(process) == code


def test_signal_term_lets_the_program_finish(process: ContainerProcess) -> None:
    shell(process, "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done")
    until(lambda: process.log.read_text() == "up\n")
    process.signal(signal.SIGTERM)
    assert ended(process) == 3
    assert process.log.read_text().splitlines()[-1] == "bye"


def test_children_of_the_program_end_with_it(process: ContainerProcess, tmp_path: Path) -> None:
    shell(process, f"sleep 60 & echo $! > {tmp_path}/child; exit 5")
    assert ended(process) == 5
    child = int((tmp_path / "child").read_text())
    until(lambda: not Path(f"/proc/{child}").exists() or _is_zombie(child))


def _is_zombie(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_adopt_when_the_agent_changed_still_gives_the_exit_code(
    process: ContainerProcess, tmp_path: Path
) -> None:
    shell(process, f"while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; exit 4")
    adopted = ContainerProcess.adopt(tmp_path / "uid" / "main", NONE, tmp_path)
    assert adopted is not None and adopted.is_running()
    (tmp_path / "go").touch()
    # The stranger's child is reaped by its parent, which is this test.
    process._child.wait(LIMIT_S)
    assert ended(adopted) == 4


def test_adopt_without_a_record_gives_none(tmp_path: Path) -> None:
    assert ContainerProcess.adopt(tmp_path, NONE, tmp_path) is None


def test_volume_stands_where_the_program_looks(process: ContainerProcess, tmp_path: Path) -> None:
    account = "/var/run/secrets/kubernetes.io/serviceaccount"
    (tmp_path / "token").mkdir()
    (tmp_path / "token" / "token").write_text("abc")
    script = f'cat "${{LAB_ROOT:-}}{account}/token"'
    shell(process, script, [(str(tmp_path / "token"), account, True)])
    assert ended(process) == 0
    assert process.log.read_text() == "abc"
    assert not Path(f"{account}/token").exists()


def test_volume_of_one_file(process: ContainerProcess, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    mount = (str(tmp_path / "config.json"), "/etc/gha-listener/config.json", False)
    shell(process, 'cat "${LAB_ROOT:-}/etc/gha-listener/config.json"', [mount])
    assert ended(process) == 0
    assert process.log.read_text() == "{}"


@pytest.mark.skipif(not IS_ROOT, reason="mounts need root")
@pytest.mark.parametrize("mode", [OVERLAY, TMPFS])
def test_sandbox_keeps_the_machine_clean(mode: str, tmp_path: Path) -> None:
    if sandbox_mode(tmp_path / "try") == NONE:
        pytest.skip("this machine refuses mounts")
    before = Path("/proc/self/mounts").read_text()
    process = ContainerProcess(tmp_path / "uid" / "main", 0, mode, tmp_path)
    (tmp_path / "ro").mkdir()
    script = (
        f"echo x > /etc/lab-test; cat /etc/lab-test; echo x > {tmp_path}/shared;"
        " echo x > /mnt/ro/y; ls /proc/self/fd >/dev/null && ls /dev/null"
    )
    shell(process, script, [(str(tmp_path / "ro"), "/mnt/ro", True)])
    assert ended(process) == 0
    log = process.log.read_text()
    assert log.startswith("x\n") and "Read-only file system" in log
    assert not Path("/etc/lab-test").exists()
    assert (tmp_path / "shared").exists(), "the lab's own folder is not covered"
    assert not (tmp_path / "ro" / "y").exists()
    assert Path("/proc/self/mounts").read_text() == before


def test_sandbox_mode_when_asked_for_none(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("LAB_SANDBOX", NONE)
    assert sandbox_mode(tmp_path) == NONE


@pytest.mark.parametrize(
    "points, expected",
    [
        (["/", "/dev", "/dev/pts", "/proc"], ["/dev", "/proc"]),
        (["/", "/home", "/home/a", "/homes"], ["/home", "/homes"]),
        (["/", "/mnt\\040x/y"], ["/mnt x/y"]),
    ],
)
def test_outer_mounts(points: List[str], expected: List[str]) -> None:
    assert outer_mounts("".join(f"dev {point} ext4 rw 0 0\n" for point in points)) == expected


def pods(tmp_path: Path, scripts: Dict[str, str]) -> List[Tuple[str, ContainerProcess]]:
    made = []
    for uid, script in scripts.items():
        process = ContainerProcess(tmp_path / uid / "main", 0, NONE, tmp_path)
        shell(process, f"{script}; echo up; while :; do sleep 0.05; done")
        made.append((uid, process))
    for _uid, process in made:
        until(lambda p=process: p.log.read_text() == "up\n")
    return made


def test_stop_all_ends_gently_then_by_force(tmp_path: Path) -> None:
    made = dict(pods(tmp_path, {"a": "trap 'exit 0' TERM", "b": "trap '' TERM"}))
    reaped = [asyncio.run(_stopped(tmp_path, made))]
    assert reaped == [{"a": 0, "b": 137}]
    assert leftovers.recorded(tmp_path) == []


async def _stopped(tmp_path: Path, made: Dict[str, ContainerProcess]) -> Dict[str, int]:
    names = await asyncio.to_thread(leftovers.stop_all, tmp_path, 0.5)
    assert names == ["a/main", "b/main"]
    return {uid: (await process.wait())[0] for uid, process in made.items()}


def test_stop_all_spares_a_stranger_with_the_same_pid(tmp_path: Path) -> None:
    (uid, process), = pods(tmp_path, {"a": "true"})
    record = tmp_path / uid / "main" / "process.json"
    text = record.read_text()
    record.write_text(text.replace(f'"start_time": {process._start_time}', '"start_time": 1'))
    assert leftovers.stop_all(tmp_path, 0.1) == []
    assert process.is_running()
    record.write_text(text)
    assert leftovers.stop_all(tmp_path, 0) == ["a/main"]


def test_crash_kills_the_program_alone(tmp_path: Path) -> None:
    (uid, process), = pods(tmp_path, {"a": "true"})
    assert leftovers.crash(tmp_path, uid, "main") is not None
    assert ended(process) == 137
    assert process.exit_file.exists(), "the supervisor saw it"
    assert leftovers.crash(tmp_path, uid, "main") is None
