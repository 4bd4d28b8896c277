# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the Actions service's ledger have to know that only the cluster can tell?

Whether a controller runs, and which scale sets are being deleted: a job assigned to a set for
which nobody makes runners is stranded, and only the ledger's verdict counts.
"""

from __future__ import annotations

import asyncio
from typing import Any, Dict, Set

import aiohttp

from lab.kube import Kube
from lab.node.programs import is_manager

SCALE_SETS = "/apis/actions.github.com/v1alpha1/autoscalingrunnersets"
ID_ANNOTATION = "runner-scale-set-id"
REPORT_S = 2.0


def runs_manager(pod: Dict[str, Any]) -> bool:
    """Whether a manager runs in the pod and is not on its way out."""
    is_running = (pod.get("status") or {}).get("phase") == "Running"
    is_leaving = bool(pod["metadata"].get("deletionTimestamp"))
    return is_running and not is_leaving and any(map(is_manager, pod["spec"]["containers"]))


class Observer:
    """Reports to the service at `url` what it sees in `cluster`."""

    def __init__(self, kube: Kube, url: str, cluster: str) -> None:
        self._kube = kube
        self._url = f"{url}/lab/clusters/{cluster}/facts"
        self._managers: Set[str] = set()
        self._deleting: Dict[str, Dict[str, Any]] = {}
        self._changed = asyncio.Event()

    def pod(self, kind: str, pod: Dict[str, Any]) -> None:
        """A change of a pod; `kind` as in a watch."""
        uid = pod["metadata"]["uid"]
        before = uid in self._managers
        if kind != "DELETED" and runs_manager(pod):
            self._managers.add(uid)
        else:
            self._managers.discard(uid)
        if before != (uid in self._managers):
            self._changed.set()

    async def follow_scale_sets(self) -> None:
        """For ever; as long as the kind does not exist there are none."""
        async for kind, item in self._kube.follow(SCALE_SETS):
            if kind == "SYNC":
                self._deleting.clear()
            for scale_set in item["items"] if kind == "SYNC" else [item]:
                meta = scale_set["metadata"]
                if meta.get("deletionTimestamp") and kind != "DELETED":
                    self._deleting[meta["uid"]] = meta
                else:
                    self._deleting.pop(meta["uid"], None)
            self._changed.set()

    def facts(self) -> Dict[str, Any]:
        """The body of the report."""
        ids = [
            (meta.get("annotations") or {}).get(ID_ANNOTATION, "")
            for meta in self._deleting.values()
        ]
        return {
            "controllers": len(self._managers),
            "deleting": sorted(f"{m['namespace']}/{m['name']}" for m in self._deleting.values()),
            "scale_set_ids_deleting": sorted(int(number) for number in ids if number.isdigit()),
        }

    async def report(self) -> None:
        """On each change and every two seconds, for ever; a service that is away is no error."""
        timeout = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                self._changed.clear()
                try:
                    async with session.put(self._url, json=self.facts()):
                        pass
                except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
                    pass
                try:
                    await asyncio.wait_for(self._changed.wait(), REPORT_S)
                except asyncio.TimeoutError:
                    pass
