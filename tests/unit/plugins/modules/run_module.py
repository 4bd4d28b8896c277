# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module as Ansible runs it: a process of its own, options as JSON in, result as JSON out."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from typing import Any, Dict, Mapping, Optional, Tuple

PACKAGE = "ansible_collections.arc.lifecycle.plugins.modules"
LIMIT_S = 120


def run(
    module: str,
    options: Mapping[str, Any],
    *,
    check: bool = False,
    diff: bool = False,
    environ: Optional[Mapping[str, str]] = None,
    limit_s: float = LIMIT_S,
) -> Tuple[int, Dict[str, Any]]:
    """Run the real `main()` of a module; gives its exit code and its result.

    `environ`: variables beside those that Python itself needs; no others reach the module.
    After `limit_s` it is killed (SIGKILL) and subprocess.TimeoutExpired is raised.
    """
    path = importlib.import_module(f"{PACKAGE}.{module}").__file__
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, str(path)],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        capture_output=True, text=True, timeout=limit_s, check=False,
        env={**kept, **(environ or {})},
    )  # fmt: skip
    lines = done.stdout.strip().splitlines()
    assert lines, f"{module} gave no result: {done.stderr}"
    return done.returncode, json.loads(lines[-1])
