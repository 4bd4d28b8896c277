# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does a listener ask of the Actions service? Source: arc.md 8 C."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional

from aiohttp import web

from lab.service import views
from lab.service.model import Refusal, Session
from lab.service.web.edge import EDGE, Edge, Route, base_url, bearer, json_body, json_object
from lab.service.web.scale_sets import SETS, admin, api_url, set_id

CAPACITY = "X-ScaleSetMaxCapacity"


def _session_view(
    request: web.Request, edge: Edge, session: Session, scope: str, cluster: str
) -> Dict[str, Any]:
    """With a new token for the queue."""
    item = edge.hub.registry.scale_set(scope, session.scale_set_id)
    life = edge.hub.settings["queue_token_life_s"]
    token = edge.tokens.issue("queue", cluster, edge.now(), life, session=session.id)
    return {
        "sessionId": session.id,
        "ownerName": session.owner,
        "runnerScaleSet": views.scale_set(edge.hub, item, api_url(request, scope)),
        "messageQueueUrl": f"{base_url(request)}/_messages/{session.id}",
        "messageQueueAccessToken": token,
        "statistics": edge.hub.dispatch.statistics(item.id),
    }


async def create_session(request: web.Request) -> web.Response:
    edge, scope, cluster = admin(request)
    owner = str((await json_object(request)).get("ownerName") or "")
    session = edge.hub.dispatch.open(scope, set_id(request), owner, cluster, edge.now())
    return web.json_response(_session_view(request, edge, session, scope, cluster))


def _own_session(request: web.Request, edge: Edge, scope: str) -> Session:
    """The session a path of the scale set names. Raises Refusal 404."""
    item = edge.hub.registry.scale_set(scope, set_id(request))
    session = edge.hub.dispatch.session(request.match_info["session"], edge.now())
    if session.scale_set_id != item.id:
        raise Refusal(404, "RunnerScaleSetSessionNotFoundException", "No session of that set.")
    return session


async def refresh_session(request: web.Request) -> web.Response:
    edge, scope, cluster = admin(request)
    session = _own_session(request, edge, scope)
    return web.json_response(_session_view(request, edge, session, scope, cluster))


async def delete_session(request: web.Request) -> web.Response:
    edge, scope, _cluster = admin(request)
    edge.hub.dispatch.close(_own_session(request, edge, scope), edge.now())
    return web.Response(status=204)


def _queue_session(request: web.Request) -> str:
    """The session a queue token is for. Raises Refusal 401, upon which ARC refreshes."""
    edge = request.app[EDGE]
    claims = edge.tokens.read(bearer(request, "bearer"), "queue", edge.now())
    if claims is None or request.match_info.get("session", claims["session"]) != claims["session"]:
        raise Refusal(401, "MessageQueueTokenExpiredException", "The queue's token has expired.")
    return str(claims["session"])


def _capacity(request: web.Request) -> Optional[int]:
    text = request.headers.get(CAPACITY, "")
    return int(text) if text.isdigit() else None


async def get_message(request: web.Request) -> web.Response:
    """A long poll: 200 with the next message, 202 when there was none."""
    edge, hub = request.app[EDGE], request.app[EDGE].hub
    session = hub.dispatch.session(_queue_session(request), edge.now())
    text = request.query.get("lastMessageId", "0")
    last = int(text) if text.isdigit() else 0
    deadline = time.monotonic() + hub.settings["poll_s"]
    session.waiting += 1
    try:
        hub.dispatch.listen(session, _capacity(request), edge.now())
        edge.ring()
        while True:
            message = hub.dispatch.next_message(session, last)
            if message is not None:
                return web.json_response(message)
            left = deadline - time.monotonic()
            if left <= 0:
                return web.Response(status=202)
            await edge.bell.wait(("session", session.id), left)
            hub.dispatch.session(session.id, edge.now())
    finally:
        session.waiting -= 1
        session.last_seen = edge.now()


async def delete_message(request: web.Request) -> web.Response:
    edge = request.app[EDGE]
    session = edge.hub.dispatch.session(_queue_session(request), edge.now())
    edge.hub.dispatch.delete_message(session, int(request.match_info["message"]), edge.now())
    return web.Response(status=204)


async def acquire_jobs(request: web.Request) -> web.Response:
    edge = request.app[EDGE]
    session = edge.hub.dispatch.session(_queue_session(request), edge.now())
    numbers = await json_body(request)
    if not isinstance(numbers, list) or not all(isinstance(n, int) for n in numbers):
        raise Refusal(400, "JsonReaderException", "The body is no list of request ids.")
    if session.scale_set_id != set_id(request):
        raise Refusal(404, "RunnerScaleSetSessionNotFoundException", "No session of that set.")
    taken = edge.hub.dispatch.acquire(session, numbers, edge.now())
    return web.json_response(views.listing(list(taken)))


def routes() -> List[Route]:
    one = f"{SETS}/{{id:[0-9]+}}"
    queue = "/_messages/{session}"
    return [
        ("POST", f"{one}/sessions", create_session),
        ("PATCH", f"{one}/sessions/{{session}}", refresh_session),
        ("DELETE", f"{one}/sessions/{{session}}", delete_session),
        ("POST", f"{one}/acquirejobs", acquire_jobs),
        ("GET", queue, get_message),
        ("DELETE", f"{queue}/{{message:[0-9]+}}", delete_message),
    ]
