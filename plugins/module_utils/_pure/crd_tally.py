# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of thousands of judged objects, so that the verdict is right and memory bounded?

Of each kind of harm the first objects are kept and all are counted: the worst is never crowded
out by what is harmless.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence, Tuple

from .crd_objects import ObjectReport
from .crd_verdict import WELCOME_LOSSES, Trap

# From the worst to the one nobody minds.
REFUSED, LOSES, LOSES_NOTHING_OF_WORTH = "refused", "loses", "loses_nothing_of_worth"
HARMS = (REFUSED, LOSES, LOSES_NOTHING_OF_WORTH)


class Mark(NamedTuple):
    """How far a tally had come."""

    checked: int
    trapped: int
    traps: int
    counts: Tuple[int, ...]
    kept: Tuple[int, ...]


class Tally:
    """Counts objects. `most`: how many of each kind of harm are kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.traps: List[Trap] = []
        self.checked = 0
        self.trapped = 0
        self._kept: Dict[str, List[ObjectReport]] = {harm: [] for harm in HARMS}
        self._counts: Dict[str, int] = {harm: 0 for harm in HARMS}

    @property
    def affected(self) -> int:
        """To how many objects something happens."""
        return sum(self._counts.values())

    def reports(self) -> List[ObjectReport]:
        """Return what was kept, the worst first."""
        return [one for harm in HARMS for one in self._kept[harm]]

    def add(self, report: ObjectReport, traps: Sequence[Trap] = ()) -> None:
        """Take in one object."""
        self.checked += 1
        self.trapped += len(traps)
        self.traps += traps[: max(0, self._most - len(self.traps))]
        if report.is_clean:
            return
        harm = _harm(report)
        self._counts[harm] += 1
        if len(self._kept[harm]) < self._most:
            self._kept[harm].append(report)

    def mark(self) -> Mark:
        """Return where it stands, for `back_to`."""
        return Mark(
            self.checked, self.trapped, len(self.traps),
            tuple(self._counts[harm] for harm in HARMS),
            tuple(len(self._kept[harm]) for harm in HARMS),
        )

    def back_to(self, mark: Mark) -> None:
        """Forget everything since the mark."""
        self.checked, self.trapped = mark.checked, mark.trapped
        del self.traps[mark.traps:]
        for harm, count, kept in zip(HARMS, mark.counts, mark.kept):
            self._counts[harm] = count
            del self._kept[harm][kept:]

    def forget(self) -> None:
        """Begin anew."""
        self.back_to(Mark(0, 0, 0, (0,) * len(HARMS), (0,) * len(HARMS)))


def _harm(report: ObjectReport) -> str:
    if report.violations:
        return REFUSED
    if any((report.kind, path) not in WELCOME_LOSSES for path in report.lost):
        return LOSES
    return LOSES_NOTHING_OF_WORTH
