# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How are GitHub's addresses and refusals read? Pure; used by manager and listener alike.

Source: arc.md 8. The wording of errors is that of ARC's own client up to 0.13.1, and of the
scaleset library from 0.14.0 on (observed i, j2, q2).
"""

from __future__ import annotations

import base64
import json
from typing import Any, Dict, NamedTuple
from urllib.parse import urlsplit

API_VERSION = "api-version=6.0-preview"
HOSTED = ("github.com", "www.github.com", "github.localhost")


class Place(NamedTuple):
    """Where a githubConfigUrl points: `api` without trailing slash, `scope` as in REST paths."""

    url: str
    api: str
    scope: str
    enterprise: str = ""
    organization: str = ""
    repository: str = ""


def place_of(url: str) -> Place:
    """Raises ValueError for a URL that names neither enterprise, organisation nor repository."""
    parts = urlsplit(url.rstrip("/"))
    names = [name for name in parts.path.split("/") if name]
    host = parts.netloc
    if host in HOSTED or (parts.hostname or "").endswith(".ghe.com"):
        api = f"{parts.scheme}://api.{host.replace('www.', '')}"
    else:
        api = f"{parts.scheme}://{host}/api/v3"
    if len(names) == 2 and names[0] == "enterprises":
        return Place(url, api, f"enterprises/{names[1]}", enterprise=names[1])
    if len(names) == 2:
        scope = f"repos/{names[0]}/{names[1]}"
        return Place(url, api, scope, organization=names[0], repository=names[1])
    if len(names) == 1:
        return Place(url, api, f"orgs/{names[0]}", organization=names[0])
    raise ValueError(f"{url}: path should be a repository, an organization or an enterprise")


class Refused(Exception):
    """GitHub said no. `exception` is the class it names, "" where it names none. Its text is
    worded as the client of a release does: `style` is Release.error_style."""

    def __init__(
        self, status: int, exception: str, detail: str, request: str, style: str = "actions"
    ) -> None:
        self.status = status
        self.exception = exception
        self.detail = detail
        self.request = request
        self.style = style
        super().__init__(status, exception, detail)

    def __str__(self) -> str:
        if self.style == "scaleset":
            reason = {404: "Not Found", 409: "Conflict", 400: "Bad Request"}.get(self.status, "")
            shown = f"{self.status} {reason}".strip()
            return f'request {self.request} failed(status="{shown}"): {self._named()}'
        return f'actions error: StatusCode {self.status}, AcivityId "": {self._named()}'

    def _named(self) -> str:
        return f"{self.exception}: {self.detail}" if self.exception else self.detail


def refusal(status: int, body: str, request: str, style: str) -> Refused:
    """A Refused from an answer of any kind."""
    try:
        content: Any = json.loads(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return Refused(status, "", body.strip()[:300], request, style)
    name = str(content.get("typeName") or "").split(",", 1)[0].rpartition(".")[2]
    return Refused(status, name, str(content.get("message") or ""), request, style)


def claims(token: str) -> Dict[str, Any]:
    """The content of a JWT, not verified; {} where it is none."""
    try:
        part = token.split(".")[1]
        content = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
