# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the lab's own runner ask? The protocol between it and the service is the lab's."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Tuple

from aiohttp import web

from lab.service.model import Refusal
from lab.service.web.edge import EDGE, Edge, Route, bearer, json_object

# Below the shortest sensible silence, so that a runner that waits is never taken for gone.
LONGEST_POLL_S = 4.0
DEPRECATED = "Runner version v2.300.0 is deprecated and cannot receive messages."


def _runner(request: web.Request) -> Tuple[Edge, int]:
    """Raises Refusal 401 for a token that is not a runner's."""
    edge = request.app[EDGE]
    claims = edge.tokens.read(bearer(request, "bearer"), "runner", edge.now())
    if claims is None:
        raise Refusal(401, "AccessDeniedException", "Registration was not found.")
    return edge, int(claims["runner_id"])


def _refused(edge: Edge) -> Optional[Dict[str, Any]]:
    code = edge.hub.settings["runner_exit"]
    return {"refused": {"exit": code, "message": DEPRECATED}} if code else None


async def online(request: web.Request) -> web.Response:
    edge, number = _runner(request)
    refused = _refused(edge)
    if refused:
        return web.json_response(refused)
    edge.hub.work.online(number, edge.now())
    return web.json_response({})


async def job(request: web.Request) -> web.Response:
    """A long poll: 200 with the job, or with why the runner gets none; 202 for "not yet"."""
    edge, number = _runner(request)
    hub = edge.hub
    deadline = time.monotonic() + min(LONGEST_POLL_S, hub.settings["runner_silence_s"] / 2)
    while True:
        refused = _refused(edge)
        if refused:
            hub.work.lose(hub.work.seen(number, edge.now()), edge.now(), "its version is refused")
            return web.json_response(refused)
        found = hub.work.take_job(number, edge.now())
        if found is not None:
            content = {"id": found.id, "duration_s": found.duration_s, "result": found.result}
            return web.json_response({"job": content})
        left = deadline - time.monotonic()
        if left <= 0:
            return web.Response(status=202)
        scale_set = hub.work.seen(number, edge.now()).scale_set_id
        await edge.bell.wait(("set", scale_set), left)


async def started(request: web.Request) -> web.Response:
    edge, number = _runner(request)
    body = await json_object(request)
    edge.hub.work.started(number, int(body.get("job") or 0), edge.now())
    return web.json_response({})


async def alive(request: web.Request) -> web.Response:
    edge, number = _runner(request)
    return web.json_response({"cancel": edge.hub.work.is_to_stop(number, edge.now())})


async def completed(request: web.Request) -> web.Response:
    edge, number = _runner(request)
    body = await json_object(request)
    result = body.get("result")
    if result not in ("succeeded", "failed", "canceled", "lost"):
        raise Refusal(400, "ArgumentException", f"result is {result!r}.")
    detail = str(body.get("detail") or "")
    had_job = edge.hub.work.completed(number, result, edge.now(), detail)
    return web.json_response({"had_job": had_job})


def routes() -> List[Route]:
    return [
        ("POST", "/_runner/online", online),
        ("GET", "/_runner/job", job),
        ("POST", "/_runner/started", started),
        ("POST", "/_runner/alive", alive),
        ("POST", "/_runner/completed", completed),
    ]
