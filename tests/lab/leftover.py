# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of this machine belong to a lab, and which of them are left?

This asks the kernel alone, not the lab's records: it is the check on those who keep the records.
(For mounts see mounts.py.)
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Dict, List, NamedTuple, Set

from lab.proc import is_alive, parents, start_time

PROC = Path("/proc")
# The state folder in a command line and the like; not one whose name only begins like it.
AFTER = rb"(?![\w.-])"


class Process(NamedTuple):
    """A process; `started` in clock ticks since boot tells it from a later one of that pid."""

    pid: int
    started: int
    command: str

    def __str__(self) -> str:
        return f"{self.pid} {self.command}"


def of_lab(folder: Path) -> List[Process]:
    """Who has the folder in its command line, environment, working directory, or in the mounts of
    a name space of its own, and all their descendants; without this process and its ancestors."""
    pattern = re.compile(re.escape(os.fsencode(str(folder))) + AFTER)
    parent_of = parents()
    mine = _ancestors(os.getpid(), parent_of)
    found = {pid for pid in parent_of if pid not in mine and _names(pid, pattern)}
    below = {pid for pid in parent_of if found & _ancestors(pid, parent_of)}
    return [one for pid in sorted(below - mine) for one in _process(pid)]


def survivors(seen: List[Process]) -> List[Process]:
    """Those that still live."""
    return [one for one in seen if is_alive(one.pid, one.started)]


def _ancestors(pid: int, parent_of: Dict[int, int]) -> Set[int]:
    """The process and all above it."""
    chain: Set[int] = set()
    while pid and pid not in chain:
        chain.add(pid)
        pid = parent_of.get(pid, 0)
    return chain


def _names(pid: int, pattern: "re.Pattern[bytes]") -> bool:
    folder = PROC / str(pid)
    texts = [_read(folder / "cmdline"), _read(folder / "environ"), _link(folder / "cwd")]
    if _link(folder / "ns/mnt") != _link(PROC / "self/ns/mnt"):
        texts.append(_read(folder / "mountinfo"))
    return any(pattern.search(text) for text in texts)


def _process(pid: int) -> List[Process]:
    """[] for one that has ended meanwhile."""
    command = _read(PROC / str(pid) / "cmdline").replace(b"\0", b" ").decode("utf-8", "replace")
    started = start_time(pid)
    return [] if started is None else [Process(pid, started, command.strip()[:200])]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        # It has ended meanwhile, or belongs to somebody else.
        return b""


def _link(path: Path) -> bytes:
    try:
        return os.fsencode(os.readlink(path))
    except OSError:
        return b""
