# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many runners must an EphemeralRunnerSet make or take away? Pure. Source: arc.md 5."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple

from lab.arc.releases import Release

PATCH_ID = "actions.github.com/patch-id"
Item = Dict[str, Any]


class Census(NamedTuple):
    """The runners of a set, by what they do; each list oldest first."""

    pending: List[Item]
    running: List[Item]
    finished: List[Item]
    failed: List[Item]
    outdated: List[Item]
    deleting: List[Item]

    @property
    def total(self) -> int:
        """What counts as a replica: failed runners do, finished ones do not."""
        return len(self.pending) + len(self.running) + len(self.failed)

    @property
    def latest_patch(self) -> int:
        """The highest patch id any runner was made for."""
        everyone = (runner for group in self for runner in group)
        return max((_patch_id(runner) for runner in everyone), default=0)


class Scale(NamedTuple):
    """`create`: so many new ones; `delete`: so many idle ones at most; `clean`: remove finished."""

    create: int = 0
    delete: int = 0
    clean: bool = False


def census(runners: Iterable[Item]) -> Census:
    """Sort runners into groups by their phase."""
    groups: Dict[str, List[Item]] = {name: [] for name in Census._fields}
    by_phase = {
        "Running": "running",
        "Succeeded": "finished",
        "Failed": "failed",
        "Outdated": "outdated",
    }
    for runner in sorted(runners, key=_age):
        if runner["metadata"].get("deletionTimestamp"):
            groups["deleting"].append(runner)
        else:
            phase = (runner.get("status") or {}).get("phase", "")
            groups[by_phase.get(phase, "pending")].append(runner)
    return Census(**groups)


def scale(facts: Release, spec: Mapping[str, Any], runners: Census) -> Scale:
    """What the set's spec asks for. A patch that made runners already is not carried out again,
    so that a runner that has just finished is not replaced before the listener says so."""
    patch, wanted, total = spec.get("patchID", 0), spec.get("replicas", 0), runners.total
    if patch != 0 and patch == runners.latest_patch:
        return Scale()
    if total < wanted:
        return Scale(create=wanted - total, clean=True)
    if total > wanted and (patch == 0 or facts.scale_down_any_patch):
        return Scale(delete=total - wanted, clean=True)
    return Scale(clean=True)


def _patch_id(runner: Mapping[str, Any]) -> int:
    text = (runner["metadata"].get("annotations") or {}).get(PATCH_ID, "0")
    return int(text) if text.isdigit() else 0


def _age(runner: Mapping[str, Any]) -> Any:
    return runner["metadata"].get("creationTimestamp", ""), runner["metadata"]["name"]
