# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a runner talk to the Actions service? The lab's own protocol."""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import time
from typing import Any, Dict, NamedTuple, Optional
from urllib.parse import urlsplit

TIMEOUT_S = 30.0
PAUSE_S = 0.25


class BadConfig(Exception):
    """The JIT configuration is missing or is none."""


class NotRegistered(Exception):
    """The service does not know this runner (any more)."""


class Unreachable(Exception):
    """The service did not answer for as long as it was to be tried."""


class JitConfig(NamedTuple):
    """What a runner is given to start with; `online_s`: how long it takes to come online."""

    url: str
    runner_name: str
    token: str
    online_s: float


def decode(text: str) -> JitConfig:
    """Raises BadConfig."""
    if not text.strip():
        raise BadConfig("the JIT configuration is empty")
    try:
        content = json.loads(base64.b64decode(text, validate=True))
        return JitConfig(
            str(content["url"]),
            str(content["runner_name"]),
            str(content["token"]),
            float(content["online_s"]),
        )
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise BadConfig(f"the JIT configuration cannot be decoded: {error!r}") from error


class Service:
    """One runner's client."""

    def __init__(self, config: JitConfig) -> None:
        self._host = urlsplit(config.url).netloc
        self._headers = {
            "Authorization": f"Bearer {config.token}",
            "Content-Type": "application/json",
        }

    def _once(self, method: str, path: str, body: Any) -> Optional[Dict[str, Any]]:
        """The answer, None for 202. Raises NotRegistered, OSError, HTTPException."""
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, self._headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status in (401, 404):
            raise NotRegistered()
        if response.status == 202:
            return None
        if response.status >= 400:
            raise OSError(f"{method} {path}: status {response.status}")
        answer: Dict[str, Any] = json.loads(text)
        return answer

    def ask(
        self, method: str, path: str, body: Any = None, limit_s: float = 0.0
    ) -> Optional[Dict[str, Any]]:
        """None for 202. Tried again for `limit_s` while the service is away. Raises NotRegistered,
        Unreachable."""
        deadline = time.monotonic() + limit_s
        while True:
            try:
                return self._once(method, path, body)
            except (OSError, http.client.HTTPException) as error:
                if time.monotonic() >= deadline:
                    raise Unreachable(str(error)) from error
            time.sleep(PAUSE_S)
