# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a process of a lab still on this machine? (For mounts see mounts.py.)"""

from __future__ import annotations

import os
from pathlib import Path
from typing import List

PROC = Path("/proc")


def processes(folder: Path) -> List[str]:
    """Every process but this one whose command line, environment or working directory has the
    folder in it: "pid command"."""
    needle = os.fsencode(str(folder))
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) in (os.getpid(), os.getppid()):
            continue
        command = _read(entry / "cmdline")
        if needle in command or needle in _read(entry / "environ") or needle in _cwd(entry):
            text = command.replace(b"\0", b" ").decode("utf-8", "replace").strip()
            found.append(f"{entry.name} {text[:200]}")
    return sorted(found)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        # It has ended meanwhile, or belongs to somebody else.
        return b""


def _cwd(entry: Path) -> bytes:
    try:
        return os.fsencode(os.readlink(entry / "cwd"))
    except OSError:
        return b""
