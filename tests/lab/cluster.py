# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does one cluster of a lab come up, and is it ready?"""

from __future__ import annotations

import http.client
import json
import os
import ssl
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional
from urllib.parse import urlsplit

import yaml

from lab import certs, components
from lab.components import LINKS, NODE_PROGRAM, PORTS, Component, start_order
from lab.errors import LabError
from lab.node.leftovers import stop_all
from lab.ports import settled_ports
from lab.processes import STOP_AFTER_S, Processes, Spec
from lab.state import ClusterState, LabState, write_file, write_json

TESTS_DIR = str(Path(__file__).resolve().parent.parent)
# A small heap target costs a little processor time and saves a third of the memory.
GO_ENVIRONMENT = {"GOGC": "50"}
ASK_LIMIT_S = 5.0
GET_LIMIT_S = 10.0
# While watches are open it does not end by itself; what it knows is in etcd.
API_SERVER_STOP_S = 1.0
KUBECONFIG_USERS = ("admin", "node", "controller-manager", "scheduler")
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata"}],
}


def python_environment() -> Dict[str, str]:
    """For the lab's own programs: the package must be found from any working folder."""
    rest = os.environ.get("PYTHONPATH")
    return {
        "PYTHONPATH": TESTS_DIR + (os.pathsep + rest if rest else ""),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONUNBUFFERED": "1",
    }


def answers(url: str, context: Optional[ssl.SSLContext] = None) -> bool:
    """Whether a GET gives 200; `context` for https. Raises OSError for no answer."""
    address = urlsplit(url)
    link: http.client.HTTPConnection
    if context is None:
        link = http.client.HTTPConnection(address.netloc, timeout=ASK_LIMIT_S)
    else:
        link = http.client.HTTPSConnection(address.netloc, timeout=ASK_LIMIT_S, context=context)
    try:
        link.request("GET", address.path)
        return link.getresponse().status == 200
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        link.close()


class Cluster:
    """One cluster of a lab: its files, and its processes by `processes`."""

    def __init__(self, state: LabState, name: str, processes: Processes) -> None:
        self.name = name
        self.state: ClusterState = state.cluster(name)
        self._lab = state
        self._processes = processes
        self._index = state.cluster_names().index(name)

    def process_name(self, component: str) -> str:
        return f"{self.name}.{component}"

    def has_run(self) -> bool:
        """Whether it was ever prepared: without ports and certificates nothing can be asked."""
        return set(PORTS) <= set(self.state.ports()) and certs.has_ca(self.state.pki)

    def prepare(self, audit: bool) -> None:
        """Folders, certificates, ports and kubeconfigs; keeps what running processes use."""
        running = [p for p, of in PORTS.items() if self._processes.running(self.process_name(of))]
        if running and not certs.has_ca(self.state.pki):
            raise LabError(
                f"Cluster {self.name} runs, but its certificates in {self.state.pki} are damaged.",
                f"Start afresh: python -m lab down --dir {self._lab.folder}, then up.",
            )
        # Tokens and keys lie below; nobody else has any business in there.
        self.state.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        certs.ensure(self.state.pki, components.service_address(self._index))
        known = self.state.ports()
        ports = settled_ports(known, PORTS, running, self._lab)
        write_json(self.state.ports_file, ports)
        self._write_kubeconfigs()
        if any(known.get(port) != ports[port] for port in ("apiserver", "kubelet")):
            self._stop_clients()
        if audit:
            write_file(self.state.audit_policy, yaml.safe_dump(AUDIT_POLICY).encode())

    def _write_kubeconfigs(self) -> None:
        paths = {user: self.state.component_kubeconfig(user) for user in KUBECONFIG_USERS}
        paths.update(admin=self.state.kubeconfig, node=self.state.node_kubeconfig)
        for user, path in paths.items():
            write_json(path, self._kubeconfig(user), mode=0o600)

    def _kubeconfig(self, user: str) -> Dict[str, Any]:
        server = f"https://127.0.0.1:{self.state.ports()['apiserver']}"
        return certs.kubeconfig(self.state.pki, server, user, self.name)

    def admin_kubeconfig(self) -> Dict[str, Any]:
        return self._kubeconfig("admin")

    def _stop_clients(self) -> None:
        """End whoever was told an old port at its start: agent, controllers, programs of pods."""
        self._processes.kill(self.process_name("node"))
        for name in ("scheduler", "controller-manager"):
            self._processes.stop(self.process_name(name))
        stop_all(self.state.pods)

    def tls(self) -> ssl.SSLContext:
        """Trusts the cluster's CA and speaks as its administrator. Raises OSError without one."""
        context = ssl.create_default_context(cafile=str(self.state.pki / "ca.crt"))
        context.load_cert_chain(self.state.pki / "admin.crt", self.state.pki / "admin.key")
        return context

    def specs(self, binary: Path, audit: bool = False) -> Dict[str, Spec]:
        """What to start, by component. The cluster must have been prepared."""
        ports, folder = self.state.ports(), self._lab.folder
        described = components.components(self.state, ports, self._index, folder, audit)
        return {name: self._spec(component, binary) for name, component in described.items()}

    def _spec(self, component: Component, binary: Path) -> Spec:
        context = self.tls() if component.ready.startswith("https:") else None
        argv, env = [str(binary), component.program], GO_ENVIRONMENT
        if component.program == NODE_PROGRAM:
            argv, env = [sys.executable, "-m", component.program], python_environment()

        def ready() -> bool:
            if not answers(component.ready, context):
                return False
            return component.program != NODE_PROGRAM or self._is_node_ready()

        name = self.process_name(component.name)
        stop_s = API_SERVER_STOP_S if component.name == "apiserver" else STOP_AFTER_S
        return Spec(name, [*argv, *component.arguments], ready, env, stop_s=stop_s)

    def node_spec(self) -> Spec:
        """The node agent alone; to bring back a node that was lost."""
        return self.specs(Path(os.devnull))["node"]

    def _is_node_ready(self) -> bool:
        node = self.get(f"/api/v1/nodes/{self.state.node_name}", ASK_LIMIT_S)
        conditions = (node or {}).get("status", {}).get("conditions") or []
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    def get(self, path: str, limit_s: float = GET_LIMIT_S) -> Optional[Dict[str, Any]]:
        """An object as the administrator sees it, None for 404. Raises OSError for no answer."""
        port = self.state.ports().get("apiserver")
        if port is None:
            raise OSError(f"cluster {self.name} was never started")
        link = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=limit_s, context=self.tls()
        )
        try:
            link.request("GET", path, headers={"Accept": "application/json"})
            response = link.getresponse()
            body = response.read()
            if response.status == 404:
                return None
            if response.status != 200:
                raise OSError(f"GET {path}: {response.status}")
            return json.loads(body)
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            link.close()

    def start(self, binary: Path, say: Callable[[str], None], audit: bool = False) -> None:
        """Start what does not run, wait until all of it is ready."""
        self.prepare(audit)
        specs = self.specs(binary, audit)
        for group in start_order(LINKS):
            for name in group:
                if self._processes.start(specs[name]):
                    say(f"  started {specs[name].name}")
            for name in group:
                self._processes.wait_ready(specs[name])


def stop_order(clusters: List[str]) -> List[List[str]]:
    """Groups of process names of these clusters that may be stopped side by side."""
    return [
        [f"{cluster}.{name}" for cluster in clusters for name in group]
        for group in reversed(start_order(LINKS))
    ]
