# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a controller there, alone and ready, or gone with its last pod?"""

from __future__ import annotations

from typing import List, Optional, Tuple

from . import reads
from .objects import Cluster, Controller, Pod

READY, ABSENT = "ready", "absent"


def holding(
    cluster: Cluster, namespace: str, name: str, state: str, release: str = ""
) -> Tuple[str, ...]:
    """Return why the controller is not yet in `state`; () if it is.

    `name` "" means every controller of the namespace. `release`: which has to be ready. Two
    managers at once delete each other's scale sets, so a pod that is going still counts as there.
    """
    gaps = [
        part for part in (cluster.controllers, cluster.stray_controller_pods)
        if isinstance(part, reads.Unread)
    ]
    if gaps:
        return tuple(f"{one.part} could not be read: {one.reason}" for one in gaps)
    found = [
        one for one in reads.seen(cluster.controllers)
        if one.ref.namespace == namespace and name in ("", one.ref.name)
    ]
    strays = [
        one for one in reads.seen(cluster.stray_controller_pods) if one.ref.namespace == namespace
    ]
    if state == ABSENT:
        return tuple(_still_there(found, strays))
    if not found:
        return (f"there is no controller {name or 'at all'} in namespace {namespace}",)
    return tuple(
        [why for one in found for why in _not_ready(one, release)]
        + [f"{one.ref} of an older Deployment is still there"
           for one in strays if not one.has_ended]
    )


def _still_there(found: List[Controller], strays: List[Pod]) -> List[str]:
    held = []
    for one in found:
        held.append(f"{one.ref} is still there")
        held += [f"{pod.ref} is {_phase(pod)}" for pod in reads.seen(one.pods)]
    return held + [f"{pod.ref} is {_phase(pod)}" for pod in strays]


def _not_ready(one: Controller, release: Optional[str]) -> List[str]:
    why = []
    if release and one.release != release:
        why.append(f"{one.ref} is of release {one.release}, not {release}")
    if not one.is_ready:
        why.append(f"{one.ref} has {one.ready} of {one.desired} pods ready")
    if isinstance(one.pods, reads.Unread):
        return [*why, f"its pods could not be read: {one.pods.reason}"]
    alive = [pod for pod in one.pods if not pod.has_ended]
    why += [f"{pod.ref} is still ending" for pod in alive if pod.deleting_since]
    staying = [pod for pod in alive if not pod.deleting_since]
    # An older pod that is ready, too, is counted by the Deployment, and may still act.
    if len(staying) != one.desired:
        names = ", ".join(pod.ref.name for pod in staying) or "none"
        why.append(f"{one.ref} wants {one.desired} pods and has {len(staying)} ({names})")
    return [*why, *(f"{pod.ref} is {_phase(pod)}" for pod in staying if not pod.ready)]


def _phase(pod: Pod) -> str:
    if pod.deleting_since:
        return "ending"
    return f"{pod.phase}, {pod.reason}" if pod.reason else pod.phase
