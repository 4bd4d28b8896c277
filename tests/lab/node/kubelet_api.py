# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the API server ask of a node? Logs of containers, over https on loopback."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import BinaryIO, Optional

from aiohttp import web

from lab.node.agent import Agent
from lab.state import ClusterState

AGENT: "web.AppKey[Agent]" = web.AppKey("agent", Agent)
CHUNK = 1 << 16
LOOK_S = 0.2


def tail_offset(log: BinaryIO, lines: int) -> int:
    """Where the last `lines` lines of a file begin; reads it from its end."""
    end = position = log.seek(0, 2)
    wanted = lines + 1
    if end:
        log.seek(end - 1)
        # A last line without an end counts as a line, too.
        wanted -= 0 if log.read(1) == b"\n" else 1
    if lines <= 0:
        return end
    while position > 0:
        start = max(0, position - CHUNK)
        log.seek(start)
        block = log.read(position - start)
        found = block.count(b"\n")
        if found >= wanted:
            for _number in range(wanted):
                block = block[: block.rindex(b"\n")]
            return start + len(block) + 1
        wanted -= found
        position = start
    return 0


def _number(request: web.Request, name: str) -> Optional[int]:
    text = request.query.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise web.HTTPBadRequest(text=f"{name} has to be a number, not {text!r}")
    return int(text)


async def _logs(request: web.Request) -> web.StreamResponse:
    """The log of a container. Its lines carry no times: `sinceSeconds` gives nothing where the
    log was not written to for so long, else all of it, and `timestamps` is refused."""
    if request.query.get("timestamps") == "true":
        raise web.HTTPBadRequest(text="the lab keeps no time per line; ask without timestamps")
    namespace, pod = request.match_info["namespace"], request.match_info["pod"]
    container = request.match_info["container"]
    runner = request.app[AGENT].find(namespace, pod)
    path = runner.log_file(container, request.query.get("previous") == "true") if runner else None
    if runner is None or path is None:
        raise web.HTTPNotFound(text=f"container {container} of {namespace}/{pod} has no such log")
    lines, since_s = _number(request, "tailLines"), _number(request, "sinceSeconds")
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    with open(path, "rb") as log:
        offset = tail_offset(log, lines) if lines is not None else 0
        if since_s is not None and path.stat().st_mtime < time.time() - since_s:
            offset = log.seek(0, 2)
        log.seek(offset)
        left = _number(request, "limitBytes")
        while True:
            # Asked before reading: what is written up to the end is still sent.
            is_over = request.query.get("follow") != "true" or runner.is_done(container)
            left = await _send_rest(response, log, left)
            if is_over or left == 0:
                return response
            await asyncio.sleep(LOOK_S)


async def _send_rest(
    response: web.StreamResponse, log: BinaryIO, left: Optional[int]
) -> Optional[int]:
    """Send what is new, at most `left` bytes; gives what is left of them."""
    while left != 0:
        block = log.read(CHUNK if left is None else min(CHUNK, left))
        if not block:
            break
        await response.write(block)
        left = None if left is None else left - len(block)
    return left


async def _evict(request: web.Request) -> web.Response:
    """What a kubelet does under pressure: the pod ends as Failed with reason Evicted."""
    runner = request.app[AGENT].find(request.match_info["namespace"], request.match_info["pod"])
    if runner is None:
        raise web.HTTPNotFound(text="no such pod on this node")
    runner.evict()
    return web.json_response({})


async def _pods(request: web.Request) -> web.Response:
    items = request.app[AGENT].pods()
    return web.json_response({"apiVersion": "v1", "kind": "PodList", "items": items})


async def _healthy(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


async def serve(state: ClusterState, agent: Agent) -> web.AppRunner:
    """Serve on the node's port; only clients with a certificate of the cluster's CA get in."""
    app = web.Application()
    app[AGENT] = agent
    app.add_routes(
        [
            web.get("/containerLogs/{namespace}/{pod}/{container}", _logs),
            web.post("/lab/evict/{namespace}/{pod}", _evict),
            web.get("/pods", _pods),
            web.get("/healthz", _healthy),
        ]
    )
    pki = state.pki
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pki / "ca.crt"))
    context.load_cert_chain(pki / "kubelet.crt", pki / "kubelet.key")
    context.verify_mode = ssl.CERT_REQUIRED
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    port = state.ports()["kubelet"]
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    return runner
