# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the changes of one collection are followed without a gap until the deadline.

A watch starts from a resource version; bookmarks carry that version on while nothing changes. A
connection that breaks is taken up from the last version seen; a version too old (410) means that
changes were missed, so the collection is listed again and told as a whole.
"""

from __future__ import annotations

import enum
import json
import random
import socket
import threading
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, Optional, Tuple

from .._pure.errors import ReadFailed
from . import answers, retry
from .client import EVERYTHING, Client, Query
from .deadline import Deadline
from .places import Place
from .transport import Broken, Fault, Request, read_body

# The server ends a watch after this; it sends a bookmark about once a minute, so a connection
# silent for longer than _SILENCE_S is dead although nobody closed it.
_WATCH_LIMIT_S = 290
_SILENCE_S = 95.0


class ChangeKind(enum.Enum):
    """What happened. RELISTED: `items` is the whole collection, whatever was told before."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    RELISTED = "RELISTED"


@dataclass(frozen=True)
class Change:
    """One change. `object` of a DELETED is its last state; `items` is for RELISTED only."""

    place: Place
    kind: ChangeKind
    object: Optional[Dict[str, Any]] = None
    items: Tuple[Dict[str, Any], ...] = ()


class Watch:
    """The changes of one collection. `stop()` may be called from another thread, at any time.

    `keep`: what to keep of each object, as soon as it came.
    """

    def __init__(
        self,
        client: Client,
        place: Place,
        deadline: Deadline,
        query: Query = EVERYTHING,
        resource_version: str = "",
        keep: Optional[Callable[[Dict[str, Any]], Dict[str, Any]]] = None,
    ) -> None:
        self._client = client
        self._keep = keep
        self._place = place
        self._deadline = deadline
        self._query = query
        self._resource_version = resource_version
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._response: Any = None
        # Since the last event that came.
        self._failures = 0
        self._has_renewed = False

    def changes(self) -> Iterator[Change]:
        """Yield changes until the deadline or `stop()`.

        Without a resource version the first is RELISTED with all there is now. Raises ReadFailed
        (a missing right) or KindNotServed; what passes is waited out.
        """
        while not self._is_over():
            if not self._resource_version:
                if self._failures > 1:
                    self._pause()
                listing = self._client.list(
                    self._place, self._deadline, self._query, self._keep
                )
                self._resource_version = listing.resource_version
                yield Change(self._place, ChangeKind.RELISTED, items=listing.items)
            yield from self._connection()

    def stop(self) -> None:
        """End `changes()` now, also while it waits for the server."""
        self._stopped.set()
        with self._lock:
            response, self._response = self._response, None
        if response is not None:
            _shut(response)

    def _is_over(self) -> bool:
        return self._stopped.is_set() or self._deadline.is_over()

    def _connection(self) -> Iterator[Change]:
        generation = self._client.transport.generation
        try:
            response = self._open()
            if response is None:
                return
            self._failures += 1  # until its first event
            try:
                for event in _events(response, self._client.server):
                    change = self._take(event)
                    if change is not None:
                        yield change
                    if not self._resource_version or self._is_over():
                        return
            finally:
                self._close(response)
        except Broken as failure:
            if failure.is_of_login and not self._has_renewed:
                self._has_renewed = True
                self._client.transport.renew(generation)
            elif failure.fault is Fault.PERMANENT:
                raise ReadFailed(
                    cluster=self._client.cluster, object=self._place.words,
                    cause=failure.cause, next_step="Check the connection options",
                ) from failure
            self._failures += 1
        # Connections that bring nothing, one after the other, must not become a storm.
        if self._failures:
            self._pause()

    def _open(self) -> Any:
        """Return the open response, or None after a wait for what passes."""
        generation = self._client.transport.generation
        limits = self._deadline.clip((self._client.time_limits[0], _SILENCE_S))
        response = self._client.transport.send(self._request(), limits)
        with self._lock:
            self._response = response
        if self._stopped.is_set():
            self._close(response)
            return None
        if response.status == 200:
            return response
        with self._lock:
            self._response = None
        answer = _refusal(response, self._client.server)
        if answer.status == 410:
            self._resource_version = ""
            self._failures += 1
        elif answer.status == 401 and not self._has_renewed:
            self._has_renewed = True
            self._client.transport.renew(generation)
        elif answer.status in (429, 500, 502, 503, 504):
            self._pause(retry.retry_after_s(answer.headers) or 0.0)
        else:
            raise answers.failure(
                answer, self._place, "watch", is_write=False, cluster=self._client.cluster
            )
        return None

    def _request(self) -> Request:
        limit_s = int(min(_WATCH_LIMIT_S * random.uniform(0.8, 1.0),
                          self._deadline.remaining_s() + 1.0))
        parameters = self._query.parameters() + [
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self._resource_version),
            ("timeoutSeconds", str(max(1, limit_s))),
        ]
        accept = "application/json"
        if self._query.metadata_only:
            accept += ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
        return Request("GET", self._place.path, tuple(parameters), accept=accept)

    def _take(self, event: Dict[str, Any]) -> Optional[Change]:
        kind, item = event.get("type", ""), event.get("object") or {}
        if kind == "ERROR":
            # 410 has many wordings here, and after any other error a new list is right as well.
            self._resource_version = ""
            return None
        self._failures, self._has_renewed = 0, False
        version = (item.get("metadata") or {}).get("resourceVersion")
        if version:
            self._resource_version = str(version)
        if kind not in ChangeKind.__members__:
            return None
        return Change(self._place, ChangeKind[kind], self._keep(item) if self._keep else item)

    def _pause(self, asked_s: float = 0.0) -> None:
        self._failures += 1
        self._deadline.pause(max(asked_s, retry.back_off_s(self._failures)), self._stopped)

    def _close(self, response: Any) -> None:
        with self._lock:
            self._response = None
        response.close()
        response.release_conn()


def _events(response: Any, server: str) -> Iterator[Dict[str, Any]]:
    """Yield the events of a response, one JSON document a line. Raises Broken."""
    rest = b""
    for chunk in _chunks(response, server):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield _parsed(line, server)


def _chunks(response: Any, server: str) -> Iterator[bytes]:
    stream = response.stream(65536, decode_content=True)
    while True:
        try:
            chunk = next(stream, None)
        except Exception as error:  # a socket shut by stop() raises anything
            raise Broken(Fault.LOST, f"the watch on {server} broke") from error
        if chunk is None:
            return
        yield chunk


def _parsed(line: bytes, server: str) -> Dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError as error:
        raise Broken(Fault.LOST, f"{server} sent half an event") from error
    return event if isinstance(event, dict) else {}


def _refusal(response: Any, server: str) -> retry.Answer:
    raw = read_body(response, server)
    try:
        body = json.loads(raw)
    except ValueError:
        body = {}
    return retry.Answer(response.status, response.headers, body if isinstance(body, dict) else {})


def _shut(response: Any) -> None:
    """Wake the thread that reads from a response: closing alone would leave it waiting."""
    sock = getattr(getattr(response, "_connection", None), "sock", None)
    try:
        if sock is not None:
            sock.shutdown(socket.SHUT_RDWR)
        elif hasattr(response, "shutdown"):  # urllib3 >= 2.3
            response.shutdown()
    except (OSError, ValueError, RuntimeError):
        return  # it ended by itself meanwhile
