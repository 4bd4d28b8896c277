# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a GitHub App prove itself? A JWT signed RS256, with the standard library alone.

The listener has to start fast and stay small, which rules out a cryptography package.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import List, Tuple

# DER head of a SHA-256 DigestInfo (RFC 8017, 9.2).
SHA256_HEAD = bytes.fromhex("3031300d060960864801650304020105000420")


def app_jwt(app_id: str, private_key: str, now: float) -> str:
    """A JWT as GitHub wants it: issued a minute ago, good for nine. `private_key`: PEM, RSA."""
    payload = {"iat": int(now) - 60, "exp": int(now) + 540, "iss": str(app_id)}
    text = f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(payload)}"
    modulus, exponent = _private_numbers(private_key)
    size = (modulus.bit_length() + 7) // 8
    digest = SHA256_HEAD + hashlib.sha256(text.encode()).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), exponent, modulus).to_bytes(size, "big")
    return f"{text}.{_base64(signature)}"


def _part(content: object) -> str:
    return _base64(json.dumps(content, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _private_numbers(pem: str) -> Tuple[int, int]:
    """(modulus, private exponent) of a PKCS#1 or PKCS#8 key. Raises ValueError."""
    lines = [line for line in pem.strip().splitlines() if line and not line.startswith("-----")]
    fields = _sequence(base64.b64decode("".join(lines)))
    if len(fields) == 3 and fields[1][0] == 0x30:
        fields = _sequence(fields[2][1])
    if len(fields) < 9:
        raise ValueError("the private key of the GitHub App is not an RSA key in PEM")
    return int.from_bytes(fields[1][1], "big"), int.from_bytes(fields[3][1], "big")


def _sequence(der: bytes) -> List[Tuple[int, bytes]]:
    """The members (tag, content) of a DER sequence."""
    tag, content, _end = _read(der, 0)
    if tag != 0x30:
        raise ValueError("the private key of the GitHub App is not DER")
    members, at = [], 0
    while at < len(content):
        tag, member, at = _read(content, at)
        members.append((tag, member))
    return members


def _read(der: bytes, at: int) -> Tuple[int, bytes, int]:
    tag, length, at = der[at], der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(der[at : at + count], "big"), at + count
    return tag, der[at : at + length], at + length
