# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests are to go wrong, and how? Pure; the edge carries it out.

A fault matches by method, path (a regular expression searched in it) and cluster, and is used up
after `times` requests.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

ACTIONS = ("status", "delay_s", "hang", "expired_token", "busy_forever")


class BadFault(Exception):
    """A fault that could never match or does nothing."""


@dataclass
class Fault:
    """One order. `left` None: until it is taken away."""

    id: int
    method: Optional[str]
    path: Optional["re.Pattern[str]"]
    cluster: Optional[str]
    action: Dict[str, Any]
    left: Optional[int]
    used: int = 0
    match: Dict[str, Any] = field(default_factory=dict)

    def matches(self, method: str, path: str, cluster: Optional[str]) -> bool:
        return (
            self.left != 0
            and self.method in (None, method)
            and (self.path is None or self.path.search(path) is not None)
            and self.cluster in (None, cluster)
        )

    def describe(self) -> Dict[str, Any]:
        return {
            "id": self.id,
            "match": self.match,
            "action": self.action,
            "left": self.left,
            "used": self.used,
        }


class Faults:
    """Those in force."""

    def __init__(self) -> None:
        self._faults: Dict[int, Fault] = {}
        self._last = 0

    def add(self, order: Dict[str, Any]) -> int:
        """`{"match": {...}, "action": {...}, "times": n or null}`. Raises BadFault."""
        match, action, times = order.get("match") or {}, order.get("action"), order.get("times")
        if not isinstance(action, dict) or not any(name in action for name in ACTIONS):
            raise BadFault(f"action is {action!r}, wanted one of: {', '.join(ACTIONS)}")
        unknown = sorted(set(match) - {"method", "path", "cluster"})
        if unknown:
            raise BadFault(f"match has {', '.join(unknown)}, wanted: method, path, cluster")
        if times is not None and (not isinstance(times, int) or times < 1):
            raise BadFault(f"times is {times!r}, wanted a count from 1 on, or null")
        try:
            path = re.compile(match["path"]) if match.get("path") else None
        except re.error as error:
            raise BadFault(f"path {match['path']!r} is no regular expression: {error}") from error
        method = match.get("method")
        self._last += 1
        self._faults[self._last] = Fault(
            self._last,
            method.upper() if method else None,
            path,
            match.get("cluster"),
            action,
            times,
            match=match,
        )
        return self._last

    def remove(self, number: Optional[int] = None) -> bool:
        """One, or all; gives whether there was any."""
        if number is None:
            had = bool(self._faults)
            self._faults.clear()
            return had
        return self._faults.pop(number, None) is not None

    def is_in_force(self, number: int) -> bool:
        return number in self._faults

    def list(self) -> List[Dict[str, Any]]:
        return [fault.describe() for fault in self._faults.values()]

    def use(self, method: str, path: str, cluster: Optional[str]) -> List[Fault]:
        """The faults this request meets, in the order they were made; each is used once."""
        met = [f for f in self._faults.values() if f.matches(method, path, cluster)]
        for fault in met:
            fault.used += 1
            if fault.left is not None:
                fault.left -= 1
        return met

    def is_held_busy(self, path: str, cluster: Optional[str]) -> bool:
        """Whether a DELETE of that path would be answered "busy"; uses nothing up."""
        return any(
            "busy_forever" in fault.action and fault.matches("DELETE", path, cluster)
            for fault in self._faults.values()
        )
