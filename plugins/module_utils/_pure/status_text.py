# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All clusters at a glance: a line for each, then what is wrong, then what to do.

What was not read is told as `?`, never as 0.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from . import status_drift
from .report_text import table

# From the gravest on.
SEVERITIES = ("blocker", "warning", "info")
_INFO = SEVERITIES[-1]
_STATES = ("busy", "idle", "pending", "failed", "unknown")
_HEAD = ("CLUSTER", "ARC", "CRDS", "SCALE SETS", *map(str.upper, _STATES), "FINDINGS")


def entry(host: str, info: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what a status tells of one cluster.

    `info`: result of arc_info, also of one that failed.
    """
    error = str(info.get("msg") or "no result") if "counts" not in info else ""
    findings = list(info.get("findings") or ())
    return {
        "name": host,
        "cluster": dict(info.get("cluster") or {}),
        "error": error,
        "controllers": [
            {key: one.get(key) for key in ("namespace", "name", "release", "is_ready")}
            for one in info.get("controllers") or ()
        ] if info.get("controllers") is not None else None,
        "crds": _crds(info.get("crds") or {}),
        "scale_sets": _sets(info.get("scale_sets")),
        "vanished": [f"{one['namespace']}/{one['helm_release']}" for one in info.get("vanished") or ()],
        "counts": dict(info.get("counts") or {}),
        "open_records": [
            one.get("name") for one in info.get("records") or () if one.get("state") == "open"
        ],
        "findings": findings,
        "findings_by_severity": {
            severity: sum(1 for one in findings if one["severity"] == severity)
            for severity in SEVERITIES
        },
    }


def failing(
    clusters: Iterable[Mapping[str, Any]], fail_on: str, drift: Sequence[Mapping[str, Any]] = (),
    ignore: Sequence[str] = (),
) -> List[str]:
    """Return why a status fails: what could not be looked at, findings of that severity or a
    graver one, and `drift`. `fail_on`: one of SEVERITIES, or "never" for no finding. `ignore`:
    ids of findings that do not count."""
    grave = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()
    found = []
    for one in clusters:
        if one["error"]:
            found.append(f"{one['name']}: {one['error']}")
        counted = [each["id"] for each in one["findings"]
                   if each["severity"] in grave and each["id"] not in ignore]
        if counted:
            found.append(f"{one['name']}: {len(counted)} findings of severity {' or '.join(grave)}"
                         f" ({', '.join(sorted(set(counted)))})")
    if drift:
        found.append(f"{len(drift)} differences: {', '.join(sorted({one['id'] for one in drift}))}")
    return found


def lines(
    clusters: Iterable[Mapping[str, Any]], drift: Sequence[Mapping[str, Any]] = ()
) -> List[str]:
    """Return a table of all clusters, each finding with its remedy, informations last, `drift`."""
    found = list(clusters)
    told = table(_HEAD, [_row(one) for one in found])
    for one in found:
        if one["error"]:
            told.append(f"{one['name']}: {one['error']}")
        for finding in one["findings"]:
            if finding["severity"] != _INFO:
                told += _finding(one["name"], finding, finding["object"])
    for one in found:
        told += _informations(one)
    return told + status_drift.lines(drift)


def _informations(one: Mapping[str, Any]) -> List[str]:
    """Those that differ in their object alone are told once: a cluster may have many sets."""
    alike: Dict[Tuple[str, str, str], List[Mapping[str, Any]]] = {}
    for finding in one["findings"]:
        if finding["severity"] == _INFO:
            key = (finding["id"], finding["reason"], finding["remedy"])
            alike.setdefault(key, []).append(finding)
    told: List[str] = []
    for same in alike.values():
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        told += _finding(one["name"], same[0], same[0]["object"] + more)
    return told


def _finding(cluster: str, finding: Mapping[str, Any], object: str) -> List[str]:
    return [
        f"{cluster}: {finding['severity']} {finding['id']}: {object}: {finding['reason']}",
        f"    {finding['remedy']}",
    ]


def _row(one: Mapping[str, Any]) -> List[str]:
    if one["error"]:
        return [one["name"], *["?"] * (len(_HEAD) - 1)]
    counts = one["counts"]
    told = [f"{number} {severity}" for severity, number in one["findings_by_severity"].items()
            if number]
    return [
        one["name"], _releases(one["controllers"]), one["crds"] or "?",
        _serving(one["scale_sets"], one["vanished"], bool(one["open_records"])),
        *("?" if counts.get(state) is None else str(counts[state]) for state in _STATES),
        ", ".join(told) or "none",
    ]  # fmt: skip


def _releases(controllers: Optional[List[Mapping[str, Any]]]) -> str:
    if controllers is None:
        return "?"
    told = [
        f"{one['release'] or '?'}{'' if one['is_ready'] else ' (not ready)'}"
        for one in controllers
    ]
    return ", ".join(told) or "none"


def _crds(crds: Mapping[str, Any]) -> str:
    if "verdict" not in crds:
        return ""
    return str(crds["span"]) if crds["verdict"] == "exact" else str(crds["verdict"])


def _sets(scale_sets: Optional[Iterable[Mapping[str, Any]]]) -> Optional[List[Dict[str, Any]]]:
    if scale_sets is None:
        return None
    return [
        {
            "namespace": one["namespace"], "name": one["name"], "release": one["release"],
            "phase": one["phase"], "is_serving": _is_serving(one), "counts": one["counts"],
            "deleting_since": one["deleting_since"],
            **{key: one[key] for key in ("min_runners", "max_runners", "container_mode",
                                         "helm_limits")},
            "serves_as": one["scale_set_name"],
        }
        for one in scale_sets
    ]  # fmt: skip


def _is_serving(one: Mapping[str, Any]) -> Optional[bool]:
    """True with room for a runner and one listener whose pod is ready; None where not read."""
    if one["max_runners"] == 0:
        return False
    listeners = one["listeners"]
    if listeners is None:
        return None
    if one["deleting_since"] or len(listeners) != 1:
        return False
    pod = listeners[0]["pod"]
    if pod is not None and "ready" not in pod:
        return None
    return bool(pod and pod["ready"])


def _serving(
    scale_sets: Optional[List[Mapping[str, Any]]], vanished: Sequence[str], is_open: bool
) -> str:
    """Tell how many serve of those that there are and, by Helm's word, should be.

    `is_open`: a run has begun and has not ended.
    """
    if scale_sets is None:
        return "?"
    if not scale_sets and not vanished:
        return "none yet" if is_open else "none"
    serving = sum(1 for one in scale_sets if one["is_serving"])
    unknown = sum(1 for one in scale_sets if one["is_serving"] is None)
    return f"{serving} of {len(scale_sets) + len(vanished)} serve" + (f", {unknown} ?" if unknown else "")
