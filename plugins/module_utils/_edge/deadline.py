# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much time is left: one deadline for a whole task, shared by all its requests and waits."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional, Tuple

Clock = Callable[[], float]

# A slice of a wait that has news ends early, but not at once: more may follow, and the next slice
# costs the start of a module and a look at everything.
LEAST_SLICE_S = 5.0


class Deadline:
    """A moment on the monotonic clock: setting the wall clock neither ends nor prolongs it.

    `limit_s`: seconds from now, 0 or more; 0 is over at once. Safe to share between threads.
    """

    def __init__(self, limit_s: float, clock: Clock = time.monotonic) -> None:
        if limit_s < 0:
            raise ValueError(f"a time limit cannot be negative: {limit_s}")
        self.limit_s = float(limit_s)
        self._clock = clock
        self._start = clock()

    def elapsed_s(self) -> float:
        """Return the seconds since the start."""
        return self._clock() - self._start

    def remaining_s(self) -> float:
        """Return the seconds that are left, 0.0 when it is over."""
        return max(0.0, self.limit_s - self.elapsed_s())

    def is_over(self) -> bool:
        """Tell whether no time is left."""
        return self.remaining_s() <= 0.0

    def within(self, limit_s: float) -> Deadline:
        """Return a deadline `limit_s` from now that ends no later than this one."""
        return Deadline(min(limit_s, self.remaining_s()), self._clock)

    def clip(self, time_limits: Tuple[float, float]) -> Tuple[float, float]:
        """Cut (connect, read) limits to what is left, so that no request outlives the task."""
        left = max(0.05, self.remaining_s())
        return min(time_limits[0], left), min(time_limits[1], left)

    def pause(self, seconds: float, stop: Optional[threading.Event] = None) -> bool:
        """Wait `seconds` or what is left, whichever is less. False if `stop` was set meanwhile."""
        span = min(seconds, self.remaining_s())
        if stop is None:
            time.sleep(span)
            return True
        return not stop.wait(span)
