# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pod belongs to what, and what is known of a runner's pod."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

from . import read_objects, reads, states
from .objects import Pod, Ref
from .reads import Unread

Raw = Mapping[str, Any]
Part = Union[Tuple[Raw, ...], Unread]

PART_OF_LABEL = "app.kubernetes.io/part-of"
# The second is 0.4.0's (charts/gha-runner-scale-set-controller/templates/_helpers.tpl).
PART_OF_CONTROLLER = ("gha-rs-controller", "gha-runner-scale-set-controller")


class Pods:
    """Pods by owner and by name, or the reason why none was seen."""

    def __init__(self, part: Part) -> None:
        self.unread: Optional[Unread] = part if isinstance(part, Unread) else None
        self.raws = reads.seen(part)
        self._by_owner: Dict[str, List[Pod]] = defaultdict(list)
        self._by_runner: Dict[Tuple[str, str], List[Pod]] = defaultdict(list)
        for raw in self.raws:
            pod = read_objects.read_pod(raw)
            if pod.owner_uid:
                self._by_owner[pod.owner_uid].append(pod)
            if pod.runner_pod and not pod.is_over:
                self._by_runner[(pod.ref.namespace, pod.runner_pod)].append(pod)

    def owned_by(self, ref: Ref) -> Union[Pod, None, Unread]:
        """Return the pod of a listener or runner: the living one if there are two."""
        if self.unread is not None:
            return self.unread
        pods = self._by_owner.get(ref.uid, ())
        return min(pods, key=lambda pod: (pod.is_over, pod.ref.name), default=None)

    def of_job(self, ref: Ref) -> Tuple[Pod, ...]:
        """Return the pods that a job on this runner made and that are not over."""
        return tuple(self._by_runner.get((ref.namespace, ref.name), ()))

    def selected_by(self, deployment: Raw) -> Union[Tuple[Pod, ...], Unread]:
        """Return the pods of a controller Deployment."""
        return self.unread if self.unread is not None else tuple(self._selected(deployment))

    def stray(self, deployments: Part) -> Union[Tuple[Pod, ...], Unread]:
        """Return manager pods whose Deployment is gone: an old manager that may still act."""
        if self.unread is not None:
            return self.unread
        if isinstance(deployments, Unread):
            return deployments
        owned = {pod.ref for raw in deployments for pod in self._selected(raw)}
        managers = (
            read_objects.read_pod(raw)
            for raw in self.raws
            if (raw["metadata"].get("labels") or {}).get(PART_OF_LABEL) in PART_OF_CONTROLLER
        )
        return tuple(pod for pod in managers if pod.ref not in owned)

    def _selected(self, deployment: Raw) -> List[Pod]:
        selector = (deployment.get("spec") or {}).get("selector") or {}
        wanted = selector.get("matchLabels") or {}
        namespace = deployment["metadata"].get("namespace", "")
        return [
            read_objects.read_pod(raw)
            for raw in self.raws
            if wanted
            and raw["metadata"].get("namespace", "") == namespace
            and wanted.items() <= (raw["metadata"].get("labels") or {}).items()
        ]


def sight(pod: Union[Pod, None, Unread]) -> states.PodSight:
    """Say what is known of a runner's pod; the exit of its main container goes first."""
    if isinstance(pod, Unread):
        return states.PodSight.UNREAD
    if pod is None:
        return states.PodSight.ABSENT
    if pod.exit_code is not None:
        return states.PodSight.FAILED if pod.exit_code else states.PodSight.SUCCEEDED
    if pod.phase == "Succeeded":
        return states.PodSight.SUCCEEDED
    if pod.phase == "Failed":
        return states.PodSight.FAILED
    if pod.container_state == "running":
        return states.PodSight.RUNNING
    if pod.container_state == "waiting" or pod.phase in ("Pending", ""):
        return states.PodSight.WAITING
    return states.PodSight.UNCLEAR
