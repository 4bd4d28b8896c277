# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose credential is this? Tokens of the service, personal tokens, and the GitHub App.

The cluster is known by the credential; every token made from one carries it on. Tokens are JWTs,
since ARC's clients read `exp` out of the admin token without checking it (arc.md 8 A).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

APP_ID = "1000"
CLIENT_ID = "Iv1.lab"
FIRST_INSTALLATION = 2000
PERSONAL = re.compile(r"ghp_lab_([A-Za-z0-9][A-Za-z0-9.-]*)")
INSTALLATION_PREFIX = "ghs_"
APP_JWT_LIFE_S = 600.0
SKEW_S = 60.0


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _parts(token: str) -> Optional[List[Any]]:
    """[signed text, header, claims, signature]; None for what is no JWT."""
    pieces = token.split(".")
    if len(pieces) != 3:
        return None
    try:
        header, claims = (json.loads(_decode(piece)) for piece in pieces[:2])
        signature = _decode(pieces[2])
    except ValueError:
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return [".".join(pieces[:2]).encode(), header, claims, signature]


class Tokens:
    """`folder` holds the App's key and our own secret; `clusters` gives the lab's names now."""

    def __init__(self, folder: Path, clusters: Callable[[], List[str]]) -> None:
        self._clusters = clusters
        self._secret = _kept(folder / "secret", lambda: secrets.token_bytes(32))
        self._app = _public_key(_kept(folder / "app-key.pem", _new_key))

    def issue(self, kind: str, cluster: str, now: float, life_s: float, **claims: Any) -> str:
        content = {"kind": kind, "cluster": cluster, "iat": int(now), "exp": int(now + life_s)}
        content.update(claims, jti=secrets.token_hex(4))
        head = _encode(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        text = f"{head}.{_encode(json.dumps(content).encode())}"
        return f"{text}.{_encode(self._sign(text.encode()))}"

    def _sign(self, text: bytes) -> bytes:
        return hmac.new(self._secret, text, hashlib.sha256).digest()

    def read(self, token: str, kind: str, now: float) -> Optional[Dict[str, Any]]:
        """The claims of a token of ours; None if it is another's, of another kind, or expired."""
        claims = self.peek(token)
        if claims is None or claims.get("kind") != kind or claims["exp"] <= now:
            return None
        return claims

    def peek(self, token: str) -> Optional[Dict[str, Any]]:
        """The claims of a token of ours, expired or not."""
        parts = _parts(token)
        if parts is None or not hmac.compare_digest(self._sign(parts[0]), parts[3]):
            return None
        claims: Dict[str, Any] = parts[2]
        return claims

    def user(self, token: str, now: float) -> Optional[Dict[str, Any]]:
        """Who uses the REST API: `{"cluster", "kind": "user" | "installation"}`, or None."""
        personal = PERSONAL.fullmatch(token)
        if personal:
            is_known = personal.group(1) in self._clusters()
            return {"cluster": personal.group(1), "kind": "user"} if is_known else None
        if token.startswith(INSTALLATION_PREFIX):
            return self.read(token[len(INSTALLATION_PREFIX) :], "installation", now)
        return None

    def cluster_of(self, token: str) -> Optional[str]:
        """The cluster of any credential but the App's own, good or expired; None: nobody's."""
        personal = PERSONAL.fullmatch(token)
        if personal:
            return personal.group(1)
        if token.startswith(INSTALLATION_PREFIX):
            token = token[len(INSTALLATION_PREFIX) :]
        return (self.peek(token) or {}).get("cluster")

    def installation(self, number: int) -> Optional[str]:
        """The cluster of an installation of the App; None: there is no such installation."""
        names = self._clusters()
        place = number - FIRST_INSTALLATION
        return names[place] if 0 <= place < len(names) else None

    def is_app(self, jwt: str, now: float) -> bool:
        """Whether the App itself has signed, not too long ago and not for too long."""
        parts = _parts(jwt)
        if parts is None:
            return False
        text, header, claims, signature = parts
        if header.get("alg") != "RS256" or str(claims.get("iss")) not in (APP_ID, CLIENT_ID):
            return False
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, (int, float)) or not isinstance(expires, (int, float)):
            return False
        is_in_time = issued <= now + SKEW_S and now < expires <= issued + APP_JWT_LIFE_S
        try:
            self._app.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return is_in_time


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a file that is made once and readable by its owner only."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(make())
        os.replace(draft, path)
    return path.read_bytes()


def _new_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _public_key(pem: bytes) -> rsa.RSAPublicKey:
    key = serialization.load_pem_private_key(pem, None).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return key
