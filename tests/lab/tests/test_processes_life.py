# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is exactly what the lab started known, awaited and ended? With real processes and signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from lab.errors import LabError
from lab.proc import is_alive, pid_of, rss_kib, start_time
from lab.processes import Processes, Spec
from lab.state import LabState, read_json, write_json


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    state = LabState(tmp_path)
    found = Processes(state)
    yield found
    for name in found.names():
        found.stop(name, limit_s=0.2)


def shell(script: str, name: str = "one", **more: object) -> Spec:
    more.setdefault("ready", lambda: True)
    return Spec(name, ["sh", "-c", script], **more)  # type: ignore[arg-type]


def until(condition: Callable[[], object], limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def children_of(pid: int) -> List[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text(encoding="utf-8").split()]


def test_process_is_started_once_and_stopped_twice(processes: Processes) -> None:
    assert processes.start(shell("exec sleep 100"))
    pid = processes.running("one")
    assert pid and rss_kib(pid) > 0
    assert not processes.start(shell("exec sleep 100"))
    assert processes.running("one") == pid
    assert processes.stop("one")
    assert start_time(pid) is None
    assert not processes.stop("one")
    assert processes.names() == []


def test_process_with_other_arguments_is_replaced(processes: Processes) -> None:
    processes.start(shell("exec sleep 100"))
    before = processes.running("one")
    assert processes.start(shell("exec sleep 101"))
    assert before and start_time(before) is None
    assert processes.running("one")


def test_program_of_another_build_goes_on(processes: Processes) -> None:
    processes.start(shell("sleep 100"))
    before = processes.running("one")
    assert not processes.start(Spec("one", ["/bin/sh", "-c", "sleep 100"], lambda: True))
    assert processes.running("one") == before


def test_whole_group_is_stopped(processes: Processes) -> None:
    processes.start(shell("sleep 100 & sleep 100 & wait"))
    pid = processes.running("one")
    assert pid
    until(lambda: len(children_of(pid)) == 2)
    children = children_of(pid)
    processes.stop("one")
    assert [start_time(child) for child in children] == [None, None]


def test_deaf_process_is_killed(processes: Processes, tmp_path: Path) -> None:
    processes.start(shell(f"trap '' TERM; touch {tmp_path}/deaf; while :; do sleep 0.1; done"))
    pid = processes.running("one")
    until((tmp_path / "deaf").exists)
    assert processes.stop("one", limit_s=0.3)
    assert pid and start_time(pid) is None


def test_children_of_a_killed_leader_are_found_by_a_later_command(processes: Processes) -> None:
    processes.start(shell("sleep 100 & wait"))
    pid = processes.running("one")
    assert pid
    until(lambda: children_of(pid))
    child = children_of(pid)[0]
    os.kill(pid, signal.SIGKILL)
    until(lambda: processes.running("one") is None)
    assert start_time(child)
    later = Processes(LabState(processes.log("one").parents[1]))
    assert not later.stop("one")
    until(lambda: start_time(child) is None)


def test_later_command_stops_what_an_earlier_one_started(tmp_path: Path) -> None:
    script = (
        "import sys; from lab.processes import Processes, Spec; from lab.state import LabState;"
        "Processes(LabState(sys.argv[1])).start(Spec('one', ['sleep', '100'], lambda: True))"
    )
    tests = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-c", script, str(tmp_path)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": tests}, timeout=30)
    processes = Processes(LabState(tmp_path))
    pid = processes.running("one")
    assert pid and start_time(pid)
    assert processes.stop("one")
    assert start_time(pid) is None


def test_stranger_with_the_same_pid_is_left_alone(processes: Processes, tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "100"], start_new_session=True)
    try:
        record = {"name": "one", "pid": stranger.pid, "start_time": 1, "argv": [], "log": ""}
        write_json(tmp_path / "processes" / "one.json", record)
        assert processes.running("one") is None
        assert not processes.stop("one")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_session_of_a_stranger_with_the_same_number_is_left_alone(
    processes: Processes, tmp_path: Path
) -> None:
    """Its leader is gone and its pid is on our record: only the mark tells it from ours."""
    leader = subprocess.Popen(
        ["sh", "-c", "sleep 100 & wait"], start_new_session=True, stdout=subprocess.DEVNULL
    )
    until(lambda: children_of(leader.pid))
    child = children_of(leader.pid)[0]
    leader.kill()
    leader.wait()
    try:
        record = {"name": "one", "pid": leader.pid, "start_time": 1, "argv": [], "log": ""}
        write_json(tmp_path / "processes" / "one.json", record)
        processes.stop("one")
        assert start_time(child)
    finally:
        os.kill(child, signal.SIGKILL)


def test_start_killed_half_way_leaves_a_process_that_is_found(
    processes: Processes, tmp_path: Path
) -> None:
    """The starter died between the start and the note of the pid."""
    argv = ["sleep", "100", "1"]
    orphan = subprocess.Popen(argv, start_new_session=True)
    until(lambda: pid_of(argv) == orphan.pid)
    record = {"name": "one", "pid": None, "start_time": None, "argv": argv, "log": ""}
    write_json(tmp_path / "processes" / "one.json", record)
    assert processes.running("one") == orphan.pid
    assert not processes.start(Spec("one", argv, lambda: True))
    assert processes.stop("one")
    orphan.wait(10)


def test_half_written_record_is_no_process(processes: Processes, tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "one.json").write_text('{"name": "one", "pi')
    assert processes.running("one") is None
    assert processes.start(shell("exec sleep 100"))


def test_process_that_dies_while_starting_tells_code_and_log(processes: Processes) -> None:
    spec = shell("echo port 1 is taken; exit 3", ready=lambda: False)
    processes.start(spec)
    with pytest.raises(LabError) as caught:
        processes.wait_ready(spec)
    assert "one ended with exit code 3 before it was ready" in caught.value.problem
    assert "port 1 is taken" in caught.value.problem
    assert str(processes.log("one")) in caught.value.remedy


def test_error_shows_this_start_and_not_an_earlier_one(processes: Processes) -> None:
    processes.log("one").parent.mkdir()
    processes.log("one").write_text("an old complaint\n")
    spec = shell("echo a new complaint; exit 1", ready=lambda: False)
    processes.start(spec)
    with pytest.raises(LabError, match="a new complaint") as caught:
        processes.wait_ready(spec)
    assert "an old complaint" not in caught.value.problem


def test_process_that_never_gets_ready_is_an_error_after_its_limit(processes: Processes) -> None:
    def refuse() -> bool:
        raise ConnectionRefusedError

    spec = shell("exec sleep 100", ready=refuse, limit_s=0.3)
    processes.start(spec)
    with pytest.raises(LabError, match="was not ready after 0 s"):
        processes.wait_ready(spec)


def test_wait_ends_when_another_part_failed(processes: Processes) -> None:
    spec = shell("exec sleep 100", ready=lambda: False)
    processes.start(spec)
    processes.give_up()
    with pytest.raises(LabError, match="another part failed"):
        processes.wait_ready(spec)


def test_missing_program_is_a_clear_error_and_leaves_no_record(processes: Processes) -> None:
    with pytest.raises(LabError, match="one cannot be started.*/no/such"):
        processes.start(Spec("one", ["/no/such"], lambda: True))
    assert processes.names() == []


def test_record_says_what_the_contract_asks(processes: Processes, tmp_path: Path) -> None:
    processes.start(shell("exec sleep 100", name="blue.etcd"))
    record = read_json(tmp_path / "processes" / "blue.etcd.json")
    assert record is not None
    assert is_alive(record["pid"], record["start_time"])
    assert record["name"] == "blue.etcd" and record["kind"] == "etcd"
    assert record["argv"] == ["sh", "-c", "exec sleep 100"]
    assert record["log"] == str(processes.log("blue.etcd"))


def test_port_of_a_killed_process_is_free_at_once(processes: Processes, tmp_path: Path) -> None:
    """Its main thread is gone first; the port goes with the last of the others."""
    script = (
        "import socket, sys, threading\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        "for _ in range(400): threading.Thread(target=threading.Event().wait).start()\n"
        "ballast = bytearray(300 << 20)\n"
        "draft = sys.argv[1] + '.new'\n"
        "open(draft, 'w').write(str(s.getsockname()[1]))\n"
        "import os; os.replace(draft, sys.argv[1])\n"
        "threading.Event().wait()\n"
    )
    told = tmp_path / "port"
    processes.start(Spec("one", [sys.executable, "-c", script, str(told)], lambda: True))
    until(told.exists)
    processes.kill("one")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", int(told.read_text())))


def test_killed_process_keeps_its_record(processes: Processes) -> None:
    processes.start(shell("exec sleep 100"))
    processes.kill("one")
    assert processes.running("one") is None
    assert processes.names() == ["one"]
    assert processes.start(shell("exec sleep 100"))
