# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted API server on 127.0.0.1, for the faults a real one does not give on demand.

It speaks real HTTP with kept connections; it knows no objects. What each path answers, in which
order, is written down by the test; the last reply of a path is repeated.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import parse_qsl, urlsplit

from kubernetes.client.configuration import Configuration

from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Client
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.transport import Transport

LIMITS = (1.0, 0.4)


@dataclass(frozen=True)
class Reply:
    """One answer. `cut_after`: reset the connection after so many bytes of the body (0: before
    anything). `hangs`: never answer. `closes`: close the kept connection without saying so.
    `events`: a stream of JSON lines (bytes as they are), after which the stream "ends", "hangs"
    or "breaks".
    """

    status: int = 200
    body: Any = None
    headers: Tuple[Tuple[str, str], ...] = ()
    cut_after: Optional[int] = None
    hangs: bool = False
    closes: bool = False
    events: Optional[Tuple[Any, ...]] = None
    then: str = "ends"


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    method: str
    path: str
    query: Dict[str, str]
    headers: Tuple[Tuple[str, str], ...]
    body: Any

    def header(self, name: str) -> List[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


def status(code: int, reason: str = "", message: str = "", **more: Any) -> Reply:
    """A refusal as the API server words it. `details`, `headers`: further parts."""
    headers = more.pop("headers", ())
    body = {"kind": "Status", "code": code, "reason": reason, "message": message, **more}
    return Reply(code, body, headers=headers)


def listing(*names: str, token: str = "", version: str = "1") -> Reply:
    """A page of pods."""
    items = [{"metadata": {"name": name, "uid": name, "namespace": "ci"}} for name in names]
    meta = {"resourceVersion": version, "continue": token}
    return Reply(body={"kind": "PodList", "metadata": meta, "items": items})


@dataclass
class ApiServer:
    """Use as a context manager; `answer()` before the request that needs it."""

    requests: List[Seen] = field(default_factory=list)

    def __enter__(self) -> ApiServer:
        self._replies: Dict[Tuple[str, str], List[Reply]] = {}
        self._lock = threading.Lock()
        self.closing = threading.Event()
        server = self

        class Handler(_Handler):
            api = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def answer(self, method: str, path: str, *replies: Reply, first: bool = False) -> None:
        """Say what a path answers, a path being a regular expression for the whole of it.

        Of several that fit, the one that was said first answers, or one said to be `first`.
        """
        with self._lock:
            said = {(method, path): list(replies)}
            self._replies = {**said, **self._replies, **said} if first else {
                **self._replies, **said}

    def reply(self, seen: Seen) -> Reply:
        with self._lock:
            self.requests.append(seen)
            for (method, pattern), replies in self._replies.items():
                if method == seen.method and re.fullmatch(pattern, seen.path):
                    return replies.pop(0) if len(replies) > 1 else replies[0]
        return Reply(404, "404 page not found")

    def of(self, method: str, path: str) -> List[Seen]:
        """The requests of a path so far."""
        with self._lock:
            return [one for one in self.requests if (one.method, one.path) == (method, path)]

    def client(self, load: Any = None, cluster: str = "east", **transport: Any) -> Client:
        return Client(Transport(load or self.configuration, **transport), cluster, LIMITS)

    def configuration(self, token: str = "") -> Configuration:
        configuration = Configuration()
        configuration.host = self.url
        if token:
            configuration.api_key = {"authorization": f"Bearer {token}"}
        return configuration


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ApiServer

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        reply = self.api.reply(Seen(
            self.command, parts.path, dict(parse_qsl(parts.query)),
            tuple(self.headers.items()), json.loads(raw) if raw else None,
        ))
        if reply.hangs:
            self.api.closing.wait(30)
            self.close_connection = True
        elif reply.events is not None:
            self._stream(reply)
        else:
            self._whole(reply)

    def _whole(self, reply: Reply) -> None:
        if reply.cut_after == 0:
            return self._reset()
        is_text = isinstance(reply.body, str)
        raw = reply.body.encode() if is_text else json.dumps(reply.body).encode()
        # A time of the test's own stands instead of the one that comes by itself.
        if "Date" in dict(reply.headers):
            self.send_response_only(reply.status)
        else:
            self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "text/plain" if is_text else "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw if reply.cut_after is None else raw[: reply.cut_after])
        self.wfile.flush()
        if reply.cut_after is not None:
            return self._reset()
        if reply.closes:
            self.close_connection = True
        return None

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in reply.events or ():
            raw = event if isinstance(event, bytes) else json.dumps(event).encode()
            line = raw + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.flush()
        if reply.then == "hangs":
            self.api.closing.wait(30)
        elif reply.then == "ends":
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # The buffered file keeps the descriptor open; only without it the reset goes out now.
        self.rfile.close()
        self.connection.close()
        self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return
