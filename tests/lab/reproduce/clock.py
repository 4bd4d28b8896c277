# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When did what happen? A clock that starts at the named act, and waits that write the timeline."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional

from lab.arc import await_arc
from lab.errors import LabError

Say = Callable[[str], None]
# What does not happen at all is to be told soon, but a busy machine may take its time.
LIMIT_S = 60.0


class Clock:
    """`timeline`: `{"after_s", "what"}`, in the order in which it was seen."""

    def __init__(self, say: Say = lambda _: None) -> None:
        self.timeline: List[Dict[str, Any]] = []
        self.zero: Optional[float] = None
        self._say = say
        self._lock = threading.Lock()

    def begin(self, what: str, at: Optional[float] = None) -> float:
        """The named act: times are seconds after it. Gives its time (epoch)."""
        self.zero = time.time() if at is None else at
        self.seen(what, self.zero)
        return self.zero

    def after(self, at: float) -> float:
        """Seconds from the act to a moment (epoch); 0 as long as there was no act."""
        return round(at - (self.zero or at), 2)

    def seen(self, what: str, at: Optional[float] = None) -> None:
        """An entry of the timeline; `at`: epoch seconds, if it is known better than "now". What
        is seen before the act is only said."""
        after_s = self.after(time.time() if at is None else at)
        with self._lock:
            if self.zero is not None:
                self.timeline.append({"after_s": after_s, "what": what})
            self._say(f"  +{after_s:6.2f} s  {what}" if self.zero else f"             {what}")

    def until(
        self,
        look: Callable[[], Any],
        what: str,
        limit_s: float = LIMIT_S,
        at: Optional[Callable[[Any], float]] = None,
    ) -> Any:
        """Wait for a condition; gives what `look` gave. `what` goes into the timeline, with the
        time that `at` reads off the answer. Raises LabError."""
        found: List[Any] = []

        def missing() -> str:
            found[:] = [look()]
            return "" if found[0] else "that is not so"

        await_arc.until(limit_s, missing, what)
        self.seen(what, at(found[0]) if at else None)
        return found[0]

    def stays(self, look: Callable[[], Any], what: str, span_s: float) -> None:
        """Look all the time that a condition holds for a span; raises LabError when it ends."""
        end = time.monotonic() + span_s

        def over() -> str:
            if not look():
                raise LabError(f"{what}: no longer so.")
            return "" if time.monotonic() >= end else "the span is not over"

        await_arc.until(span_s + 10.0, over, what)
        self.seen(f"{what} (for {span_s:g} s)")

    def side_by_side(self, *acts: Callable[[], Any]) -> List[Any]:
        """Carry out at the same time; raises the first error when all have ended."""
        with ThreadPoolExecutor(len(acts)) as pool:
            return [act.result() for act in [pool.submit(act) for act in acts]]
