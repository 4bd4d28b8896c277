# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to release 5,000 runners that nobody serves: time, requests, memory.

Beside it, on the same cluster, what a user would type: `kubectl patch` for each runner, which
asks nothing and proves nothing. It is measured on a part of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from bench import TOP, Command  # noqa: E402
from bench_drain import RULES, USER, Bench, tell  # noqa: E402

from lab import many  # noqa: E402

MODULE = TOP / "plugins" / "modules" / "arc_finalizer_clear.py"
RUNNERS, SETS, TYPED = 5000, 200, 100


def clearing(bench: Bench, **options: Any) -> Dict[str, Any]:
    """Run the module; gives its result and what it took."""
    asked = {
        "kubeconfig": str(bench.lab.state.kubeconfig), "context": "blue", "timeout": 1800,
        "impersonate_user": USER, "namespaces": [many.NAMESPACE], "min_age": 0, **options,
    }
    command = Command("clear", [sys.executable, str(MODULE)],
                      json.dumps({"ANSIBLE_MODULE_ARGS": asked}))
    return bench.run(command)


def typed(bench: Bench, runners: List[str]) -> float:
    """Take the finalizers off as a user would; gives seconds."""
    begun = time.perf_counter()
    for runner in runners:
        bench.kubectl(
            "patch", "ephemeralrunner", runner.partition("/")[2], "--namespace", many.NAMESPACE,
            "--type=merge", "--patch", json.dumps({"metadata": {"finalizers": None}}),
        )
    return time.perf_counter() - begun


def main() -> int:
    bench = Bench(Path(tempfile.mkdtemp(prefix="arc-bench-")))
    try:
        bench.lab.up(["blue"], audit=True)
        bench.kubectl("apply", "-f", "-", stdin=RULES)
        begun = time.perf_counter()
        names = many.load_stuck(bench.lab.state, "blue", RUNNERS, SETS)
        print(f"{RUNNERS} stuck runners loaded in {time.perf_counter() - begun:.0f} s", flush=True)
        by_hand = typed(bench, names[:TYPED]) / TYPED
        rest = names[TYPED:]
        rows: List[List[Any]] = [["what", "objects", "seconds", "s/object", "requests", "MiB"]]
        rows.append(["kubectl patch", TYPED, f"{by_hand * TYPED:.1f}", f"{by_hand:.4f}", "", ""])
        for state, options in (
            ("reported", {}), ("cleared", {"accept_orphans": rest}),
        ):
            told = clearing(bench, state=state, **options)
            counts = told["result"]["counts"]
            rows.append([state, len(rest), f"{told['seconds']:.1f}",
                         f"{told['seconds'] / len(rest):.4f}", told["requests"],
                         f"{told['mebibytes']:.0f}"])
            print(state, counts, "released:", told["result"]["cleared_count"], flush=True)
        left = bench.kubectl("get", "ephemeralrunners", "--all-namespaces", "--output", "name")
        tell(rows)
        print(f"left over: {len(left.split())} runners")
        return 1 if left.strip() else 0
    finally:
        bench.lab.down()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}: {error.output}")
