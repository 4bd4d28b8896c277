# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does every request pass through? Identification, faults, errors, waking who waits."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections import deque
from typing import Any, Awaitable, Callable, Deque, Dict, Iterable, Optional, Set, Tuple

from aiohttp import web

from lab.service.faults import BadFault, Fault, Faults
from lab.service.hub import Hub
from lab.service.model import Refusal
from lab.service.settings import BadSetting
from lab.service.streams import BadOrder, Streams
from lab.service.tokens import Tokens

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEPT_REQUESTS = 5000
LONGEST_HANG_S = 600.0
DOCS = "https://docs.github.com/rest"
# Exceptions of the pool of agents; all others are those of the runtime.
AGENT_EXCEPTIONS = ("AgentExistsException", "AgentNotFoundException", "JobStillRunningException")


class Bell:
    """Wakes those who wait for something by name."""

    def __init__(self) -> None:
        self._waiting: Dict[Any, Set["asyncio.Future[None]"]] = {}

    async def wait(self, key: Any, limit_s: float) -> None:
        """Until it rings for `key`, `limit_s` at most."""
        future = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(key, set())
        waiting.add(future)
        try:
            await asyncio.wait_for(future, limit_s)
        except asyncio.TimeoutError:
            pass
        finally:
            waiting.discard(future)
            if not waiting and self._waiting.get(key) is waiting:
                del self._waiting[key]

    def ring(self, keys: Iterable[Any]) -> None:
        for key in keys:
            for future in self._waiting.get(key, ()):
                if not future.done():
                    future.set_result(None)


class Edge:
    """What the handlers share."""

    def __init__(self, hub: Hub, tokens: Tokens, streams: Streams) -> None:
        self.hub = hub
        self.tokens = tokens
        self.streams = streams
        self.faults = Faults()
        self.bell = Bell()
        self.requests: Deque[Dict[str, Any]] = deque(maxlen=KEPT_REQUESTS)

    @staticmethod
    def now() -> float:
        return time.time()

    def ring(self) -> None:
        """Wake whom the last change concerns."""
        woken = self.hub.dispatch.woken
        if woken:
            self.bell.ring(woken)
            woken.clear()


EDGE = web.AppKey("edge", Edge)
# Whose credentials a request carries, if it has any that are known.
CLUSTER = web.RequestKey("cluster", str)


def bearer(request: web.Request, *schemes: str) -> str:
    """The credential of the request; "" without one of these schemes."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() in schemes else ""


def base_url(request: web.Request) -> str:
    """As the caller reached us, since it is to come back the same way."""
    return f"{request.scheme}://{request.host}"


async def json_body(request: web.Request) -> Any:
    """Raises Refusal 400 for what is no JSON; {} for nothing."""
    text = await request.text()
    try:
        return json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise Refusal(400, "JsonReaderException", f"The body is no JSON: {error}") from error


async def json_object(request: web.Request) -> Dict[str, Any]:
    """Raises Refusal 400 for anything but an object."""
    body = await json_body(request)
    if not isinstance(body, dict):
        raise Refusal(400, "JsonReaderException", "The body is no JSON object.")
    return body


def number_of(request: web.Request, name: str, default: int) -> int:
    """A number of the query; Raises Refusal 400."""
    text = request.query.get(name, str(default))
    if not text.isdigit():
        raise Refusal(400, "ArgumentException", f"{name} is {text!r}, not a number.")
    return int(text)


def refused(path: str, status: int, exception: str, message: str) -> web.Response:
    """An error in the form the caller of `path` can read."""
    headers = {}
    body: Dict[str, Any]
    if path.startswith("/api/v3"):
        headers["X-GitHub-Request-Id"] = uuid.uuid4().hex.upper()[:20]
        body = {"message": message, "documentation_url": DOCS, "status": str(status)}
    elif path.startswith(("/_services/", "/_messages/")):
        headers["ActivityId"] = str(uuid.uuid4())
        area = "DistributedTask" if exception in AGENT_EXCEPTIONS else "Actions.Runtime"
        package = f"GitHub.{area}.WebApi"
        body = {
            "$id": "1",
            "innerException": None,
            "message": message,
            "typeName": f"{package}.{exception}, {package}",
            "typeKey": exception,
            "errorCode": 0,
            "eventId": 3000,
        }
    else:
        body = {"error": message, "exception": exception}
    return web.json_response(body, status=status, headers=headers)


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep the last requests of ARC and of REST users; wake who waits."""
    edge = request.app[EDGE]
    began = edge.now()
    status: Optional[int] = None
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        edge.ring()
        if request.path.startswith(("/api/", "/_services/", "/_messages/")):
            edge.requests.append(
                {
                    "at": began,
                    "method": request.method,
                    "path": request.path,
                    "status": status,
                    "cluster": request.get(CLUSTER),
                    "took_s": round(edge.now() - began, 3),
                }
            )


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refusals and mistakes become answers."""
    try:
        return await handler(request)
    except Refusal as no:
        return refused(request.path, no.status, no.exception, no.message)
    except (BadFault, BadOrder, BadSetting) as no:
        return refused(request.path, 400, type(no).__name__, str(no))
    except web.HTTPNotFound:
        return refused(request.path, 404, "VssResourceNotFoundException", "Not Found")
    except web.HTTPMethodNotAllowed as no:
        return refused(request.path, 405, "MethodNotAllowedException", str(no))


@web.middleware
async def misbehave(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Carry out the faults that were ordered for this request."""
    edge = request.app[EDGE]
    if request.path.startswith("/lab/"):
        return await handler(request)
    token = bearer(request, "bearer", "token", "remoteauth")
    cluster = edge.tokens.cluster_of(token) if token else None
    if cluster is not None:
        request[CLUSTER] = cluster
    for fault in edge.faults.use(request.method, request.path, cluster):
        answer = await _carry_out(edge, request, fault)
        if answer is not None:
            return answer
    return await handler(request)


async def _carry_out(
    edge: Edge, request: web.Request, fault: Fault
) -> Optional[web.StreamResponse]:
    action = fault.action
    if action.get("delay_s"):
        await asyncio.sleep(float(action["delay_s"]))
    if action.get("hang"):
        await _hang(edge, fault)
    if action.get("expired_token"):
        return refused(request.path, 401, "TokenExpiredException", "The token has expired.")
    if action.get("busy_forever"):
        status = 422 if request.path.startswith("/api/v3") else 400
        told = "The runner is still running a job"
        return refused(request.path, status, "JobStillRunningException", told)
    if action.get("status"):
        body = action.get("body")
        if isinstance(body, str):
            return web.Response(status=int(action["status"]), text=body)
        if body is not None:
            return web.json_response(body, status=int(action["status"]))
        told = f"Fault {fault.id} was ordered for this request."
        return refused(request.path, int(action["status"]), "OrderedFaultException", told)
    return None


async def _hang(edge: Edge, fault: Fault) -> None:
    """Until the caller goes away, the fault is taken away, or LONGEST_HANG_S."""
    deadline = time.monotonic() + LONGEST_HANG_S
    while edge.faults.is_in_force(fault.id) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)


def slow(handler: Handler) -> Handler:
    """The calls of arc.md 8 A and B take as long as `answer_delay_s` says: answers within
    milliseconds bring out races in ARC that the real service hides (observed, side find)."""

    async def delayed(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(request.app[EDGE].hub.settings["answer_delay_s"])
        return await handler(request)

    return delayed


Route = Tuple[str, str, Handler]
