# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do memory, clock and network come together? One aiohttp server on 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
from pathlib import Path
from typing import AsyncIterator, Iterator, List

from aiohttp import web

from lab.service.hub import Hub
from lab.service.store import Store
from lab.service.streams import Streams
from lab.service.tokens import Tokens
from lab.service.web import admin, log_in, rest, runners, scale_sets, sessions
from lab.service.web.edge import EDGE, Edge, errors, misbehave, trace

HOST = "127.0.0.1"
TICK_S = 0.25
DEFAULT_CLUSTERS = ["blue", "green"]
PARTS = (admin, log_in, rest, scale_sets, sessions, runners)


class Clusters:
    """The lab's cluster names as lab.json has them now; blue and green without a lab."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "lab.json"
        self._read_at = 0
        self._names = DEFAULT_CLUSTERS

    def __call__(self) -> List[str]:
        try:
            changed = self._file.stat().st_mtime_ns
            if changed != self._read_at:
                content = json.loads(self._file.read_text(encoding="utf-8"))
                self._names, self._read_at = list(content["clusters"]), changed
        except (OSError, ValueError, KeyError):
            pass
        return self._names


def make_app(folder: Path) -> web.Application:
    """The service of the lab whose state folder is `folder`."""
    app = web.Application(middlewares=[trace, errors, misbehave], client_max_size=16 * 2**20)
    own = folder / "service"
    store = Store(own / "journal.jsonl")
    hub = Hub(store, Edge.now())
    app[EDGE] = Edge(hub, Tokens(own, Clusters(folder)), Streams(hub, store))
    for part in PARTS:
        for method, path, handler in part.routes():
            app.router.add_route(method, path, handler)
    app.cleanup_ctx.append(_run_clock)

    async def close_store(_app: web.Application) -> None:
        store.close()

    app.on_cleanup.append(close_store)
    return app


async def _run_clock(app: web.Application) -> AsyncIterator[None]:
    """Upkeep and streams go on as long as the server does."""
    tasks = [asyncio.ensure_future(part(app[EDGE])) for part in (_upkeep, _streams)]
    yield
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks)


async def _upkeep(edge: Edge) -> None:
    while True:
        edge.hub.upkeep.tick(edge.now())
        edge.ring()
        await asyncio.sleep(TICK_S)


async def _streams(edge: Edge) -> None:
    while True:
        left = edge.streams.tick(edge.now())
        edge.ring()
        await edge.bell.wait("streams", left)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two services on one journal would lose each other's lines. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(folder / "lock", "w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OSError("another service uses this folder") from error
        yield


async def serve(folder: Path, port: int, stop: asyncio.Event) -> None:
    """Until `stop`. Raises OSError where the port is taken, or the folder by another service."""
    with _alone(folder / "service"):
        await _serve(folder, port, stop)


async def _serve(folder: Path, port: int, stop: asyncio.Event) -> None:
    # A listener or runner that went away must not be handed what only a live one can take.
    runner = web.AppRunner(
        make_app(folder), handler_cancellation=True, access_log=None, shutdown_timeout=0.5
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port, reuse_address=True).start()
        print(f"serving on http://{HOST}:{port}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()
