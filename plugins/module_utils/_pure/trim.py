# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a raw object the model reads: the rest may go as soon as its page has arrived.

A runner and its pod carry a whole pod template each; 5,000 of them untrimmed cost hundreds of
MiB. `read_cluster` gives the same for trimmed and untrimmed objects.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping

from . import read_objects

Raw = Mapping[str, Any]

_POD_SPEC = ("nodeName", "serviceAccountName")
_CONTAINER_STATUS = ("name", "state", "restartCount")


def trim(part: str, raw: Raw) -> Raw:
    """Return what the model needs of one object of a part; other parts are left whole."""
    if part == "pods":
        return _pod(raw)
    if part == "ephemeralrunners":
        spec = raw.get("spec") or {}
        status = {k: v for k, v in (raw.get("status") or {}).items() if k != "runnerJITConfig"}
        return {
            "metadata": _meta(raw),
            "spec": _some(spec, ("githubConfigSecret", "githubConfigUrl")),
            "status": status,
        }
    if part == "ephemeralrunnersets":
        return {
            "metadata": _meta(raw),
            "spec": _some(raw.get("spec") or {}, ("replicas", "patchID")),
            "status": dict(raw.get("status") or {}),
        }
    if part == "credentials":
        # Of what is in a Secret nothing is kept.
        return {"metadata": _some(raw["metadata"], ("name", "namespace", "uid")),
                "data": {key: "" for key in raw.get("data") or ()}}
    return raw


def _pod(raw: Raw) -> Dict[str, Any]:
    spec, status = raw.get("spec") or {}, raw.get("status") or {}
    kept = _some(spec, _POD_SPEC)
    kept["containers"] = [
        _some(one, ("name", "image"))
        for one in spec.get("containers") or ()
        if one.get("name") in read_objects.MAIN_CONTAINERS
    ]
    state = _some(status, ("phase", "reason"))
    state["conditions"] = [
        _some(one, ("type", "status", "reason"))
        for one in status.get("conditions") or ()
        if one.get("type") in ("Ready", "ContainersReady")
    ]
    state["containerStatuses"] = [
        _some(one, _CONTAINER_STATUS)
        for one in status.get("containerStatuses") or ()
        if one.get("name") in read_objects.MAIN_CONTAINERS
    ]
    return {"metadata": _meta(raw), "spec": kept, "status": state}


def _meta(raw: Raw) -> Dict[str, Any]:
    """Drop the record of who wrote which field: as large as the object itself."""
    return {key: value for key, value in raw["metadata"].items() if key != "managedFields"}


def _some(raw: Raw, names: Any) -> Dict[str, Any]:
    return {name: raw[name] for name in names if name in raw}
