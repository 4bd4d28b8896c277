# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What did GitHub say a moment ago, and when may it be asked again?

Times are epoch seconds, since the next process goes on with them; what lies in the future after a
change of the clock, or has not the right form, does not count.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from .github_rest import BUSY, GONE, IDLE, Listing

# However long GitHub fails or asks for, and however wrong a clock is.
_LONGEST_QUIET_S = 300.0
_LONGEST_LIMIT_S = 3600.0


class Memory:
    """Answers and failures. `stored`: what `as_dict` returned; `keep_s`: how long they count."""

    def __init__(self, stored: Mapping[str, Any], keep_s: float) -> None:
        self._keep_s = keep_s
        # (listing, runner) -> when it was asked about, and the verdict or "".
        self._answers: Dict[Tuple[str, str], Tuple[float, str]] = {}
        # Listing, or API where it limits us -> until when, how many failures, and why.
        self._quiet: Dict[str, Tuple[float, int, str]] = {}
        for key, names in _mapping(stored.get("answers")).items():
            for name, entry in _mapping(names).items():
                if _fits(entry, 2) and entry[1] in (BUSY, IDLE, GONE, ""):
                    self._answers[(key, name)] = (float(entry[0]), entry[1])
        for key, entry in _mapping(stored.get("quiet")).items():
            if _fits(entry, 3) and isinstance(entry[1], int):
                self._quiet[key] = (float(entry[0]), entry[1], str(entry[2]))

    def answer(self, listing: Listing, name: str, now: float) -> Optional[str]:
        """Return the verdict, "" if there was none to be had, None if it is time to ask."""
        known = self._answers.get((listing.key, name))
        return known[1] if known and 0 <= now - known[0] < self._keep_s else None

    def asked_at(self, listing: Listing, name: str) -> float:
        """Return when a runner was asked about, 0.0 for never."""
        return self._answers.get((listing.key, name), (0.0, ""))[0]

    def keep(self, listing: Listing, name: str, verdict: str, asked_at: float) -> None:
        """Remember an answer, "" where it did not tell."""
        self._answers[(listing.key, name)] = (asked_at, verdict)

    def quiet(self, listing: Listing, now: float) -> str:
        """Return why a listing is not to be asked for now, "" if it may be."""
        for key, longest_s in ((listing.base, _LONGEST_LIMIT_S), (listing.key, _LONGEST_QUIET_S)):
            until, _failures, text = self._quiet.get(key, (0.0, 0, ""))
            if 0 < until - now <= longest_s:
                return text
        return ""

    def fail(self, listing: Listing, now: float, text: str) -> None:
        """Leave a listing alone, twice as long as after the failure before."""
        failures = self._quiet.get(listing.key, (0.0, 0, ""))[1] + 1
        quiet_s = min(_LONGEST_QUIET_S, self._keep_s * 2 ** min(failures - 1, 10))
        self._quiet[listing.key] = (now + quiet_s, failures, text)

    def limit(self, listing: Listing, now: float, until: float, text: str) -> None:
        """Leave a whole API alone until GitHub takes requests again."""
        self._quiet[listing.base] = (min(until, now + _LONGEST_LIMIT_S), 1, text)

    def succeed(self, listing: Listing) -> None:
        """Forget that a listing failed."""
        self._quiet.pop(listing.key, None)

    def as_dict(self, now: float) -> Dict[str, Any]:
        """Return what still counts, as plain data."""
        answers: Dict[str, Dict[str, Any]] = {}
        for (key, name), (asked_at, verdict) in sorted(self._answers.items()):
            if 0 <= now - asked_at < self._keep_s:
                answers.setdefault(key, {})[name] = [asked_at, verdict]
        # A failure counts beyond its end: the next one lasts longer.
        quiet = {
            key: list(entry) for key, entry in sorted(self._quiet.items())
            if -_LONGEST_QUIET_S < entry[0] - now
        }
        return {"answers": answers, "quiet": quiet}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _fits(entry: Any, size: int) -> bool:
    return (
        isinstance(entry, (list, tuple))
        and len(entry) == size
        and isinstance(entry[0], (int, float))
    )
