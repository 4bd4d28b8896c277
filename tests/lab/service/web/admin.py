# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What do the lab's commands and tests ask of the service? No credentials: loopback only."""

from __future__ import annotations

from typing import List

from aiohttp import web

from lab.service import views
from lab.service.model import Refusal
from lab.service.web.edge import EDGE, Route, json_object


def _float(request: web.Request, name: str) -> float:
    try:
        return float(request.query.get(name, "0"))
    except ValueError as error:
        raise Refusal(400, "ArgumentException", f"{name} is no number.") from error


async def health(_request: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def get_settings(request: web.Request) -> web.Response:
    return web.json_response(request.app[EDGE].hub.settings.all())


async def change_settings(request: web.Request) -> web.Response:
    hub = request.app[EDGE].hub
    hub.change_settings(await json_object(request))
    return web.json_response(hub.settings.all())


async def queue_jobs(request: web.Request) -> web.Response:
    edge = request.app[EDGE]
    jobs = edge.streams.queue(await json_object(request), edge.now())
    edge.bell.ring(["streams"])
    return web.json_response({"jobs": jobs})


async def cancel_job(request: web.Request) -> web.Response:
    edge = request.app[EDGE]
    found = edge.hub.job(int(request.match_info["id"]))
    edge.hub.work.cancel(found, edge.now(), force=request.query.get("force") == "true")
    return web.json_response(views.job(found))


async def get_job(request: web.Request) -> web.Response:
    hub = request.app[EDGE].hub
    return web.json_response(views.job(hub.job(int(request.match_info["id"]))))


async def start_stream(request: web.Request) -> web.Response:
    edge = request.app[EDGE]
    stream = edge.streams.start(await json_object(request), edge.now())
    edge.bell.ring(["streams"])
    return web.json_response({"id": stream})


async def list_streams(request: web.Request) -> web.Response:
    return web.json_response({"streams": request.app[EDGE].streams.list()})


async def stop_stream(request: web.Request) -> web.Response:
    number = int(request.match_info["id"])
    if not request.app[EDGE].streams.stop(number):
        raise Refusal(404, "NotFound", f"There is no stream {number}.")
    return web.json_response({})


async def ledger(request: web.Request) -> web.Response:
    """`?jobs=false`: the counts only."""
    with_jobs = request.query.get("jobs") != "false"
    return web.json_response(views.ledger(request.app[EDGE].hub, with_jobs))


async def scale_sets(request: web.Request) -> web.Response:
    return web.json_response({"scale_sets": views.scale_sets(request.app[EDGE].hub)})


async def coverage(request: web.Request) -> web.Response:
    edge = request.app[EDGE]
    found = edge.hub.coverage.report(_float(request, "since"), edge.now())
    return web.json_response({"coverage": found})


async def requests(request: web.Request) -> web.Response:
    """The last requests of ARC and REST users, oldest first; `?since=` epoch seconds."""
    since = _float(request, "since")
    found = [entry for entry in request.app[EDGE].requests if entry["at"] >= since]
    return web.json_response({"requests": found})


async def put_facts(request: web.Request) -> web.Response:
    body = await json_object(request)
    request.app[EDGE].hub.upkeep.facts[request.match_info["cluster"]] = {
        "controllers": int(body.get("controllers", 0)),
        "deleting": list(body.get("deleting") or []),
        "scale_set_ids_deleting": [int(n) for n in body.get("scale_set_ids_deleting") or []],
    }
    return web.json_response({})


async def get_facts(request: web.Request) -> web.Response:
    return web.json_response({"clusters": request.app[EDGE].hub.upkeep.facts})


async def add_fault(request: web.Request) -> web.Response:
    return web.json_response({"id": request.app[EDGE].faults.add(await json_object(request))})


async def list_faults(request: web.Request) -> web.Response:
    return web.json_response({"faults": request.app[EDGE].faults.list()})


async def clear_faults(request: web.Request) -> web.Response:
    request.app[EDGE].faults.remove()
    return web.json_response({})


async def remove_fault(request: web.Request) -> web.Response:
    number = int(request.match_info["id"])
    if not request.app[EDGE].faults.remove(number):
        raise Refusal(404, "NotFound", f"There is no fault {number}.")
    return web.json_response({})


def routes() -> List[Route]:
    number = "{id:[0-9]+}"
    return [
        ("GET", "/lab/health", health),
        ("GET", "/lab/settings", get_settings),
        ("PATCH", "/lab/settings", change_settings),
        ("POST", "/lab/jobs", queue_jobs),
        ("GET", f"/lab/jobs/{number}", get_job),
        ("POST", f"/lab/jobs/{number}/cancel", cancel_job),
        ("POST", "/lab/streams", start_stream),
        ("GET", "/lab/streams", list_streams),
        ("DELETE", f"/lab/streams/{number}", stop_stream),
        ("GET", "/lab/ledger", ledger),
        ("GET", "/lab/scale-sets", scale_sets),
        ("GET", "/lab/coverage", coverage),
        ("GET", "/lab/requests", requests),
        ("PUT", "/lab/clusters/{cluster}/facts", put_facts),
        ("GET", "/lab/clusters", get_facts),
        ("POST", "/lab/faults", add_fault),
        ("GET", "/lab/faults", list_faults),
        ("DELETE", "/lab/faults", clear_faults),
        ("DELETE", f"/lab/faults/{number}", remove_fault),
    ]
