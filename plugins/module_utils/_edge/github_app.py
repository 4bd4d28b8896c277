# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks GitHub? The holder of a token, or an App that gets one for its installation.

Both give the header of a request and can be told that GitHub refused it. Neither a key nor a
token goes into an error.
"""

from __future__ import annotations

import base64
import json
import time
import traceback
from datetime import datetime, timezone
from typing import Any, Dict, Mapping, Optional, Tuple

from .._pure import github_rest
from .._pure.errors import BadInput
from . import retry
from .deadline import Clock, Deadline
from .github_link import Link, Trust
from .transport import Request

# Told to the user by App(); modules must be importable without the package.
LIBRARY_ERROR: Optional[str] = None
try:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
except ImportError:
    LIBRARY_ERROR = traceback.format_exc()
    hashes = serialization = padding = rsa = None

# GitHub takes a JWT that lives ten minutes at most, and none from the future: our clock may be
# a minute ahead.
_JWT_BACK_S = 60
_JWT_AHEAD_S = 540
# An installation token lives an hour; a new one is fetched so long before its end.
_RENEW_BEFORE_S = 300.0
# Where GitHub does not say when it ends.
_UNTOLD_LIFE_S = 600.0
_TIME_LIMITS = (5.0, 5.0)


class Token:
    """A token that was given; a refused one cannot be renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def header(self, _base: str, _trust: Trust, _deadline: Deadline) -> str:
        """Return the Authorization header."""
        return f"Bearer {self._token}"

    def refused(self, base: str) -> None:
        """Do nothing."""


class App:
    """A GitHub App with an installation. Raises BadInput for a key that cannot sign.

    `private_key`: PEM, RSA. One token per API is kept, in memory only.
    """

    def __init__(
        self, app_id: str, installation_id: int, private_key: str, clock: Clock = time.time
    ) -> None:
        self._app_id = app_id
        self._installation_id = installation_id
        self._key = _loaded(private_key)
        self._clock = clock
        self._tokens: Dict[str, Tuple[str, float]] = {}

    def header(self, base: str, trust: Trust, deadline: Deadline) -> str:
        """Return the Authorization header. Raises ReadFailed or retry.GaveUp."""
        token, ends = self._tokens.get(base, ("", 0.0))
        if ends - _RENEW_BEFORE_S <= self._clock():
            token, ends = self._fetch(base, trust, deadline)
            self._tokens[base] = (token, ends)
        return f"Bearer {token}"

    def refused(self, base: str) -> None:
        """Forget the token of that API, so that the next header brings a new one."""
        self._tokens.pop(base, None)

    def jwt(self) -> str:
        """Return a new JSON web token that proves that we are the App."""
        now = int(self._clock())
        claims = {"iat": now - _JWT_BACK_S, "exp": now + _JWT_AHEAD_S, "iss": self._app_id}
        text = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(claims)}"
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_base64(signature)}"

    def _fetch(self, base: str, trust: Trust, deadline: Deadline) -> Tuple[str, float]:
        link = Link(base, trust, lambda: f"Bearer {self.jwt()}", lambda: None, self._clock)
        # Another token does no harm, so the request may be repeated.
        path = f"/app/installations/{self._installation_id}/access_tokens"
        answer = retry.exchange(link, Request("POST", path), deadline, _TIME_LIMITS)
        token = answer.body.get("token")
        if answer.status != 201 or not isinstance(token, str) or not token:
            raise github_rest.app_refusal(base, self._installation_id, answer.status)
        return token, _moment(answer.body) or self._clock() + _UNTOLD_LIFE_S


def _loaded(private_key: str) -> Any:
    if LIBRARY_ERROR is not None:
        raise BadInput(
            cluster="",
            object="Python package cryptography",
            cause="it cannot be imported by the Python that runs this task, and a GitHub App"
                  " signs with it",
            next_step="Install it there, or give github.token instead",
            details={"traceback": LIBRARY_ERROR},
        )
    try:
        key = serialization.load_pem_private_key(private_key.strip().encode(), None)
    except Exception:  # pylint: disable=broad-except
        # The package raises what it likes, and its words may quote the key.
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadInput(
            cluster="",
            object="option github.private_key",
            cause="it is no RSA key in PEM form without a passphrase",
            next_step="Give the content of the file that GitHub gave for the App, with its line"
                      " breaks",
        )
    return key


def _moment(body: Mapping[str, Any]) -> Optional[float]:
    """Return when a token ends, in epoch seconds; None where that cannot be read."""
    text = str(body.get("expires_at") or "")[:19]
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None
    return moment.replace(tzinfo=timezone.utc).timestamp()


def _encoded(content: Mapping[str, Any]) -> str:
    return _base64(json.dumps(content, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
