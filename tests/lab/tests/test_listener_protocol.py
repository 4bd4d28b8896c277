# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener on the wire: session, queue token, order of acquire and delete (arc.md 8 C).

A small scripted HTTP server stands for GitHub and for the API server alike: what is asserted is
what the listener sends, and in which order.
"""

from __future__ import annotations

import http.client
import http.server
import json
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest

from lab.arc.app_jwt import app_jwt
from lab.arc.listener.config import Config
from lab.arc.listener.github import Service
from lab.arc.listener.loop import Ended, Loop
from lab.arc.log import Log
from lab.arc.protocol import claims
from lab.arc.releases import RELEASES
from lab.incluster import InCluster

Answer = Tuple[int, Any]
TOKEN = "e30.eyJleHAiOjk5OTk5OTk5OTl9.x"
NONE: Dict[str, int] = {"totalAssignedJobs": 0}
SETS = "/svc/_apis/runtime/runnerscalesets/3"


class Script(http.server.ThreadingHTTPServer):
    """Answers by `(method, path)`; `seen` has each request with its capacity header."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.seen: List[Tuple[str, str, Any]] = []
        self.capacities: List[Any] = []
        self.polls: List[Callable[[], Answer]] = []
        self.conflict = False

    def answer(self, method: str, path: str) -> Answer:
        if path.endswith("registration-token"):
            return 201, {"token": "r"}
        if path.endswith("runner-registration"):
            return 200, {"url": f"{self.url}/svc", "token": TOKEN}
        if path.startswith(f"{SETS}/sessions"):
            return self._session(method)
        if path.startswith(f"{SETS}/acquirejobs"):
            return 200, {"value": [7]}
        if path.startswith("/queue"):
            if method == "DELETE":
                return 204, None
            # Nothing more in the script: an error that ends the listener.
            return self.polls.pop(0)() if self.polls else (400, {"message": "end of script"})
        return 200, {}

    def _session(self, method: str) -> Answer:
        if self.conflict:
            name = "GitHub.RunnerScaleSetSessionConflictException, GitHub"
            return 409, {"typeName": name, "message": "web already has an active session"}
        if method == "DELETE":
            return 204, None
        token = {"messageQueueUrl": f"{self.url}/queue", "messageQueueAccessToken": method}
        return 200, {"sessionId": "s", "statistics": NONE, **token}


class Handler(http.server.BaseHTTPRequestHandler):
    server: Script

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        path = self.path.partition("?")[0]
        self.server.seen.append((self.command, path, body))
        if path == "/queue":
            self.server.capacities.append(self.headers.get("X-ScaleSetMaxCapacity"))
        status, content = self.server.answer(self.command, path)
        payload = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

    def log_message(self, *_: Any) -> None:  # pylint: disable=arguments-differ
        """Quiet."""


class PlainCluster(InCluster):
    """The listener's API client without TLS, at the script's address."""

    def __init__(self, script: Script, folder: Path) -> None:
        (folder / "token").write_text("t", encoding="utf-8")
        super().__init__(
            {
                "LAB_SERVICEACCOUNT_DIR": str(folder),
                "KUBERNETES_SERVICE_HOST": "127.0.0.1",
                "KUBERNETES_SERVICE_PORT": str(script.server_address[1]),
            }
        )

    def _connection(self) -> Any:
        return http.client.HTTPConnection(self._host, self._port, timeout=5)


@pytest.fixture
def script() -> Iterator[Script]:
    server = Script()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def run(script: Script, release: str, folder: Path) -> str:
    """Let a listener run until the script ends it; its last words."""
    auth = {"github_token": "ghp", "github_app_private_key": ""}
    facts = RELEASES[release]
    config = Config(
        f"{script.url}/acme", "arc-runners", "web-x", 0, 4, 3, "web", auth, "error", "text"
    )
    loop = Loop(facts, config, Service(facts, config), PlainCluster(script, folder), Log())
    with pytest.raises(Ended) as ended:
        loop.run("web-754b578d-listener")
    return str(ended.value)


def message(*events: Dict[str, Any]) -> Callable[[], Answer]:
    content = {"messageId": 1, "body": json.dumps(events), "statistics": {"totalAssignedJobs": 1}}
    return lambda: (200, content)


OFFER = {"messageType": "JobAvailable", "runnerRequestId": 7}
STARTED = {
    "messageType": "JobStarted",
    "runnerRequestId": 7,
    "runnerName": "web-x-runner-1",
    "ownerName": "acme",
    "repositoryName": "app",
    "jobId": "job-7",
    "workflowRunId": 70,
}


def steps(script: Script) -> List[str]:
    """What was done to the queue and to the jobs, in order."""
    names = {("POST", f"{SETS}/acquirejobs"): "acquire", ("DELETE", "/queue/1"): "delete"}
    return [names[key] for key in ((m, p) for m, p, _body in script.seen) if key in names]


@pytest.mark.parametrize(
    "release, order",
    [
        ("0.9.0", ["acquire", "delete"]),
        ("0.13.1", ["acquire", "delete"]),
        ("0.14.0", ["delete"]),
        ("0.14.1", ["delete", "acquire"]),
        ("0.14.2", ["delete", "acquire"]),
    ],
)
def test_offered_job_is_acquired_in_the_order_of_the_release(
    script: Script, tmp_path: Path, release: str, order: List[str]
) -> None:
    script.polls = [message(OFFER)]
    run(script, release, tmp_path)
    assert steps(script) == order


@pytest.mark.parametrize("release, told", [("0.9.0", None), ("0.9.1", "4"), ("0.14.2", "4")])
def test_capacity_is_told_from_0_9_1(
    script: Script, tmp_path: Path, release: str, told: Any
) -> None:
    run(script, release, tmp_path)
    assert script.capacities == [told]


@pytest.mark.parametrize("release, has_job_id", [("0.12.1", False), ("0.13.0", True)])
def test_started_job_is_written_into_its_runner(
    script: Script, tmp_path: Path, release: str, has_job_id: bool
) -> None:
    script.polls = [message(STARTED)]
    run(script, release, tmp_path)
    path = "/apis/actions.github.com/v1alpha1/namespaces/arc-runners/ephemeralrunners/"
    (status,) = [
        body["status"] for _method, p, body in script.seen if p == f"{path}web-x-runner-1/status"
    ]
    assert (status["jobRequestId"], status["jobRepositoryName"]) == (7, "acme/app")
    assert ("jobId" in status) is has_job_id


def test_expired_queue_token_refreshes_the_session(script: Script, tmp_path: Path) -> None:
    script.polls = [lambda: (401, {"message": "expired"}), message(OFFER)]
    run(script, "0.9.3", tmp_path)
    assert ("PATCH", f"{SETS}/sessions/s", None) in script.seen
    assert steps(script) == ["acquire", "delete"]


@pytest.mark.parametrize(
    "release, told",
    [
        ("0.13.1", "createSession failed: failed to create session: failed to do the session req"),
        ("0.14.2", "failed to create message session: request POST"),
    ],
)
def test_session_conflict_ends_the_listener_in_the_words_of_its_release(
    script: Script, tmp_path: Path, release: str, told: str
) -> None:
    script.conflict = True
    words = run(script, release, tmp_path)
    assert words.startswith(told)
    assert "409" in words and "RunnerScaleSetSessionConflictException" in words


def test_app_jwt_is_signed_with_the_key() -> None:
    cryptography = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415
    import base64  # noqa: PLC0415

    key = cryptography.generate_private_key(public_exponent=65537, key_size=2048)
    for form in (
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.PrivateFormat.PKCS8,
    ):
        pem = key.private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        ).decode()
        jwt = app_jwt("1000", pem, time.time())
        text, _dot, signature = jwt.rpartition(".")
        given = base64.urlsafe_b64decode(signature + "==")
        key.public_key().verify(given, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        assert claims(jwt)["iss"] == "1000"
