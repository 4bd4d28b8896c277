# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smoke test as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab.cluster import python_environment


def test_smoke_test_is_green_and_leaves_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab", "smoke", "--jobs", "8", "--dir", str(tmp_path / "lab")],
        capture_output=True, text=True, timeout=240, check=False, env=python_environment(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "smoke: 8 jobs completed, nothing left" in done.stdout
    assert not (tmp_path / "lab" / "lab.json").exists()
