# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does the agent keep the pods of its node in step with the API server?"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from lab.kube import Kube
from lab.node import leftovers
from lab.node.container import Machine
from lab.node.launch import sandbox_mode
from lab.node.pod import PodRunner
from lab.state import LabState

TESTS_DIR = str(Path(__file__).resolve().parents[2])

# Kind of a watch event (ADDED, MODIFIED, DELETED) and the pod.
Listener = Callable[[str, Dict[str, Any]], None]


def base_environment(api_port: int, environ: Mapping[str, str]) -> Dict[str, str]:
    """What every container gets before its own variables; `environ`: the agent's."""
    rest = environ.get("PYTHONPATH", "")
    paths = [TESTS_DIR, *(part for part in rest.split(os.pathsep) if part not in ("", TESTS_DIR))]
    return {
        "PATH": environ.get("PATH", os.defpath),
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(api_port),
        "KUBERNETES_SERVICE_PORT_HTTPS": str(api_port),
        "KUBERNETES_PORT": f"tcp://127.0.0.1:{api_port}",
    }


class Agent:
    """The pods of one cluster's node. `listener` hears of each change of a pod."""

    def __init__(self, lab: LabState, cluster: str, kube: Kube, listener: Listener) -> None:
        self.state = lab.cluster(cluster)
        self._kube = kube
        self._listener = listener
        self._pods: Dict[str, PodRunner] = {}
        self._tasks: Set[asyncio.Future] = set()
        # Removed here already; a list that is a moment older must not bring them back.
        self._done: Set[str] = set()
        self.machine = Machine(
            kube=kube,
            base_env=base_environment(self.state.ports()["apiserver"], os.environ),
            releases_dir=lab.read().get("releases_dir"),
            sandbox=sandbox_mode(self.state.pods / ".try"),
            keep=lab.folder,
            pods=self.state.pods,
            claims=self.state.folder / "claims",
        )

    async def run(self) -> None:
        """Start, update and end pods as the API server says, for ever."""
        selector = f"spec.nodeName={self.state.node_name}"
        adopt = True
        async for kind, item in self._kube.follow("/api/v1/pods", fieldSelector=selector):
            if kind == "SYNC":
                await self._sync(item["items"], adopt)
                adopt = False
            elif kind == "DELETED":
                self._gone(item)
            else:
                self._seen(item, adopt=False)

    async def _sync(self, items: List[Dict[str, Any]], adopt: bool) -> None:
        present = {item["metadata"]["uid"] for item in items}
        self._done &= present
        for uid, runner in list(self._pods.items()):
            if uid not in present:
                self._gone(runner.pod)
        if adopt:
            await asyncio.to_thread(self._sweep, present)
        for item in items:
            self._seen(item, adopt)

    def _sweep(self, present: Set[str]) -> None:
        """End what an earlier agent left of pods that are no more."""
        for folder in self.state.pods.iterdir() if self.state.pods.exists() else []:
            if folder.name not in present:
                leftovers.stop_pod(folder, 0)
                shutil.rmtree(folder, ignore_errors=True)

    def _gone(self, pod: Dict[str, Any]) -> None:
        uid = pod["metadata"]["uid"]
        self._listener("DELETED", pod)
        self._done.discard(uid)
        if uid in self._pods:
            self._pods[uid].vanish()

    def _seen(self, pod: Dict[str, Any], adopt: bool) -> None:
        uid = pod["metadata"]["uid"]
        self._listener("MODIFIED", pod)
        runner = self._pods.get(uid)
        if runner is None and uid not in self._done:
            runner = self._pods[uid] = PodRunner(self.machine, pod)
            task = asyncio.ensure_future(self._run(runner, adopt))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if runner is not None:
            runner.update(pod)

    async def _run(self, runner: PodRunner, adopt: bool) -> None:
        try:
            await runner.run(adopt)
        except Exception as error:  # pylint: disable=broad-except
            # One pod must never take the agent, and with it all the others, down.
            print(f"pod {runner.name}: {type(error).__name__}: {error}", flush=True)
        finally:
            self._pods.pop(runner.uid, None)
            if not runner.is_gone:
                self._done.add(runner.uid)

    def find(self, namespace: str, name: str) -> Optional[PodRunner]:
        """The pod's runner; the newest where one of that name is still ending."""
        wanted = f"{namespace}/{name}"
        return next((r for r in reversed(list(self._pods.values())) if r.name == wanted), None)

    def pods(self) -> List[Dict[str, Any]]:
        return [runner.pod for runner in self._pods.values()]
