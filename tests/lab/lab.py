# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is a whole lab brought up, taken down, and looked at?"""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from lab import toolchain
from lab.cluster import Cluster, answers, python_environment, stop_order
from lab.components import LINKS, PORTS
from lab.errors import LabError
from lab.mounts import unmount_below
from lab.node.leftovers import stop_all
from lab.ports import release_ports, settled_ports
from lab.proc import rss_kib
from lab.processes import Processes, Spec
from lab.state import LabState, write_json

Say = Callable[[str], None]
SERVICE = "service"
# A `down` waits for an `up` that is about to end.
DOWN_WAITS_S = 120.0


class Lab:
    """One lab, by its state folder."""

    def __init__(self, state: LabState, say: Say = lambda _: None) -> None:
        self.state = state
        self.processes = Processes(state)
        self._say = say

    def cluster(self, name: str) -> Cluster:
        if name not in self.state.cluster_names():
            known = ", ".join(self.state.cluster_names())
            raise LabError(f"The lab has no cluster {name}.", f"It has: {known}.")
        return Cluster(self.state, name, self.processes)

    def clusters(self) -> List[Cluster]:
        return [self.cluster(name) for name in self.state.cluster_names()]

    def up(self, names: List[str], audit: Optional[bool] = None) -> None:
        """Start what does not run. `audit`: write audit logs; None: as before, at first not.

        On an error what this call started is stopped again. Raises LabError.
        """
        binary = toolchain.controlplane(self._say)
        self.state.claim()
        with self.state.lock():
            try:
                self._up(binary, names, audit)
            except BaseException:
                for name in reversed(self.processes.started):
                    self.processes.stop(name)
                raise

    def _up(self, binary: Path, names: List[str], audit: Optional[bool]) -> None:
        description = self.state.describe(names, {} if audit is None else {"audit": audit})
        releases = description["releases_dir"]
        if releases and not Path(releases).is_dir():
            raise LabError(
                f"The folder of ARC releases {releases} does not exist.",
                "Let ARC_LAB_RELEASES name one laid out <version>/manager, … or unset it.",
            )
        description["service"] = self._service_place(description["service"] or {})
        self.state.write(description)
        self._start_all(binary, bool(description["settings"].get("audit")))
        self._write_kubeconfig()

    def _service_place(self, known: Dict[str, Any]) -> Dict[str, Any]:
        """Port and URL of the Actions service."""
        running = ["port"] if self.processes.running(SERVICE) else []
        port = settled_ports(known, ["port"], running, self.state)["port"]
        if known and known.get("port") != port:
            self._say(
                f"port {known.get('port')} of the Actions service was taken by another program: "
                f"it is {port} now, and scale sets have to be installed again"
            )
        return {"port": port, "url": f"http://127.0.0.1:{port}"}

    def _start_all(self, binary: Path, audit: bool) -> None:
        clusters = self.clusters()
        with ThreadPoolExecutor(len(clusters) + 1) as pool:
            starts = [pool.submit(c.start, binary, self._say, audit) for c in clusters]
            starts.append(pool.submit(self._start_service))
            try:
                for done in as_completed(starts):
                    done.result()
            except BaseException:
                # The others need not wait for their parts any more.
                self.processes.give_up()
                raise

    def _start_service(self) -> None:
        service = self.service_spec()
        if self.processes.start(service):
            self._say(f"  started {service.name}")
        self.processes.wait_ready(service)

    def service_spec(self) -> Spec:
        """GitHub's Actions service, for all clusters."""
        url = self.state.service_url()
        argv = [sys.executable, "-m", "lab.service"]
        argv += ["--state", str(self.state.folder), "--port", url.rpartition(":")[2]]
        return Spec(SERVICE, argv, lambda: answers(f"{url}/lab/health"), python_environment())

    def _write_kubeconfig(self) -> None:
        """All clusters in one file; a context is named as its cluster."""
        merged: Dict[str, Any] = {}
        for cluster in self.clusters():
            one = cluster.admin_kubeconfig()
            if not merged:
                merged = one
            else:
                for part in ("clusters", "users", "contexts"):
                    merged[part] += one[part]
        write_json(self.state.kubeconfig, merged, mode=0o600)

    def down(self, keep: bool = False) -> List[str]:
        """End every process of the lab, then remove its files unless `keep`; gives what was
        ended. Does nothing where there is no lab. Raises LabError."""
        if not self.state.is_lab():
            return []
        with self.state.lock(DOWN_WAITS_S):
            ended = self._stop_all()
            unmount_below(self.state.folder)
            if not keep:
                self._remove()
                release_ports(self.state)
                self.state.vacate()
            return ended

    def _stop_all(self) -> List[str]:
        folder = self.state.folder / "clusters"
        names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
        known = set(self.processes.names())
        ended: List[str] = []
        for group in stop_order(names):
            ended += self._stop([name for name in group if name in known])
            # The agent ends its pods; these are left where it was killed before it could.
            for name in names if f"{names[0]}.node" in group else []:
                ended += stop_all(self.state.cluster(name).pods)
        return ended + self._stop(self.processes.names())

    def _stop(self, names: List[str]) -> List[str]:
        if not names:
            return []
        with ThreadPoolExecutor(len(names)) as pool:
            return [n for n, ran in zip(names, pool.map(self.processes.stop, names)) if ran]

    def _remove(self) -> None:
        """Only what a lab writes: whatever else is in the folder stays."""
        for part in ("clusters", "processes", "logs", "service", "charts"):
            shutil.rmtree(self.state.folder / part, ignore_errors=True)
            if os.path.lexists(self.state.folder / part):
                raise LabError(
                    f"All processes have ended, but {self.state.folder / part} cannot be removed.",
                    "See who holds files in it (lsof +D), then run down again.",
                )
        for file in (self.state.kubeconfig, self.state.file):
            file.unlink(missing_ok=True)

    def status(self) -> Dict[str, Any]:
        """`{"ready", "folder", "kubeconfig", "rss_kib", "service": {pid, ready, rss_kib, port,
        url}, "clusters": {name: {component: {pid, ready, rss_kib, port}}}}`; a component that
        does not run has pid None. Raises LabError where there is no lab."""
        url = self.state.service_url()
        port = int(url.rpartition(":")[2])
        service = {**self._look(self.service_spec()), "port": port, "url": url}
        clusters = {cluster.name: self._look_at(cluster) for cluster in self.clusters()}
        parts = [service] + [part for cluster in clusters.values() for part in cluster.values()]
        return {
            "ready": all(part["ready"] for part in parts),
            "folder": str(self.state.folder),
            "kubeconfig": str(self.state.kubeconfig),
            "rss_kib": sum(part["rss_kib"] for part in parts),
            "service": service,
            "clusters": clusters,
        }

    def _look_at(self, cluster: Cluster) -> Dict[str, Dict[str, Any]]:
        ports: Dict[str, Optional[int]] = {}
        for port, component in PORTS.items():
            ports.setdefault(component, cluster.state.ports().get(port))
        if not cluster.has_run():
            absent = {"pid": None, "ready": False, "rss_kib": 0}
            return {name: {**absent, "port": ports[name]} for name in LINKS}
        specs = cluster.specs(toolchain.binary_path())
        # Side by side: one that hangs takes seconds to be given up.
        with ThreadPoolExecutor(len(LINKS)) as pool:
            looks = dict(zip(LINKS, pool.map(lambda name: self._look(specs[name]), LINKS)))
        return {name: {**looks[name], "port": ports[name]} for name in LINKS}

    def _look(self, spec: Spec) -> Dict[str, Any]:
        pid = self.processes.running(spec.name)
        ready = False
        if pid:
            try:
                ready = spec.ready()
            except OSError:
                ready = False
        return {"pid": pid, "ready": ready, "rss_kib": rss_kib(pid) if pid else 0}


def state_of(folder: Any = None) -> LabState:
    return LabState(Path(folder) if folder else None)
