# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does `up` cope without root, and does it say what is wrong where it cannot work?

What needs no processes to be shown is in test_cli_verbs.py, test_state_folder.py,
test_ports_table.py and test_toolchain_cache.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator, List, Sequence

import pytest

from lab import leftover, toolchain
from lab.cluster import python_environment
from lab.mounts import mounts_below

NOBODY = 65534
LIMIT_S = 90
# Another user with no right but to read: the Python of the tests may be out of everybody's sight.
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
             "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search")
PROBE = [*AS_NOBODY, "true"]
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play another user")


def lab(folder: Path, *arguments: str, before: Sequence[str] = (), **env: str) -> List[str]:
    """`python -m lab`; gives its exit code and what it printed, by line."""
    verb, *rest = arguments
    done = subprocess.run(
        [*before, sys.executable, "-m", "lab", verb, "--dir", str(folder), *rest],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=LIMIT_S,
        env={**os.environ, **python_environment(), **env},
    )
    return [str(done.returncode), *done.stdout.splitlines()]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that belongs to nobody, in which the built binary is at hand."""
    binary = toolchain.controlplane(print)
    with tempfile.TemporaryDirectory(prefix="arc-lab-") as name:
        home = Path(name)
        built = home / "arc-lifecycle" / "controlplane"
        built.mkdir(parents=True)
        (built / binary.parent.name).symlink_to(binary.parent)
        for folder in (home, *home.rglob("*")):
            os.chown(folder, NOBODY, NOBODY, follow_symlinks=False)
        yield home


def test_lab_of_another_user_than_root_runs_pods_as_that_user(home: Path) -> None:
    if shutil.which("setpriv") is None or subprocess.run(PROBE, check=False).returncode:
        pytest.skip("another user cannot be played here")
    folder, env = home / "lab", {"HOME": str(home), "XDG_CACHE_HOME": str(home)}

    def blue(*arguments: str) -> List[str]:
        return lab(folder, "kubectl", "blue", *arguments, before=AS_NOBODY, **env)

    try:
        code, *told = lab(folder, "up", "--clusters", "blue", before=AS_NOBODY, **env)
        assert code == "0", told
        assert blue("wait", "--for=create", "serviceaccount/default", "--timeout=20s")[0] == "0"
        script = 'id -u; cat "$LAB_SERVICEACCOUNT_DIR/namespace"'
        options = ("--image=lab.invalid/host", "--restart=Never", "--command", "--")
        assert blue("run", "p", *options, "sh", "-c", script)[0] == "0"
        done = "--for=jsonpath={.status.phase}=Succeeded"
        assert blue("wait", done, "pod/p", "--timeout=20s")[0] == "0"
        assert blue("logs", "p") == ["0", str(NOBODY), "default"]
    finally:
        code, *told = lab(folder, "down", before=AS_NOBODY, **env)
    assert (code, told) == ("0", ["ended 6 processes"])
    assert leftover.of_lab(home) == [] and not folder.exists()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system on which a lab's own files have room, but no cluster's data."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_full_disk_is_named_and_nothing_goes_on(small: Path) -> None:
    code, *told = lab(small / "lab", "up", "--clusters", "blue")
    assert code == "2"
    text = "\n".join(told)
    assert "no space left on the device" in text and "Free space" in text
    assert "Traceback" not in text
    assert leftover.of_lab(small / "lab") == []
    assert lab(small / "lab", "down")[0] == "0"
    assert list(small.iterdir()) == [] and mounts_below(small) == []
