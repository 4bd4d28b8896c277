# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub as the tests script it: answers of its REST API on the server of api_server.py."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Dict, List, Tuple

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import github
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    ApiServer,
    Reply,
)

TOKEN = "ghp_hunter2"
RUNNERS = "/api/v3/orgs/acme/actions/runners"
Names = List[Tuple[str, str]]


def page(*runners: str, total: int = -1, headers: Tuple[Tuple[str, str], ...] = ()) -> Reply:
    """Runners as "name" or "name busy"; `total`: how many GitHub counts, else so many."""
    entries = [
        {"id": number, "name": one.split()[0], "status": "online", "busy": one.endswith(" busy")}
        for number, one in enumerate(runners, 1)
    ]
    count = len(entries) if total < 0 else total
    return Reply(body={"total_count": count, "runners": entries}, headers=headers)


def refused(code: int, message: str = "", **headers: str) -> Reply:
    """A refusal as GitHub words it; `headers` with `_` for `-`."""
    found = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(code, {"message": message, "status": str(code)}, headers=found)


def evidence(server: ApiServer, limit_s: float = 40.0, **more: Any) -> github.Evidence:
    """Ask that server with a token, or with `options`."""
    options: Dict[str, Any] = more.pop("options", {"token": TOKEN})
    options = {"api_url": f"{server.url}/api/v3", **options}
    return github.Evidence(options, Deadline(limit_s), **more)


def named(server: ApiServer, *names: str, place: str = "acme") -> Names:
    """The runners with the URL of their scale set."""
    return [(name, f"{server.url}/{place}") for name in names]


def queries(server: ApiServer, path: str = RUNNERS) -> List[str]:
    """What was asked, "name=web-a" or "page=1" of each request."""
    asked = [dict(one.query) for one in server.of("GET", path)]
    assert all(one.pop("per_page") == "100" for one in asked)
    return ["&".join(f"{key}={value}" for key, value in one.items()) for one in asked]


def speak_tls(server: ApiServer, certificate: Path, key: Path) -> None:
    """Have the server speak HTTPS from now on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listening = server._http  # pylint: disable=protected-access
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    server.url = server.url.replace("http:", "https:")
