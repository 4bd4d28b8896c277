# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does ARC's controller ask of the Actions service? Source: arc.md 8 B."""

from __future__ import annotations

import base64
import json
from typing import List, Tuple

from aiohttp import web

from lab.service import views
from lab.service.model import Refusal
from lab.service.web.edge import (
    EDGE,
    Edge,
    Route,
    base_url,
    bearer,
    json_object,
    number_of,
    slow,
)

SERVICE = "/_services/{scope:[^/]+(?:/[^/]+)?}/_apis"
SETS = f"{SERVICE}/runtime/runnerscalesets"
AGENTS = f"{SERVICE}/distributedtask/pools/0/agents"
RUNNER_TOKEN_LIFE_S = 7 * 24 * 3600.0


def admin(request: web.Request) -> Tuple[Edge, str, str]:
    """(edge, scope, cluster) of a call with the admin token. Raises Refusal 401."""
    edge, scope = request.app[EDGE], request.match_info["scope"]
    claims = edge.tokens.read(bearer(request, "bearer"), "admin", edge.now())
    if claims is None or claims["scope"] != scope:
        told = "The admin token is wrong or has expired."
        raise Refusal(401, "UnauthorizedRequestException", told)
    return edge, scope, claims["cluster"]


def set_id(request: web.Request) -> int:
    return int(request.match_info["id"])


def api_url(request: web.Request, scope: str) -> str:
    return f"{base_url(request)}/_services/{scope}"


async def runner_groups(request: web.Request) -> web.Response:
    edge, _scope, _cluster = admin(request)
    name = request.query.get("groupName")
    found = [g for g in edge.hub.registry.groups() if name in (None, g["name"])]
    return web.json_response(views.listing(found))


async def list_sets(request: web.Request) -> web.Response:
    edge, scope, _cluster = admin(request)
    group = number_of(request, "runnerGroupId", 0)
    found = edge.hub.registry.find_sets(scope, group or None, request.query.get("name"))
    api = api_url(request, scope)
    return web.json_response(
        views.listing([views.scale_set(edge.hub, item, api) for item in found])
    )


async def create_set(request: web.Request) -> web.Response:
    edge, scope, cluster = admin(request)
    made = edge.hub.registry.make_set(scope, cluster, await json_object(request), edge.now())
    return web.json_response(views.scale_set(edge.hub, made, api_url(request, scope)))


async def get_set(request: web.Request) -> web.Response:
    edge, scope, _cluster = admin(request)
    found = edge.hub.registry.scale_set(scope, set_id(request))
    return web.json_response(views.scale_set(edge.hub, found, api_url(request, scope)))


async def change_set(request: web.Request) -> web.Response:
    edge, scope, _cluster = admin(request)
    body = await json_object(request)
    found = edge.hub.registry.change_set(scope, set_id(request), body)
    return web.json_response(views.scale_set(edge.hub, found, api_url(request, scope)))


async def delete_set(request: web.Request) -> web.Response:
    """What a set that is gone is answered with is a setting, as nobody knows GitHub's word."""
    edge, scope, _cluster = admin(request)
    try:
        edge.hub.delete_set(scope, set_id(request), edge.now())
    except Refusal as no:
        status = edge.hub.settings["delete_gone_scale_set_status"]
        if no.status != 404 or status == 404:
            raise
        if status != 204:
            raise Refusal(status, no.exception, no.message) from no
    return web.Response(status=204)


async def jit_config(request: web.Request) -> web.Response:
    edge, scope, cluster = admin(request)
    body, number, now = await json_object(request), set_id(request), edge.now()
    name = str(body.get("name") or "")
    runner = edge.hub.registry.make_runner(scope, number, name, cluster, now)
    content = {
        "url": base_url(request),
        "runner_id": runner.id,
        "runner_name": runner.name,
        "scale_set_id": number,
        "cluster": cluster,
        "online_s": edge.hub.settings["runner_online_s"],
        "token": edge.tokens.issue(
            "runner", cluster, now, RUNNER_TOKEN_LIFE_S, runner_id=runner.id
        ),
    }
    encoded = base64.b64encode(json.dumps(content).encode()).decode()
    return web.json_response({"runner": views.agent(runner), "encodedJITConfig": encoded})


async def find_agents(request: web.Request) -> web.Response:
    edge, scope, _cluster = admin(request)
    name = request.query.get("agentName")
    if name is None:
        found = [r for r in edge.hub.registry.runners.values() if r.scope == scope]
    else:
        runner = edge.hub.registry.runner_by_name(scope, name)
        found = [runner] if runner else []
    return web.json_response(views.listing([views.agent(runner) for runner in found]))


async def get_agent(request: web.Request) -> web.Response:
    edge, scope, _cluster = admin(request)
    runner = edge.hub.registry.runners.get(set_id(request))
    if runner is None or runner.scope != scope:
        told = f"No agent found with id {set_id(request)}."
        raise Refusal(404, "AgentNotFoundException", told)
    return web.json_response(views.agent(runner))


async def delete_agent(request: web.Request) -> web.Response:
    edge, scope, _cluster = admin(request)
    edge.hub.work.remove(scope, set_id(request))
    return web.Response(status=204)


def routes() -> List[Route]:
    one, agent = f"{SETS}/{{id:[0-9]+}}", f"{AGENTS}/{{id:[0-9]+}}"
    return [
        ("GET", f"{SERVICE}/runtime/runnergroups{{slash:/?}}", slow(runner_groups)),
        ("GET", SETS, slow(list_sets)),
        ("POST", SETS, slow(create_set)),
        ("GET", one, slow(get_set)),
        ("PATCH", one, slow(change_set)),
        ("DELETE", one, slow(delete_set)),
        ("POST", f"{one}/generatejitconfig", slow(jit_config)),
        ("GET", AGENTS, slow(find_agents)),
        ("GET", agent, slow(get_agent)),
        ("DELETE", agent, slow(delete_agent)),
    ]
