# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is ARC there, or gone? What install and scenarios wait for, and what still holds when they may
wait no longer.

Names of objects are those of `arc.md` 1; what "open" means is the Actions service's word.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from typing import Any, Callable, Dict, List, Optional

from lab.errors import LabError
from lab.kube import ApiError, Kube, path_of
from lab.lab import Lab
from lab.state import LabState

ARC = "actions.github.com/v1alpha1"
KINDS = {
    "autoscalingrunnersets": "AutoscalingRunnerSet",
    "autoscalinglisteners": "AutoscalingListener",
    "ephemeralrunnersets": "EphemeralRunnerSet",
    "ephemeralrunners": "EphemeralRunner",
}
SET_LABEL = "actions.github.com/scale-set-name"
PART_OF = "app.kubernetes.io%2Fpart-of%3Dgha-rs-controller"
LIMIT_S = 90.0
LOOK_S = 0.1
# In a sound start the old runner set outlives its listener by less.
STALE_S = 3.0


def until(limit_s: float, look: Callable[[], str], what: str) -> None:
    """Look until nothing is missing: `look` says what is, "" for nothing. A look that raises
    OSError (no answer, or 429 right after a CRD came) is no look. Raises LabError after `limit_s`
    seconds."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            missing = look()
        except OSError as error:
            missing = f"no answer: {error}"
        if not missing:
            return
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {limit_s:.0f} s; {missing}.")
        time.sleep(LOOK_S)


def items(state: LabState, cluster: str, path: str) -> List[Dict[str, Any]]:
    """The objects of a collection; [] where the kind does not exist. Raises OSError."""
    content = Lab(state).cluster(cluster).get(path)
    return content["items"] if content else []


def controller_ready(
    state: LabState, cluster: str, namespace: str, deployment: str, limit_s: float = LIMIT_S
) -> None:
    """Wait until the Deployment's new pods are available and no older one is there."""
    path = path_of("apps/v1", "deployments", namespace, deployment)

    def look() -> str:
        found = Lab(state).cluster(cluster).get(path)
        if found is None:
            return "there is no such Deployment"
        status, wanted = found.get("status", {}), found["spec"]["replicas"]
        counts = [
            status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")
        ]
        is_seen = status.get("observedGeneration", 0) >= found["metadata"]["generation"]
        if is_seen and counts == [wanted] * 3:
            return ""
        pods = items(state, cluster, f"{path_of('v1', 'pods', namespace)}?labelSelector={PART_OF}")
        phases = [f"{p['metadata']['name']} {p['status'].get('phase')}" for p in pods]
        return f"replicas, updated, available: {counts} of {wanted}; pods: {phases or 'none'}"

    until(limit_s, look, f"Controller {namespace}/{deployment} of cluster {cluster} ready")


def session_open(
    state: LabState,
    cluster: str,
    namespace: str,
    name: str,
    limit_s: float = LIMIT_S,
    cure: bool = True,
) -> None:
    """Wait until the listener of a set holds its session at the service, and listens.

    `cure`: a listener that 0.14 bound to a runner set that is no more (observed h) never will; it
    is deleted, as a user would have to, and the controller makes a right one.
    """
    path = path_of(ARC, "autoscalingrunnersets", namespace, name)
    since: Dict[str, float] = {}

    def look() -> str:
        missing = _not_listening(state, cluster, path)
        if missing and cure:
            _cure(state, cluster, namespace, name, since)
        return missing

    until(limit_s, look, f"Listener of scale set {namespace}/{name} of cluster {cluster} online")


def _not_listening(state: LabState, cluster: str, path: str) -> str:
    found = Lab(state).cluster(cluster).get(path)
    if found is None:
        return "there is no such AutoscalingRunnerSet"
    number = found["metadata"].get("annotations", {}).get("runner-scale-set-id")
    if not number:
        return "it has no runner-scale-set-id: GitHub does not know it yet"
    known = {str(entry["id"]): entry for entry in scale_sets(state)}
    if number not in known:
        return f"the service has no scale set {number}"
    session = known[number]["session"] or {}
    if session.get("cluster") != cluster:
        return f"session of scale set {number} is held by {session.get('cluster') or 'nobody'}"
    # A listener that cannot work opens a session too, but dies before it asks for messages.
    return "" if session["polls"] else f"nobody asks for messages of scale set {number} yet"


def _cure(
    state: LabState, cluster: str, namespace: str, name: str, since: Dict[str, float]
) -> None:
    """Delete each listener of the set that has been bound to no live runner set for STALE_S;
    `since`: when each was first seen so, by uid."""
    live = {
        item["metadata"]["name"]
        for item in items(state, cluster, path_of(ARC, "ephemeralrunnersets", namespace))
        if not item["metadata"].get("deletionTimestamp")
    }
    for item in items(state, cluster, path_of(ARC, "autoscalinglisteners")):
        meta = item["metadata"]
        is_stale = item["spec"].get("ephemeralRunnerSetName") not in live
        if not is_stale or not _is_of(item, "autoscalinglisteners", name, namespace):
            since.pop(meta["uid"], None)
        elif time.monotonic() - since.setdefault(meta["uid"], time.monotonic()) > STALE_S:
            place = (meta["namespace"], meta["name"])
            delete(state, cluster, path_of(ARC, "autoscalinglisteners", *place))
            since.pop(meta["uid"])


def delete(state: LabState, cluster: str, path: str) -> None:
    """Delete an object, if it is there. Raises OSError where the cluster is silent."""

    async def work() -> None:
        async with Kube.from_kubeconfig(state.cluster(cluster).kubeconfig) as kube:
            await kube.delete(path)

    try:
        asyncio.run(work())
    except ApiError as error:
        if error.status != 404:
            raise OSError(str(error)) from error


def scale_sets(state: LabState) -> List[Dict[str, Any]]:
    """What the Actions service knows of scale sets. Raises OSError where it does not answer."""
    url = f"{state.service_url()}/lab/scale-sets"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["scale_sets"]
    except ValueError as error:
        raise OSError(f"GET {url}: {error}") from error


def remaining(
    state: LabState, cluster: str, name: Optional[str] = None, namespace: Optional[str] = None
) -> List[str]:
    """ARC's objects that are still there, "Kind namespace/name" with what holds each; of one
    scale set (`name`, in `namespace`) or of all. Raises OSError where the cluster is silent."""
    held = []
    for plural, kind in KINDS.items():
        for item in items(state, cluster, path_of(ARC, plural)):
            meta = item["metadata"]
            if name is not None and not _is_of(item, plural, name, namespace):
                continue
            parts = [f"{kind} {meta['namespace']}/{meta['name']}"]
            if meta.get("deletionTimestamp"):
                parts.append(f"deleting since {meta['deletionTimestamp']}")
            if meta.get("finalizers"):
                parts.append(f"held by {', '.join(meta['finalizers'])}")
            held.append(", ".join(parts))
    return held


def _is_of(item: Dict[str, Any], plural: str, name: str, namespace: Optional[str]) -> bool:
    meta, spec = item["metadata"], item.get("spec", {})
    if plural == "autoscalinglisteners":
        owner = spec.get("autoscalingRunnerSetName")
        home = spec.get("autoscalingRunnerSetNamespace")
    else:
        is_set = plural == "autoscalingrunnersets"
        owner = meta["name"] if is_set else meta.get("labels", {}).get(SET_LABEL)
        home = meta["namespace"]
    return owner == name and namespace in (None, home)


def wait_absent(
    state: LabState,
    cluster: str,
    name: Optional[str] = None,
    namespace: Optional[str] = None,
    limit_s: float = LIMIT_S,
) -> None:
    """Wait until nothing of a scale set is left, or (without `name`) nothing of any."""
    what = f"scale set {namespace or '*'}/{name}" if name else "every scale set"

    def look() -> str:
        held = remaining(state, cluster, name, namespace)
        return "; ".join(held[:5]) + (f"; and {len(held) - 5} more" if len(held) > 5 else "")

    until(limit_s, look, f"Absence of {what} in cluster {cluster}")


def wait_controller_absent(
    state: LabState, cluster: str, namespace: str, limit_s: float = LIMIT_S
) -> None:
    """Wait until no controller's pod is left in its namespace."""
    path = f"{path_of('v1', 'pods', namespace)}?labelSelector={PART_OF}"

    def look() -> str:
        return ", ".join(pod["metadata"]["name"] for pod in items(state, cluster, path))

    until(limit_s, look, f"Absence of the controller's pods in {namespace} of cluster {cluster}")
