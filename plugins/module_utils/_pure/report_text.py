# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan and a report as lines a person reads: tables without borders, one line a fact."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Sequence

Row = Sequence[str]


def table(head: Row, rows: Iterable[Row]) -> List[str]:
    """Return lines with columns as wide as their widest cell."""
    cells = [tuple(map(str, one)) for one in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        for row in cells
    ]


def plan_lines(plan: Mapping[str, Any]) -> List[str]:
    """Return an upgrade's plan. `plan`: Plan.as_dict()."""
    rows = [
        (
            one["cluster"]["name"],
            _releases(one),
            "resumed " + one["method"] if one["is_resumed"] else one["method"],
            _sets(one["scale_sets"]),
            _runners(one["runners"]),
        )
        for one in plan["clusters"]
    ]
    lines = table(("CLUSTER", "RELEASE", "WAY", "SCALE SETS", "RUNNERS"), rows)
    if plan["clusters"] and not plan["is_anything_to_do"]:
        lines.append(f"Nothing to do: every cluster is at {plan['target']}.")
    for one in plan["clusters"]:
        if one["suspends"]:
            names = ", ".join(f"{o['kind']} {o['namespace']}/{o['name']}" for o in one["suspends"])
            lines.append(f"{one['cluster']['name']}: suspends {names}")
    told = [one for one in plan["findings"] if one["severity"] != "info"]
    for one in told:
        is_told = one["object"] == f"cluster {one['cluster']}"
        where = f"{one['cluster']}: " if one["cluster"] and not is_told else ""
        lines.append(f"{one['severity']} {one['id']}: {where}{one['object']}: {one['reason']}")
        lines.append(f"    {one['remedy']}")
    return lines


def report_lines(clusters: Iterable[Mapping[str, Any]]) -> List[str]:
    """Return what was done.

    Each cluster: name, from, to, result, sets (names), jobs (awaited), phases ([{phase, s}]),
    findings, failure ("" or why), next_step.
    """
    found = list(clusters)
    lines = table(
        ("CLUSTER", "RELEASE", "RESULT", "SCALE SETS", "JOBS AWAITED", "TIME"),
        [
            (
                one["name"], f"{one['from'] or '-'} -> {one['to']}", one["result"],
                str(len(one["scale_sets"])), str(one["jobs_awaited"]),
                seconds(sum(phase["seconds"] for phase in one["phases"])),
            )
            for one in found
        ],
    )
    for one in found:
        if one["phases"]:
            told = ", ".join(f"{p['phase']} {seconds(p['seconds'])}" for p in one["phases"])
            lines.append(f"{one['name']}: {told}")
        for loss in one.get("peers_lost", ()):
            lines.append(
                f"{one['name']}: no peer served {loss['object']} from {loss['since']} to"
                f" {loss['until'] or 'the end of the drain'}: {loss['reason']}"
            )
        lines += [f"{one['name']}: peer fell out: {ill}" for ill in one.get("peers_ill", ())]
        lines += [f"{one['name']}: stays suspended: {rest}" for rest in one.get("gitops_left", ())]
        for finding in one["findings"]:
            if finding["severity"] != "info":
                lines.append(
                    f"{one['name']}: {finding['severity']} {finding['id']}:"
                    f" {finding['object']}: {finding['reason']}"
                )
        if one["failure"]:
            lines.append(f"{one['name']}: FAILED in {one['failed_in']}: {one['failure']}")
    return lines


def _releases(one: Mapping[str, Any]) -> str:
    return f"{', '.join(one['from']) or 'nothing'} -> {one['to']}"


def _sets(sets: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['name']} ({one['action']})" for one in sets) or "none"


def _runners(counts: Mapping[str, Any]) -> str:
    if any(value is None for value in counts.values()):
        return "unknown"
    return ", ".join(f"{value} {state}" for state, value in counts.items() if value) or "none"


def seconds(value: float) -> str:
    """Return a time as a person says it."""
    minutes, rest = divmod(int(round(value)), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
