# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many runners does a listener ask for, and under which patch id? Pure. Source: arc.md 5, 8.

The first patch carries id 0, which lets the controller take idle runners away; later ones count
up, so that each is carried out once. A poll that brought nothing goes back to 0 at the minimum.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from lab.arc.releases import Release


class Patch(NamedTuple):
    """What the EphemeralRunnerSet is told."""

    replicas: int
    patch_id: int


class Target:
    """The listener's memory between messages."""

    def __init__(self, facts: Release, minimum: int, maximum: int) -> None:
        self._facts = facts
        self._minimum = minimum
        self._maximum = maximum
        self._last = -1
        self._sequence = -1

    def after(self, assigned: int, active: bool) -> Patch:
        """After a message (or the session's first statistics). `assigned`: jobs of the set;
        `active`: jobs started or ended in it."""
        wanted = min(self._minimum + assigned, self._maximum)
        self._sequence += 1
        patch_id = self._sequence
        if self._facts.nil_poll == "zero" and assigned == 0 and not active:
            return self._idle(wanted, patch_id)
        if self._facts.nil_poll == "latest" and not active:
            if wanted == self._last == self._minimum:
                patch_id = 0
        self._last = wanted
        return Patch(wanted, patch_id)

    def after_nothing(self, latest_assigned: int) -> Optional[Patch]:
        """After a poll without a message; None: nothing is patched."""
        if self._facts.nil_poll == "nothing":
            return None
        assigned = latest_assigned if self._facts.nil_poll == "latest" else 0
        return self.after(assigned, active=False)

    def _idle(self, wanted: int, patch_id: int) -> Patch:
        self._last = max(self._last, wanted)
        return Patch(self._last, 0 if self._last == self._minimum else patch_id)
