# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the CRDs go that are about to be replaced: onto the cluster, into files, or both.

Both kinds carry the digest of their content in their name, so a run that is repeated stores
nothing twice, and what was kept is never written over.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any, Dict, Sequence

from .._pure import crd_form, crd_takeover
from .._pure.errors import BadInput, Conflict, Refused, WriteFailed
from . import crd_packing, places
from .answers import ObjectNotFound
from .crd_source import Crd
from .task import Task

# What the API server takes as data of one ConfigMap.
MOST_BYTES = 1024 * 1024


def store(task: Task, lives: Sequence[Crd]) -> Dict[str, Dict[str, str]]:
    """Store each CRD; gives name -> {"on_cluster": "namespace/name", "file": path}.

    In check mode on the cluster by dry run, and no file. Raises BadInput, Refused, WriteFailed.
    """
    namespace, folder = task.options["backup_namespace"], task.options["backup_path"]
    if not task.options["backup"] or not lives:
        return {}
    if not namespace and not folder:
        raise BadInput(
            cluster="", object="option backup", cause="it is not said where the backup goes",
            next_step="Give backup_namespace, backup_path, or both",
        )
    bodies = [crd_takeover.body(one) for one in lives]
    found: Dict[str, Dict[str, str]] = {str(one["metadata"]["name"]): {} for one in bodies}
    if namespace:
        maps = [_config_map(task, one, namespace) for one in bodies]
        _require_namespace(task, namespace)
        for body, config_map in zip(bodies, maps):
            found[body["metadata"]["name"]]["on_cluster"] = _keep(task, namespace, config_map)
    if folder:
        target = os.path.join(folder, f"arc-crds-{crd_form.digest(bodies)[:12]}")
        for body in bodies:
            path = os.path.join(target, f"{body['metadata']['name']}.json")
            found[body["metadata"]["name"]]["file"] = path
            if not task.is_check:
                _save(path, body)
    return found


def _config_map(task: Task, body: Crd, namespace: str) -> Dict[str, Any]:
    found = crd_packing.config_map(body, namespace)
    size = crd_packing.size_of(found)
    if size > MOST_BYTES:
        raise Refused(
            cluster=task.cluster.name,
            object=f"CustomResourceDefinition {body['metadata']['name']}",
            cause=f"packed it has {size} bytes, more than a ConfigMap takes; nothing was changed",
            next_step="Set backup_namespace to an empty text and give backup_path",
        )
    return found


def _require_namespace(task: Task, namespace: str) -> None:
    try:
        task.client.get(places.NAMESPACES.at(name=namespace), task.deadline)
    except ObjectNotFound as error:
        raise BadInput(
            cluster=task.cluster.name, object=f"option backup_namespace: {namespace}",
            cause="there is no such namespace", next_step="Create it, or name another",
        ) from error


def _keep(task: Task, namespace: str, config_map: Dict[str, Any]) -> str:
    """Create it; one that is there already by this name has the same content, if it is ours."""
    name = config_map["metadata"]["name"]
    try:
        task.client.create(
            places.CONFIG_MAPS.at(namespace), config_map, task.deadline, dry_run=task.is_check
        )
    except Conflict as error:
        there = task.client.get(places.CONFIG_MAPS.at(namespace, name), task.deadline)
        if there.get("binaryData") != config_map["binaryData"]:
            raise Refused(
                cluster=task.cluster.name, object=f"ConfigMap {namespace}/{name}",
                cause="it has the name of this backup and other content; nothing was changed",
                next_step="Delete it if nobody needs it, then run again",
            ) from error
    return f"{namespace}/{name}"


def _save(path: str, body: Crd) -> None:
    """Write the file in one step, so that a killed run leaves a whole one or none."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(body, file, indent=1, sort_keys=True)
            file.write("\n")
        os.replace(temporary, path)
    except OSError as error:
        raise WriteFailed(
            cluster="", object=path, cause=f"the backup cannot be written: {error}; no CRD was "
            "changed", next_step="Correct backup_path or its permissions",
        ) from error
