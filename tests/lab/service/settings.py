# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be set at the service, and which values are refused?"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Tuple

Check = Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_span(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_span_or_none(value: Any) -> bool:
    return value is None or _is_span(value)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and name for name in value)


def _is_organizations(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_names, value.values()))


# Name -> (default, check, what is wanted). Spans are seconds.
KNOWN: Dict[str, Tuple[Any, Check, str]] = {
    "answer_delay_s": (0.15, _is_span, "seconds"),
    "poll_s": (30.0, _is_span, "seconds"),
    "runner_online_s": (0.0, _is_span, "seconds"),
    "runner_exit": (0, lambda value: value in (0, 7), "0 or 7"),
    "runner_silence_s": (10.0, _is_span, "seconds"),
    "job_start_delay_s": (0.0, _is_span, "seconds"),
    "assignment_lapse_s": (None, _is_span_or_none, "seconds or null"),
    "offer_lapse_s": (5.0, _is_span, "seconds"),
    "silent_assignment_s": (1.0, _is_span, "seconds"),
    "session_silence_s": (60.0, _is_span, "seconds"),
    "idle_scale_set_ttl_s": (None, _is_span_or_none, "seconds or null"),
    "delete_gone_scale_set_status": (
        404,
        lambda value: value in (204, 404, 410),
        "204, 404 or 410",
    ),
    "token_life_s": (3600.0, _is_span, "seconds"),
    "queue_token_life_s": (3600.0, _is_span, "seconds"),
    "seed": (1, _is_number, "a number"),
    "groups": (
        ["Default", "blue", "green"],
        lambda value: _is_names(value) and value[:1] == ["Default"],
        "a list of names that begins with Default",
    ),
    "organizations": (
        {"acme": ["app", "web"], "other": []},
        _is_organizations,
        "a map of organisation to a list of repositories",
    ),
    "enterprises": (["lab"], _is_names, "a list of names"),
}


class BadSetting(Exception):
    """A setting that does not exist or has a value that means nothing."""


class Settings:
    """Current values, as attributes of a dict; `change` checks all before it takes any."""

    def __init__(self, stored: Dict[str, Any]) -> None:
        self._values = {name: default for name, (default, _fits, _wanted) in KNOWN.items()}
        self._values.update({k: v for k, v in stored.items() if k in KNOWN})

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def all(self) -> Dict[str, Any]:
        return dict(self._values)

    def change(self, changes: Dict[str, Any]) -> None:
        """Raises BadSetting that names every wrong one; then nothing was changed."""
        wrong: List[str] = []
        for name, value in changes.items():
            if name not in KNOWN:
                wrong.append(f"{name} is not a setting (there are: {', '.join(sorted(KNOWN))})")
            elif not KNOWN[name][1](value):
                wrong.append(f"{name} is {value!r}, wanted: {KNOWN[name][2]}")
        if wrong:
            raise BadSetting("; ".join(wrong))
        self._values.update(changes)
