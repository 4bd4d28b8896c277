# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release would leave at GitHub is deleted there first, as the controller would have.

GitHub has the last word: it deletes no runner with a job. A scale set is deleted only if nobody
else has its message session (another cluster may serve the same one) and no runner is registered
with it. Runners go through the REST API, scale sets through the Actions service, which has the
same credentials in other clothes. Source: ARC, `github/actions/client.go`.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, Optional, Tuple

from .._pure import github_rest
from .._pure.errors import BadInput, Conflict, WriteFailed
from .._pure.objects import Runner, ScaleSet
from . import github_access, retry
from .deadline import Deadline
from .github_link import Link
from .transport import Request

DELETED, GONE, KEPT = "deleted", "gone", "kept"
_OWNER = "arc.lifecycle"
_VERSION = ("api-version", "6.0-preview")
_TIME_LIMITS = (5.0, 15.0)
_JSON = "application/json"


class Removal:
    """Deletes at GitHub with the credentials of option `github`. Raises BadInput."""

    def __init__(self, options: Mapping[str, Any], deadline: Deadline) -> None:
        self._access = github_access.access_of(options)
        self._deadline = deadline
        self._services: Dict[str, Link] = {}

    def runner(self, runner: Runner) -> Dict[str, Any]:
        """Delete a registration. Raises Conflict if a job runs, WriteFailed, BadInput."""
        listing = self._listing(runner.config_url)
        link = self._access.link(listing.base, self._deadline)
        name = f"runner {runner.ref.name} (id {runner.runner_id}) of the {listing.kind}" \
               f" {listing.name} at GitHub"
        answer = self._exchange(
            link, Request("DELETE", f"{listing.path}/{runner.runner_id}"), name
        )
        if answer.status == 422:
            raise Conflict(
                cluster="", object=name, cause="GitHub says that a job runs on it",
                next_step="It is judged anew",
            )
        return self._told("runner", runner.ref.name, runner.runner_id, answer, name)

    def scale_set(self, scale_set: ScaleSet) -> Dict[str, Any]:
        """Delete a scale set that nobody uses. Raises WriteFailed, BadInput.

        Gives `result` deleted, gone, or kept with its `reason`.
        """
        number, name = scale_set.scale_set_id, f"scale set {scale_set.name} at GitHub"
        path = f"/_apis/runtime/runnerscalesets/{number}"
        service = self._service(scale_set.config_url, name)
        opened = self._exchange(service, _post(f"{path}/sessions", {"ownerName": _OWNER}), name)
        kept = {"kind": "scale set", "name": scale_set.name, "id": number, "result": KEPT}
        if opened.status == 409:
            return {**kept, "reason": "a listener somewhere holds its message session"}
        if opened.status == 404:
            return {**kept, "result": GONE}
        if opened.status != 200:
            raise _failed(name, f"its session cannot be had: GitHub answers {opened.status}")
        session = f"{path}/sessions/{opened.body.get('sessionId')}"
        self._exchange(service, Request("DELETE", session, (_VERSION,)), name)
        registered = (opened.body.get("statistics") or {}).get("totalRegisteredRunners")
        if registered != 0:
            return {**kept, "reason": f"{registered} runners are registered with it"}
        answer = self._exchange(service, Request("DELETE", path, (_VERSION,)), name)
        return self._told("scale set", scale_set.name, number, answer, name)

    def _listing(self, config_url: str) -> github_rest.Listing:
        """Return where something is registered. Raises BadInput where the API is of another GitHub:
        there the same number is somebody else's."""
        listing = github_rest.listing_of(config_url, self._access.api_url)
        if not listing.proves_absence:
            raise BadInput(
                cluster="", object=f"githubConfigUrl {config_url}",
                cause=f"it is not of the GitHub whose API github.api_url names, {listing.base}",
                next_step="Give the API and the credentials of that GitHub, or leave it there with"
                " delete_at_github: false",
            )
        return listing

    def _service(self, config_url: str, name: str) -> Link:
        """Log in to the Actions service as ARC does; once for each URL."""
        if config_url in self._services:
            return self._services[config_url]
        listing = self._listing(config_url)
        link = self._access.link(listing.base, self._deadline)
        token = self._login(link, Request("POST", f"{listing.path}/registration-token"), name)
        as_runner = Link(
            listing.base, self._access.trust, lambda: f"RemoteAuth {token['token']}", lambda: None
        )
        body = {"url": config_url, "runner_event": "register"}
        told = self._login(
            as_runner, _post("/actions/runner-registration", body, versioned=False), name
        )
        self._services[config_url] = Link(
            str(told["url"]).rstrip("/"), self._access.trust,
            lambda: f"Bearer {told['token']}", lambda: None,
        )
        return self._services[config_url]

    def _login(self, link: Link, request: Request, name: str) -> Mapping[str, Any]:
        answer = self._exchange(link, request, name)
        if answer.status not in (200, 201) or not answer.body.get("token"):
            raise _failed(
                name, f"GitHub gives no token to manage runners: it answers {answer.status} to"
                f" {request.path}",
            )
        return answer.body

    def _exchange(self, link: Link, request: Request, name: str) -> retry.Answer:
        try:
            return retry.exchange(link, request, self._deadline, _TIME_LIMITS)
        except retry.GaveUp as error:
            raise _failed(name, error.cause) from error

    @staticmethod
    def _told(
        kind: str, name: str, number: Optional[int], answer: retry.Answer, words: str
    ) -> Dict[str, Any]:
        results = {200: DELETED, 204: DELETED, 404: GONE}
        if answer.status not in results:
            raise _failed(words, f"GitHub answers {answer.status}")
        return {"kind": kind, "name": name, "id": number, "result": results[answer.status]}


def _post(path: str, body: Mapping[str, Any], versioned: bool = True) -> Request:
    query: Tuple[Tuple[str, str], ...] = (_VERSION,) if versioned else ()
    return Request("POST", path, query, json.dumps(body).encode(), _JSON)


def _failed(name: str, cause: str) -> WriteFailed:
    return WriteFailed(
        cluster="", object=name, cause=cause,
        next_step="Give credentials with the right to administer runners, or leave it there with"
        " delete_at_github: false",
    )
