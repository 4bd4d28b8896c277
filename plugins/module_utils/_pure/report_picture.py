# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What took jobs when, as a picture: a lane for each cluster, and one for each of its sets."""

from __future__ import annotations

import html
from datetime import datetime, timezone
from typing import Any, Iterator, List, Mapping, NamedTuple, Sequence

SERVES, DRAIN, EMPTY, PROOF, FAILED = "serves", "drain", "empty", "proof", "failed"
# What a cluster is in each phase of the cycle.
_STATE = {"drain": DRAIN, "uninstall": EMPTY, "CRDs": EMPTY, "install": EMPTY,
          "listeners": PROOF, "proof": PROOF}
_LEFT, _WIDTH, _LANE, _BAR, _MOST_SETS = 200, 900, 22, 14, 50
# Names that end alike are rarer than names that begin alike.
_HEAD, _TAIL = 9, 16


class Span(NamedTuple):
    """A stretch of a lane, in epoch seconds."""

    start: float
    end: float
    state: str
    words: str


def picture(clusters: Sequence[Mapping[str, Any]]) -> str:
    """Return an SVG, "" where nothing was done. `clusters`: of report.entry_of."""
    timed = [one for one in clusters if one["phases"]]
    if not timed:
        return ""
    start = min(one["began"] for one in timed)
    end = max(one["ended"] for one in timed)
    lanes = []
    for one in clusters:
        spans = list(spans_of(one, start, end))
        lanes.append((str(one["name"]), spans, True))
        lanes += [
            ("   " + str(each["name"]), list(_of_set(each, spans)), False)
            for each in list(one.get("sets") or ())[:_MOST_SETS] if one["phases"]
        ]
        more = len(one.get("sets") or ()) - _MOST_SETS
        if more > 0 and one["phases"]:
            lanes.append((f"and {more} more sets", [], False))
    height = len(lanes) * _LANE + 30
    rows = [_lane(number, lane, start, end) for number, lane in enumerate(lanes)]
    return (
        f"<svg viewBox=\"0 0 {_LEFT + _WIDTH + 10} {height}\" role=img"
        f" aria-label=\"What took jobs when\">{''.join(rows)}{_scale(start, end, height)}</svg>"
    )


def spans_of(one: Mapping[str, Any], start: float, end: float) -> Iterator[Span]:
    """Yield what a cluster was from `start` to `end`, without gaps."""
    if not one["phases"]:
        is_serving = one["result"] in ("nothing to do", "not reached")
        yield Span(start, end, SERVES if is_serving else FAILED, str(one["result"]))
        return
    at = float(one["began"])
    if at > start:
        yield Span(start, at, SERVES, "takes jobs")
    for phase in one["phases"]:
        name = str(phase["phase"]).rpartition(": ")[2]
        yield Span(at, at + phase["seconds"], _STATE.get(name, FAILED), str(phase["phase"]))
        at += phase["seconds"]
    if at < end:
        state = FAILED if one["result"] == "failed" else SERVES
        yield Span(at, end, state, "takes jobs" if state == SERVES else "failed")


def _of_set(each: Mapping[str, Any], spans: Sequence[Span]) -> Iterator[Span]:
    """Yield the cluster's spans, the drain cut where this set was gone."""
    drained_s = sum(float(value) for value in (each.get("durations") or {}).values())
    for span in spans:
        gone = span.start + drained_s
        if span.state == DRAIN and each.get("durations") and gone < span.end:
            yield Span(span.start, gone, DRAIN, span.words)
            yield Span(gone, span.end, EMPTY, "gone")
        else:
            yield span


def _lane(number: int, lane: Any, start: float, end: float) -> str:
    name, spans, is_cluster = lane
    top = number * _LANE + 4
    thick = _BAR if is_cluster else _BAR - 6
    shift = (_BAR - thick) / 2
    found: List[str] = [
        f"<text x=\"{0 if is_cluster else 14}\" y=\"{top + 11}\""
        f"{'' if is_cluster else ' class=soft'}>{_named(name.strip())}</text>"
    ]
    for span in spans:
        left, right = _x(span.start, start, end), _x(span.end, start, end)
        found.append(
            f"<rect class={span.state} x=\"{left:.1f}\" y=\"{top + shift:.0f}\""
            f" width=\"{max(0.8, right - left):.1f}\" height=\"{thick}\"><title>{_text(name.strip())}:"
            f" {_text(span.words)}, {span.end - span.start:.0f} s</title></rect>"
        )
    return "".join(found)


def _named(name: str) -> str:
    """Return a name as the place beside a lane holds it, the whole of it where a mouse points."""
    if len(name) <= _HEAD + 1 + _TAIL:
        return _text(name)
    return f"<title>{_text(name)}</title>{_text(name[:_HEAD])}…{_text(name[-_TAIL:])}"


def _scale(start: float, end: float, height: int) -> str:
    marks = []
    for part in range(5):
        at = start + (end - start) * part / 4
        place = _x(at, start, end)
        anchor = "start" if part == 0 else "end" if part == 4 else "middle"
        clock = datetime.fromtimestamp(at, timezone.utc).strftime("%H:%M:%S")
        marks.append(
            f"<text class=soft x=\"{place:.0f}\" y=\"{height - 6}\" text-anchor={anchor}>{clock}"
            f"{' UTC' if part == 0 else ''}</text>"
        )
    return "".join(marks)


def _x(at: float, start: float, end: float) -> float:
    return _LEFT + _WIDTH * (at - start) / max(end - start, 0.001)


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)
