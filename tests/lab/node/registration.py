# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does the cluster learn that it has a node, and that it lives?

A Lease every two seconds says that it lives; the node's status is written at the start, now and
then, and after each silence, because the controller manager marks a silent node as unknown.
"""

from __future__ import annotations

import asyncio
import os
import platform
import time
from datetime import datetime, timezone
from typing import Any, Dict

from lab.kube import ApiError, Kube, path_of
from lab.node.environment import NODE_AMOUNTS
from lab.node.report import NO_ANSWER
from lab.node.status import stamp

BEAT_S = 2.0
FIRST_PAUSE_S = 0.2
STATUS_EVERY_S = 20.0
LEASES = "kube-node-lease"
LEASE_API = "coordination.k8s.io/v1"
KUBERNETES_VERSION = "v1.36.3"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
CONDITIONS = {
    "Ready": ("True", "KubeletReady"),
    "MemoryPressure": ("False", "KubeletHasSufficientMemory"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID"),
}


def is_ready(node: Dict[str, Any]) -> bool:
    """Whether the node's Ready condition is true."""
    conditions = (node.get("status") or {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


class Registration:
    """The Node `name`, whose kubelet API is on `port`."""

    def __init__(self, kube: Kube, name: str, port: int) -> None:
        self._kube = kube
        self._name = name
        self._port = port
        self._since = stamp(time.time())
        self._arch = ARCHITECTURES.get(platform.machine(), platform.machine())

    def _node(self) -> Dict[str, Any]:
        labels = {
            "kubernetes.io/hostname": self._name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": self._arch,
        }
        meta = {"name": self._name, "labels": labels}
        return {"apiVersion": "v1", "kind": "Node", "metadata": meta}

    def _status(self) -> Dict[str, Any]:
        amounts = {**NODE_AMOUNTS, "pods": "1000"}
        now = stamp(time.time())
        conditions = [
            {
                "type": kind,
                "status": value,
                "reason": reason,
                "message": "",
                "lastHeartbeatTime": now,
                "lastTransitionTime": self._since,
            }
            for kind, (value, reason) in CONDITIONS.items()
        ]
        return {
            "capacity": amounts,
            "allocatable": amounts,
            "conditions": conditions,
            "addresses": [
                {"type": "InternalIP", "address": "127.0.0.1"},
                {"type": "Hostname", "address": self._name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._port}},
            "nodeInfo": {
                "kubeletVersion": KUBERNETES_VERSION,
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": self._arch,
                "osImage": "processes of this machine",
                "containerRuntimeVersion": "lab://1",
                "kernelVersion": os.uname().release,
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
            },
        }

    async def write_status(self) -> None:
        """Make the Node if it is not there, and write its status. Raises what Kube raises."""
        path = path_of("v1", "nodes", None, self._name)
        node = await self._kube.get_or_none(path)
        if node is None:
            await self._kube.create("/api/v1/nodes", self._node())
        elif not is_ready(node):
            self._since = stamp(time.time())
        await self._kube.merge_patch(f"{path}/status", {"status": self._status()}, timeout=5)

    async def renew_lease(self) -> None:
        """Raises what Kube raises; ApiError 404 as long as the namespace is not there."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {"holderIdentity": self._name, "leaseDurationSeconds": 8, "renewTime": now}
        path = path_of(LEASE_API, "leases", LEASES, self._name)
        try:
            await self._kube.merge_patch(path, {"spec": spec}, timeout=5)
        except ApiError as error:
            if error.status != 404:
                raise
            lease = {
                "apiVersion": LEASE_API,
                "kind": "Lease",
                "metadata": {"name": self._name, "namespace": LEASES},
                "spec": spec,
            }
            await self._kube.create(path_of(LEASE_API, "leases", LEASES), lease)

    async def run(self) -> None:
        """For ever; what fails is tried again at the next beat."""
        status_due = last_beat = 0.0
        while True:
            began = time.monotonic()
            try:
                if began >= status_due or began - last_beat > 2 * BEAT_S:
                    await self.write_status()
                    status_due = began + STATUS_EVERY_S
                await self.renew_lease()
                last_beat = time.monotonic()
            except (ApiError, *NO_ANSWER) as error:
                status_due = 0.0
                print(f"heartbeat: {type(error).__name__}: {error}", flush=True)
            await asyncio.sleep(BEAT_S if last_beat else FIRST_PAUSE_S)
