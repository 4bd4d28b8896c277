# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What are the processes of a cluster, and in which order do they start?

Descriptions only: program, arguments, ports, what must be ready first. Nothing runs here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Sequence, Set, Tuple

from lab.state import ClusterState

NODE_PROGRAM = "lab.node"

# component -> what must be ready before it starts
LINKS: Dict[str, Tuple[str, ...]] = {
    "etcd": (),
    "apiserver": ("etcd",),
    "controller-manager": ("apiserver",),
    "scheduler": ("apiserver",),
    "node": ("apiserver",),
}
# port -> the component that listens on it
PORTS = {
    "etcd": "etcd",
    "etcd-peer": "etcd",
    "apiserver": "apiserver",
    "controller-manager": "controller-manager",
    "scheduler": "scheduler",
    "kubelet": "node",
}

# The lab needs what ARC, Helm and the node agent rely on; each controller costs memory.
CONTROLLERS = (
    "garbage-collector-controller",
    "namespace-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "deployment-controller",
    "replicaset-controller",
    "job-controller",
    "endpointslice-controller",
    "root-ca-certificate-publisher-controller",
    "clusterrole-aggregation-controller",
    "ephemeral-volume-controller",
    "persistentvolumeclaim-protection-controller",
    "persistentvolume-protection-controller",
    "node-lifecycle-controller",
    "taint-eviction-controller",
    "pod-garbage-collector-controller",
)


@dataclass(frozen=True)
class Component:
    """`name` as in LINKS; `program`: of the multi-call binary, or NODE_PROGRAM; `ready`: a URL
    that answers 200 once it serves."""

    name: str
    program: str
    arguments: Tuple[str, ...]
    ready: str


def service_range(index: int) -> str:
    """Own range for each cluster of a lab: the API server's own address is its first one."""
    return f"10.{96 + index % 100}.0.0/16"


def service_address(index: int) -> str:
    return f"10.{96 + index % 100}.0.1"


def _flags(pairs: Mapping[str, object]) -> Tuple[str, ...]:
    return tuple(f"--{name}={value}" for name, value in pairs.items())


def _url(scheme: str, port: int, path: str) -> str:
    return f"{scheme}://127.0.0.1:{port}/{path}"


def etcd(cluster: ClusterState, ports: Mapping[str, int]) -> Component:
    arguments = {
        "data-dir": cluster.etcd,
        "client-url": f"http://127.0.0.1:{ports['etcd']}",
        "peer-url": f"http://127.0.0.1:{ports['etcd-peer']}",
    }
    return Component("etcd", "etcd", _flags(arguments), _url("http", ports["etcd"], "health"))


def apiserver(
    cluster: ClusterState, ports: Mapping[str, int], index: int, audit: bool
) -> Component:
    pki = cluster.pki
    arguments: Dict[str, object] = {
        "etcd-servers": f"http://127.0.0.1:{ports['etcd']}",
        "bind-address": "127.0.0.1",
        "advertise-address": "127.0.0.1",
        "secure-port": ports["apiserver"],
        "tls-cert-file": pki / "apiserver.crt",
        "tls-private-key-file": pki / "apiserver.key",
        "client-ca-file": pki / "ca.crt",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pki / "sa.key",
        "service-account-signing-key-file": pki / "sa.key",
        "requestheader-client-ca-file": pki / "ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": pki / "front-proxy.crt",
        "proxy-client-key-file": pki / "front-proxy.key",
        "kubelet-client-certificate": pki / "apiserver-kubelet.crt",
        "kubelet-client-key": pki / "apiserver-kubelet.key",
        "kubelet-certificate-authority": pki / "ca.crt",
        "kubelet-preferred-address-types": "InternalIP",
        "authorization-mode": "Node,RBAC",
        "service-cluster-ip-range": service_range(index),
        "endpoint-reconciler-type": "none",
        "enable-priority-and-fairness": "false",
        "allow-privileged": "true",
        "profiling": "false",
        "v": "0",
    }
    if audit:
        arguments["audit-policy-file"] = cluster.audit_policy
        arguments["audit-log-path"] = cluster.audit_log
    url = _url("https", ports["apiserver"], "readyz")
    return Component("apiserver", "kube-apiserver", _flags(arguments), url)


def _client(cluster: ClusterState, ports: Mapping[str, int], name: str) -> Dict[str, object]:
    """Flags that controller manager and scheduler share."""
    kubeconfig = cluster.component_kubeconfig(name)
    return {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "bind-address": "127.0.0.1",
        "secure-port": ports[name],
        "tls-cert-file": cluster.pki / f"{name}.crt",
        "tls-private-key-file": cluster.pki / f"{name}.key",
        "leader-elect": "false",
        "profiling": "false",
        "v": "0",
    }


def controller_manager(cluster: ClusterState, ports: Mapping[str, int]) -> Component:
    name = "controller-manager"
    arguments = {
        **_client(cluster, ports, name),
        "service-account-private-key-file": cluster.pki / "sa.key",
        "root-ca-file": cluster.pki / "ca.crt",
        "use-service-account-credentials": "true",
        "controllers": ",".join(CONTROLLERS),
        "node-monitor-grace-period": "8s",
        "node-monitor-period": "2s",
        "concurrent-gc-syncs": "10",
    }
    url = _url("https", ports[name], "healthz")
    return Component(name, "kube-controller-manager", _flags(arguments), url)


def scheduler(cluster: ClusterState, ports: Mapping[str, int]) -> Component:
    name = "scheduler"
    url = _url("https", ports[name], "healthz")
    return Component(name, "kube-scheduler", _flags(_client(cluster, ports, name)), url)


def node(cluster: ClusterState, ports: Mapping[str, int], lab_folder: Path) -> Component:
    """The node agent. That it answers is not all: the API server must say that the node is."""
    arguments = ("--state", str(lab_folder), "--cluster", cluster.name)
    url = _url("https", ports["kubelet"], "healthz")
    return Component("node", NODE_PROGRAM, arguments, url)


def components(
    cluster: ClusterState,
    ports: Mapping[str, int],
    index: int,
    lab_folder: Path,
    audit: bool = False,
) -> Dict[str, Component]:
    """All of a cluster, by name. `index`: which cluster of the lab it is, from 0."""
    described = [
        etcd(cluster, ports),
        apiserver(cluster, ports, index, audit),
        controller_manager(cluster, ports),
        scheduler(cluster, ports),
        node(cluster, ports, lab_folder),
    ]
    return {component.name: component for component in described}


def start_order(links: Mapping[str, Sequence[str]]) -> List[List[str]]:
    """Groups of names that may start side by side, each after the groups before it.

    Raises ValueError naming those left over when the links form a circle or lead nowhere.
    """
    groups: List[List[str]] = []
    done: Set[str] = set()
    while len(done) < len(links):
        group = [name for name, after in links.items() if name not in done and set(after) <= done]
        if not group:
            raise ValueError("no order for: " + ", ".join(n for n in links if n not in done))
        groups.append(group)
        done |= set(group)
    return groups
