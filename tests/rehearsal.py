# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upgrade as a user runs it, on the lab, under load, judged by the ledger.

The demo and the integration tests stand on this; what differs is how much load, and what is
done to the run on the way.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from lab import toolchain  # noqa: E402
from lab.arc import charts, install, releases  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.commands import inventory  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.service_client import Service  # noqa: E402
from lab.state import LabState  # noqa: E402

TOP = Path(__file__).resolve().parents[1]
FOUR_SETS = (
    ScaleSet("web", min_runners=1, max_runners=6),
    ScaleSet("api", max_runners=6),
    ScaleSet("batch", max_runners=6),
    ScaleSet("build", mode="kubernetes", max_runners=6),
)


@dataclass
class Played:
    """A run of a playbook. `code`: its exit code, None while it runs; `text`: what it printed."""

    code: Optional[int]
    text: str
    seconds: float
    report: Dict[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """How many tasks said changed, over all hosts."""
        recap = self.text[self.text.rfind("PLAY RECAP"):]
        return sum(int(word.split("=")[1]) for word in recap.split() if "changed=" in word)


class Rehearsal:
    """Two clusters of a lab with ARC in them, and playbooks that are run against them."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.service = Service(lab.state.service_url())
        self.inventory = folder / "clusters.yml"
        self.inventory.write_text(yaml.safe_dump(inventory.inventory(lab.state)), encoding="utf-8")
        self.report_file = folder / "report.json"

    @property
    def state(self) -> LabState:
        """The lab's folder."""
        return self.lab.state

    def install(self, release: str, sets: Sequence[ScaleSet] = FOUR_SETS) -> None:
        """Put ARC into every cluster, side by side."""
        def one(cluster: str) -> None:
            install.install_controller(self.state, cluster, release)
            for scale_set in sets:
                install.install_scale_set(self.state, cluster, release, scale_set)

        names = self.state.cluster_names()
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(one, names))

    def load(self, sets: Sequence[ScaleSet] = FOUR_SETS, every_s: float = 10.0,
             durations_s: Sequence[float] = (5, 60)) -> List[int]:
        """Queue jobs for each set at a steady rate; gives the ids of the streams."""
        return [
            self.service.stream(one.name, every_s, scope=one.scope,
                                durations_s=list(durations_s), seed=number)
            for number, one in enumerate(sets)
        ]

    def end_load(self, timeout_s: float = 240.0) -> Dict[str, Any]:
        """Stop the streams and wait for the last job; gives the ledger."""
        for stream in self.service.streams():
            self.service.stop_stream(stream["id"])
        return self.service.wait(
            lambda l: not (l["queued"] or l["assigned"] or l["running"]),
            timeout_s, "the last job to end", jobs=False,
        )

    def command(self, playbook: str, variables: Mapping[str, Any]) -> List[str]:
        """The command line of a playbook, by its name in the collection."""
        given = {"arc_report_file": str(self.report_file), **variables}
        target = str(given.get("arc_target", ""))
        if target in releases.RELEASES:
            given = {**self.charts(target), **given}
        return [
            str(Path(sys.executable).with_name("ansible-playbook")), "--inventory",
            str(self.inventory), f"arc.lifecycle.{playbook}", "--extra-vars", json.dumps(given),
        ]

    def charts(self, release: str) -> Dict[str, str]:
        """The variables that name the lab's charts of a release."""
        helm = toolchain.helm()
        return {
            "arc_charts_controller": str(charts.chart(self.state, release, "controller")),
            "arc_charts_scale_set": str(charts.chart(self.state, release, "scale-set")),
            "arc_charts_helm": helm, "arc_remove_helm": helm, "arc_install_helm": helm,
        }

    def environment(self) -> Dict[str, str]:
        """Ansible's environment: the checkout as a collection, and nothing of the user's own."""
        foreign = ("ANSIBLE_", "K8S_AUTH", "PYTHONPATH")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        paths = os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(TOP / "build" / "tree"))
        return {
            **kept, "ANSIBLE_COLLECTIONS_PATH": paths, "ANSIBLE_NOCOWS": "1",
            "ANSIBLE_HOME": str(self.folder / "ansible"), "PYTHONUNBUFFERED": "1",
            "HELM_CACHE_HOME": str(self.folder / "helm"), "ANSIBLE_FORCE_COLOR": "0",
        }

    def start(self, playbook: str, **variables: Any) -> "subprocess.Popen[str]":
        """Start a playbook as a process group of its own; its output goes to playbook.log."""
        log = open(self.folder / "playbook.log", "w", encoding="utf-8")  # closed by Popen's end
        with log:
            return subprocess.Popen(
                self.command(playbook, variables), stdout=log, stderr=subprocess.STDOUT,
                text=True, env=self.environment(), cwd=self.folder, start_new_session=True,
            )

    def play(self, playbook: str, echo: bool = False, timeout_s: float = 1200.0,
             **variables: Any) -> Played:
        """Run a playbook to its end; kills it after `timeout_s`."""
        begun = time.monotonic()
        process = self.start(playbook, **variables)
        try:
            if echo:
                self._follow(process, begun + timeout_s)
            code: Optional[int] = process.wait(max(1.0, begun + timeout_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            kill(process)
            code = None
        return Played(code, self.log(), time.monotonic() - begun, self.report())

    def log(self) -> str:
        """What the last playbook has printed so far."""
        return (self.folder / "playbook.log").read_text(encoding="utf-8")

    def report(self) -> Dict[str, Any]:
        """The report of the last upgrade, {} if none was written."""
        if not self.report_file.exists():
            return {}
        return dict(json.loads(self.report_file.read_text(encoding="utf-8")))

    def _follow(self, process: "subprocess.Popen[str]", deadline: float) -> None:
        with open(self.folder / "playbook.log", encoding="utf-8") as log:
            while time.monotonic() < deadline:
                ended = process.poll() is not None
                for line in log:
                    print(f"    {line}", end="", flush=True)
                if ended:
                    return
                time.sleep(0.2)


def kill(process: "subprocess.Popen[str]") -> None:
    """SIGKILL to the whole process group, as a machine that dies would."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait(10)
