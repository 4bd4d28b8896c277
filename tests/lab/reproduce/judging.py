# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Did what happened match what `observed.md` says? Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple


class Between(NamedTuple):
    """A number within limits, both included; `None` for a side without one."""

    low: Any = None
    high: Any = None

    def fits(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        is_low = self.low is not None and value < self.low
        return not (is_low or (self.high is not None and value > self.high))

    def shown(self) -> Dict[str, Any]:
        named = {"at_least": self.low, "at_most": self.high}
        return {name: limit for name, limit in named.items() if limit is not None}


class InOrder(NamedTuple):
    """A list in which these appear in this order; others may stand between them."""

    wanted: List[Any]

    def fits(self, value: Any) -> bool:
        rest = iter(value if isinstance(value, list) else [])
        return all(any(entry == one for entry in rest) for one in self.wanted)

    def shown(self) -> Dict[str, Any]:
        return {"in_order": self.wanted}


class Contains(NamedTuple):
    """A text, or a list of which some text, with this in it."""

    part: str

    def fits(self, value: Any) -> bool:
        lines = value if isinstance(value, list) else [value]
        return any(isinstance(line, str) and self.part in line for line in lines)

    def shown(self) -> Dict[str, Any]:
        return {"contains": self.part}


RULES = (Between, InOrder, Contains)


def shown(expected: Any) -> Any:
    """As JSON can say it."""
    if isinstance(expected, RULES):
        return expected.shown()
    if isinstance(expected, Mapping):
        return {name: shown(value) for name, value in expected.items()}
    return expected


def differences(expected: Mapping[str, Any], outcome: Mapping[str, Any]) -> List[str]:
    """What is otherwise, one sentence each; facts that nobody expects are no difference."""
    found: List[str] = []
    for name, wanted in expected.items():
        if name not in outcome:
            found.append(f"{name} was never seen, expected {shown(wanted)}")
            continue
        value = outcome[name]
        if isinstance(wanted, Mapping) and isinstance(value, Mapping):
            found += [f"{name}: {told}" for told in differences(wanted, value)]
            # A map tells all there is: one object more is a difference.
            more = sorted(set(map(str, value)) - set(map(str, wanted)))
            found += [f"{name}: {key} was not expected" for key in more]
        elif not (wanted.fits(value) if isinstance(wanted, RULES) else wanted == value):
            found.append(f"{name} is {value!r}, expected {shown(wanted)}")
    return found
