# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON patches as the API server applies them (RFC 6902), for tests of what a patch does."""

from __future__ import annotations

import copy
from typing import Any, List, Mapping


class TestFailed(AssertionError):
    """A `test` operation found another value: the API server refuses the whole patch."""

    __test__ = False


def applied(document: Mapping[str, Any], patch: List[Mapping[str, Any]]) -> Any:
    """Return the document after the patch. Raises TestFailed, KeyError or IndexError."""
    found = copy.deepcopy(dict(document))
    for operation in patch:
        *way, last = [
            step.replace("~1", "/").replace("~0", "~") for step in operation["path"].split("/")[1:]
        ]
        holder: Any = found
        for step in way:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        _apply(holder, last, operation)
    return found


def _apply(holder: Any, last: str, operation: Mapping[str, Any]) -> None:
    kind = operation["op"]
    if isinstance(holder, list):
        if kind == "add":
            holder.insert(len(holder) if last == "-" else int(last), operation["value"])
            return
        key: Any = int(last)
    else:
        key = last
        if kind == "add":
            holder[key] = operation["value"]
            return
    current = holder[key]
    if kind == "test":
        if current != operation["value"]:
            raise TestFailed(f"{operation['path']}: {current!r} is not {operation['value']!r}")
    elif kind == "replace":
        holder[key] = operation["value"]
    elif kind == "remove":
        del holder[key]
    else:
        raise AssertionError(f"no such operation: {kind}")
