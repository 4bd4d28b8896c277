# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ARC's CRDs are put in place: dry run, guard, backup, apply, wait until they are served.

Server-side apply takes a CRD over wholly: `spec.versions` is an atomic list
(k8s.io/apiextensions-apiserver, types.go), so fields that the new schema lacks go away whoever
wrote them. Client-side apply cannot work: its annotation would be longer than 262144 bytes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._pure import crd_set, model, reads
from .._pure.errors import DeadlineReached, Refused
from . import places
from .answers import ObjectNotFound
from .client import Client
from .deadline import Deadline
from .task import Result, Task

CREATED, REPLACED, UNCHANGED = "created", "replaced", "unchanged"
BACKUP_LABEL = "arc.lifecycle/crd-backup"
_GUARD_PARTS = (
    "deployments", "pods", "autoscalingrunnersets", "ephemeralrunnersets", "ephemeralrunners",
)
_LOOK_S = 0.2
# What differs between two readings of one and the same CRD.
_SERVERS_OWN = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp",
                "selfLink")


def apply(task: Task, wanted: List[Dict[str, Any]]) -> Result:
    """Put the CRDs in place. Raises Refused, ReadFailed, WriteFailed or DeadlineReached."""
    before = {one["metadata"]["name"]: present(task.client, one, task.deadline) for one in wanted}
    state_before = crd_set.recognise([one for one in before.values() if one])
    steps = [_Step(task, one, before[one["metadata"]["name"]]) for one in wanted]
    changing = [one for one in steps if one.action != UNCHANGED]
    if changing and not task.options["force_under_controller"]:
        _guard(task)
    for step in changing:
        if not task.is_check:
            step.write()
            task.partial["changed"] = True
    for step in changing:
        if not task.is_check:
            wait_served(task.client, step.name, task.deadline)
    state_after = crd_set.recognise([one.predicted for one in steps])
    result: Result = {
        "changed": bool(changing),
        "crds": [one.told() for one in steps],
        "before": _state(state_before),
        "after": _state(state_after),
    }
    if task.is_diff:
        result["diff"] = [one.diff(state_before, state_after) for one in changing]
    return result


def present(
    client: Client, crd: Mapping[str, Any], deadline: Deadline
) -> Optional[Dict[str, Any]]:
    """Return the CRD of that name as it is in the cluster, None if it is not there."""
    try:
        return client.get(places.CRDS.at(name=crd["metadata"]["name"]), deadline)
    except ObjectNotFound:
        return None


class _Step:
    """One CRD. `predicted`: what the API server says it will be."""

    def __init__(self, task: Task, wanted: Dict[str, Any], before: Optional[Dict[str, Any]]):
        self._task, self._before = task, before
        self.name = str(wanted["metadata"]["name"])
        meta = {key: value for key, value in wanted["metadata"].items() if key not in _SERVERS_OWN}
        self._body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                      "metadata": meta, "spec": wanted["spec"]}
        self._place = places.CRDS.at(name=self.name)
        self.predicted = task.client.apply(
            self._place, self._body, task.deadline, force=True, dry_run=True)
        self.backup: Optional[str] = None
        if before is None:
            self.action = CREATED
        else:
            self.action = REPLACED if _content(before) != _content(self.predicted) else UNCHANGED

    def write(self) -> None:
        """Keep what is there, then apply."""
        options, task = self._task.options, self._task
        if self._before is not None and options["backup"]:
            self.backup = keep(task.client, self._before, options["backup_namespace"],
                               task.deadline)
        task.client.apply(self._place, self._body, task.deadline, force=True)

    def told(self) -> Dict[str, Any]:
        return {"name": self.name, "action": self.action, "backup": self.backup}

    def diff(self, before: crd_set.CrdState, after: crd_set.CrdState) -> Dict[str, Any]:
        """A schema has thousands of lines; what counts is which releases it is of."""
        return {
            "before_header": f"{self.name} (before)",
            "after_header": f"{self.name} (after)",
            "before": _line(before, self.name),
            "after": _line(after, self.name),
        }


def _line(state: crd_set.CrdState, name: str) -> str:
    for one in state.crds:
        if one.name == name:
            return f"{one.verdict} {', '.join(one.sets)}".strip() + "\n"
    return "absent\n"


def _state(state: crd_set.CrdState) -> Dict[str, Any]:
    return {"verdict": state.verdict, "releases": list(state.releases)}


def _content(crd: Mapping[str, Any]) -> Any:
    meta = {key: value for key, value in crd["metadata"].items() if key not in _SERVERS_OWN}
    return json.loads(json.dumps([meta, crd["spec"]], sort_keys=True))


def _guard(task: Task) -> None:
    """Refuse while anybody works under the CRDs: it would go on, and start no runner."""
    _snapshot, cluster = task.look(_GUARD_PARTS)
    holders = list(_users(cluster))
    if holders:
        more = f" and {len(holders) - 5} more" if len(holders) > 5 else ""
        raise Refused(
            cluster=task.cluster.name,
            object="CustomResourceDefinitions of actions.github.com",
            cause=f"they are in use by {', '.join(holders[:5])}{more}; under other CRDs a"
                  " controller looks healthy and starts no runner",
            next_step="Drain the scale sets and uninstall the controller first, or set"
                      " force_under_controller if you know that it can bear the change",
            details={"holders": holders[:100]},
        )


def _users(cluster: model.Cluster) -> List[str]:
    found: List[str] = []
    # An Unread refuses to be gone through: what was not seen may be there.
    found += [str(one.ref) for one in cluster.controllers if one.desired or one.pods]
    found += [str(one.ref) for one in cluster.stray_controller_pods]
    for scale_set in reads.seen(cluster.scale_sets):
        found += [str(one.ref) for one in scale_set.runners]
    found += [str(one.ref) for one in cluster.orphan_runners]
    return found


def keep(client: Client, crd: Mapping[str, Any], namespace: str, deadline: Deadline) -> str:
    """Store a CRD as it was, packed, in a ConfigMap; gives "namespace/name".

    The name has a digest of the content: what was kept before is never overwritten.
    """
    meta = {key: value for key, value in crd["metadata"].items() if key not in _SERVERS_OWN}
    body = {"apiVersion": crd.get("apiVersion", "apiextensions.k8s.io/v1"),
            "kind": "CustomResourceDefinition", "metadata": meta, "spec": crd["spec"]}
    text = json.dumps(body, sort_keys=True).encode()
    name = f"arc-lifecycle-{meta['name'].split('.')[0]}-{hashlib.sha256(text).hexdigest()[:10]}"
    state = crd_set.recognise([crd])
    client.apply(places.CONFIG_MAPS.at(namespace, name), {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name, "namespace": namespace,
            "labels": {BACKUP_LABEL: meta["name"]},
            "annotations": {"arc.lifecycle/releases": ", ".join(
                sorted({one for match in state.crds for one in match.sets}))},
        },
        "binaryData": {"crd.json.gz": base64.b64encode(gzip.compress(text, mtime=0)).decode()},
    }, deadline, force=True)
    return f"{namespace}/{name}"


def wait_served(client: Client, name: str, deadline: Deadline) -> None:
    """Wait until the API server has taken the CRD in. Raises DeadlineReached with its reason."""
    while True:
        crd = client.get(places.CRDS.at(name=name), deadline)
        waiting = _not_served(crd)
        if not waiting:
            return
        if deadline.is_over():
            raise DeadlineReached(
                cluster=client.cluster,
                object=f"CustomResourceDefinition {name}",
                cause=f"it is not served in time: {'; '.join(waiting)}",
                next_step="See its conditions with kubectl describe, then run again",
                details={"remaining": list(waiting)},
            )
        deadline.pause(_LOOK_S)


def _not_served(crd: Mapping[str, Any]) -> Tuple[str, ...]:
    conditions = {one["type"]: one for one in (crd.get("status") or {}).get("conditions") or ()}
    missing = []
    for wanted in ("NamesAccepted", "Established"):
        one = conditions.get(wanted) or {}
        if one.get("status") != "True":
            missing.append(f"{wanted} is {one.get('status', 'not told')}"
                           + (f" ({one['message']})" if one.get("message") else ""))
    broken = conditions.get("NonStructuralSchema") or {}
    if broken.get("status") == "True":
        missing.append(f"its schema is not structural: {broken.get('message', '')}")
    return tuple(missing)
