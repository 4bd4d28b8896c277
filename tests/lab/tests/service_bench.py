# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do tests speak to a real Actions service, as ARC's controller and listener would?"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lab.service.server import serve
from lab.service_client import Service

TESTS = Path(__file__).resolve().parents[2]
VERSION = "api-version=6.0-preview"
KEY: List[bytes] = []
ENV = {**os.environ, "PYTHONPATH": str(TESTS)}


class Answer(NamedTuple):
    """Status, headers (names in lower case), and the decoded body (None for an empty one)."""

    status: int
    headers: Dict[str, str]
    body: Any


def ask(
    method: str, url: str, auth: str = "", body: Any = None, limit_s: float = 40.0, **more: str
) -> Answer:
    """One request; `more`: headers, with `_` for `-`."""
    parts = urlsplit(url)
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    if auth:
        headers["Authorization"] = auth
    content = body if isinstance(body, (str, type(None))) else json.dumps(body)
    connection = http.client.HTTPConnection(parts.netloc, timeout=limit_s)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, content, headers)
        response = connection.getresponse()
        text = response.read().decode()
        found = {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()
    is_json = found.get("content-type", "").startswith("application/json")
    return Answer(response.status, found, json.loads(text) if is_json else (text or None))


class Running:
    """A service of the test's own: on a real port, in a thread of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin = Service(self.url)
        self._pool = ThreadPoolExecutor(64)
        _share_key(folder / "service" / "app-key.pem")
        self.start()
        until(self.admin.is_up, "the service answers")

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        serving = serve(self.folder, self.port, self._stop)
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(serving,))
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()
        self._pool.shutdown()

    def later(self, act: Callable[..., Any], *arguments: Any, **named: Any) -> "Future[Any]":
        """Carry out in another thread."""
        return self._pool.submit(act, *arguments, **named)

    def arc(self, cluster: str = "blue", scope: str = "acme") -> "Arc":
        return Arc(self, cluster, scope)

    def rest(self, method: str, path: str, cluster: str = "blue") -> Answer:
        return ask(method, f"{self.url}/api/v3{path}", f"Bearer ghp_lab_{cluster}")


class RunningProcess(Running):
    """A service in a process, which can be killed and started again."""

    def start(self) -> None:
        argv = [sys.executable, "-m", "lab.service"]
        argv += ["--state", str(self.folder), "--port", str(self.port)]
        with open(self.folder / "service.log", "ab") as log:
            self._process = subprocess.Popen(argv, env=ENV, stdout=log, stderr=log)

    def again(self) -> None:
        """SIGKILL, and a new one."""
        self._process.kill()
        self._process.wait(5)
        self.start()
        until(self.admin.is_up, "the service answers again")

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(5) == 0
        self._pool.shutdown()


def _share_key(path: Path) -> None:
    """Making a key takes half a second, and any will do for all tests."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    if not KEY:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        KEY.append(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.write_bytes(KEY[0])


class Arc:
    """A controller and listener that are logged in."""

    def __init__(self, service: Running, cluster: str, scope: str) -> None:
        self.service = service
        place = f"orgs/{scope}" if "/" not in scope else f"repos/{scope}"
        if scope.startswith("enterprises/"):
            place = scope
        answer = ask(
            "POST",
            f"{service.url}/api/v3/{place}/actions/runners/registration-token",
            f"Bearer ghp_lab_{cluster}",
        )
        assert answer.status == 201, answer
        answer = ask(
            "POST",
            f"{service.url}/api/v3/actions/runner-registration",
            f"RemoteAuth {answer.body['token']}",
            {"url": f"{service.url}/{scope}", "runner_event": "register"},
        )
        assert answer.status == 200, answer
        self.base, self.auth = answer.body["url"], f"Bearer {answer.body['token']}"

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        joint = "&" if "?" in path else "?"
        return ask(method, f"{self.base}/_apis/{path}{joint}{VERSION}", self.auth, body)

    def sets(self, method: str, rest: str = "", body: Any = None) -> Answer:
        return self.call(method, f"runtime/runnerscalesets{rest}", body)

    def agents(self, method: str, rest: str = "") -> Answer:
        return self.call(method, f"distributedtask/pools/0/agents{rest}")

    def make_set(self, name: str = "web", group: int = 2) -> int:
        body = {
            "name": name,
            "runnerGroupId": group,
            "labels": [{"name": name, "type": "System"}],
            "RunnerSetting": {"ephemeral": True, "disableUpdate": True},
        }
        answer = self.sets("POST", "", body)
        assert answer.status == 200, answer
        return int(answer.body["id"])

    def jit(self, number: int, name: str) -> Dict[str, Any]:
        body = {"name": name, "workFolder": "_work"}
        answer = self.sets("POST", f"/{number}/generatejitconfig", body)
        assert answer.status == 200, answer
        return dict(answer.body)

    def listen(self, number: int, owner: str = "web-754b578d-listener") -> "Listener":
        answer = self.sets("POST", f"/{number}/sessions", {"ownerName": owner})
        assert answer.status == 200, answer
        return Listener(self, number, answer.body)

    def serve(self, number: int, jobs: int = 0, capacity: Optional[int] = 100) -> "Listener":
        """A session that has acquired `jobs` jobs."""
        listener = self.listen(number)
        while len(listener.acquired) < jobs:
            listener.step(capacity)
        return listener


class Listener:
    """A message session."""

    def __init__(self, arc: Arc, number: int, session: Dict[str, Any]) -> None:
        self.arc = arc
        self.number = number
        self.session = session
        self.last = 0
        self.acquired: List[int] = []

    @property
    def queue_auth(self) -> str:
        return f"Bearer {self.session['messageQueueAccessToken']}"

    def poll(self, capacity: Optional[int] = 100) -> Answer:
        url = self.session["messageQueueUrl"]
        url += f"?lastMessageId={self.last}" if self.last else ""
        more = {} if capacity is None else {"X_ScaleSetMaxCapacity": str(capacity)}
        return ask("GET", url, self.queue_auth, **more)

    def delete(self, message: int) -> Answer:
        return ask("DELETE", f"{self.session['messageQueueUrl']}/{message}", self.queue_auth)

    def acquire(self, numbers: List[int]) -> Answer:
        url = f"{self.arc.base}/_apis/runtime/runnerscalesets/{self.number}/acquirejobs?{VERSION}"
        return ask("POST", url, self.queue_auth, numbers)

    def refresh(self) -> Answer:
        return self.arc.sets("PATCH", f"/{self.number}/sessions/{self.session['sessionId']}")

    def close(self) -> Answer:
        return self.arc.sets("DELETE", f"/{self.number}/sessions/{self.session['sessionId']}")

    def step(self, capacity: Optional[int] = 100) -> List[Dict[str, Any]]:
        """One message handled as 0.9.1 to 0.13.1 do; its events, [] for none."""
        answer = self.poll(capacity)
        if answer.status == 202:
            return []
        assert answer.status == 200, answer
        self.last = answer.body["messageId"]
        events = json.loads(answer.body["body"])
        offered = [e["runnerRequestId"] for e in events if e["messageType"] == "JobAvailable"]
        if offered:
            self.acquired += self.acquire(offered).body["value"]
        assert self.delete(self.last).status == 204
        return list(events)


@contextmanager
def runner(jit: str, **env: str) -> Iterator["subprocess.Popen[str]"]:
    """A runner process, killed at the end if it still lives."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lab.runner"],
        env={**ENV, "ACTIONS_RUNNER_INPUT_JITCONFIG": jit, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(is_true: Callable[[], Any], what: str, limit_s: float = 15.0) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + limit_s
    while True:
        answer = is_true()
        if answer:
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"not within {limit_s} s: {what}")
        time.sleep(0.02)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    """A service of the test's own, with answers at once and short polls."""
    running = Running(tmp_path)
    running.admin.settings(answer_delay_s=0, poll_s=0.5)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def service_process(tmp_path: Path) -> Iterator[RunningProcess]:
    """The same as a process."""
    running = RunningProcess(tmp_path)
    running.admin.settings(answer_delay_s=0, poll_s=0.5)
    try:
        yield running
    finally:
        running.close()
