# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a listener talk to GitHub? Source: arc.md 8 A and C. Standard library, synchronous."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

from lab.arc import protocol
from lab.arc.listener.config import Config
from lab.arc.releases import Release

PAUSES_S = (1.0, 2.0, 4.0, 8.0)
TIMEOUT_S = 300.0
Headers = Dict[str, str]


class Broken(Exception):
    """The connection failed, again and again."""


class QueueTokenExpired(Exception):
    """The message queue answered 401: the session has to be refreshed."""


def call(method: str, url: str, headers: Headers, body: Any = None) -> Tuple[int, str]:
    """Status and text. Server errors and broken connections are tried four times more."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = dict(headers)
    if body is not None:
        sent["Content-Type"] = "application/json"
    problem = ""
    for pause in (*PAUSES_S, None):
        connection = kind(parts.netloc, timeout=TIMEOUT_S)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, target, payload, sent)
            response = connection.getresponse()
            text = response.read().decode()
            if response.status < 500 or pause is None:
                return response.status, text
        except (OSError, http.client.HTTPException) as error:
            problem = str(error) or type(error).__name__
        finally:
            connection.close()
        if pause is not None:
            time.sleep(pause)
    raise Broken(f"{method} {url} giving up after {len(PAUSES_S) + 1} attempt(s): {problem}")


class Service:
    """A listener's client: log-in, session, messages."""

    def __init__(self, facts: Release, config: Config) -> None:
        self._facts = facts
        self._config = config
        self._place = protocol.place_of(config.url)
        self._base = ""
        self._token = ""
        self._session: Dict[str, Any] = {}

    def _ask(
        self, method: str, url: str, headers: Headers, body: Any = None
    ) -> Tuple[int, Dict[str, Any]]:
        status, text = call(method, url, headers, body)
        if status >= 400:
            raise protocol.refusal(status, text, f"{method} {url}", self._facts.error_style)
        return status, json.loads(text) if text else {}

    def log_in(self) -> None:
        place, auth = self._place, self._config.auth
        bearer = auth["github_token"] or self._installation_token()
        _code, answer = self._ask(
            "POST",
            f"{place.api}/{place.scope}/actions/runners/registration-token",
            {"Authorization": f"Bearer {bearer}"},
        )
        _code, answer = self._ask(
            "POST",
            f"{place.api}/actions/runner-registration",
            {"Authorization": f"RemoteAuth {answer['token']}"},
            {"url": place.url, "runner_event": "register"},
        )
        self._base, self._token = answer["url"].rstrip("/"), answer["token"]

    def _installation_token(self) -> str:
        # pylint: disable=import-outside-toplevel
        # hashlib and base64 cost start-up time that a token user need not pay.
        from lab.arc.app_jwt import app_jwt

        auth = self._config.auth
        jwt = app_jwt(auth["github_app_id"], auth["github_app_private_key"], time.time())
        path = f"app/installations/{auth['github_app_installation_id']}/access_tokens"
        _code, answer = self._ask(
            "POST", f"{self._place.api}/{path}", {"Authorization": f"Bearer {jwt}"}
        )
        return str(answer["token"])

    def _sessions(self, more: str = "") -> str:
        path = f"runtime/runnerscalesets/{self._config.scale_set_id}/sessions{more}"
        return f"{self._base}/_apis/{path}?{protocol.API_VERSION}"

    def _admin(self, method: str, url: str, body: Any = None) -> Tuple[int, Dict[str, Any]]:
        """A call with the admin token, which is made anew a minute before its end."""
        if float(protocol.claims(self._token).get("exp", 0)) - 60 < time.time():
            self.log_in()
        return self._ask(method, url, {"Authorization": f"Bearer {self._token}"}, body)

    def open_session(self, owner: str) -> Dict[str, int]:
        """The statistics the session begins with."""
        _code, self._session = self._admin("POST", self._sessions(), {"ownerName": owner})
        return self._session["statistics"]

    def refresh_session(self) -> None:
        _code, self._session = self._admin("PATCH", self._sessions(f"/{self._session['sessionId']}"))

    def close_session(self) -> None:
        if self._session:
            self._admin("DELETE", self._sessions(f"/{self._session['sessionId']}"))
            self._session = {}

    def _queue(self) -> Headers:
        return {"Authorization": f"Bearer {self._session['messageQueueAccessToken']}"}

    def poll(self, last_message: int, capacity: int) -> Optional[Dict[str, Any]]:
        """The next message, None where the long poll brought nothing."""
        url = self._session["messageQueueUrl"]
        joint = "&" if "?" in url else "?"
        if last_message > 0:
            url = f"{url}{joint}lastMessageId={last_message}"
        headers = self._queue()
        if self._facts.capacity_header:
            headers["X-ScaleSetMaxCapacity"] = str(capacity)
        status, answer = self._queue_call("GET", url, headers)
        return None if status == 202 else answer

    def _queue_call(
        self, method: str, url: str, headers: Headers, body: Any = None
    ) -> Tuple[int, Dict[str, Any]]:
        try:
            return self._ask(method, url, headers, body)
        except protocol.Refused as error:
            if error.status == 401:
                raise QueueTokenExpired() from error
            raise

    def delete_message(self, number: int) -> None:
        parts = urlsplit(self._session["messageQueueUrl"])
        path = f"{parts.path.rstrip('/')}/{number}"
        query = f"?{parts.query}" if parts.query else ""
        self._queue_call("DELETE", f"{parts.scheme}://{parts.netloc}{path}{query}", self._queue())

    def acquire(self, requests: List[int]) -> List[int]:
        """The requests that are this set's now."""
        path = f"runtime/runnerscalesets/{self._config.scale_set_id}/acquirejobs"
        url = f"{self._base}/_apis/{path}?{protocol.API_VERSION}"
        _code, answer = self._queue_call("POST", url, self._queue(), requests)
        return list(answer.get("value") or [])
