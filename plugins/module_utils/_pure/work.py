# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects each phase of an upgrade is about: the plan joined with what was remembered."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, List, Mapping, Sequence

from .errors import BadInput
from .plan_cluster import INSTALL, KEEP, LEAVE, LIVE, REPLACE
from .record import CONTROLLER, SCALE_SET
from .releases import IN_PLACE

Entry = Dict[str, str]


def work_of(
    planned: Mapping[str, Any], remembered: Sequence[Mapping[str, Any]]
) -> Dict[str, List[Entry]]:
    """Return the lists that the roles take, each entry with namespace, name and helm.

    `planned`: a cluster's part of arc_plan's result. `remembered`: the releases of its record.
    `drain`: scale sets to take away, or to see gone. `scale_sets`: to uninstall and install. `controllers`: the
    same for controllers. `expected`: every scale set that has to take jobs at the end. `peers`:
    sets of other clusters that serve meanwhile, with `cluster` for `helm`.
    """
    changed = {
        (one["namespace"], one["helm_release"])
        for one in planned["scale_sets"] if one["action"] in (REPLACE, INSTALL)
    }
    is_sound = not {"uninstall_controller", "upgrade_controller"} & set(planned["steps"])
    sets = [_entry(one) for one in remembered if one["kind"] == SCALE_SET]
    known = {(one["namespace"], one["helm"]) for one in sets}
    kept = [
        {"namespace": one["namespace"], "name": one["name"], "helm": one["helm_release"]}
        for one in planned["scale_sets"]
        if one["action"] == KEEP and (one["namespace"], one["helm_release"]) not in known
    ]
    # What its owner removes is waited for where the controller goes: it alone lets that end.
    going = (REPLACE,) if is_sound else (REPLACE, LEAVE)
    return {
        "drain": [
            {"namespace": one["namespace"], "name": one["name"]}
            for one in planned["scale_sets"]
            if one["action"] in going and one["source"] == LIVE
        ],
        "scale_sets": [one for one in sets if (one["namespace"], one["helm"]) in changed],
        "controllers": [] if is_sound else [
            _entry(one) for one in remembered if one["kind"] == CONTROLLER
        ],
        "expected": sorted(sets + kept, key=lambda one: (one["namespace"], one["name"])),
        "peers": _peers(planned),
    }


def unserved_in(
    planned: Mapping[str, Any], batch: Sequence[str], may_be_down: Sequence[str] = ()
) -> List[str]:
    """Return the sets, as namespace/name, that only clusters of the same batch serve meanwhile.

    `planned`: a cluster's part of arc_plan's result; of a change in place no set is away.
    `may_be_down`: patterns of sets for which that is well, each name or namespace/name. Sets that
    no cluster serves have been told by the plan.
    """
    if planned["method"] == IN_PLACE:
        return []
    found = []
    for one in planned["scale_sets"]:
        serving = {peer["cluster"] for peer in one["peers"] if peer["serves"]}
        key = f"{one['namespace']}/{one['name']}"
        is_known = any(
            fnmatchcase(name, pattern) for name in (one["name"], key) for pattern in may_be_down
        )
        if one["action"] == REPLACE and serving and serving <= set(batch) and not is_known:
            found.append(key)
    return sorted(found)


def _peers(planned: Mapping[str, Any]) -> List[Entry]:
    """Return the sets of other clusters that serve while these are away, each with `cluster`."""
    found = {
        (peer["cluster"], peer["namespace"], peer["name"])
        for one in planned["scale_sets"] if one["action"] == REPLACE
        for peer in one["peers"] if peer["serves"]
    }
    return [
        {"cluster": cluster, "namespace": namespace, "name": name}
        for cluster, namespace, name in sorted(found)
    ]


def _entry(one: Mapping[str, Any]) -> Entry:
    return {"namespace": one["namespace"], "name": one["name"], "helm": one["helm"]}


def uninstall_of(info: Mapping[str, Any]) -> Dict[str, List[Entry]]:
    """Return what an uninstallation takes away, as the roles take it.

    `info`: result of arc_info. `drain`: scale sets that are there. `scale_sets`: these, and Helm
    releases whose set has vanished. `controllers`: all. `helm` is "" for what Helm did not
    install. Raises BadInput where a part of it could not be read: what was not seen would stay,
    as would what a Helm release has put into another namespace than its own.
    """
    parts = ("scale_sets", "controllers", "vanished")
    unread = [part for part in parts if info.get(part) is None]
    if unread:
        raise BadInput(
            cluster=str((info.get("cluster") or {}).get("name", "")), object=", ".join(unread),
            cause="they could not be read",
            next_step="See unread in the result of arc_info for the right that is missing",
        )
    elsewhere = [
        f"{one['namespace']}/{one['name']} of {one['helm_namespace']}/{one['helm_release']}"
        for one in [*info["scale_sets"], *info["controllers"]]
        if one["helm_release"] and one.get("helm_namespace", one["namespace"]) != one["namespace"]
    ]
    if elsewhere:
        raise BadInput(
            cluster=str((info.get("cluster") or {}).get("name", "")), object=", ".join(elsewhere),
            cause="its Helm release is in another namespace (namespaceOverride), and would stay",
            next_step="Drain with arc.lifecycle.drain, then helm uninstall the sets, and the"
                      " controller last",
        )
    drain = [{"namespace": one["namespace"], "name": one["name"]} for one in info["scale_sets"]]
    sets = [
        {"namespace": one["namespace"], "name": one["name"], "helm": one["helm_release"] or ""}
        for one in info["scale_sets"]
    ] + [
        {"namespace": one["namespace"], "name": one.get("name") or one["helm_release"],
         "helm": one["helm_release"]}
        for one in info["vanished"]
    ]
    controllers = [
        {"namespace": one["namespace"], "name": one["name"], "helm": one["helm_release"] or ""}
        for one in info["controllers"]
    ]
    return {"drain": drain, "scale_sets": sets, "controllers": controllers}
