# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does ARC log in? The token calls of the REST API. Source: arc.md 8 A."""

from __future__ import annotations

from typing import Any, Dict, List
from urllib.parse import urlsplit

from aiohttp import web

from lab.service.messages import rfc3339
from lab.service.model import ENTERPRISE, Refusal
from lab.service.tokens import INSTALLATION_PREFIX
from lab.service.web.edge import CLUSTER, EDGE, Edge, Route, base_url, bearer, json_object, slow

REGISTRATION_LIFE_S = 3600.0
INSTALLATION_LIFE_S = 3600.0
BAD_CREDENTIALS = Refusal(401, "Unauthorized", "Bad credentials")


def user_of(request: web.Request) -> Dict[str, Any]:
    """The claims of whoever calls the REST API. Raises Refusal 401."""
    edge = request.app[EDGE]
    token = bearer(request, "bearer", "token")
    if not token:
        raise Refusal(401, "Unauthorized", "Requires authentication")
    user = edge.tokens.user(token, edge.now())
    if user is None:
        raise BAD_CREDENTIALS
    return user


def scope_of(edge: Edge, request: web.Request) -> str:
    """The scope a REST path names. Raises Refusal 404 where there is no such place."""
    names = request.match_info
    if "enterprise" in names:
        scope = ENTERPRISE + names["enterprise"]
        is_known = names["enterprise"] in edge.hub.settings["enterprises"]
    else:
        known = edge.hub.settings["organizations"]
        scope, owner = names["org"], names["org"]
        is_known = owner in known
        if "repo" in names:
            scope = f"{owner}/{names['repo']}"
            is_known = is_known and names["repo"] in known[owner]
    if not is_known:
        raise Refusal(404, "NotFound", "Not Found")
    return scope


async def installation_token(request: web.Request) -> web.Response:
    edge, now = request.app[EDGE], request.app[EDGE].now()
    number = int(request.match_info["installation"])
    if not edge.tokens.is_app(bearer(request, "bearer"), now):
        raise Refusal(401, "Unauthorized", "A JSON web token could not be decoded")
    cluster = edge.tokens.installation(number)
    if cluster is None:
        raise Refusal(404, "NotFound", "Not Found")
    request[CLUSTER] = cluster
    token = edge.tokens.issue("installation", cluster, now, INSTALLATION_LIFE_S)
    return web.json_response(
        {
            "token": INSTALLATION_PREFIX + token,
            "expires_at": rfc3339(now + INSTALLATION_LIFE_S),
            "permissions": {"organization_self_hosted_runners": "write", "actions": "write"},
            "repository_selection": "all",
        },
        status=201,
    )


async def registration_token(request: web.Request) -> web.Response:
    edge, now = request.app[EDGE], request.app[EDGE].now()
    cluster = user_of(request)["cluster"]
    scope = scope_of(edge, request)
    token = edge.tokens.issue("registration", cluster, now, REGISTRATION_LIFE_S, scope=scope)
    return web.json_response(
        {"token": token, "expires_at": rfc3339(now + REGISTRATION_LIFE_S)}, status=201
    )


async def runner_registration(request: web.Request) -> web.Response:
    """Answers with the Actions service's URL (no trailing slash: ARC up to 0.13.1 joins plain
    strings) and the admin token."""
    edge, now = request.app[EDGE], request.app[EDGE].now()
    claims = edge.tokens.read(bearer(request, "remoteauth"), "registration", now)
    if claims is None:
        raise BAD_CREDENTIALS
    body = await json_object(request)
    scope = urlsplit(str(body.get("url") or "")).path.strip("/")
    if scope != claims["scope"]:
        told = f"The token is for {claims['scope']}, not for {scope or 'nothing'}"
        raise Refusal(404, "NotFound", told)
    life = edge.hub.settings["token_life_s"]
    token = edge.tokens.issue("admin", claims["cluster"], now, life, scope=scope)
    return web.json_response(
        {
            "url": f"{base_url(request)}/_services/{scope}",
            "token": token,
            "token_schema": "OAuthAccessToken",
        }
    )


def routes() -> List[Route]:
    api, end = "/api/v3", "actions/runners/registration-token"
    return [
        (
            "POST",
            f"{api}/app/installations/{{installation:[0-9]+}}/access_tokens",
            slow(installation_token),
        ),
        ("POST", f"{api}/orgs/{{org}}/{end}", slow(registration_token)),
        ("POST", f"{api}/repos/{{org}}/{{repo}}/{end}", slow(registration_token)),
        ("POST", f"{api}/enterprises/{{enterprise}}/{end}", slow(registration_token)),
        ("POST", f"{api}/actions/runner-registration", slow(runner_registration)),
    ]
