# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One exchange with the API server: credentials, TLS and time limits; never a repetition.

Connections, TLS and proxies are those of the kubernetes package's ApiClient. Its own `request`
differs from version to version and sets no time limit, so requests go through its pool.
"""

from __future__ import annotations

import enum
import http.client
import re
import threading
import traceback
from dataclasses import dataclass
from typing import Any, Callable, Optional, Sequence, Tuple
from urllib.parse import urlencode

from .clock import Clock

# Told to the user by connect.require_library(); modules must be importable without the package.
LIBRARY_ERROR: Optional[str] = None
try:
    import urllib3
    from urllib3._collections import HTTPHeaderDict
    from kubernetes.client.api_client import ApiClient
except ImportError:
    LIBRARY_ERROR = traceback.format_exc()
    urllib3 = HTTPHeaderDict = ApiClient = None

TimeLimits = Tuple[float, float]

POOL_SIZE = 16
USER_AGENT = "arc.lifecycle"
# OpenSSL's words for what the other side says of our certificate.
_REFUSED_CERTIFICATE = re.compile(r"ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNKNOWN_CA)")


@dataclass(frozen=True)
class Request:
    """What to send. `is_repeatable`: may be sent again when its answer was lost."""

    method: str
    path: str
    query: Tuple[Tuple[str, str], ...] = ()
    body: Optional[bytes] = None
    content_type: str = ""
    accept: str = "application/json"
    is_repeatable: bool = True


class Fault(enum.Enum):
    """What became of a request that got no answer."""

    UNREACHED = "not sent"
    LOST = "answer lost"
    PERMANENT = "will not work again either"


class Broken(Exception):
    """An exchange without an answer; `fault` says whether the request may have had an effect.

    `is_of_login`: our certificate was refused before the request was looked at; one that is loaded
    again, by a credential plugin for example, may be taken.
    """

    def __init__(self, fault: Fault, cause: str, is_of_login: bool = False) -> None:
        super().__init__(cause)
        self.fault = fault
        self.cause = cause
        self.is_of_login = is_of_login


class Transport:
    """Connections to one API server. Safe to share between threads.

    `load`: returns a kubernetes.client.Configuration; called again when credentials are refused.
    """

    def __init__(
        self,
        load: Callable[[], Any],
        impersonate: Sequence[Tuple[str, str]] = (),
    ) -> None:
        self._load = load
        self._impersonate = tuple(impersonate)
        self._lock = threading.Lock()
        self._generation = 0
        self.clock = Clock()
        self._api_client = self._open()

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return str(self._api_client.configuration.host).rstrip("/")

    @property
    def generation(self) -> int:
        """How often the credentials were renewed."""
        return self._generation

    def renew(self, seen: int) -> None:
        """Load the credentials again, once for all threads that used generation `seen`."""
        with self._lock:
            if seen == self._generation:
                self._api_client = self._open()
                self._generation += 1

    def close(self) -> None:
        """Close idle connections."""
        self._pool().clear()

    def send(self, request: Request, time_limits: TimeLimits) -> Any:
        """Return the urllib3 response with its body still to be read.

        Raises Broken. `time_limits`: (connect, read) in seconds.
        """
        url = self.server + request.path
        if request.query:
            url += "?" + urlencode(request.query)
        try:
            answer = self._pool().request(
                request.method,
                url,
                body=request.body,
                headers=self._headers(request),
                timeout=urllib3.Timeout(connect=time_limits[0], read=time_limits[1]),
                retries=False,
                redirect=False,
                preload_content=False,
                enforce_content_length=True,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise broken(error, self.server) from error
        self.clock.hear(answer.headers.get("Date"))
        return answer

    def _open(self) -> Any:
        configuration = self._load()
        configuration.connection_pool_maxsize = POOL_SIZE
        return ApiClient(configuration)

    def _pool(self) -> Any:
        return self._api_client.rest_client.pool_manager

    def _headers(self, request: Request) -> Any:
        headers = HTTPHeaderDict({"Accept": request.accept, "User-Agent": USER_AGENT})
        if request.content_type:
            headers["Content-Type"] = request.content_type
        configuration = self._api_client.configuration
        for setting in configuration.auth_settings().values():
            if setting.get("in") == "header" and setting.get("value"):
                headers[setting["key"]] = setting["value"]
        if "authorization" not in headers and configuration.username and configuration.password:
            headers["authorization"] = configuration.get_basic_auth_token()
        for name, value in self._impersonate:
            headers.add(name, value)
        return headers


def read_body(response: Any, server: str) -> bytes:
    """Return the whole body and give the connection back. Raises Broken."""
    try:
        return bytes(response.data)
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError) as error:
        raise broken(error, server) from error
    finally:
        response.release_conn()


def broken(error: Exception, server: str) -> Broken:
    """Say what a failure of the connection means for the request."""
    known = urllib3.exceptions
    if isinstance(error, known.SSLError):
        return _broken_tls(error, server)
    if isinstance(error, known.ProxyError):
        return Broken(Fault.UNREACHED, f"the proxy on the way to {server} failed: {_short(error)}")
    # A subclass of ConnectTimeoutError, so it goes first.
    if isinstance(error, known.NewConnectionError):
        return Broken(Fault.UNREACHED, f"{server} cannot be reached: {_short(error)}")
    if isinstance(error, known.ConnectTimeoutError):
        return Broken(Fault.UNREACHED, f"{server} did not take the connection in time")
    if isinstance(error, known.ReadTimeoutError):
        return Broken(Fault.LOST, f"{server} did not answer in time")
    if isinstance(error, (known.LocationValueError, known.LocationParseError)):
        return Broken(Fault.PERMANENT, f"{server} is no URL of an API server")
    return Broken(Fault.LOST, f"the connection to {server} broke: {_short(error)}")


def _broken_tls(error: Exception, server: str) -> Broken:
    text = _short(error)
    if "EOF" in text or "reset" in text.lower():
        return Broken(Fault.LOST, f"the TLS connection to {server} broke")
    is_of_login = _REFUSED_CERTIFICATE.search(text) is not None
    return Broken(Fault.PERMANENT, f"TLS with {server} failed: {text}", is_of_login)


def _short(error: Exception) -> str:
    # The tail of nested urllib3 messages is the cause; the head names objects in memory.
    text = str(error).rsplit(">: ", 1)[-1].split("failed: ", 1)[-1]
    return " ".join(text.split())[:200] or type(error).__name__
