# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check of CRDs against many objects costs, beside kubectl reading the same objects."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from bench import ROUNDS, TOP, Command  # noqa: E402

from lab import many, toolchain  # noqa: E402
from lab.arc import crds  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

RUNNERS, SETS, TARGET = 10000, 200, "0.14.2"
KINDS = ("autoscalingrunnersets", "ephemeralrunnersets", "ephemeralrunners",
         "autoscalinglisteners")


def main() -> int:
    """Print seconds and memory of both, and the ratios."""
    published = crds.published_folder(TARGET)
    if published is None:
        print("ARC's published CRDs are neither in ARC_CRDS_DIR nor in ../shared/crds")
        return 0
    folder = Path(tempfile.mkdtemp(prefix="arc-bench-"))
    lab = Lab(LabState(folder / "lab"))
    environ = {**os.environ, "PYTHONPATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", ""),
               "KUBECACHEDIR": str(folder / "kubectl")}
    try:
        lab.up(["blue"])
        begun = time.monotonic()
        many.load(lab.state, "blue", RUNNERS, SETS)
        print(f"{RUNNERS} runners in {SETS} sets loaded in {time.monotonic() - begun:.0f} s",
              flush=True)
        reach = {"kubeconfig": str(lab.state.kubeconfig), "context": "blue"}
        arguments = {"ANSIBLE_MODULE_ARGS": {**reach, "src": str(published)}}
        binary = str(toolchain.controlplane(print))
        found = [
            Command("module arc_crd_check",
                    [sys.executable, str(TOP / "plugins" / "modules" / "arc_crd_check.py")],
                    json.dumps(arguments)),
            Command("kubectl get -o json", [
                binary, "kubectl", f"--kubeconfig={lab.state.kubeconfig}", "--context=blue", "get",
                ",".join(KINDS), "--namespace", many.NAMESPACE, "--output", "json"]),
        ]
        for number in range(ROUNDS):
            for one in found:
                one.run(folder, environ)
                print(f"round {number + 1}: {one.name}: {one.seconds[-1]:.1f} s,"
                      f" {one.mebibytes[-1]:.0f} MiB", flush=True)
        told = (folder / "module arc_crd_check.out").read_text(encoding="utf-8")
        result = json.loads(told)
        print(f"{result['objects_checked']} objects judged: {result['verdict']}")
    finally:
        lab.down()
    ours, theirs = (statistics.median(one.seconds) for one in found)
    print(f"module arc_crd_check / kubectl: time {ours / theirs:.2f}, memory"
          f" {max(found[0].mebibytes) / max(found[1].mebibytes):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
