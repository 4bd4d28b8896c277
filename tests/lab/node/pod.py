# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the agent do with one pod, from its binding to its removal?"""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from lab.errors import LabError
from lab.kube import ApiError, path_of
from lab.node import status
from lab.node.container import Container, Machine, PodContext
from lab.node.environment import MissingSource
from lab.node.leftovers import stop_pod
from lab.node.report import NO_ANSWER, Reporter
from lab.node.status import INIT, MAIN, SIDECAR
from lab.node.volumes import Volumes

VOLUME_PAUSES_S = (0.1, 0.3, 1.0, 2.0)
FINAL_STATUS_S = 10.0
LOOK_S = 0.5
FINAL_PHASES = ("Succeeded", "Failed")


class PodRunner:
    """One pod. `run` is to be awaited as a task; the other methods tell it what changed."""

    def __init__(self, machine: Machine, pod: Dict[str, Any]) -> None:
        meta = pod["metadata"]
        self.uid: str = meta["uid"]
        self.name = f"{meta['namespace']}/{meta['name']}"
        self._kube = machine.kube
        self._path = path_of("v1", "pods", meta["namespace"], meta["name"])
        self._folder = machine.pods / self.uid
        self._reporter = Reporter(machine.kube, self._path, self.uid, self._status)
        volumes = Volumes(machine.kube, pod, self._folder / "volumes", machine.claims)
        self._moved = asyncio.Event()
        self._context = PodContext(machine, pod, self._folder, volumes, self._note)
        self._containers = [
            Container(self._context, spec, SIDECAR if _is_sidecar(spec) else INIT)
            for spec in pod["spec"].get("initContainers") or []
        ]
        self._containers += [Container(self._context, c, MAIN) for c in pod["spec"]["containers"]]
        if self._containers[0].state.kind != MAIN:
            for container in self._containers:
                container.state.reason = "PodInitializing"
        self._started_at = _epoch((pod.get("status") or {}).get("startTime")) or time.time()
        self._grace_s = 0.0
        self._stopping = asyncio.Event()
        self.is_gone = False
        self._over: Optional[Dict[str, str]] = None
        self._eviction: Optional[asyncio.Future] = None

    @property
    def pod(self) -> Dict[str, Any]:
        """The pod as the API server had it last."""
        return self._context.pod

    def _note(self) -> None:
        """The state of a container has changed."""
        self._moved.set()
        self._reporter.changed()

    def _status(self) -> Dict[str, Any]:
        states = [container.state for container in self._containers]
        is_ending = self._stopping.is_set()
        return status.pod_status(
            self.pod, states, self._started_at, time.time(), self._over, is_ending
        )

    def update(self, pod: Dict[str, Any]) -> None:
        """The pod as the API server has it now."""
        self._context.pod = pod
        if pod["metadata"].get("deletionTimestamp"):
            self._grace_s = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
            self._stopping.set()
            self._moved.set()
        else:
            self._reporter.compare(pod.get("status") or {})

    def vanish(self) -> None:
        """The object is gone: end what is left of it at once."""
        self.is_gone = True
        self._grace_s = 0.0
        self._reporter.is_closed = True
        self._stopping.set()
        self._moved.set()

    def log_file(self, container: str, previous: bool = False) -> Optional[Path]:
        """The newest log of a container (or the one before); None where there is none."""
        logs = sorted((self._folder / container).glob("*.log"), key=lambda p: int(p.stem))
        wanted = 2 if previous else 1
        return logs[-wanted] if len(logs) >= wanted else None

    def is_done(self, container: str) -> bool:
        """Whether the container does not run now (or is none of this pod's)."""
        return not any(c.name == container and c.is_running for c in self._containers)

    async def run(self, adopt: bool) -> None:
        """Until the pod is removed. `adopt`: its processes may run already."""
        if adopt and not self._is_final():
            for container in self._containers:
                container.adopt()
            # Others may have written what they believe of the pods of a silent node.
            self._reporter.changed()
        reporter = asyncio.ensure_future(self._reporter.run())
        work = asyncio.ensure_future(self._live(adopt))
        limit = asyncio.ensure_future(self._expire())
        try:
            await self._stopping.wait()
            await self._end(self._containers)
            for task in (work, limit, reporter):
                task.cancel()
            await asyncio.gather(work, limit, reporter, return_exceptions=True)
            if not self.is_gone:
                await self._remove()
        finally:
            for task in (work, limit, reporter):
                task.cancel()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_final(self) -> bool:
        return (self.pod.get("status") or {}).get("phase") in FINAL_PHASES

    async def _live(self, adopt: bool) -> None:
        if self._is_final():
            # Its last word stands in the API; there is nothing left to run or to say.
            self._reporter.is_closed = True
            await asyncio.to_thread(stop_pod, self._folder, 0)
            return
        renewal: Optional[asyncio.Task] = None
        try:
            is_adopted = adopt and any(self._folder.glob("*/process.json"))
            if not is_adopted:
                await self._make_volumes()
            renewal = asyncio.ensure_future(self._renew_tokens(is_adopted))
            await self._run_containers()
        except (LabError, OSError) as error:
            print(f"pod {self.name}: {error}", flush=True)
            self._over = {"phase": "Failed", "reason": "LabError", "message": str(error)}
            self._reporter.changed()
        finally:
            if renewal:
                renewal.cancel()

    async def _make_volumes(self) -> None:
        """Tries until all are there; the containers' states say what is missing."""
        tries = 0
        while True:
            try:
                await self._context.volumes.materialise()
                return
            except MissingSource as error:
                message = str(error)
            except (ApiError, *NO_ANSWER) as error:
                message = f"{type(error).__name__}: {error}"
            for container in self._containers:
                container.state.message = message
            self._reporter.changed()
            await asyncio.sleep(VOLUME_PAUSES_S[min(tries, len(VOLUME_PAUSES_S) - 1)])
            tries += 1

    async def _renew_tokens(self, is_adopted: bool) -> None:
        """For ever. The age of an adopted pod's tokens is unknown: they are renewed at once."""
        volumes = self._context.volumes
        due_s = 0.0 if is_adopted else volumes.renewal_in_s()
        while due_s is not None:
            await asyncio.sleep(due_s)
            await self._make_volumes()
            due_s = volumes.renewal_in_s()

    async def _run_containers(self) -> None:
        sidecars: List[Container] = []
        tasks: List[asyncio.Future] = []
        try:
            for container in self._containers:
                if container.state.kind == INIT:
                    await container.run()
                    if not container.state.has_succeeded():
                        return
                elif container.state.kind == SIDECAR:
                    sidecars.append(container)
                    tasks.append(asyncio.ensure_future(container.run()))
                    while container.state.started_at is None:
                        await self._change(LOOK_S)
            mains = [c for c in self._containers if c.state.kind == MAIN]
            await asyncio.gather(*(container.run() for container in mains))
        finally:
            if not self._stopping.is_set():
                self._grace_s = float(self.pod["spec"].get("terminationGracePeriodSeconds") or 0)
                await self._end(sidecars)
            for task in tasks:
                task.cancel()

    async def _expire(self) -> None:
        """End the pod at its activeDeadlineSeconds, if it has one."""
        limit_s = self.pod["spec"].get("activeDeadlineSeconds")
        if limit_s is not None:
            await asyncio.sleep(max(0.0, self._started_at + limit_s - time.time()))
            message = "Pod was active on the node longer than the specified deadline"
            await self._fail("DeadlineExceeded", message)

    def evict(self) -> None:
        """End the pod as a kubelet does that runs short of memory."""
        fail = self._fail("Evicted", "The node was low on resource: memory.")
        self._eviction = asyncio.ensure_future(fail)

    async def _fail(self, reason: str, message: str) -> None:
        """End all containers; the pod stays, as Failed with the reason."""
        if self._over is None and not self._stopping.is_set():
            self._over = {"phase": "Failed", "reason": reason, "message": message}
            self._grace_s = float(self.pod["spec"].get("terminationGracePeriodSeconds") or 0)
            await self._end(self._containers)
            self._reporter.changed()

    async def _end(self, containers: Sequence[Container]) -> None:
        """SIGTERM, the grace period (which may get shorter meanwhile), SIGKILL; until they are
        gone."""
        for container in containers:
            container.is_ending = True
            container.signal(signal.SIGTERM if self._grace_s > 0 else signal.SIGKILL)
        self._reporter.changed()
        begun = time.monotonic()
        is_killed = self._grace_s <= 0
        while any(container.is_running for container in containers):
            left_s = begun + self._grace_s - time.monotonic()
            if not is_killed and left_s <= 0:
                is_killed = True
                for container in containers:
                    container.signal(signal.SIGKILL)
            await self._change(LOOK_S if is_killed else min(left_s, LOOK_S))

    async def _change(self, limit_s: float) -> None:
        """Until some container's state has changed, or the limit is over."""
        self._moved.clear()
        try:
            await asyncio.wait_for(self._moved.wait(), limit_s)
        except asyncio.TimeoutError:
            pass

    async def _remove(self) -> None:
        """The last status, then the object (grace 0); tries until it is gone."""
        try:
            await asyncio.wait_for(self._reporter.send(), FINAL_STATUS_S)
        except asyncio.TimeoutError:
            print(f"pod {self.name}: the last status could not be written", flush=True)
        while not self.is_gone:
            try:
                await self._kube.delete(self._path, grace_s=0, uid=self.uid)
                return
            except ApiError as error:
                if error.status == 409:
                    return
                print(f"pod {self.name}: {error}", flush=True)
            except NO_ANSWER:
                pass
            await asyncio.sleep(1.0)


def _is_sidecar(container: Dict[str, Any]) -> bool:
    return container.get("restartPolicy") == "Always"


def _epoch(text: Optional[str]) -> Optional[float]:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None
