# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Was there a moment in which nobody listened for a scale-set name?"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, Dict, List, Tuple

Key = Tuple[str, str]
# A listener that dies and comes back makes several gaps a second.
KEPT = 5000


class Coverage:
    """Counts live sessions by (scope, name) over all clusters and keeps the gaps.

    A name is looked at from its first session on. Of each name the last KEPT gaps are kept.
    `save` is called with (name, what to remember of it) for each change.
    """

    def __init__(self, save: Callable[[Key, Dict[str, Any]], None]) -> None:
        self._save = save
        self._live: Dict[Key, int] = {}
        self._since: Dict[Key, float] = {}
        self._gaps: Dict[Key, Deque[Tuple[float, float]]] = {}

    def opened(self, key: Key, now: float) -> None:
        self._live[key] = self._live.get(key, 0) + 1
        start = self._since.pop(key, None)
        if start is not None and now > start:
            self._gaps.setdefault(key, deque(maxlen=KEPT)).append((start, now))
        self._save(key, self._memory(key))

    def closed(self, key: Key, now: float) -> None:
        self._live[key] -= 1
        if self._live[key] == 0:
            self._since[key] = now
        self._save(key, self._memory(key))

    def report(self, since: float, now: float) -> List[Dict[str, Any]]:
        """Per name: gaps (those before `since` cut off, an open one ends `now`), their sum and
        the longest, in seconds."""
        result = []
        for key in sorted(self._live):
            gaps = list(self._gaps.get(key, ()))
            if key in self._since:
                gaps.append((self._since[key], now))
            cut = [(max(start, since), end) for start, end in gaps if end > since]
            spans = [end - start for start, end in cut]
            result.append(
                {
                    "scope": key[0],
                    "scale_set": key[1],
                    "sessions": self._live[key],
                    "gaps": [{"from": start, "to": end} for start, end in cut],
                    "gap_s": round(sum(spans), 3),
                    "longest_s": round(max(spans, default=0.0), 3),
                }
            )
        return result

    def _memory(self, key: Key) -> Dict[str, Any]:
        return {
            "key": list(key),
            "live": self._live.get(key, 0),
            "since": self._since.get(key),
            "gaps": list(self._gaps.get(key, ()))[-100:],
        }

    def recall(self, memory: Dict[str, Any], stopped_at: float) -> None:
        """After a restart, with what `save` got last; sessions that were open ended when the
        service stopped."""
        key = (memory["key"][0], memory["key"][1])
        self._live[key] = 0
        self._gaps[key] = deque(((a, b) for a, b in memory["gaps"]), maxlen=KEPT)
        if memory["live"]:
            self._since[key] = stopped_at
        elif memory["since"] is not None:
            self._since[key] = memory["since"]
