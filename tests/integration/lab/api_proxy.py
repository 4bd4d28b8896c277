# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A way to a real API server that can be made rough: too many requests, watches that expire.

It speaks plain HTTP on loopback and hands everything on as the administrator. What it makes up is
the 429, and the version of Kubernetes where one is given; that a watch is too old is said by the
API server itself, which is asked for version 1.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, List, Set, Tuple

_VERSION = re.compile(r"resourceVersion=[0-9]+")
_TOO_OLD = b'"code":410'
_KEPT_BACK = ("connection", "keep-alive", "transfer-encoding", "content-length")


class Proxy:
    """Use as a context manager. `target`: port of the API server and a TLS context."""

    def __init__(self, target: Tuple[int, Any]) -> None:
        self.target = target
        # Called with method and path, before a request is handed on and after it was answered.
        self.before: Callable[[str, str], None] = lambda _method, _path: None
        self.after: Callable[[str, str], None] = lambda _method, _path: None
        self.storm_until = 0.0
        self.refused: List[float] = []
        self.watches: Set[socket.socket] = set()
        self.expired = 0
        self.too_old = 0
        # The release that /version is to name, such as v1.28.15.
        self.kubernetes = ""
        proxy = self

        class Handler(_Handler):
            """Bound to this proxy."""

            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def kubeconfig(self, path: Path, context: str) -> str:
        """Write a kubeconfig whose one context leads through the proxy; returns its path."""
        named = {"clusters": [{"name": "rough", "cluster": {"server": self.url}}],
                 "users": [{"name": "anyone", "user": {}}],
                 "contexts": [{"name": context, "context": {"cluster": "rough", "user": "anyone"}}]}
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **named}), encoding="utf-8")
        return str(path)

    def storm(self, seconds: float) -> None:
        """Answer everything with 429 for so long, and end the watches."""
        self.storm_until = time.monotonic() + seconds
        self.cut()

    def expire(self) -> None:
        """End the watches; what they were is asked for from version 1 on next."""
        self.expired += len(self.watches)
        self.cut()

    def cut(self) -> None:
        for one in list(self.watches):
            # It may have ended by itself a moment ago.
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    owner: Proxy

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        self._hand_on()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def log_message(self, *_args: object) -> None:  # pylint: disable=arguments-differ
        """Nothing: the test says what counts."""

    def _hand_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        if time.monotonic() < self.owner.storm_until:
            self.owner.refused.append(time.monotonic())
            self._send(429, [("Retry-After", "1"), ("Content-Type", "application/json")])
            self.wfile.write(b'{"kind":"Status","status":"Failure","reason":"TooManyRequests"}')
            return
        is_watch, path = "watch=true" in self.path, self.path
        if is_watch and self.owner.expired:
            self.owner.expired -= 1
            path = _VERSION.sub("resourceVersion=1", path)
        port, context = self.owner.target
        self.owner.before(self.command, self.path)
        link = http.client.HTTPSConnection("127.0.0.1", port, timeout=300, context=context)
        try:
            headers = {name: value for name, value in self.headers.items()
                       if name.lower() not in ("host", "accept-encoding", *_KEPT_BACK)}
            link.request(self.command, path, body, headers)
            self._answer(link.getresponse(), is_watch)
            self.owner.after(self.command, self.path)
        except (OSError, http.client.HTTPException):
            return  # one of the two went away, which is what a cut does
        finally:
            self.owner.watches.discard(self.connection)
            link.close()

    def _answer(self, answer: http.client.HTTPResponse, is_watch: bool) -> None:
        kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _KEPT_BACK]
        self._send(answer.status, kept)
        if self.path == "/version" and self.owner.kubernetes:
            major, minor = self.owner.kubernetes.lstrip("v").split(".")[:2]
            told = {"gitVersion": self.owner.kubernetes, "major": major, "minor": minor}
            self.wfile.write(json.dumps({**json.load(answer), **told}).encode())
            return
        if is_watch and answer.status == 200:
            self.owner.watches.add(self.connection)
        while True:
            part = answer.read1(65536)
            if not part:
                return
            if is_watch and _TOO_OLD in part:
                self.owner.too_old += 1
            self.wfile.write(part)
            self.wfile.flush()

    def _send(self, status: int, headers: List[Tuple[str, str]]) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
