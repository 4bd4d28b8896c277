# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where clusters that serve together have come apart, and where one differs from what Helm was told.

Judged from entries of `status_text.entry` alone. What was not read takes no part: it is neither
alike nor different.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

RELEASE, CRDS, MISSING, SETTINGS, LIMITS = (
    "release-drift", "crd-drift", "set-missing", "set-drift", "limits-drift",
)  # fmt: skip
_NONE = "none"
# What sets of one name have alike in every cluster; each cluster has a runner group of its own.
_SHARED = ("release", "container_mode", "min_runners", "max_runners")


def drift(clusters: Sequence[Mapping[str, Any]], release: str = "") -> List[Dict[str, Any]]:
    """Return every difference, as {id, clusters, object, reason}, in the order of ids.

    `release`: what every controller should be of; "" asks only that all are of the same.
    """
    seen = [one for one in clusters if not one["error"]]
    found = [
        *_releases(seen, release), *_crds(seen), *_missing(seen), *_settings(seen),
        *_limits(seen),
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one["id"], one["object"], one["clusters"]))


def lines(differences: Iterable[Mapping[str, Any]]) -> List[str]:
    """Return a line for each difference."""
    return [f"drift {one['id']}: {one['object']}: {one['reason']}" for one in differences]


def _releases(clusters: Sequence[Mapping[str, Any]], wanted: str) -> List[Dict[str, Any]]:
    """A cluster without a controller differs from those that have one; alone it may be meant so."""
    there = {
        one["name"]: sorted({str(each["release"] or "?") for each in one["controllers"]}) or [_NONE]
        for one in clusters if one["controllers"] is not None
    }
    if all(found == [_NONE] for found in there.values()):
        return []
    if wanted:
        return [
            _told(RELEASE, [name], f"controllers of {name}",
                  f"of {', '.join(found)}, expected is {wanted}")
            for name, found in there.items() if found != [wanted]
        ]
    return _apart(RELEASE, "controllers", {name: ", ".join(found) for name, found in there.items()})


def _crds(clusters: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    return _apart(CRDS, "CRDs", {one["name"]: one["crds"] for one in clusters if one["crds"]})


def _missing(clusters: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    """A name that only one cluster has is not missing elsewhere: it may live there alone."""
    read = {one["name"] for one in clusters if one["scale_sets"] is not None}
    return [
        _told(MISSING, sorted(read - set(there)), f"scale set {name}",
              f"is in {', '.join(sorted(there))}, and not in {', '.join(sorted(read - set(there)))}")
        for name, there in _by_name(clusters).items()
        if len(there) > 1 and read - set(there)
    ]  # fmt: skip


def _settings(clusters: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    found = []
    for name, there in _by_name(clusters).items():
        for key in _SHARED:
            values = {cluster: _word(one[key]) for cluster, one in there.items()}
            found += _apart(SETTINGS, f"{key} of scale set {name}", values)
    return found


def _limits(clusters: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    found = []
    for cluster in clusters:
        for one in cluster["scale_sets"] or ():
            told = one["helm_limits"]
            if told is None or one["deleting_since"]:
                continue
            apart = [
                f"{key} is {_word(one[key])}, Helm was told {_word(told[key])}"
                for key in ("min_runners", "max_runners")
                if _limit(key, one[key]) != _limit(key, told[key])
            ]
            if apart:
                found.append(_told(
                    LIMITS, [cluster["name"]],
                    f"scale set {one['namespace']}/{one['name']} of {cluster['name']}",
                    "; ".join(apart) + ": the next helm upgrade puts back what Helm was told",
                ))  # fmt: skip
    return found


def _by_name(
    clusters: Sequence[Mapping[str, Any]],
) -> Dict[str, Dict[str, Mapping[str, Any]]]:
    """Return name at GitHub -> cluster -> the set; sets that are being deleted are left out."""
    found: Dict[str, Dict[str, Mapping[str, Any]]] = {}
    for cluster in clusters:
        for one in cluster["scale_sets"] or ():
            if not one["deleting_since"]:
                found.setdefault(one["serves_as"], {})[cluster["name"]] = one
    return found


def _apart(id: str, object: str, values: Mapping[str, str]) -> List[Dict[str, Any]]:
    if len(set(values.values())) < 2:
        return []
    reason = ", ".join(f"{value} in {name}" for name, value in sorted(values.items()))
    return [_told(id, sorted(values), object, reason)]


def _told(id: str, clusters: List[str], object: str, reason: str) -> Dict[str, Any]:
    return {"id": id, "clusters": clusters, "object": object, "reason": reason}


def _limit(key: str, value: Optional[int]) -> Tuple[bool, int]:
    """An absent minRunners is 0, an absent maxRunners is no limit."""
    if value is None:
        return (key == "min_runners", 0)
    return (True, value)


def _word(value: Any) -> str:
    return "unset" if value is None or value == "" else str(value)
