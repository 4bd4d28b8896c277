# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain costs: requests for few and many runners and for short and long waits, memory at
5,000 runners, and how soon it returns after the last job.

Requests are those in the API server's audit log: the drain has a user of its own there.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from bench import TOP, Command  # noqa: E402

from lab import many, toolchain  # noqa: E402
from lab.arc import install  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.service_client import Service  # noqa: E402
from lab.state import LabState  # noqa: E402

MODULE = TOP / "plugins" / "modules" / "arc_scaleset_drain.py"
USER = "drain-bench"
DRAINS = 20
RULES = f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: {USER}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: User, name: {USER}}}]
"""


class Bench:
    """One cluster, and drains in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = Lab(LabState(folder / "lab"))
        self.environ = {**os.environ, "PYTHONPATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", "")}

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """Run kubectl; gives what it printed."""
        command = [toolchain.controlplane(print), "kubectl",
                   f"--kubeconfig={self.lab.state.kubeconfig}", "--context=blue", *arguments]
        return subprocess.run(list(map(str, command)), input=stdin, text=True, check=True,
                              capture_output=True).stdout

    def requests(self) -> int:
        """How many requests of the user that drains the API server has begun to answer."""
        log = self.lab.state.cluster("blue").audit_log
        with open(log, encoding="utf-8") as lines:
            return len({
                event["auditID"] for event in map(json.loads, lines)
                if (event.get("impersonatedUser") or {}).get("username") == USER
            })

    def drain(self, **options: Any) -> Command:
        """One run of the module, as a command that can be measured."""
        asked = {
            "kubeconfig": str(self.lab.state.kubeconfig), "context": "blue",
            "impersonate_user": USER, "timeout": 300, **options,
        }
        return Command("drain", [sys.executable, str(MODULE)],
                       json.dumps({"ANSIBLE_MODULE_ARGS": asked}))

    def run(self, command: Command) -> Dict[str, Any]:
        """Run it to its end; gives its result and what it took."""
        before = self.requests()
        command.run(self.folder, self.environ)
        text = (self.folder / f"{command.name}.out").read_text(encoding="utf-8")
        result = json.loads(text.strip().splitlines()[-1])
        return {"result": result, "requests": self.requests() - before,
                "seconds": command.seconds[-1], "mebibytes": command.mebibytes[-1]}


def later(seconds: float, act: Callable[[], Any]) -> threading.Timer:
    """Do something while a drain waits: the wait itself is what is measured."""
    timer = threading.Timer(seconds, act)
    timer.start()
    return timer


def waits(bench: Bench, runners: int, wait_s: float) -> Dict[str, Any]:
    """Wait for so many busy runners, which all go after `wait_s`."""
    many.load(bench.lab.state, "blue", runners, 1)

    def end_jobs() -> None:
        bench.kubectl("delete", "ephemeralrunners,pods", "--all", "--namespace", many.NAMESPACE,
                      "--wait=false", "--grace-period=0", "--force")

    timer = later(wait_s, end_jobs)
    try:
        return bench.run(bench.drain(mode="wait_only", namespace=many.NAMESPACE))
    finally:
        timer.join()


def large(bench: Bench) -> Dict[str, Any]:
    """200 sets x 25 runners: a wait that ends at its deadline, as nobody ends these jobs."""
    many.load(bench.lab.state, "blue", 5000, 200)
    command = bench.drain(
        mode="wait_only", namespace=many.NAMESPACE, timeout=60, on_deadline="report"
    )
    return bench.run(command)


def retires(bench: Bench, count: int) -> List[float]:
    """Drain sets with a running job, one after the other; gives seconds from its end to ours."""
    service, late = Service(bench.lab.state.service_url()), []
    install.install_controller(bench.lab.state, "blue", "0.14.2")
    for number in range(count):
        name = f"late-{number}"
        install.install_scale_set(
            bench.lab.state, "blue", "0.14.2", install.ScaleSet(name, install.RUNNERS)
        )
        (job,) = service.queue(name, 1, duration_s=4)
        service.wait(lambda ledger, job=job: _state(ledger, job) == "running", what="a job")
        told = bench.run(bench.drain(names=[name], settle="never", keep_copy=False))
        returned = time.time()
        ended = next(one for one in service.ledger()["jobs"] if one["id"] == job)["finished_at"]
        late.append(returned - ended)
        print(f"drain {number + 1}: {late[-1]:.2f} s after the end of the job,"
              f" {told['requests']} requests", flush=True)
    return late


def _state(ledger: Dict[str, Any], job: int) -> str:
    return str(next(one for one in ledger["jobs"] if one["id"] == job)["state"])


def tell(rows: Sequence[Sequence[Any]]) -> None:
    """Print a table."""
    for row in rows:
        print("  ".join(f"{cell!s:>12}" for cell in row), flush=True)


def main() -> int:
    bench = Bench(Path(tempfile.mkdtemp(prefix="arc-bench-")))
    try:
        bench.lab.up(["blue"], audit=True)
        bench.kubectl("apply", "-f", "-", stdin=RULES)
        rows: List[Sequence[Any]] = [("runners", "wait s", "requests", "seconds", "MiB")]
        for runners, wait_s in ((1, 20), (1, 60), (50, 20), (500, 20), (500, 60)):
            told = waits(bench, runners, wait_s)
            rows.append((runners, wait_s, told["requests"], round(told["seconds"], 1),
                         round(told["mebibytes"])))
            tell(rows[-1:])
        told = large(bench)
        rows.append((5000, "-", told["requests"], round(told["seconds"], 1),
                     round(told["mebibytes"])))
    finally:
        bench.lab.down()
    try:
        bench.lab.up(["blue"], audit=True)
        bench.kubectl("apply", "-f", "-", stdin=RULES)
        late = retires(bench, DRAINS)
    finally:
        bench.lab.down()
    tell(rows)
    print(f"{DRAINS} drains: the module returned {statistics.median(late):.2f} s (median),"
          f" {max(late):.2f} s (most) after the last job had ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
