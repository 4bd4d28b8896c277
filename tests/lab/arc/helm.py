# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does the lab run Helm against one of its clusters?"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any, Dict, Mapping, Optional

from lab import toolchain
from lab.errors import LabError
from lab.state import LabState

LIMIT_S = 180.0


def environment(state: LabState) -> Dict[str, str]:
    """Helm with nothing of the user's own: no plugin, repository or variable leads it astray."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HELM_") and k != "KUBECONFIG"}
    home = state.charts / ".helm"
    for part in ("CACHE", "CONFIG", "DATA"):
        kept[f"HELM_{part}_HOME"] = str(home / part.lower())
    return kept


def helm(
    state: LabState,
    cluster: str,
    *arguments: str,
    values: Optional[Mapping[str, Any]] = None,
    limit_s: float = LIMIT_S,
) -> str:
    """What Helm printed. `values` are given to it on its standard input. Raises LabError with
    Helm's own words where it fails, and where it takes longer than `limit_s` seconds."""
    command = [toolchain.helm(), *arguments]
    command += ["--kubeconfig", str(state.kubeconfig), "--kube-context", cluster]
    if values is not None:
        command += ["--values", "-"]
    said = f"helm {' '.join(arguments[:3])} in cluster {cluster}"
    try:
        done = subprocess.run(
            command,
            input=json.dumps(values) if values is not None else "",
            env=environment(state),
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(
            f"{said} did not end within {limit_s:.0f} s.",
            "See whether the cluster is well with: python -m lab status",
        ) from error
    if done.returncode:
        raise LabError(f"{said} failed: {done.stderr.strip()[-1500:]}")
    return done.stdout
