# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is whoever started a task still there?

A run that is cancelled or killed leaves its worker behind (ansible-core from 2.18 on gives each a
session of its own), and with it the module. What waits must not go on writing then: the next run
may be at work already.
"""

from __future__ import annotations

import os
from typing import Set

_MOST_ANCESTORS = 64


class Starter:
    """A process above this one. `pid`: 0 where none is to be watched.

    One that is not above this process is on another machine; then it is never told to be gone.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid if pid and pid in _ancestors() else 0

    def is_gone(self) -> bool:
        """True once it has ended: what it left belongs to another process then."""
        return bool(self._pid) and self._pid not in _ancestors()


def _ancestors() -> Set[int]:
    """Return the processes above this one, as far as the system tells."""
    found: Set[int] = set()
    pid = os.getppid()
    while pid > 1 and len(found) < _MOST_ANCESTORS:
        found.add(pid)
        pid = _parent(pid)
    return found


def _parent(pid: int) -> int:
    """Return the process above another one, 0 where /proc does not tell (proc(5), stat)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            # The name stands in parentheses and may hold anything.
            return int(stat.read().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0
