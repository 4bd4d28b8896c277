# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange with GitHub's REST API: proxies, TLS and time limits; never a repetition.

A transport for `retry.exchange`, as transport.Transport is for the API server. Nothing that came
from urllib's own errors about a request is told, as these may quote a header.
"""

from __future__ import annotations

import http.client
import math
import re
import socket
import ssl
import time
import urllib.error
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Callable, Dict
from urllib.parse import urlencode

from ansible.module_utils.urls import open_url

from .._pure import github_rest
from . import retry
from .deadline import Clock
from .transport import USER_AGENT, Broken, Fault, Request, TimeLimits

# A page of 100 runners is a tenth of that.
_MAX_BYTES = 4 * 2**20
_MAX_REDIRECTS = 3
# http.client's words for a proxy that refuses CONNECT.
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")


@dataclass(frozen=True)
class Trust:
    """How the server is checked. `ca_cert`: path, "" for the system's and the environment's."""

    ca_cert: str = ""
    validate_certs: bool = True


@dataclass(frozen=True)
class Response:
    """A whole answer, in the form in which `retry.exchange` reads one; header names in lower."""

    status: int
    headers: Dict[str, str]
    data: bytes

    def release_conn(self) -> None:
        """Do nothing: the connection is closed."""


class Link:
    """The API at `base`, with the credentials of one user or App.

    `authorization`: gives the header, and raises LifecycleError where there is none to be had.
    `renew_credentials`: called when GitHub refused it. `limited_until`: epoch seconds until
    which GitHub wants no requests.
    """

    def __init__(
        self,
        base: str,
        trust: Trust,
        authorization: Callable[[], str],
        renew_credentials: Callable[[], None],
        clock: Clock = time.time,
    ) -> None:
        self.server = base
        self.generation = 0
        self.limited_until = 0.0
        self._trust = trust
        self._authorization = authorization
        self._renew_credentials = renew_credentials
        self._clock = clock

    def renew(self, seen: int) -> None:
        """Have new credentials for the next request, where there are any."""
        if seen == self.generation:
            self._renew_credentials()
            self.generation += 1

    def send(self, request: Request, time_limits: TimeLimits) -> Response:
        """Return the answer, after redirections within the server. Raises Broken.

        A rate limit is always told as 429 with Retry-After, as GitHub has several ways.
        """
        url = self.server + request.path
        if request.query:
            url += "?" + urlencode(request.query)
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": self._authorization(),
            "X-GitHub-Api-Version": "2022-11-28",
        }
        if request.content_type:
            headers["Content-Type"] = request.content_type
        for _number in range(_MAX_REDIRECTS + 1):
            response = self._send_once(request, url, headers, time_limits)
            target = github_rest.redirected(self.server, response.status, response.headers)
            if target is None or request.method != "GET":
                return self._limited(response)
            url = target
        raise Broken(Fault.PERMANENT, f"{self.server} redirects in a circle")

    def _send_once(
        self, request: Request, url: str, headers: Dict[str, str], time_limits: TimeLimits
    ) -> Response:
        # urllib has one limit, for the connection and for each read.
        limit_s = max(time_limits)
        began = time.monotonic()
        try:
            try:
                stream = open_url(
                    url,
                    method=request.method,
                    data=request.body,
                    headers=headers,
                    http_agent=USER_AGENT,
                    timeout=limit_s,
                    validate_certs=self._trust.validate_certs,
                    ca_path=self._trust.ca_cert or None,
                    follow_redirects="none",
                    # It would put the login of ~/.netrc in place of our credentials.
                    use_netrc=False,
                    decompress=False,
                )
            except urllib.error.HTTPError as answer:
                stream = answer
            with stream:
                data = self._read(stream, began + limit_s)
                names = {name.lower(): value for name, value in stream.headers.items()}
                return Response(int(stream.getcode()), names, data)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _broken(error, self.server) from None

    def _read(self, stream: Any, until: float) -> bytes:
        data = b""
        while True:
            part = stream.read1(65536)
            data += part
            if not part:
                return data
            if len(data) > _MAX_BYTES:
                raise Broken(Fault.PERMANENT, f"the answer of {self.server} has no end")
            if time.monotonic() > until:
                raise Broken(Fault.LOST, f"{self.server} did not finish its answer in time")

    def _limited(self, response: Response) -> Response:
        now = self._clock()
        asked_s = retry.retry_after_s(
            {"Retry-After": response.headers.get("retry-after", "")},
            datetime.fromtimestamp(now, timezone.utc),
        )
        message = response.data[:2000].decode("utf-8", "replace")
        limit_s = github_rest.limit_s(response.status, response.headers, message, asked_s, now)
        if limit_s is None:
            return response
        self.limited_until = now + limit_s
        headers = {**response.headers, "retry-after": str(math.ceil(limit_s))}
        return Response(429, headers, response.data)


def _broken(error: Exception, server: str) -> Broken:
    """Say what a failure of the connection means for the request."""
    reason = getattr(error, "reason", None)
    cause = reason if isinstance(reason, Exception) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        told = f"the certificate of {server} is not trusted: {cause.verify_message}"
        return Broken(Fault.PERMANENT, told)
    if isinstance(cause, ssl.SSLError) and "EOF" not in str(cause):
        return Broken(Fault.PERMANENT, f"TLS with {server} failed: {cause.reason or 'no reason'}")
    if isinstance(cause, socket.timeout):
        return Broken(Fault.LOST, f"{server} did not answer in time")
    if isinstance(cause, socket.gaierror):
        return Broken(Fault.UNREACHED, f"the name of {server} cannot be resolved")
    if isinstance(cause, ConnectionRefusedError):
        return Broken(Fault.UNREACHED, f"{server} takes no connection")
    if isinstance(cause, ValueError):
        return Broken(Fault.PERMANENT, f"a request to {server} cannot be made")
    tunnel = _TUNNEL.search(str(cause))
    if tunnel is not None:
        return Broken(Fault.UNREACHED, f"the proxy on the way to {server} answers {tunnel[1]}")
    return Broken(Fault.LOST, f"the connection to {server} broke ({type(cause).__name__})")
