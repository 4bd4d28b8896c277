# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do the lab's long-running programs talk to an API server?

One asyncio client on raw JSON. It lists, watches, reads and writes; it holds no cache and knows
no kind. Caches and work queues belong to the programs.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import ssl
import tempfile
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Mapping, Optional, Tuple

import aiohttp
import yaml

SERVICE_ACCOUNT_DIR = "/var/run/secrets/kubernetes.io/serviceaccount"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class ApiError(Exception):
    """The API server answered with an error; `status` is the HTTP code, `reason` Kubernetes'."""

    def __init__(self, status: int, body: Any, method: str, path: str) -> None:
        details = body if isinstance(body, dict) else {"message": str(body)}
        self.status = status
        self.reason = details.get("reason", "")
        self.message = details.get("message", "")
        self.details = details.get("details") or {}
        super().__init__(f"{method} {path}: {status} {self.reason} {self.message}".rstrip())


def path_of(
    api_version: str,
    plural: str,
    namespace: Optional[str] = None,
    name: Optional[str] = None,
    subresource: Optional[str] = None,
) -> str:
    """The request path of a collection or an object; `api_version` as in manifests."""
    root = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
    parts = [root]
    if namespace:
        parts.append(f"namespaces/{namespace}")
    parts.append(plural)
    if name:
        parts.append(name)
    if subresource:
        parts.append(subresource)
    return "/".join(parts)


class Kube:
    """A client of one API server. Use as `async with Kube.from_kubeconfig(...) as kube`."""

    def __init__(
        self,
        server: str,
        ssl_context: Optional[ssl.SSLContext] = None,
        token: Optional[str] = None,
        token_file: Optional[str] = None,
        user_agent: str = "arc-lifecycle-lab",
    ) -> None:
        self.server = server.rstrip("/")
        self._ssl = ssl_context
        self._token = token
        self._token_file = token_file
        self._user_agent = user_agent
        self._session: Optional[aiohttp.ClientSession] = None

    @classmethod
    def from_kubeconfig(cls, path: Any, context: Optional[str] = None, **more: Any) -> "Kube":
        """A client for `context` (default: the current one) of a kubeconfig file."""
        config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        wanted = context or config["current-context"]
        chosen = next(c["context"] for c in config["contexts"] if c["name"] == wanted)
        cluster = next(c["cluster"] for c in config["clusters"] if c["name"] == chosen["cluster"])
        user = next(u["user"] for u in config["users"] if u["name"] == chosen["user"])
        trust = ssl.create_default_context(
            cafile=cluster.get("certificate-authority"),
            cadata=_decoded(cluster.get("certificate-authority-data")),
        )
        _load_client_certificate(trust, user)
        return cls(cluster["server"], trust, token=user.get("token"), **more)

    @classmethod
    def in_cluster(cls, environ: Optional[Mapping[str, str]] = None, **more: Any) -> "Kube":
        """A client with the pod's own service account.

        `LAB_SERVICEACCOUNT_DIR` names the folder of token and CA where the node agent could not
        put them at their real path.
        """
        env = os.environ if environ is None else environ
        folder = env.get("LAB_SERVICEACCOUNT_DIR", SERVICE_ACCOUNT_DIR)
        server = f"https://{env['KUBERNETES_SERVICE_HOST']}:{env['KUBERNETES_SERVICE_PORT']}"
        trust = ssl.create_default_context(cafile=f"{folder}/ca.crt")
        return cls(server, trust, token_file=f"{folder}/token", **more)

    async def __aenter__(self) -> "Kube":
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._ssl or False, limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        )
        return self

    async def __aexit__(self, *_: Any) -> None:
        if self._session:
            await self._session.close()

    def _headers(self, content_type: Optional[str]) -> Dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": self._user_agent}
        token = self._token
        if self._token_file:
            token = Path(self._token_file).read_text(encoding="utf-8").strip()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if content_type:
            headers["Content-Type"] = content_type
        return headers

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Optional[Mapping[str, Any]] = None,
        content_type: str = "application/json",
        timeout: float = 30.0,
    ) -> Any:
        """One request, one JSON answer. Raises ApiError for 4xx and 5xx, after `timeout` seconds
        asyncio.TimeoutError, aiohttp.ClientError for a broken connection. Retries nothing."""
        assert self._session is not None, "use the client as a context manager"
        query = {k: str(v) for k, v in (params or {}).items() if v is not None}
        async with self._session.request(
            method,
            self.server + path,
            params=query,
            data=None if body is None else json.dumps(body),
            headers=self._headers(content_type if body is not None else None),
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=10),
        ) as response:
            text = await response.text()
            try:
                answer = json.loads(text) if text else {}
            except ValueError:
                answer = text
            if response.status >= 400:
                raise ApiError(response.status, answer, method, path)
            return answer

    async def get(self, path: str, **more: Any) -> Any:
        return await self.request("GET", path, **more)

    async def get_or_none(self, path: str, **more: Any) -> Any:
        """The object, or None where the server says 404."""
        try:
            return await self.request("GET", path, **more)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def create(self, path: str, body: Any, **more: Any) -> Any:
        return await self.request("POST", path, body, **more)

    async def replace(self, path: str, body: Any, **more: Any) -> Any:
        return await self.request("PUT", path, body, **more)

    async def merge_patch(self, path: str, body: Any, **more: Any) -> Any:
        return await self.request("PATCH", path, body, content_type=MERGE_PATCH, **more)

    async def json_patch(self, path: str, body: Any, **more: Any) -> Any:
        return await self.request("PATCH", path, body, content_type=JSON_PATCH, **more)

    async def apply(self, path: str, body: Any, manager: str, force: bool = False) -> Any:
        params = {"fieldManager": manager, "force": str(force).lower()}
        return await self.request("PATCH", path, body, params, content_type=APPLY_PATCH)

    async def delete(
        self,
        path: str,
        grace_s: Optional[int] = None,
        uid: Optional[str] = None,
        propagation: Optional[str] = None,
    ) -> Any:
        """Delete; an object that is not there is no error (the answer is None then)."""
        options: Dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if propagation is not None:
            options["propagationPolicy"] = propagation
        try:
            return await self.request("DELETE", path, options)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    async def list(self, path: str, **params: Any) -> Tuple[List[Dict[str, Any]], str]:
        """All items of a collection (paged by 500) and the resourceVersion to watch from."""
        items: List[Dict[str, Any]] = []
        query = dict(params, limit=500)
        while True:
            page = await self.request("GET", path, params=query, timeout=60)
            items.extend(page.get("items") or [])
            token = page["metadata"].get("continue")
            if not token:
                return items, page["metadata"]["resourceVersion"]
            query["continue"] = token

    async def watch(
        self, path: str, resource_version: str, timeout_s: int = 300, **params: Any
    ) -> AsyncIterator[Tuple[str, Dict[str, Any]]]:
        """Events `(type, object)` until the server ends the watch; 410 raises ApiError."""
        assert self._session is not None, "use the client as a context manager"
        query = {k: str(v) for k, v in params.items() if v is not None}
        query.update(
            watch="true",
            resourceVersion=resource_version,
            allowWatchBookmarks="true",
            timeoutSeconds=str(timeout_s),
        )
        async with self._session.get(
            self.server + path,
            params=query,
            headers=self._headers(None),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=timeout_s + 30),
        ) as response:
            if response.status >= 400:
                text = await response.text()
                raise ApiError(response.status, _as_json(text), "WATCH", path)
            async for line in _lines(response.content):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise ApiError(status.get("code", 500), status, "WATCH", path)
                yield event["type"], event["object"]

    async def follow(
        self, path: str, **params: Any
    ) -> AsyncIterator[Tuple[str, Dict[str, Any]]]:
        """List, then watch, for ever: `("SYNC", {"items": [...]})` after each full list, then
        ADDED, MODIFIED and DELETED events. Survives 410, disconnects and a server that is away
        (tries again after 0.2 to 5 s)."""
        pause = 0.2
        while True:
            try:
                items, version = await self.list(path, **params)
                yield "SYNC", {"items": items}
                pause = 0.2
                while True:
                    async for kind, item in self.watch(path, version, **params):
                        version = item["metadata"]["resourceVersion"]
                        if kind != "BOOKMARK":
                            yield kind, item
            except (ApiError, aiohttp.ClientError, asyncio.TimeoutError, OSError):
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length; StreamReader's own line reading gives up at 64 KiB."""
    rest = b""
    async for chunk in stream.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line:
                yield line


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _decoded(data: Optional[str]) -> Optional[str]:
    return base64.b64decode(data).decode() if data else None


def _load_client_certificate(trust: ssl.SSLContext, user: Mapping[str, Any]) -> None:
    if user.get("client-certificate"):
        trust.load_cert_chain(user["client-certificate"], user["client-key"])
    elif user.get("client-certificate-data"):
        # The ssl module reads certificates from files only.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as both:
            both.write(_decoded(user["client-certificate-data"]) or "")
            both.write("\n")
            both.write(_decoded(user["client-key-data"]) or "")
            both.flush()
            trust.load_cert_chain(both.name)
