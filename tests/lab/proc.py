# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the kernel say about a process?

A process is known by its pid and its start time (clock ticks since boot), so that a pid that was
given to a stranger meanwhile is never taken for ours.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence

# Fields of /proc/PID/stat counted from the state, which is the first after the command's ")".
STATE, PARENT, SESSION, THREADS, START_TIME = 0, 1, 3, 17, 19


def _stat(pid: int) -> Optional[List[str]]:
    """The fields after the command; None if the process is gone or only waits to be reaped.

    While threads of a killed process are still on their way out it is not gone: it holds its
    ports and locks until the last of them has left.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command may hold blanks and parentheses; the fields after the last ")" are plain.
    fields = text.rpartition(")")[2].split()
    is_gone = fields[STATE] == "X" or (fields[STATE] == "Z" and int(fields[THREADS]) <= 1)
    return None if is_gone else fields


def start_time(pid: int) -> Optional[int]:
    """The kernel's start time of a process in clock ticks; None if it is gone or a zombie."""
    fields = _stat(pid)
    return int(fields[START_TIME]) if fields else None


def is_alive(pid: int, started: Optional[int]) -> bool:
    return started is not None and start_time(pid) == started


def rss_kib(pid: int) -> int:
    """Resident memory in KiB; 0 for a process that is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def signal_group(pid: int, started: Optional[int], number: int) -> None:
    """Signal the process group that `pid` leads, if it is still the same process."""
    if is_alive(pid, started):
        try:
            os.killpg(pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def _pids() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def parents() -> Dict[int, int]:
    """The parent of every process that lives; 0 for the first."""
    looked = {pid: _stat(pid) for pid in _pids()}
    return {pid: int(fields[PARENT]) for pid, fields in looked.items() if fields}


def orphans(pid: int, mark: str) -> List[int]:
    """Who is left of the session of a leader that is gone; [] where `pid` lives (again).

    `mark`: `NAME=VALUE` of the environment they were started with. The number of a session that
    ended long ago may name a stranger's by now.
    """
    if start_time(pid) is not None:
        return []
    found = []
    for other in _pids():
        fields = _stat(other)
        if fields and int(fields[SESSION]) == pid and _has_mark(other, mark):
            found.append(other)
    return found


def _has_mark(pid: int, mark: str) -> bool:
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return mark.encode() in variables


def kill_orphans(pid: int, mark: str) -> None:
    """SIGKILL to what is left of the session of a leader that is gone."""
    for other in orphans(pid, mark):
        try:
            os.kill(other, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def pid_of(argv: Sequence[str]) -> Optional[int]:
    """The process of this user that was started with exactly these arguments, else None."""
    wanted = b"".join(argument.encode() + b"\0" for argument in argv)
    for pid in _pids():
        try:
            path = Path(f"/proc/{pid}")
            if path.stat().st_uid == os.geteuid() and (path / "cmdline").read_bytes() == wanted:
                return pid
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return None
