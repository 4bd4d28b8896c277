# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects each phase of an upgrade is about: the plan joined with what was remembered."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence

from .plan_cluster import INSTALL, KEEP, LIVE, REPLACE
from .record import CONTROLLER, SCALE_SET

Entry = Dict[str, str]


def work_of(
    planned: Mapping[str, Any], remembered: Sequence[Mapping[str, Any]]
) -> Dict[str, List[Entry]]:
    """Return the lists that the roles take, each entry with namespace, name and helm.

    `planned`: a cluster's part of arc_plan's result. `remembered`: the releases of its record.
    `drain`: scale sets to take away. `scale_sets`: to uninstall and install. `controllers`: the
    same for controllers. `expected`: every scale set that has to take jobs at the end.
    """
    changed = {
        (one["namespace"], one["helm_release"])
        for one in planned["scale_sets"] if one["action"] in (REPLACE, INSTALL)
    }
    is_sound = "uninstall_controller" not in planned["steps"]
    sets = [_entry(one) for one in remembered if one["kind"] == SCALE_SET]
    known = {(one["namespace"], one["helm"]) for one in sets}
    kept = [
        {"namespace": one["namespace"], "name": one["name"], "helm": one["helm_release"]}
        for one in planned["scale_sets"]
        if one["action"] == KEEP and (one["namespace"], one["helm_release"]) not in known
    ]
    return {
        "drain": [
            {"namespace": one["namespace"], "name": one["name"]}
            for one in planned["scale_sets"]
            if one["action"] == REPLACE and one["source"] == LIVE
        ],
        "scale_sets": [one for one in sets if (one["namespace"], one["helm"]) in changed],
        "controllers": [] if is_sound else [
            _entry(one) for one in remembered if one["kind"] == CONTROLLER
        ],
        "expected": sorted(sets + kept, key=lambda one: (one["namespace"], one["name"])),
    }


def _entry(one: Mapping[str, Any]) -> Entry:
    return {"namespace": one["namespace"], "name": one["name"], "helm": one["helm"]}
