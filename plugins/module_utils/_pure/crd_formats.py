# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which strings fit a format or a pattern, as the API server reads them.

Source: kube-openapi `pkg/validation/strfmt` (`time.go`, `date.go`, `default.go`) and
apiextensions-apiserver `pkg/apiserver/validation/formats.go`.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import datetime
from typing import Callable, Mapping

# Formats of strings that the API server looks at, hyphens left out; others are for readers.
CHECKED = frozenset((
    "bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3",
    "uuid4", "uuid5", "isbn", "isbn10", "isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor",
    "byte", "password", "date", "duration", "datetime", "k8sshortname", "k8slongname",
))  # fmt: skip

_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))")
_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_UUID = "[0-9a-f]{8}-?[0-9a-f]{4}-?%s[0-9a-f]{3}-?%s[0-9a-f]{3}-?[0-9a-f]{12}"


def python_pattern(pattern: str) -> str:
    """Return Go's pattern in Python's words: `$` is the very end, also before a newline."""
    found, is_escaped, in_class = [], False, False
    for char in pattern:
        if is_escaped:
            found.append("Z" if char == "z" else char)
            is_escaped = False
            continue
        is_escaped = char == "\\"
        if char == "[" and not in_class:
            in_class = True
        elif char == "]" and in_class:
            in_class = False
        found.append(r"\Z" if char == "$" and not in_class else char)
    return "".join(found)


def _is_date(text: str) -> bool:
    try:
        return bool(datetime.strptime(text, "%Y-%m-%d")) and len(text) == 10
    except ValueError:
        return False


def _is_date_time(text: str) -> bool:
    day, _t, rest = text.lower().partition("t")
    match = _TIME.fullmatch(rest)
    if match is None or not _is_date(day):
        return False
    return match[1] <= "23" and match[2] <= "59" and match[3] <= "59"


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _is_ipv4(text: str) -> bool:
    """Go's sloppy parser takes leading zeros and reads them as decimal."""
    parts = text.split(".")
    return len(parts) == 4 and all(_is_number(part, 255) for part in parts)


def _is_ipv6(text: str) -> bool:
    try:
        return "%" not in text and ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _is_network(text: str) -> bool:
    address, _slash, bits = text.partition("/")
    if _is_ipv4(address):
        return _is_number(bits, 32)
    return _is_ipv6(address) and _is_number(bits, 128)


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= most


def _matches(pattern: str, longest: int = 1 << 20) -> Callable[[str], bool]:
    fits = re.compile(pattern).fullmatch
    return lambda text: len(text) <= longest and fits(text) is not None


# Formats that are judged; what is in CHECKED and not here is named as unjudged.
FORMATS: Mapping[str, Callable[[str], bool]] = {
    "password": lambda text: True,
    "date": _is_date,
    "datetime": _is_date_time,
    "byte": _is_base64,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "cidr": _is_network,
    "uuid": _matches("(?i)" + _UUID % ("[0-9a-f]", "[0-9a-f]")),
    "uuid3": _matches("(?i)" + _UUID % ("3", "[0-9a-f]")),
    "uuid4": _matches("(?i)" + _UUID % ("4", "[89ab]")),
    "uuid5": _matches("(?i)" + _UUID % ("5", "[89ab]")),
    "hexcolor": _matches("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "ssn": _matches("[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}"),
    "bsonobjectid": _matches("[0-9a-fA-F]{24}"),
    "k8sshortname": _matches(_LABEL),
    "k8slongname": _matches(rf"{_LABEL}(\.{_LABEL})*", 253),
}
