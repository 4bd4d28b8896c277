# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is a process of the lab started, awaited, and ended?

Its record lies on disk, written before the process starts and completed after: any later command
can end what an earlier one started, even one that was killed half-way.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

from lab.errors import LabError
from lab.proc import is_alive, kill_orphans, orphans, pid_of, signal_group, start_time
from lab.state import LabState, read_json, write_json

STOP_AFTER_S = 8.0
KILL_LIMIT_S = 10.0
LOOK_S = 0.03
NO_ROOM = os.strerror(errno.ENOSPC).lower()
# In the environment of every process, and so of its children.
MARK = "LAB_PROCESS"


@dataclass(frozen=True)
class Spec:
    """What to start: `name` is unique in the lab (`blue.etcd`), `ready` asks whether it serves.

    `ready` gives True, or False while not yet; it may raise OSError for "not yet". `stop_s`: what
    it gets to end by itself where another start replaces it.
    """

    name: str
    argv: Sequence[str]
    ready: Callable[[], bool]
    env: Optional[Dict[str, str]] = None
    limit_s: float = 60.0
    stop_s: float = STOP_AFTER_S


def tail(path: Path, since: int = 0, lines: int = 12) -> str:
    """The last lines of a log from byte `since` on, for an error message."""
    try:
        text = path.read_bytes()[since:][-8000:].decode("utf-8", "replace")
    except FileNotFoundError:
        return "  (no log)"
    return "\n".join("  " + line[:300] for line in text.splitlines()[-lines:]) or "  (empty)"


def has_said(path: Path, since: int, text: str) -> bool:
    """Whether a text stands in a log from byte `since` on."""
    try:
        return text.encode() in path.read_bytes()[since:]
    except FileNotFoundError:
        return False


class Processes:
    """The processes of one lab. Threads may start different ones side by side."""

    def __init__(self, state: LabState) -> None:
        self._state = state
        self._children: Dict[str, subprocess.Popen] = {}
        self._log_from: Dict[str, int] = {}
        self._given_up = threading.Event()
        self.started: List[str] = []

    def _file(self, name: str) -> Path:
        return self._state.processes / f"{name}.json"

    def _mark(self, name: str) -> str:
        return f"{MARK}={self._state.folder}:{name}"

    def log(self, name: str) -> Path:
        return self._state.logs / f"{name}.log"

    def names(self) -> List[str]:
        """All that are on record, running or not."""
        return sorted(path.stem for path in self._state.processes.glob("[!.]*.json"))

    def record(self, name: str) -> Optional[Dict[str, Any]]:
        """What was written down when it was started; None if it was never started.

        Where the starting command was killed before it could add the pid, the process is looked
        for by its arguments: they name the state folder, so nobody else has the same.
        """
        record = read_json(self._file(name))
        if isinstance(record, dict) and record.get("pid") is None and record.get("argv"):
            pid = pid_of(record["argv"])
            if pid is not None:
                record = {**record, "pid": pid, "start_time": start_time(pid)}
                write_json(self._file(name), record)
        return record if isinstance(record, dict) and record.get("pid") else None

    def running(self, name: str) -> Optional[int]:
        """The pid of a process that this lab started and that still lives, else None."""
        child = self._children.get(name)
        if child is not None:
            child.poll()
        record = self.record(name)
        if record and is_alive(record["pid"], record["start_time"]):
            return int(record["pid"])
        return None

    def start(self, spec: Spec) -> bool:
        """Start unless it runs already with the same arguments; gives whether it was started.
        Does not wait until it is ready. Raises LabError where it cannot be started."""
        if self.running(spec.name):
            # The program itself may be another build of the same: no reason to end it.
            if (self.record(spec.name) or {})["argv"][1:] == list(spec.argv)[1:]:
                return False
            self.stop(spec.name, spec.stop_s)
        record: Dict[str, Any] = {
            "name": spec.name,
            "kind": spec.name.rpartition(".")[2],
            "pid": None,
            "start_time": None,
            "argv": [str(argument) for argument in spec.argv],
            "log": str(self.log(spec.name)),
        }
        write_json(self._file(spec.name), record)
        self.started.append(spec.name)
        child = self._spawn(spec)
        self._children[spec.name] = child
        try:
            found = {"pid": child.pid, "start_time": start_time(child.pid)}
            write_json(self._file(spec.name), {**record, **found})
        except BaseException:
            child.kill()
            child.wait()
            raise
        return True

    def _spawn(self, spec: Spec) -> "subprocess.Popen[bytes]":
        mark = self._mark(spec.name).partition("=")[2]
        try:
            self._state.logs.mkdir(parents=True, exist_ok=True)
            with open(self.log(spec.name), "ab") as log:
                self._log_from[spec.name] = log.tell()
                return subprocess.Popen(
                    [str(argument) for argument in spec.argv],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(spec.env or {}), MARK: mark},
                    start_new_session=True,
                    # `python -m` looks into the working folder first, and that is anybody's.
                    cwd=self._state.folder,
                )
        except OSError as error:
            self._file(spec.name).unlink(missing_ok=True)
            raise LabError(
                f"{spec.name} cannot be started: {error}.",
                f"Its program: {spec.argv[0]}; its log: {self.log(spec.name)}",
            ) from error

    def give_up(self) -> None:
        """Whoever waits for a process to be ready stops waiting and raises LabError."""
        self._given_up.set()

    def wait_ready(self, spec: Spec) -> None:
        """Until it is ready. Raises LabError with exit code and log if it ends or is too slow."""
        deadline = time.monotonic() + spec.limit_s
        while not self._is_ready(spec):
            if not self.running(spec.name):
                child = self._children.get(spec.name)
                code = child.poll() if child is not None else None
                told = "" if code is None else f" with exit code {code}"
                raise self._failed(spec, f"ended{told} before it was ready")
            if time.monotonic() > deadline:
                raise self._failed(spec, f"runs but was not ready after {spec.limit_s:.0f} s")
            if self._given_up.wait(LOOK_S):
                raise LabError(f"{spec.name} was not waited for, since another part failed.")

    def _is_ready(self, spec: Spec) -> bool:
        try:
            return spec.ready()
        except OSError:
            return False

    def _failed(self, spec: Spec, what: str) -> LabError:
        log, since = self.log(spec.name), self._log_from.get(spec.name, 0)
        remedy = f"The whole log: {log}"
        if has_said(log, since, NO_ROOM):
            # Go programs say so long before the end of the stack they print.
            what = f"{what}, since there is no space left on the device"
            remedy = f"Free space, or choose another state folder with --dir. {remedy}"
        return LabError(f"{spec.name} {what}:\n{tail(log, since)}", remedy)

    def stop(self, name: str, limit_s: float = STOP_AFTER_S) -> bool:
        """End the process and its group: SIGTERM, then SIGKILL. Gives whether it ran."""
        record = self.record(name)
        if record is None:
            self._file(name).unlink(missing_ok=True)
            return False
        pid, started = record["pid"], record["start_time"]
        ran = self.running(name) is not None
        signal_group(pid, started, signal.SIGTERM)
        deadline = time.monotonic() + limit_s
        while self.running(name) and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        self._end(name, pid, started)
        self._children.pop(name, None)
        self._file(name).unlink(missing_ok=True)
        return ran

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its group, as a crash would; the record stays."""
        record = self.record(name)
        if record:
            self._end(name, record["pid"], record["start_time"])

    def _end(self, name: str, pid: int, started: Optional[int]) -> None:
        signal_group(pid, started, signal.SIGKILL)
        deadline = time.monotonic() + KILL_LIMIT_S
        while self.running(name) or orphans(pid, self._mark(name)):
            kill_orphans(pid, self._mark(name))
            if time.monotonic() > deadline:
                raise LabError(
                    f"{name} (pid {pid}) does not end, not even by SIGKILL.",
                    "The kernel holds it, perhaps on a file system that hangs; see ps.",
                )
            time.sleep(LOOK_S)
