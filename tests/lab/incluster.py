# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a small program in a pod reach its API server? Standard library, synchronous.

For programs that start often and must stay small: the listener and the runner. One request per
connection; the token is read each time, since the kubelet renews it.
"""

from __future__ import annotations

import http.client
import json
import os
import ssl
from typing import Any, Mapping, Optional

SERVICE_ACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount"
MERGE_PATCH = "application/merge-patch+json"
TIMEOUT_S = 30.0


class ApiRefused(Exception):
    """The API server answered with an error; the text is the server's own message."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


def mounted(path: str, env: Optional[Mapping[str, str]] = None) -> str:
    """Where a mounted path really is: below LAB_ROOT where there are no mount namespaces."""
    root = (os.environ if env is None else env).get("LAB_ROOT", "")
    return root.rstrip("/") + path if root and path.startswith("/") else path


class InCluster:
    """A client with the pod's service account. Raises KeyError outside a pod, ApiRefused for an
    answer of 400 and more, OSError for a connection that fails."""

    def __init__(self, env: Optional[Mapping[str, str]] = None) -> None:
        known = os.environ if env is None else env
        self._folder = known.get("LAB_SERVICEACCOUNT_DIR", SERVICE_ACCOUNT_DIR)
        self._host = known["KUBERNETES_SERVICE_HOST"]
        self._port = int(known["KUBERNETES_SERVICE_PORT"])
        self._trust: Optional[ssl.SSLContext] = None

    def _connection(self) -> http.client.HTTPSConnection:
        if self._trust is None:
            self._trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self._trust.load_verify_locations(f"{self._folder}/ca.crt")
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=TIMEOUT_S, context=self._trust
        )

    def request(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Any:
        with open(f"{self._folder}/token", encoding="utf-8") as file:
            token = file.read().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
        connection = self._connection()
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            text = response.read().decode()
            status = response.status
        finally:
            connection.close()
        try:
            answer = json.loads(text) if text else {}
        except ValueError:
            answer = {"message": text}
        if status >= 400:
            raise ApiRefused(status, answer.get("message") or f"status {status}")
        return answer

    def merge_patch(self, path: str, body: Any) -> Any:
        return self.request("PATCH", path, body, MERGE_PATCH)

    def get(self, path: str) -> Any:
        return self.request("GET", path)
