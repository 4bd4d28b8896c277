# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the values that users gave to ARC's charts when they meet another release?

A key that a chart does not know is ignored by Helm without a word. What has moved is moved along,
in either direction; what the target does not know, or reads in another way, is told.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import release_facts, releases

Values = Mapping[str, Any]
MOVED, UNKNOWN, INLINE, OTHERWISE = (
    "value-moved", "value-unknown", "credentials-inline", "value-reads-otherwise",
)
_SECRET = "githubConfigSecret"


class Change(NamedTuple):
    """Something that is to be said of one value. `to`: its new path, "" if it has none."""

    id: str
    path: str
    to: str
    source: str


def paths_of(values: Values, prefix: str = "") -> List[str]:
    """Return the paths of all leaves, sorted, without the values: they may hold secrets."""
    found: List[str] = []
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            found += paths_of(value, path + ".")
        else:
            found.append(path)
    return sorted(found)


def changes_of(
    paths: Sequence[str], chart: str, from_release: str, to_release: str
) -> Tuple[Change, ...]:
    """Return what is to be said of values with these paths. Releases: known ones."""
    kind = _kind(chart)
    if kind is None:
        return ()
    before, after = _number(from_release), _number(to_release)
    found = []
    for move in release_facts.VALUE_MOVES:
        crossed = _crossed(move.since, before, after)
        if move.chart == kind and crossed:
            old, new = (move.old, move.new) if after > before else (move.new, move.old)
            if _has(paths, old):
                found.append(Change(MOVED, old, new, move.source))
    moved = {one.path for one in found}
    for key in release_facts.VALUE_KEYS:
        if key.chart == kind and after < _number(key.since) and _has(paths, key.path):
            if not any(_is_below(path, key.path) for path in moved):
                found.append(Change(UNKNOWN, key.path, "", f"charts/, since {key.since}"))
    # Misspelt, or meant for another chart.
    for top in sorted({path.partition(".")[0] for path in paths}):
        if top not in release_facts.VALUE_TOP[kind]:
            found.append(Change(UNKNOWN, top, "", "charts/, of no release"))
    for reading in release_facts.VALUE_READINGS:
        if reading.chart == kind and _crossed(reading.since, before, after):
            if _has(paths, reading.old):
                found.append(Change(OTHERWISE, reading.old, reading.new, reading.source))
    if any(_is_below(path, _SECRET) and path != _SECRET for path in paths):
        found.append(Change(INLINE, _SECRET, "", "charts/gha-runner-scale-set/values.yaml"))
    return tuple(found)


def moved(values: Values, chart: str, from_release: str, to_release: str) -> Dict[str, Any]:
    """Return the values with what has moved at its new place; what stands there already stays."""
    done: Dict[str, Any] = _copied(values)
    for one in changes_of(paths_of(values), chart, from_release, to_release):
        if one.id == MOVED:
            taken = _take(done, one.path.split("."))
            if taken is not None:
                _put(done, one.to.split("."), taken)
    return done


def _copied(value: Any) -> Any:
    """Return maps anew; what else stands in them is not changed."""
    if isinstance(value, Mapping):
        return {key: _copied(below) for key, below in value.items()}
    return value


def _take(values: Dict[str, Any], steps: Sequence[str]) -> Any:
    """Take a value out, and what is empty without it."""
    head, rest = steps[0], steps[1:]
    if not rest:
        return values.pop(head, None)
    below = values.get(head)
    if not isinstance(below, dict):
        return None
    taken = _take(below, rest)
    if taken is not None and not below:
        del values[head]
    return taken


def _put(values: Dict[str, Any], steps: Sequence[str], value: Any) -> None:
    for step in steps[:-1]:
        below = values.get(step)
        values[step] = below if isinstance(below, dict) else {}
        values = values[step]
    there = values.get(steps[-1])
    if isinstance(there, dict) and isinstance(value, dict):
        values[steps[-1]] = {**value, **there}
    elif there is None:
        values[steps[-1]] = value


def _has(paths: Sequence[str], wanted: str) -> bool:
    return any(_is_below(path, wanted) for path in paths)


def _is_below(path: str, above: str) -> bool:
    return path == above or path.startswith(above + ".")


def _crossed(since: str, before: Tuple[int, ...], after: Tuple[int, ...]) -> bool:
    low, high = sorted((before, after))
    return low < _number(since) <= high


def _kind(chart: str) -> Optional[str]:
    return {releases.SCALE_SET_CHART: "scale-set", releases.CONTROLLER_CHART: "controller"}.get(chart)


def _number(name: str) -> Tuple[int, ...]:
    return releases.parse(name) or (0, 0, 0)


def words_of(changes: Sequence[Change]) -> Iterator[Tuple[str, str]]:
    """Yield (finding id, reason) of each."""
    for one in changes:
        reasons = {
            MOVED: f"{one.path} is moved to {one.to} ({one.source})",
            UNKNOWN: f"the chart of the target does not know {one.path} ({one.source})",
            OTHERWISE: f"{one.path}: {one.to} ({one.source})",
            INLINE: f"the values hold {one.path} itself, and so does every revision that Helm keeps",
        }
        yield one.id, reasons[one.id]
