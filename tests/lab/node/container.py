# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to one container of a pod, through all its runs?"""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

from lab.errors import LabError
from lab.kube import ApiError, Kube, path_of
from lab.node import status
from lab.node.environment import MissingSource, expand, sources, variables
from lab.node.launch import ContainerProcess
from lab.node.probes import readiness
from lab.node.programs import Program, choose
from lab.node.report import NO_ANSWER
from lab.node.status import INIT, RUNNING, STABLE_S, TERMINATED, ContainerState
from lab.node.volumes import Volumes
from lab.ports import free_ports
from lab.state import read_json, write_json

RETRY_S = 1.0


@dataclass(frozen=True)
class Machine:
    """What all pods of a node share. `sandbox`: of launch.sandbox_mode(); `keep`: the lab's state
    folder, which every program sees as it is; `pods`, `claims`: folders of their files."""

    kube: Kube
    base_env: Mapping[str, str]
    releases_dir: Optional[str]
    sandbox: str
    keep: Path
    pods: Path
    claims: Path


@dataclass
class PodContext:
    """What the containers of a pod share. `changed` is called whenever a state did."""

    machine: Machine
    pod: Dict[str, Any]
    folder: Path
    volumes: Volumes
    changed: Callable[[], None]

    def port(self, container_port: int) -> int:
        """The port of this machine that a program of the pod is told to use for its own."""
        ports = self.ports()
        name = str(container_port)
        if name not in ports:
            ports.update(free_ports([name]))
            write_json(self.folder / "ports.json", ports)
        return ports[name]

    def ports(self) -> Dict[str, int]:
        """Container port -> port of this machine, where they differ."""
        return read_json(self.folder / "ports.json") or {}


class Container:
    """One container; `kind`: INIT, SIDECAR or MAIN."""

    def __init__(self, context: PodContext, spec: Dict[str, Any], kind: str) -> None:
        self._context = context
        self.spec = spec
        self.name: str = spec["name"]
        self.state = ContainerState(self.name, spec.get("image", ""), kind)
        self.folder = context.folder / self.name
        self.is_ending = False
        self._process: Optional[ContainerProcess] = None

    @property
    def is_running(self) -> bool:
        return self.state.phase == RUNNING

    def signal(self, number: int) -> None:
        if self._process is not None and self.is_running:
            self._process.signal(number)

    async def run(self) -> None:
        """Run it, and again as the restart policy says, until it is done for good."""
        while True:
            # What was adopted is watched to its end, even if that has been asked for already.
            if not self.is_running and self.state.phase != TERMINATED and not self.is_ending:
                await self._start()
            if self.is_running and self._process is not None:
                await self._watch(self._process)
            policy = self._context.pod["spec"].get("restartPolicy", "Always")
            if self.is_ending or not status.should_restart(policy, self.state):
                return
            await self._pause()

    def adopt(self) -> None:
        """Take over what an earlier agent left. A container that ran, and of which there is no
        record, is lost: its state says so."""
        machine, state = self._context.machine, self.state
        reported = self._context.pod.get("status") or {}
        entries = [
            *(reported.get("containerStatuses") or []),
            *(reported.get("initContainerStatuses") or []),
        ]
        entry = next((e for e in entries if e["name"] == self.name), {})
        state.last = (entry.get("lastState") or {}).get("terminated")
        self._process = ContainerProcess.adopt(self.folder, machine.sandbox, machine.keep)
        if self._process is not None:
            state.restarts = state.failures = self._process.restart
            state.container_id = self._container_id()
            state.run(self._process.started_at, not self.spec.get("readinessProbe"))
        elif "running" in (entry.get("state") or {}):
            state.restarts = state.failures = entry.get("restartCount", 0)
            state.end(137, time.time(), "ContainerStatusUnknown")

    def _container_id(self) -> str:
        return f"lab://{self._context.folder.name}/{self.name}/{self.state.restarts}"

    async def _start(self) -> None:
        """Start its process, or be done where it has none. Tries for ever."""
        machine, state = self._context.machine, self.state
        while True:
            try:
                program, env = await self._prepared()
                if self.is_ending:
                    return
                state.container_id = self._container_id()
                if program.argv is None:
                    state.started_at = time.time()
                    state.end(0, state.started_at)
                    self._context.changed()
                    return
                process = ContainerProcess(
                    self.folder, state.restarts, machine.sandbox, machine.keep
                )
                mounts = self._context.volumes.mounts(self.spec, env)
                process.start(program.argv, env, self.spec.get("workingDir") or "/", mounts)
                break
            except MissingSource as error:
                state.wait("CreateContainerConfigError", str(error))
            except (LabError, ApiError, *NO_ANSWER) as error:
                state.wait("CreateContainerError", f"{type(error).__name__}: {error}")
            self._context.changed()
            await asyncio.sleep(RETRY_S)
        self._process = process
        state.run(process.started_at, not self.spec.get("readinessProbe"))
        self._context.changed()
        self._forget(state.restarts - 1)

    async def _prepared(self) -> Tuple[Program, Dict[str, str]]:
        """What to execute and with which environment. Raises MissingSource."""
        context, machine = self._context, self._context.machine
        namespace, name = context.pod["metadata"]["namespace"], context.pod["metadata"]["name"]
        found: Dict[Tuple[str, str], Any] = {}
        for kind, source in sources(self.spec):
            path = path_of("v1", kind, namespace, source)
            found[kind, source] = await machine.kube.get_or_none(path)
        base = {**machine.base_env, "HOSTNAME": name}
        env = variables(context.pod, self.spec, base, found)
        spec = dict(self.spec)
        for part in ("command", "args"):
            spec[part] = [expand(text, env) for text in self.spec.get(part) or []]
        is_init = self.state.kind == INIT
        program = choose(spec, is_init, sys.executable, machine.releases_dir, context.port)
        return program, {**env, **program.env}

    def _forget(self, restart: int) -> None:
        """Of earlier runs only the last one's log is kept."""
        if restart >= 0:
            shutil.rmtree(self.folder / f"root-{restart}", ignore_errors=True)
        for kind in ("log", "exit"):
            (self.folder / f"{restart - 1}.{kind}").unlink(missing_ok=True)

    async def _watch(self, process: ContainerProcess) -> None:
        probe = self.spec.get("readinessProbe")
        watcher = asyncio.ensure_future(self._probe(probe, process)) if probe else None
        try:
            code, finished_at = await process.wait()
        finally:
            if watcher:
                watcher.cancel()
        self.state.end(code, finished_at)
        self._context.changed()

    async def _probe(self, probe: Mapping[str, Any], process: ContainerProcess) -> None:
        def port(value: Any) -> int:
            named = {
                entry.get("name"): entry["containerPort"] for entry in self.spec.get("ports") or []
            }
            number = named.get(value, value)
            return self._context.ports().get(str(number), int(number))

        async for is_ready in readiness(probe, port, process.program_pid):
            self.state.ready = is_ready
            self._context.changed()

    async def _pause(self) -> None:
        state = self.state
        state.last = state.terminated()
        if (state.finished_at or 0) - (state.started_at or 0) > STABLE_S:
            state.failures = 0
        pause = status.restart_pause_s(state.failures)
        if pause:
            state.wait("CrashLoopBackOff", f"back-off {pause:.0f}s restarting failed container")
            self._context.changed()
            await asyncio.sleep(pause)
        state.restarts += 1
        state.failures += 1
        state.wait("ContainerCreating")
