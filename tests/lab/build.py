# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is the control-plane binary built, and how far is a running build?"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable, Dict, List, Optional

from lab.errors import LabError

KUBERNETES = "1.36.3"
SOURCES = Path(__file__).parent / "controlplane"
REPORT_EVERY_S = 10.0
FETCH_LIMIT_S = 1800.0
BUILD_LIMIT_S = 5400.0
# One generated package alone wants some 2 GB to compile; below this only one is compiled at once.
LITTLE_MEMORY_KIB = 4 << 20
NO_SPACE = "no space left"

Say = Callable[[str], None]


def ldflags() -> str:
    """Without the stamps a module build calls itself v0.0.0, and Helm's kubeVersion fails."""
    major, minor = KUBERNETES.split(".")[:2]
    stamp = "k8s.io/component-base/version"
    return (
        f"-s -w -X {stamp}.gitVersion=v{KUBERNETES} "
        f"-X {stamp}.gitMajor={major} -X {stamp}.gitMinor={minor}"
    )


def memory_kib() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1])
    return 0


def environment() -> Dict[str, str]:
    """For every go command: nothing of the user's own settings may change what is built."""
    flags = "-mod=readonly" + (" -p=1" if memory_kib() < LITTLE_MEMORY_KIB else "")
    fixed = {"CGO_ENABLED": "0", "GOFLAGS": flags, "GOWORK": "off", "GO111MODULE": "on"}
    return {**os.environ, **fixed}


def build(go_command: str, target: Path, say: Say) -> None:
    """Build the binary to `target`, which is there whole or not at all. Raises LabError."""
    say(f"building the Kubernetes {KUBERNETES} control plane (once; several minutes)")
    total = len(_packages(go_command, target, say))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(
            f"{target.parent} cannot be made: {error.strerror}.",
            "Set XDG_CACHE_HOME to a folder with room in it.",
        ) from error
    draft = target.with_name(".controlplane.new")
    command = [go_command, "build", "-v", "-trimpath", "-ldflags", ldflags()]
    started = time.monotonic()

    def tell(elapsed: float, lines: int) -> None:
        say(f"  compiled {lines} of {total} packages, {elapsed:.0f} s")

    try:
        done = _run([*command, "-o", str(draft), "."], tell, BUILD_LIMIT_S)
        if done.code:
            raise _failed("The control plane cannot be built", done.errors)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    say(f"  built in {time.monotonic() - started:.0f} s: {target}")


def _packages(go_command: str, target: Path, say: Say) -> List[str]:
    """All packages of the binary; their modules are fetched for that."""

    def tell(elapsed: float, _lines: int) -> None:
        say(f"  fetching Go modules, {elapsed:.0f} s")

    say("  fetching Go modules")
    done = _run([go_command, "list", "-deps", "."], tell, FETCH_LIMIT_S)
    if not done.code:
        return done.output.split()
    if any(NO_SPACE in line for line in done.errors):
        raise _failed("Kubernetes' Go modules cannot be kept", done.errors)
    raise LabError(
        f"Kubernetes' Go modules cannot be fetched: {(done.errors or ['go list failed'])[-1]}",
        "The first build needs a Go module proxy (see GOPROXY). Without one, build on a machine "
        f"that has one and copy the binary to {target}",
    )


def _failed(what: str, errors: List[str]) -> LabError:
    is_full = any(NO_SPACE in line for line in errors)
    last = "\n".join("  " + line for line in errors[-8:])
    remedy = "Free some 5 GB: Go's module and build caches (go env GOMODCACHE GOCACHE), the binary."
    return LabError(f"{what}:\n{last}", remedy if is_full else "")


class _Done:
    """How a command ended."""

    def __init__(self, code: int, output: str, errors: List[str]) -> None:
        self.code = code
        self.output = output
        self.errors = errors


def _run(command: List[str], tell: Callable[[float, int], None], limit_s: float) -> _Done:
    """Run a go command among the sources; `tell` is called now and then with the seconds so far
    and how many lines it has written on its error output."""
    lines: List[str] = []
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        build_process = subprocess.Popen(
            command,
            cwd=SOURCES,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        )
        reader = threading.Thread(target=_collect, args=(build_process, lines), daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                reader.join(REPORT_EVERY_S)
                elapsed = time.monotonic() - started
                if elapsed > limit_s:
                    lines.append(f"it did not end within {limit_s:.0f} s")
                    build_process.kill()
                elif reader.is_alive():
                    tell(elapsed, len(lines))
            code: Optional[int] = build_process.wait(10)
        finally:
            if build_process.poll() is None:
                build_process.kill()
                build_process.wait(10)
        output.seek(0)
        return _Done(code or 0, output.read(), lines)


def _collect(process: "subprocess.Popen[str]", lines: List[str]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line.rstrip()[:300])
