# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is one container's program started, taken over by a later agent, signalled, awaited?

A shell of one megabyte supervises each program: it outlives the agent and leaves the exit code in
a file. It leads a process group of its own, which is what gets the signals.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from lab.processes import is_alive, signal_group, start_time
from lab.state import read_json, write_json

SANDBOX = str(Path(__file__).with_name("sandbox.py"))
OVERLAY, TMPFS, NONE = "overlay", "tmpfs", "none"
POLL_S = 0.2
TESTS_DIR = str(Path(__file__).resolve().parents[2])

# Its own words ("Killed") must not stand in the container's log: it gets no stderr, and the
# launcher gives the program stdout for it. Empty traps are not inherited, as ignored signals would
# be. At the end it takes along what the program left running, itself included.
SUPERVISE = (
    'trap : TERM INT HUP QUIT; "$@"; echo $? >"$0.new"; mv "$0.new" "$0"; kill -9 0'
)

Mounts = List[Tuple[str, str, bool]]


def launcher(spec_file: Path) -> List[str]:
    return [sys.executable, "-I", "-S", SANDBOX, str(spec_file)]


def outer_mounts(text: str) -> List[str]:
    """The mount points right below `/` in the text of /proc/self/mounts; deeper ones come along
    with them. An overlay over `/` would show empty folders in their place."""
    points = {line.split()[1].encode().decode("unicode_escape") for line in text.splitlines()}
    kept: List[str] = []
    for point in sorted(points - {"/"}, key=lambda p: p.split("/")):
        if not any(point.startswith(f"{outer}/") for outer in kept):
            kept.append(point)
    return kept


def uncovered(mounts: Mounts, needed: Sequence[str]) -> Mounts:
    """Binds that bring back what the program needs from where a volume hides it: ARC's manager
    has an empty volume at /tmp, below which interpreter or checkout may lie."""
    targets = [target.rstrip("/") for _source, target, _read_only in mounts]
    hidden = [path for path in needed if any(path.startswith(f"{t}/") for t in targets)]
    return [(path, path, False) for path in dict.fromkeys(hidden)]


def sandbox_mode(folder: Path) -> str:
    """What this machine allows: OVERLAY on disk, else TMPFS (upper layer in memory), else NONE.

    `LAB_SANDBOX` asks for less. Tries it for real, below `folder`.
    """
    asked = os.environ.get("LAB_SANDBOX", OVERLAY)
    folder.mkdir(parents=True, exist_ok=True)
    for mode in (OVERLAY, TMPFS):
        if asked in (OVERLAY, mode) and os.geteuid() == 0 and _is_allowed(mode, folder):
            return mode
    return NONE


def _is_allowed(mode: str, folder: Path) -> bool:
    with tempfile.TemporaryDirectory(dir=folder) as below:
        spec = {
            "argv": ["true"],
            "env": {"PATH": os.environ.get("PATH", os.defpath)},
            "cwd": "/",
            "overlay": {"scratch": f"{below}/root", "tmpfs": mode == TMPFS},
            "shared": [],
            "binds": [],
        }
        write_json(Path(below) / "spec.json", spec)
        command = launcher(Path(below) / "spec.json")
        try:
            done = subprocess.run(command, check=False, capture_output=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


class ContainerProcess:
    """The program of one container, in its `restart`-th run; the record on disk lets a later
    agent take it over. `folder`: the container's; `mode`: of sandbox_mode()."""

    def __init__(self, folder: Path, restart: int, mode: str, keep: Path) -> None:
        self._folder = folder
        self._restart = restart
        self._mode = mode
        self._keep = keep
        self._child: Optional[subprocess.Popen] = None
        self._pid = 0
        self._start_time: Optional[int] = None
        self.started_at = 0.0

    @property
    def log(self) -> Path:
        return self._folder / f"{self._restart}.log"

    @property
    def exit_file(self) -> Path:
        return self._folder / f"{self._restart}.exit"

    def start(self, argv: Sequence[str], env: Dict[str, str], cwd: str, mounts: Mounts) -> None:
        """Start it. Raises OSError or LabError where the machine refuses."""
        self._folder.mkdir(parents=True, exist_ok=True)
        spec_file = self._folder / "spec.json"
        # It holds the environment, and that may hold secrets.
        write_json(spec_file, self._spec(argv, env, cwd, mounts), mode=0o600)
        with open(self.log, "ab") as log:
            self._child = subprocess.Popen(
                ["/bin/sh", "-c", SUPERVISE, str(self.exit_file), *launcher(spec_file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._pid, self._start_time = self._child.pid, start_time(self._child.pid)
        self.started_at = time.time()
        record = {
            "pid": self._pid,
            "start_time": self._start_time,
            "restart": self._restart,
            "started_at": self.started_at,
        }
        write_json(self._folder / "process.json", record)

    def _spec(
        self, argv: Sequence[str], env: Dict[str, str], cwd: str, mounts: Mounts
    ) -> Dict[str, Any]:
        scratch = self._folder / f"root-{self._restart}"
        overlay, shared = None, []
        if self._mode == NONE:
            env, cwd = {**env, **self._linked(scratch, mounts)}, str(self._folder)
        else:
            overlay = {"scratch": str(scratch), "tmpfs": self._mode == TMPFS}
            shared = outer_mounts(Path("/proc/self/mounts").read_text(encoding="utf-8"))
            shared.append(str(self._keep))
            program = os.path.dirname(argv[0])
            needed = [sys.prefix, sys.base_prefix, TESTS_DIR, program]
            mounts = [*mounts, *uncovered(mounts, needed)]
        return {
            "argv": list(argv),
            "env": env,
            "cwd": cwd,
            "overlay": overlay,
            "shared": shared,
            "binds": mounts,
        }

    @staticmethod
    def _linked(root: Path, mounts: Mounts) -> Dict[str, str]:
        """Without mounts: the volumes below a folder that the lab's own programs look into."""
        for source, target, _read_only in mounts:
            link = root / target.lstrip("/")
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(source)
        account = "var/run/secrets/kubernetes.io/serviceaccount"
        return {"LAB_ROOT": str(root), "LAB_SERVICEACCOUNT_DIR": str(root / account)}

    @classmethod
    def adopt(cls, folder: Path, mode: str, keep: Path) -> Optional["ContainerProcess"]:
        """What an earlier agent started last in the container's folder; None without a record."""
        record = read_json(folder / "process.json")
        if not record:
            return None
        process = cls(folder, record["restart"], mode, keep)
        process._pid, process._start_time = record["pid"], record["start_time"]
        process.started_at = record["started_at"]
        return process

    @property
    def restart(self) -> int:
        return self._restart

    def is_running(self) -> bool:
        return is_alive(self._pid, self._start_time)

    async def wait(self) -> Tuple[int, float]:
        """Exit code and the time of the end; 137 and now where it was killed with its group."""
        if self.is_running():
            await self._ended()
        if self._child is not None:
            self._child.wait()
        try:
            code = int(self.exit_file.read_text(encoding="utf-8"))
            return code, self.exit_file.stat().st_mtime
        except (FileNotFoundError, ValueError):
            return 128 + signal.SIGKILL, time.time()

    async def _ended(self) -> None:
        try:
            handle = os.pidfd_open(self._pid)
        except (AttributeError, OSError):
            while self.is_running():
                await asyncio.sleep(POLL_S)
            return
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        loop.add_reader(handle, lambda: done.done() or done.set_result(None))
        try:
            # Between the look and the handle the pid may have gone to a stranger.
            if self.is_running():
                await done
        finally:
            loop.remove_reader(handle)
            os.close(handle)

    def signal(self, number: int) -> None:
        """To the whole process group; the supervisor survives all but SIGKILL."""
        signal_group(self._pid, self._start_time, number)

    def program_pid(self) -> Optional[int]:
        """The pid of the program itself; None where it does not run."""
        return program_of(self._pid, self._start_time)


def program_of(pid: int, started: Optional[int]) -> Optional[int]:
    """The program below the supervisor `pid`; None where it does not run (any more)."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(children[0]) if children and is_alive(pid, started) else None
