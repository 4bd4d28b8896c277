# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do tests look at a running cluster and its pods, as plain functions?"""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List, Optional

import pytest

from lab import toolchain
from lab.kube import Kube, path_of
from lab.lab import Lab

LOOK_S = 0.05


class LiveCluster:
    """A running cluster of a lab, for tests that are plain functions."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.state = lab.state.cluster(name)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._kube = Kube.from_kubeconfig(self.state.kubeconfig)
        self._run(self._kube.__aenter__())

    def close(self) -> None:
        self._run(self._kube.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, awaitable: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(_as_coroutine(awaitable), self._loop).result(60)

    def get(self, path: str) -> Optional[Dict[str, Any]]:
        return self._run(self._kube.get_or_none(path))

    def create(self, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        return self._run(self._kube.create(path, body))

    def patch(self, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        return self._run(self._kube.merge_patch(path, body))

    def delete(self, path: str, **more: Any) -> None:
        self._run(self._kube.delete(path, **more))

    def items(self, path: str, **params: Any) -> List[Dict[str, Any]]:
        return self._run(self._kube.list(path, **params))[0]

    def last_seen(self, collection: str, name: str) -> "Future[Dict[str, Any]]":
        """The object as it was when it went, once it has gone; watched from now on."""
        item = self.get(f"{collection}/{name}")
        assert item is not None

        async def watch() -> Dict[str, Any]:
            version = item["metadata"]["resourceVersion"]
            selector = f"metadata.name={name}"
            events = self._kube.watch(collection, version, 60, fieldSelector=selector)
            async for kind, seen in events:
                if kind == "DELETED":
                    return seen
            raise TimeoutError(f"{collection}/{name} has not gone")

        return asyncio.run_coroutine_threadsafe(watch(), self._loop)

    def kubectl(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        binary = str(toolchain.controlplane(print))
        command = [binary, "kubectl", f"--kubeconfig={self.state.kubeconfig}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def wait(
        self, path: str, until: Callable[[Optional[Dict[str, Any]]], Any], limit_s: float = 20.0
    ) -> Optional[Dict[str, Any]]:
        """The object (None: not there) as soon as `until` holds for it; fails after `limit_s`."""
        deadline = time.monotonic() + limit_s
        while True:
            item = self.get(path)
            if until(item):
                return item
            if time.monotonic() > deadline:
                pytest.fail(f"{path} did not get there in {limit_s} s: {json.dumps(item)[:3000]}")
            time.sleep(LOOK_S)


async def _as_coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def pod(namespace: str, name: str, script: str, **spec: Any) -> Dict[str, Any]:
    """A pod of one container `main` that runs a shell script; `container` adds to it."""
    container = {
        "name": "main",
        "image": "lab.invalid/host",
        "command": ["sh", "-c", script],
        **spec.pop("container", {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"of": "test"}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "containers": [container],
            **spec,
        },
    }


class Pods:
    """The pods of one test."""

    def __init__(self, cluster: Any, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def path(self, name: str, plural: str = "pods") -> str:
        return path_of("v1", plural, self.namespace, name)

    def make(self, name: str, script: str, **spec: Any) -> Dict[str, Any]:
        body = pod(self.namespace, name, script, **spec)
        return self.cluster.create(path_of("v1", "pods", self.namespace), body)

    def put(self, plural: str, name: str, data: Dict[str, str]) -> None:
        field = "stringData" if plural == "secrets" else "data"
        body = {"metadata": {"name": name}, field: data}
        self.cluster.create(path_of("v1", plural, self.namespace), body)

    def wait(self, name: str, until: Any, limit_s: float = 20.0) -> Dict[str, Any]:
        return self.cluster.wait(self.path(name), lambda p: p and until(p), limit_s)

    def phase(self, name: str, *phases: str, limit_s: float = 20.0) -> Dict[str, Any]:
        return self.wait(name, lambda p: p["status"].get("phase") in phases, limit_s)

    def log(self, name: str, *options: str) -> str:
        done = self.cluster.kubectl("logs", "-n", self.namespace, name, *options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def said(self, name: str, line: str, limit_s: float = 20.0) -> None:
        """Wait until a line stands in the log."""
        arguments = ("logs", "-n", self.namespace, name)
        deadline = time.monotonic() + limit_s
        while line not in (done := self.cluster.kubectl(*arguments)).stdout.splitlines():
            if time.monotonic() > deadline:
                pytest.fail(f"pod {name} did not say {line!r}: {done.stdout}{done.stderr}")
            time.sleep(LOOK_S)

    def delete(self, name: str, **more: Any) -> None:
        self.cluster.delete(self.path(name), **more)

    def gone(self, name: str, limit_s: float = 20.0) -> None:
        self.cluster.wait(self.path(name), lambda p: p is None, limit_s)


def main(found: Dict[str, Any]) -> Dict[str, Any]:
    return found["status"]["containerStatuses"][0]


def is_ready(found: Dict[str, Any]) -> bool:
    conditions = found["status"].get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def is_waiting(reason: str) -> Any:
    def check(found: Dict[str, Any]) -> bool:
        statuses = found["status"].get("containerStatuses") or [{}]
        return statuses[0].get("state", {}).get("waiting", {}).get("reason") == reason

    return check


def processes() -> List[str]:
    """The command lines of all processes of this machine."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
