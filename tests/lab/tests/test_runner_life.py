# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner program: how its life ends, and what the ledger says then."""

from __future__ import annotations

import base64
import json
import signal
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from lab.tests.service_bench import Arc, Running, runner, service, until

__all__ = ["service"]


def busy_set(service: Running, duration_s: float, result: str = "succeeded") -> Tuple[Arc, str]:
    """A set with one assigned job, and a JIT configuration for it."""
    arc = service.arc()
    number = arc.make_set()
    service.admin.queue("web", duration_s=duration_s, result=result)
    arc.serve(number, jobs=1)
    return arc, arc.jit(number, "web-a")["encodedJITConfig"]


def wait_running(service: Running) -> None:
    service.admin.wait(lambda ledger: ledger["running"] == 1)


@pytest.mark.parametrize("result, state", [("succeeded", "completed"), ("failed", "failed")])
def test_runner_runs_its_one_job_and_exits_0(
    service: Running, result: str, state: str
) -> None:
    _arc, jit = busy_set(service, 0.5, result)
    with runner(jit) as process:
        assert process.wait(15) == 0
    job = service.admin.ledger()["jobs"][0]
    assert (job["state"], job["cluster"], job["runner"]) == (state, "blue", "web-a")
    assert [e["event"] for e in job["history"]] == ["queued", "assigned", "started", state]
    assert job["finished_at"] - job["started_at"] == pytest.approx(0.5, abs=0.4)


def test_runner_takes_its_time_to_come_online(service: Running) -> None:
    service.admin.settings(runner_online_s=1)
    _arc, jit = busy_set(service, 0.1)
    began = time.time()
    with runner(jit) as process:
        assert process.wait(15) == 0
    assert service.admin.ledger()["jobs"][0]["started_at"] - began >= 1


def test_job_starts_with_the_delay_of_the_setting(service: Running) -> None:
    service.admin.settings(job_start_delay_s=1)
    _arc, jit = busy_set(service, 0.1)
    with runner(jit) as process:
        assert process.wait(15) == 0
    job = service.admin.ledger()["jobs"][0]
    assert job["started_at"] - job["assigned_at"] >= 1


def test_idle_runner_gets_a_job_at_once(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    listener = arc.listen(number)
    with runner(arc.jit(number, "web-a")["encodedJITConfig"]) as process:
        until(lambda: service.admin.scale_sets()[0]["runners"][0]["online"], "online")
        service.admin.queue("web", duration_s=0.1)
        listener.step()
        assert process.wait(15) == 0
    job = service.admin.ledger()["jobs"][0]
    assert job["started_at"] - job["assigned_at"] < 1.0


@pytest.mark.parametrize(
    "jit",
    ["", "  ", "no base64!", base64.b64encode(b"{}").decode(), base64.b64encode(b"x").decode()],
    ids=["empty", "blank", "no-base64", "no-fields", "no-json"],
)
def test_bad_jit_configuration_exits_1_and_says_so(jit: str) -> None:
    with runner(jit) as process:
        out, _errors = process.communicate(timeout=15)
        assert process.returncode == 1 and "JIT configuration" in out


def test_runner_whose_registration_is_gone_exits_1(service: Running) -> None:
    arc = service.arc()
    made = arc.jit(arc.make_set(), "web-a")
    arc.agents("DELETE", f"/{made['runner']['id']}")
    with runner(made["encodedJITConfig"]) as process:
        out, _errors = process.communicate(timeout=15)
        assert process.returncode == 1
        assert "Registration was not found or is not medium trust" in out


def test_registration_removed_under_an_idle_runner_ends_it(service: Running) -> None:
    arc = service.arc()
    made = arc.jit(arc.make_set(), "web-a")
    with runner(made["encodedJITConfig"]) as process:
        until(lambda: service.admin.scale_sets()[0]["runners"][0]["online"], "online")
        arc.agents("DELETE", f"/{made['runner']['id']}")
        assert process.wait(3) == 1


def test_sigterm_while_idle_exits_0_and_goes_offline(service: Running) -> None:
    arc = service.arc()
    made = arc.jit(arc.make_set(), "web-a")
    with runner(made["encodedJITConfig"]) as process:
        until(lambda: service.admin.scale_sets()[0]["runners"][0]["online"], "online")
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert service.admin.scale_sets()[0]["runners"][0]["online"] is False


def test_sigterm_while_busy_loses_the_job_at_once(service: Running) -> None:
    _arc, jit = busy_set(service, 60)
    with runner(jit) as process:
        wait_running(service)
        process.send_signal(signal.SIGTERM)
        out, _errors = process.communicate(timeout=5)
        assert process.returncode not in (0, 1)
        assert "The runner has received a shutdown signal." in out
    job = service.admin.ledger()["jobs"][0]
    assert job["state"] == "lost" and "shutdown signal" in job["history"][-1]["detail"]


def test_sigkill_while_busy_loses_the_job_after_the_silence(service: Running) -> None:
    service.admin.settings(runner_silence_s=4)
    _arc, jit = busy_set(service, 60)
    with runner(jit) as process:
        wait_running(service)
        killed = time.time()
        process.kill()
        process.wait()
        ledger = service.admin.wait(lambda found: found["lost"] == 1, timeout_s=15)
    assert 1.5 <= ledger["jobs"][0]["finished_at"] - killed <= 6
    assert len(service.admin.scale_sets()[0]["runners"]) == 1, "its registration stays"


def test_heartbeats_keep_a_long_job_alive(service: Running) -> None:
    service.admin.settings(runner_silence_s=3)
    _arc, jit = busy_set(service, 5)
    with runner(jit) as process:
        assert process.wait(15) == 0
    assert service.admin.ledger(jobs=False)["completed"] == 1


# Kubernetes container mode ----------------------------------------------------------------------


class FakeApi(BaseHTTPRequestHandler):
    """What the API server says to a list of pods; the status is the server's."""

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        self.server.calls.append((self.path, self.headers["Authorization"]))  # type: ignore
        body = json.dumps({"message": "Unauthorized", "items": []}).encode()
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:  # pylint: disable=arguments-differ
        pass


@pytest.fixture
def kubernetes(tmp_path: Path) -> Iterator[Tuple[Any, Dict[str, str]]]:
    """(server, environment of a pod in kubernetes mode)."""
    folder = tmp_path / "account"
    folder.mkdir()
    key, certificate = folder / "key.pem", folder / "ca.crt"
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    argv += ["-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "1"]
    argv += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(argv, check=True, capture_output=True)
    (folder / "token").write_text("pod-token", encoding="utf-8")
    (folder / "namespace").write_text("arc-runners", encoding="utf-8")
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), FakeApi)
    server.status, server.calls = 200, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    env = {
        "ACTIONS_RUNNER_CONTAINER_HOOKS": "/home/runner/k8s/index.js",
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(server.server_address[1]),
        "LAB_SERVICEACCOUNT_DIR": str(folder),
    }
    try:
        yield server, env
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_kubernetes_mode_asks_once_a_second_all_through_the_job(
    service: Running, kubernetes: Tuple[Any, Dict[str, str]]
) -> None:
    server, env = kubernetes
    _arc, jit = busy_set(service, 2.5)
    with runner(jit, **env) as process:
        assert process.wait(15) == 0
    assert service.admin.ledger(jobs=False)["completed"] == 1
    assert 2 <= len(server.calls) <= 4
    path, auth = server.calls[0]
    assert path.startswith("/api/v1/namespaces/arc-runners/pods") and auth == "Bearer pod-token"


@pytest.mark.parametrize("status, state", [(401, "failed"), (403, "failed"), (500, "completed")])
def test_kubernetes_mode_fails_when_the_api_server_refuses(
    service: Running, kubernetes: Tuple[Any, Dict[str, str]], status: int, state: str
) -> None:
    server, env = kubernetes
    _arc, jit = busy_set(service, 2.5)
    with runner(jit, **env) as process:
        until(lambda: server.calls, "the job runs")
        server.status = status
        process.wait(15)
    job = service.admin.ledger()["jobs"][0]
    assert job["state"] == state
    assert (str(status) in job["history"][-1]["detail"]) is (state == "failed")


def test_kubernetes_mode_without_a_service_account_fails_the_job(
    service: Running, tmp_path: Path
) -> None:
    _arc, jit = busy_set(service, 30)
    env = {
        "ACTIONS_RUNNER_CONTAINER_HOOKS": "/home/runner/k8s/index.js",
        "LAB_SERVICEACCOUNT_DIR": str(tmp_path / "none"),
    }
    with runner(jit, **env) as process:
        process.wait(15)
    job = service.admin.ledger()["jobs"][0]
    assert job["state"] == "failed" and "service account" in job["history"][-1]["detail"]


def test_runner_imports_nothing_heavy() -> None:
    argv = [sys.executable, "-c", "import lab.runner.__main__, sys; print(*sys.modules)"]
    folder = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True)
    loaded: List[str] = done.stdout.split()
    assert not {"aiohttp", "asyncio", "yaml", "cryptography", "urllib.request"} & set(loaded)
