# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is anything still mounted below a folder?

The node agent mounts in name spaces of its pods, so nothing should be; a crash between two steps
may leave one behind all the same.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import List

UNMOUNT_LIMIT_S = 20.0


def _plain(point: bytes) -> str:
    """The kernel writes blanks and the like in a path as backslash and three octal digits."""
    return os.fsdecode(re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m.group(1), 8)]), point))


def mounts_below(folder: Path) -> List[str]:
    """Mount points below `folder`, the innermost first."""
    # The kernel knows no symbolic links.
    start = f"{folder.resolve()}/"
    lines = Path("/proc/self/mounts").read_bytes().splitlines()
    points = [_plain(line.split()[1]) for line in lines]
    return sorted((point for point in points if point.startswith(start)), key=len, reverse=True)


def unmount_below(folder: Path) -> List[str]:
    """Unmount them; gives those that were mounted."""
    points = mounts_below(folder)
    for point in points:
        command = ["umount", "--lazy", point]
        subprocess.run(command, check=False, capture_output=True, timeout=UNMOUNT_LIMIT_S)
    return points
