# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has happened to objects, and when? Pure: events of a watch in, changes out."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional

MADE, DELETING, GONE, PHASE = "made", "deleting", "gone", "phase"
Item = Dict[str, Any]


class Change(NamedTuple):
    """`what`: made, deleting (a deletionTimestamp), gone, or "phase X"; `at`: epoch seconds;
    `item`: as it was then."""

    at: float
    kind: str
    name: str
    what: str
    item: Item


class History:
    """The changes of some kinds of objects since each kind was first listed."""

    def __init__(self) -> None:
        self.changes: List[Change] = []
        self._known: Dict[str, Dict[str, Item]] = {}

    def is_complete(self, kinds: Any) -> bool:
        """Whether each of the kinds was listed once: from then on nothing is missed."""
        return set(kinds) <= set(self._known)

    def feed(self, kind: str, event: str, content: Item, now: float) -> None:
        """An event as `Kube.follow` gives it."""
        if event != "SYNC":
            self._note(kind, content, event == "DELETED", now)
            return
        items = {item["metadata"]["uid"]: item for item in content["items"]}
        if kind not in self._known:
            self._known[kind] = items
            return
        # The watch was cut, as it is when a CRD changes: what is missing went meanwhile.
        for uid in set(self._known[kind]) - set(items):
            self._note(kind, self._known[kind][uid], True, now)
        for item in items.values():
            self._note(kind, item, False, now)

    def _note(self, kind: str, item: Item, is_gone: bool, now: float) -> None:
        meta = item["metadata"]
        known = self._known.setdefault(kind, {})
        before = known.pop(meta["uid"], None)
        if not is_gone:
            known[meta["uid"]] = item
        for what in _differences(before, item, is_gone):
            self.changes.append(Change(now, kind, meta["name"], what, item))

    def find(
        self, kind: str, what: str, since: float = 0.0, name: Optional[str] = None
    ) -> List[Change]:
        """In the order of time; `name`: of the object."""
        return [
            change
            for change in self.changes
            if (change.kind, change.what) == (kind, what)
            and change.at >= since
            and name in (None, change.name)
        ]


def _differences(before: Optional[Item], item: Item, is_gone: bool) -> List[str]:
    found = [] if before else [MADE]
    was_deleting = before is not None and "deletionTimestamp" in before["metadata"]
    if "deletionTimestamp" in item["metadata"] and not was_deleting:
        found.append(DELETING)
    phase = (item.get("status") or {}).get("phase")
    if phase and phase != ((before or {}).get("status") or {}).get("phase"):
        found.append(f"{PHASE} {phase}")
    return found + ([GONE] if is_gone else [])
