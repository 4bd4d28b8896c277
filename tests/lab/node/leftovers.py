# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of pods are on record, and how are they ended without their agent?"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from lab.node.launch import program_of
from lab.processes import is_alive, signal_group
from lab.state import read_json


KILL_LIMIT_S = 5.0

Recorded = List[Tuple[str, int, Any]]


def recorded(pods: Path) -> Recorded:
    """`(pod uid/container, pid, start time)` of every process on record that still lives."""
    folders = pods.iterdir() if pods.exists() else []
    return [process for folder in sorted(folders) for process in _of_pod(folder)]


def _of_pod(folder: Path) -> Recorded:
    found = []
    for path in sorted(folder.glob("*/process.json")):
        record = read_json(path)
        if record and is_alive(record["pid"], record["start_time"]):
            found.append((f"{folder.name}/{path.parent.name}", *_key(record)))
    return found


def _key(record: Dict[str, Any]) -> Tuple[int, Any]:
    return record["pid"], record["start_time"]


def stop_all(pods: Path, grace_s: float = 3.0) -> List[str]:
    """End them: SIGTERM, then SIGKILL after `grace_s` (0: at once); gives their names."""
    return _stop(recorded(pods), grace_s)


def stop_pod(folder: Path, grace_s: float) -> List[str]:
    """The same for one pod, by its folder."""
    return _stop(_of_pod(folder), grace_s)


def _stop(processes: Recorded, grace_s: float) -> List[str]:
    if grace_s > 0:
        for _name, pid, started in processes:
            signal_group(pid, started, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline and any(is_alive(p, s) for _name, p, s in processes):
        time.sleep(0.02)
    for _name, pid, started in processes:
        signal_group(pid, started, signal.SIGKILL)
    deadline = time.monotonic() + KILL_LIMIT_S
    while time.monotonic() < deadline and any(is_alive(p, s) for _name, p, s in processes):
        time.sleep(0.02)
    return [name for name, _pid, _started in processes]


def crash(pods: Path, uid: str, container: str) -> Optional[int]:
    """SIGKILL to the program of a container, as a crash would; its pid, None if it did not run."""
    record = read_json(pods / uid / container / "process.json")
    pid = program_of(record["pid"], record["start_time"]) if record else None
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
    return pid
