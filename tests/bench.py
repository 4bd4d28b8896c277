# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: what a user would type instead, and ours, in one run on one cluster.

Each command is run in turn, ROUNDS times; what counts is the ratio of the medians. Memory is
the largest resident set of the process that reads (for a play: of its largest process).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Sequence

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from lab import many, toolchain  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

TOP = Path(__file__).resolve().parents[1]
RUNNERS, SETS, ROUNDS = 5000, 100, 3
KINDS = ("autoscalingrunnersets", "ephemeralrunnersets", "ephemeralrunners",
         "autoscalinglisteners", "pods")
MODULE = TOP / "plugins" / "modules" / "arc_info.py"


@dataclass
class Command:
    """One of the commands, with what its runs took."""

    name: str
    argv: Sequence[str]
    stdin: str = ""
    seconds: List[float] = field(default_factory=list)
    mebibytes: List[float] = field(default_factory=list)

    def run(self, folder: Path, environ: Dict[str, str]) -> None:
        """Run it once. Raises CalledProcessError."""
        report = folder / "usage"
        begun = time.perf_counter()
        with open(folder / f"{self.name}.out", "w", encoding="utf-8") as out:
            done = subprocess.run(
                [sys.executable, str(Path(__file__).resolve()), "--measure", str(report),
                 *self.argv],
                input=self.stdin, text=True, stdout=out, stderr=subprocess.STDOUT,
                env=environ, cwd=folder, check=False,
            )
        if done.returncode:
            tail = (folder / f"{self.name}.out").read_text(encoding="utf-8")[-2000:]
            raise subprocess.CalledProcessError(done.returncode, list(self.argv), tail)
        self.seconds.append(time.perf_counter() - begun)
        self.mebibytes.append(float(report.read_text(encoding="ascii")) / 1024)


def measure(report: str, argv: List[str]) -> int:
    """Run a command as a child and write its largest resident set, in KiB."""
    process = subprocess.Popen(argv)
    _pid, status, usage = os.wait4(process.pid, 0)
    Path(report).write_text(str(usage.ru_maxrss), encoding="ascii")
    return os.waitstatus_to_exitcode(status)


def play(folder: Path, name: str, tasks: List[Dict[str, Any]]) -> List[str]:
    """The command of a playbook with these tasks."""
    path = folder / f"{name}.yml"
    content = [{"hosts": "localhost", "connection": "local", "gather_facts": False,
                "vars": {"ansible_python_interpreter": sys.executable}, "tasks": tasks}]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", str(path)]


def commands(state: LabState, folder: Path) -> List[Command]:
    """Ours and the others, all reading the same objects."""
    reach = {"kubeconfig": str(state.kubeconfig), "context": "blue"}
    binary = str(toolchain.controlplane(print))
    arguments = {"ANSIBLE_MODULE_ARGS": {**reach, "namespaces": [many.NAMESPACE]}}
    kinds = [
        {"kubernetes.core.k8s_info": {
            **reach, "namespace": many.NAMESPACE, "kind": kind, "api_version": version},
         "register": "found"}
        for kind, version in (
            ("AutoscalingRunnerSet", "actions.github.com/v1alpha1"),
            ("EphemeralRunnerSet", "actions.github.com/v1alpha1"),
            ("EphemeralRunner", "actions.github.com/v1alpha1"),
            ("AutoscalingListener", "actions.github.com/v1alpha1"),
            ("Pod", "v1"),
        )
    ]
    return [
        Command("module arc_info", [sys.executable, str(MODULE)], json.dumps(arguments)),
        Command("kubectl get -o json", [
            binary, "kubectl", f"--kubeconfig={state.kubeconfig}", "--context=blue", "get",
            ",".join(KINDS), "--namespace", many.NAMESPACE, "--output", "json"]),
        Command("play with arc_info", play(folder, "ours", [{"arc.lifecycle.arc_info": {
            **reach, "namespaces": [many.NAMESPACE]}}])),
        Command("play with k8s_info", play(folder, "theirs", kinds)),
    ]


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="arc-bench-"))
    lab = Lab(LabState(folder / "lab"))
    environ = {**os.environ, "ANSIBLE_HOME": str(folder / "ansible"),
               "PYTHONPATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", ""),
               "KUBECACHEDIR": str(folder / "kubectl")}
    try:
        lab.up(["blue"])
        begun = time.monotonic()
        many.load(lab.state, "blue", RUNNERS, SETS)
        print(f"{RUNNERS} runners with pods in {SETS} sets loaded in"
              f" {time.monotonic() - begun:.0f} s", flush=True)
        found = commands(lab.state, folder)
        for number in range(ROUNDS):
            for one in found:
                one.run(folder, environ)
                print(f"round {number + 1}: {one.name}: {one.seconds[-1]:.1f} s,"
                      f" {one.mebibytes[-1]:.0f} MiB", flush=True)
    finally:
        lab.down()
    seconds = {one.name: statistics.median(one.seconds) for one in found}
    for one in found:
        print(f"{one.name:22} {seconds[one.name]:6.1f} s {max(one.mebibytes):6.0f} MiB")
    print(f"module arc_info / kubectl: "
          f"{seconds['module arc_info'] / seconds['kubectl get -o json']:.2f} (goal 0.5)")
    print(f"play with arc_info / play with k8s_info: "
          f"{seconds['play with arc_info'] / seconds['play with k8s_info']:.2f} (goal 0.1)")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        sys.exit(measure(sys.argv[2], sys.argv[3:]))
    sys.exit(main())
