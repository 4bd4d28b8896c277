# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What time is it where objects get their times?

Ages are told from times that the API server and ARC wrote. By the clock of a control node that is
ahead, a live leader looks dead and what began to settle has settled. So the clock of the server
counts, which is in the Date header of its answers (RFC 9110, 6.6.1), in whole seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Optional

# Less than this is the way of the answer and the header's whole seconds.
_ALIKE = timedelta(seconds=3)


class Clock:
    """The time of one API server, as far as its answers have told it; until then our own."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    @property
    def ahead_s(self) -> float:
        """By how much our own clock is ahead, in seconds; 0 where that is nearly nothing."""
        return self._ahead.total_seconds()

    def hear(self, date: Optional[str], at: Optional[datetime] = None) -> None:
        """Take note of a Date header. `at`: when the answer came, by our own clock."""
        try:
            told = parsedate_to_datetime(date or "")
        except (TypeError, ValueError):
            return
        if told.tzinfo is None:
            return
        ahead = (at or _own()) - told
        if abs(ahead) < _ALIKE:
            ahead = timedelta(0)
        # One answer is a second slower than another: times that were told do not move for that.
        if abs(ahead - self._ahead) >= _ALIKE:
            self._ahead = ahead

    def now(self) -> datetime:
        """Return the time by the server's clock."""
        return _own() - self._ahead


def _own() -> datetime:
    return datetime.now(timezone.utc)
