# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What do users and our own tool ask of GitHub's REST API? Runners, groups, runs, rate limit.

Shapes: https://docs.github.com/rest/actions/self-hosted-runners and its neighbours.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

from aiohttp import web

from lab.service import messages, views
from lab.service.model import Job, Refusal, Runner
from lab.service.web.edge import EDGE, Edge, Handler, Route, base_url, number_of
from lab.service.web.log_in import scope_of, user_of

LIMIT = 5000
LARGEST_PAGE = 100
RATE = {"limit": LIMIT, "remaining": LIMIT, "used": 0, "reset": 4102444800}
Query = Tuple[Edge, str]


def _paged(request: web.Request, key: str, items: List[Any]) -> web.Response:
    """One page with GitHub's Link header."""
    size = min(max(number_of(request, "per_page", 30), 1), LARGEST_PAGE)
    page = max(number_of(request, "page", 1), 1)
    last = max(-(-len(items) // size), 1)
    links = []
    for name, number in (("prev", page - 1), ("next", page + 1), ("first", 1), ("last", last)):
        is_forward = name in ("next", "last")
        if (page < last) if is_forward else (page > 1):
            url = request.rel_url.update_query(page=str(number), per_page=str(size))
            links.append(f'<{base_url(request)}{url}>; rel="{name}"')
    part = items[(page - 1) * size : page * size]
    headers = {"Link": ", ".join(links)} if links else {}
    return web.json_response({"total_count": len(items), key: part}, headers=headers)


def _asked(request: web.Request) -> Query:
    """Raises Refusal 401 or 404, and 403 for an App that asks about an enterprise."""
    user = user_of(request)
    edge = request.app[EDGE]
    if "enterprise" in request.match_info and user["kind"] != "user":
        raise Refusal(403, "Forbidden", "Resource not accessible by integration")
    return edge, scope_of(edge, request)


def _view(edge: Edge, runner: Runner) -> Dict[str, Any]:
    path = f"/_services/{runner.scope}/_apis/distributedtask/pools/0/agents/{runner.id}"
    return views.rest_runner(
        edge.hub, runner, edge.faults.is_held_busy(path, runner.cluster)
    )


async def list_runners(request: web.Request) -> web.Response:
    """Those registered at that very place: a repository's list has not its owner's."""
    edge, scope = _asked(request)
    name = request.query.get("name")
    found = [
        _view(edge, runner)
        for runner in edge.hub.registry.runners.values()
        if runner.scope == scope and name in (None, runner.name)
    ]
    return _paged(request, "runners", found)


def _runner(request: web.Request, edge: Edge, scope: str) -> Runner:
    runner = edge.hub.registry.runners.get(int(request.match_info["id"]))
    if runner is None or runner.scope != scope:
        raise Refusal(404, "NotFound", "Not Found")
    return runner


async def get_runner(request: web.Request) -> web.Response:
    edge, scope = _asked(request)
    return web.json_response(_view(edge, _runner(request, edge, scope)))


async def delete_runner(request: web.Request) -> web.Response:
    edge, scope = _asked(request)
    runner = _runner(request, edge, scope)
    try:
        edge.hub.work.remove(scope, runner.id)
    except Refusal as no:
        told = f"Runner \"{runner.name}\" is still running a job"
        raise Refusal(422, no.exception, told) from no
    return web.Response(status=204)


async def list_groups(request: web.Request) -> web.Response:
    edge, _scope = _asked(request)
    base = f"{base_url(request)}{request.path}"
    groups = edge.hub.registry.groups()
    found = [views.rest_group(g, f"{base}/{g['id']}/runners") for g in groups]
    return _paged(request, "runner_groups", found)


async def group_runners(request: web.Request) -> web.Response:
    edge, scope = _asked(request)
    group = int(request.match_info["id"])
    if not edge.hub.registry.group_name(group):
        raise Refusal(404, "NotFound", "Not Found")
    sets = {item.id for item in edge.hub.registry.find_sets(scope, group)}
    runners = edge.hub.registry.runners.values()
    found = [_view(edge, r) for r in runners if r.scale_set_id in sets]
    return _paged(request, "runners", found)


def _job_of_run(request: web.Request) -> Tuple[Edge, Job]:
    edge, scope = _asked(request)
    job = edge.hub.book.jobs.get(messages.job_of_run(int(request.match_info["run"])))
    if job is None or job.repository != scope:
        raise Refusal(404, "NotFound", "Not Found")
    return edge, job


async def list_runs(request: web.Request) -> web.Response:
    edge, scope = _asked(request)
    wanted = request.query.get("status")
    base = f"{base_url(request)}{request.path}"
    found = [
        views.rest_run(job, f"{base}/{messages.run_id(job.id)}")
        for job in reversed(list(edge.hub.book.jobs.values()))
        if job.repository == scope and wanted in (None, *views.rest_status(job).values())
    ]
    return _paged(request, "workflow_runs", found)


async def get_run(request: web.Request) -> web.Response:
    _edge, job = _job_of_run(request)
    return web.json_response(views.rest_run(job, f"{base_url(request)}{request.path}"))


async def run_jobs(request: web.Request) -> web.Response:
    _edge, job = _job_of_run(request)
    return _paged(request, "jobs", [views.rest_job(job)])


def _cancel(force: bool) -> Handler:
    async def cancel(request: web.Request) -> web.Response:
        edge, job = _job_of_run(request)
        try:
            edge.hub.work.cancel(job, edge.now(), force)
        except Refusal as no:
            told = "Cannot cancel a workflow run that is completed."
            raise Refusal(409, no.exception, told) from no
        return web.json_response({}, status=202)

    return cancel


async def rate_limit(request: web.Request) -> web.Response:
    user_of(request)
    return web.json_response({"resources": {"core": RATE}, "rate": RATE})


async def user(request: web.Request) -> web.Response:
    """Whose personal token it is; an App's token is refused, as GitHub does."""
    claims = user_of(request)
    if claims["kind"] != "user":
        raise Refusal(403, "Forbidden", "Resource not accessible by integration")
    return web.json_response({"login": f"lab-{claims['cluster']}", "id": 1, "type": "User"})


async def organization(request: web.Request) -> web.Response:
    _edge, scope = _asked(request)
    return web.json_response({"login": scope, "id": 1, "type": "Organization"})


async def repository(request: web.Request) -> web.Response:
    _edge, scope = _asked(request)
    owner, _slash, name = scope.partition("/")
    return web.json_response({"id": 1, "name": name, "full_name": scope, "owner": {"login": owner}})


async def meta(_request: web.Request) -> web.Response:
    return web.json_response({"installed_version": "3.17.0", "verifiable_password_auth": False})


def _places(path: str, handler: Callable[..., Any], method: str = "GET") -> List[Route]:
    """The same below an organisation, a repository and an enterprise."""
    return [
        (method, f"/api/v3/enterprises/{{enterprise}}/actions/{path}", handler),
        (method, f"/api/v3/orgs/{{org}}/actions/{path}", handler),
        (method, f"/api/v3/repos/{{org}}/{{repo}}/actions/{path}", handler),
    ]


def routes() -> List[Route]:
    number = "{id:[0-9]+}"
    groups = "/api/v3/orgs/{org}/actions/runner-groups"
    runs = "/api/v3/repos/{org}/{repo}/actions/runs"
    return [
        *_places("runners", list_runners),
        *_places(f"runners/{number}", get_runner),
        *_places(f"runners/{number}", delete_runner, "DELETE"),
        ("GET", groups, list_groups),
        ("GET", f"{groups}/{number}/runners", group_runners),
        ("GET", runs, list_runs),
        ("GET", f"{runs}/{{run:[0-9]+}}", get_run),
        ("GET", f"{runs}/{{run:[0-9]+}}/jobs", run_jobs),
        ("POST", f"{runs}/{{run:[0-9]+}}/cancel", _cancel(False)),
        ("POST", f"{runs}/{{run:[0-9]+}}/force-cancel", _cancel(True)),
        ("GET", "/api/v3/rate_limit", rate_limit),
        ("GET", "/api/v3/user", user),
        ("GET", "/api/v3/orgs/{org}", organization),
        ("GET", "/api/v3/repos/{org}/{repo}", repository),
        ("GET", "/api/v3/meta", meta),
    ]
