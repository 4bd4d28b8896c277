# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two clusters with a controller each, of the oldest and the newest release, and jobs to drain."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab import toolchain  # noqa: E402
from lab.arc import await_arc, install  # noqa: E402
from lab.commands import crash, node  # noqa: E402
from lab.errors import LabError  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.service_client import Service  # noqa: E402
from lab.state import LabState  # noqa: E402

RELEASES = {"blue": "0.9.0", "green": "0.14.2"}
NAMESPACE = install.RUNNERS
CONTROLLER = (install.SYSTEMS, install.controller_account())
# So long a new runner needs to register: a job is assigned and has none meanwhile.
ONLINE_S = 3.0


class DrainLab:
    """Use as a context manager. Scale sets get names of their own, so tests do not meet."""

    def __init__(self, folder: Path, releases: Optional[Dict[str, str]] = None) -> None:
        self._lab = Lab(LabState(folder))
        self.releases = releases or RELEASES
        self._numbers = itertools.count(1)

    def __enter__(self) -> DrainLab:
        self._lab.up(list(self.releases))
        for cluster, release in self.releases.items():
            install.install_controller(self._lab.state, cluster, release)
        self.service = Service(self._lab.state.service_url())
        self.service.settings(runner_online_s=ONLINE_S)
        return self

    def __exit__(self, *_error: object) -> None:
        self._lab.down()

    @property
    def kubeconfig(self) -> str:
        return str(self._lab.state.kubeconfig)

    def install(
        self, cluster: str, mode: Optional[str] = None, wait: bool = True, **limits: int
    ) -> Dict[str, str]:
        """Install a scale set; gives its namespace and name."""
        name = f"{cluster}-{next(self._numbers)}"
        scale_set = install.ScaleSet(name, NAMESPACE, mode=mode, **limits)
        install.install_scale_set(
            self._lab.state, cluster, self.releases[cluster], scale_set, wait=wait
        )
        return {"namespace": NAMESPACE, "name": name}

    def uninstall(self, cluster: str, scale_set: Dict[str, str]) -> None:
        install.uninstall_scale_set(self._lab.state, cluster, scale_set["name"])

    def run(
        self, module: str, cluster: str, *, check: bool = False, **options: Any
    ) -> Tuple[int, Dict[str, Any]]:
        """Run a module against a cluster, as Ansible would."""
        options = {"kubeconfig": self.kubeconfig, "context": cluster, **options}
        return run_module.run(module, options, check=check)

    def run_and_kill(
        self, module: str, cluster: str, after_s: float, **options: Any
    ) -> Optional[Dict[str, Any]]:
        """Run a module and SIGKILL it after a time; gives its result if it was faster."""
        options = {"kubeconfig": self.kubeconfig, "context": cluster, **options}
        try:
            return run_module.run(module, options, limit_s=after_s)[1]
        except subprocess.TimeoutExpired:
            return None

    def wait_running(self, jobs: List[int], count: int) -> None:
        self.service.wait(
            lambda ledger: self._in_state(ledger, jobs, "running") >= count,
            what=f"{count} of the jobs {jobs} to run",
        )

    def wait_assigned(self, jobs: List[int]) -> None:
        self.service.wait(
            lambda ledger: self._in_state(ledger, jobs, "queued") == 0,
            what=f"the jobs {jobs} to be assigned",
        )

    def jobs(self, numbers: List[int]) -> List[Dict[str, Any]]:
        return [one for one in self.service.ledger()["jobs"] if one["id"] in numbers]

    def scale_controller(self, cluster: str, replicas: int) -> None:
        """Take the controller away (0) or bring it back (1), and wait for that."""
        client = connect.connect({"kubeconfig": self.kubeconfig, "context": cluster}, environ={})
        deadline = Deadline(60)
        try:
            client.merge_patch(
                places.DEPLOYMENTS.at(*CONTROLLER), {"spec": {"replicas": replicas}}, deadline
            )
            while not self._is_scaled(client, replicas, deadline):
                assert not deadline.is_over(), f"controller of {cluster} not at {replicas}"
                deadline.pause(0.2)
        finally:
            client.close()
        if replicas:
            await_arc.controller_ready(self._lab.state, cluster, *CONTROLLER)

    def connect(self, cluster: str) -> Any:
        """Return a client of the collection, as the administrator; for the caller to close."""
        return connect.connect({"kubeconfig": self.kubeconfig, "context": cluster}, environ={})

    def crash(self, cluster: str, namespace: str, pod: str) -> bool:
        """Kill the program of a pod; gives whether one ran."""
        try:
            crash.crash(self._lab, cluster, f"{namespace}/{pod}")
        except LabError:
            return False
        return True

    def kill_node(self, cluster: str) -> None:
        """Lose the node of a cluster with all its pods."""
        node.kill(self._lab, cluster)

    def restore_node(self, cluster: str) -> None:
        node.restore(self._lab, cluster)

    def kill_api_server(self, cluster: str) -> None:
        self._lab.processes.kill(f"{cluster}.apiserver")

    def start_api_server(self, cluster: str) -> None:
        spec = self._lab.cluster(cluster).specs(toolchain.binary_path())["apiserver"]
        self._lab.processes.start(spec)
        self._lab.processes.wait_ready(spec)

    def tls(self, cluster: str) -> Tuple[int, Any]:
        """Return port and TLS context to speak to the API server as the administrator."""
        found = self._lab.cluster(cluster)
        return found.state.ports()["apiserver"], found.tls()

    def install_second_controller(self, cluster: str, namespace: str) -> None:
        install.install_controller(
            self._lab.state, cluster, self.releases[cluster], namespace=namespace, name="two"
        )

    def uninstall_second_controller(self, cluster: str, namespace: str) -> None:
        install.uninstall_controller(self._lab.state, cluster, "two", namespace)
        await_arc.wait_controller_absent(self._lab.state, cluster, namespace)

    def reinstall(self, cluster: str, scale_set: Dict[str, str]) -> None:
        """Put a set back that was installed before, as somebody else would."""
        again = install.ScaleSet(scale_set["name"], NAMESPACE)
        install.install_scale_set(self._lab.state, cluster, self.releases[cluster], again)

    @staticmethod
    def _is_scaled(client: Any, replicas: int, deadline: Deadline) -> bool:
        pods = client.list(places.PODS.at(CONTROLLER[0]), deadline).items
        managers = [one for one in pods if one["metadata"]["name"].startswith(CONTROLLER[1])]
        return len(managers) == replicas

    @staticmethod
    def _in_state(ledger: Dict[str, Any], jobs: List[int], state: str) -> int:
        return sum(1 for one in ledger["jobs"] if one["id"] in jobs and one["state"] == state)
