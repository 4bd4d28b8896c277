# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does the manager talk to GitHub's Actions service? Source: arc.md 8 A and B.

One client per (URL, credentials); tokens are kept until a minute before their end. Server errors
and broken connections are tried four times more, with pauses of 1, 2, 4, 8 s (arc.md 8).
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Dict, List, Mapping, Optional, Tuple

import aiohttp

from lab.arc import protocol
from lab.arc.app_jwt import app_jwt

PAUSES_S = (1.0, 2.0, 4.0, 8.0)
TIMEOUT_S = 300.0
STILL_RUNNING = "JobStillRunningException"
AGENT_EXISTS = "AgentExistsException"
Headers = Dict[str, str]


class Actions:
    """A client of one scope."""

    def __init__(
        self, session: aiohttp.ClientSession, style: str, url: str, auth: Mapping[str, str]
    ) -> None:
        self._session = session
        self._style = style
        self._place = protocol.place_of(url)
        self._auth = auth
        self._service = ""
        self._token = ""
        self._expires = 0.0
        self._logging_in = asyncio.Lock()

    async def _call(
        self, method: str, url: str, headers: Headers, body: Any = None
    ) -> Dict[str, Any]:
        for pause in (*PAUSES_S, None):
            try:
                async with self._session.request(
                    method,
                    url,
                    json=body,
                    headers=headers,
                    timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                ) as response:
                    text = await response.text()
                    if response.status < 400:
                        return json.loads(text) if text else {}
                    problem: Exception = protocol.refusal(
                        response.status, text, f"{method} {url}", self._style
                    )
                    if response.status < 500:
                        raise problem
            except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                problem = error
            if pause is None:
                raise problem
            await asyncio.sleep(pause)
        raise AssertionError("the last pause is None")

    async def _log_in(self) -> None:
        async with self._logging_in:
            if self._expires - 60 > time.time():
                return
            place, bearer = self._place, self._auth.get("github_token", "")
            if not bearer:
                bearer = await self._installation_token()
            answer = await self._call(
                "POST",
                f"{place.api}/{place.scope}/actions/runners/registration-token",
                {"Authorization": f"Bearer {bearer}"},
            )
            answer = await self._call(
                "POST",
                f"{place.api}/actions/runner-registration",
                {"Authorization": f"RemoteAuth {answer['token']}"},
                {"url": place.url, "runner_event": "register"},
            )
            self._service, self._token = answer["url"].rstrip("/"), answer["token"]
            self._expires = float(protocol.claims(self._token).get("exp", 0))

    async def _installation_token(self) -> str:
        jwt = app_jwt(
            self._auth["github_app_id"], self._auth["github_app_private_key"], time.time()
        )
        installation = self._auth["github_app_installation_id"]
        answer = await self._call(
            "POST",
            f"{self._place.api}/app/installations/{installation}/access_tokens",
            {"Authorization": f"Bearer {jwt}"},
        )
        return str(answer["token"])

    async def _service_call(self, method: str, path: str, body: Any = None) -> Dict[str, Any]:
        await self._log_in()
        joint = "&" if "?" in path else "?"
        url = f"{self._service}/_apis/{path}{joint}{protocol.API_VERSION}"
        return await self._call(method, url, {"Authorization": f"Bearer {self._token}"}, body)

    async def group_id(self, name: str) -> int:
        answer = await self._service_call("GET", f"runtime/runnergroups/?groupName={name}")
        found = answer.get("value") or []
        if len(found) != 1:
            detail = f"no runner group found with name '{name}'"
            raise protocol.Refused(404, "", detail, "GET", self._style)
        return int(found[0]["id"])

    async def scale_set(self, group: int, name: str) -> Optional[Dict[str, Any]]:
        path = f"runtime/runnerscalesets?runnerGroupId={group}&name={name}"
        found: List[Dict[str, Any]] = (await self._service_call("GET", path)).get("value") or []
        return found[0] if found else None

    async def create_scale_set(self, body: Dict[str, Any]) -> Dict[str, Any]:
        return await self._service_call("POST", "runtime/runnerscalesets", body)

    async def update_scale_set(self, number: int, body: Dict[str, Any]) -> Dict[str, Any]:
        return await self._service_call("PATCH", f"runtime/runnerscalesets/{number}", body)

    async def delete_scale_set(self, number: int) -> None:
        await self._service_call("DELETE", f"runtime/runnerscalesets/{number}")

    async def jit_config(self, scale_set: int, name: str) -> Dict[str, Any]:
        path = f"runtime/runnerscalesets/{scale_set}/generatejitconfig"
        return await self._service_call("POST", path, {"name": name, "workFolder": ""})

    async def runner_by_name(self, name: str) -> Optional[Dict[str, Any]]:
        path = f"distributedtask/pools/0/agents?agentName={name}"
        found: List[Dict[str, Any]] = (await self._service_call("GET", path)).get("value") or []
        return found[0] if found else None

    async def is_registered(self, number: int) -> bool:
        try:
            await self._service_call("GET", f"distributedtask/pools/0/agents/{number}")
        except protocol.Refused as error:
            if error.status == 404:
                return False
            raise
        return True

    async def remove_runner(self, number: int) -> bool:
        """False: GitHub refuses, a job is running there. A runner that is gone is removed."""
        try:
            await self._service_call("DELETE", f"distributedtask/pools/0/agents/{number}")
        except protocol.Refused as error:
            if error.status == 400 and STILL_RUNNING in error.exception:
                return False
            if error.status != 404:
                raise
        return True


class Clients:
    """The clients of a manager, by address and credentials."""

    def __init__(self, session: aiohttp.ClientSession, style: str) -> None:
        self._session = session
        self._style = style
        self._known: Dict[Tuple[str, Tuple[Tuple[str, str], ...]], Actions] = {}

    def client(self, url: str, auth: Mapping[str, str]) -> Actions:
        key = (url, tuple(sorted(auth.items())))
        if key not in self._known:
            self._known[key] = Actions(self._session, self._style, url, auth)
        return self._known[key]
