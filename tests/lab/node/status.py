# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does a pod's status say, given the states of its containers? Pure.

ARC's controllers decide by it: `arc.md`, section 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Sequence

WAITING, RUNNING, TERMINATED = "waiting", "running", "terminated"
INIT, SIDECAR, MAIN = "init", "sidecar", "main"
# A container that ran this long is no crash loop any more (kubelet).
STABLE_S = 600.0


def stamp(seconds: Optional[float]) -> Optional[str]:
    """Epoch seconds as the API writes times; None stays None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class ContainerState:
    """What a container is doing. Times are epoch seconds; `failures` counts the restarts since
    it last ran for long."""

    name: str
    image: str
    kind: str
    phase: str = WAITING
    reason: str = "ContainerCreating"
    message: str = ""
    exit_code: Optional[int] = None
    started_at: Optional[float] = None
    finished_at: Optional[float] = None
    restarts: int = 0
    failures: int = 0
    ready: bool = False
    last: Optional[Dict[str, Any]] = None
    container_id: str = ""

    def wait(self, reason: str, message: str = "") -> None:
        self.phase, self.reason, self.message, self.ready = WAITING, reason, message, False

    def run(self, started_at: float, ready: bool) -> None:
        self.phase, self.reason, self.message = RUNNING, "", ""
        self.started_at, self.ready, self.exit_code = started_at, ready, None

    def end(self, exit_code: int, finished_at: float, reason: str = "") -> None:
        self.phase, self.exit_code, self.finished_at = TERMINATED, exit_code, finished_at
        self.reason = reason or ("Completed" if exit_code == 0 else "Error")
        self.message, self.ready = "", False

    def has_succeeded(self) -> bool:
        return self.phase == TERMINATED and self.exit_code == 0

    def terminated(self) -> Dict[str, Any]:
        """The `terminated` part of a state."""
        return {
            "exitCode": self.exit_code,
            "reason": self.reason,
            "startedAt": stamp(self.started_at),
            "finishedAt": stamp(self.finished_at),
            "containerID": self.container_id,
        }

    def detail(self) -> Dict[str, Any]:
        """The `state` of a containerStatus."""
        if self.phase == WAITING:
            waiting = {"reason": self.reason, "message": self.message}
            return {"waiting": {key: value for key, value in waiting.items() if value}}
        if self.phase == RUNNING:
            return {"running": {"startedAt": stamp(self.started_at)}}
        return {"terminated": self.terminated()}

    def as_status(self) -> Dict[str, Any]:
        """An entry of containerStatuses."""
        done = self.kind == INIT and self.has_succeeded()
        return {
            "name": self.name,
            "image": self.image,
            "imageID": self.image,
            "containerID": self.container_id,
            "ready": done or (self.phase == RUNNING and self.ready),
            "started": self.phase == RUNNING,
            "restartCount": self.restarts,
            "state": self.detail(),
            "lastState": {"terminated": self.last} if self.last else {},
        }


def should_restart(policy: str, state: ContainerState) -> bool:
    """Whether a container that ended is started again; `policy`: the pod's restartPolicy."""
    if state.kind == SIDECAR:
        return True
    if state.kind == INIT:
        return policy != "Never" and state.exit_code != 0
    return policy == "Always" or (policy == "OnFailure" and state.exit_code != 0)


def restart_pause_s(failures: int) -> float:
    """Back-off before the next restart after `failures` earlier ones: at once, 10, 20 … 300 s."""
    return 0.0 if failures == 0 else min(10.0 * 2 ** min(failures - 1, 10), 300.0)


def pod_phase(policy: str, states: Sequence[ContainerState]) -> str:
    """Pending, Running, Succeeded or Failed, as a kubelet would say it."""
    for state in states:
        if state.kind == INIT and not state.has_succeeded():
            is_final = state.phase == TERMINATED and not should_restart(policy, state)
            return "Failed" if is_final else "Pending"
    mains = [state for state in states if state.kind == MAIN]
    if any(state.phase == WAITING and state.last is None for state in mains):
        return "Pending"
    for state in mains:
        if state.phase != TERMINATED or should_restart(policy, state):
            return "Running"
    if any(state.kind == SIDECAR and state.phase == RUNNING for state in states):
        return "Running"
    return "Failed" if any(state.exit_code != 0 for state in mains) else "Succeeded"


def pod_status(
    pod: Mapping[str, Any],
    states: Sequence[ContainerState],
    started_at: float,
    now: float,
    over: Optional[Mapping[str, str]] = None,
    is_ending: bool = False,
) -> Dict[str, Any]:
    """The whole status, as a strategic merge patch: conditions that others write stay.

    `over`: {"phase", "reason", "message"} where the pod as such was ended (evicted, past its
    deadline); `is_ending`: nothing is restarted any more.
    """
    policy = "Never" if is_ending else pod["spec"].get("restartPolicy", "Always")
    phase = over["phase"] if over else pod_phase(policy, states)
    before = [state for state in states if state.kind != MAIN]
    mains = [state for state in states if state.kind == MAIN]
    serving = [state for state in states if state.kind != INIT]
    is_ready = phase == "Running" and not is_ending
    is_ready = is_ready and all(s.phase == RUNNING and s.ready for s in serving)
    conditions = {
        "PodReadyToStartContainers": phase in ("Pending", "Running"),
        "Initialized": phase == "Succeeded" or all(_is_past(state) for state in before),
        "ContainersReady": is_ready,
        "Ready": is_ready,
    }
    status: Dict[str, Any] = {
        "phase": phase,
        "reason": (over or {}).get("reason"),
        "message": (over or {}).get("message"),
        "hostIP": "127.0.0.1",
        "podIP": "127.0.0.1",
        "podIPs": [{"ip": "127.0.0.1"}],
        "startTime": stamp(started_at),
        "conditions": _conditions(pod, conditions, phase, now),
        "containerStatuses": [state.as_status() for state in mains],
    }
    if before:
        status["initContainerStatuses"] = [state.as_status() for state in before]
    return status


def _is_past(state: ContainerState) -> bool:
    """Whether an init container no longer holds the others up."""
    return state.started_at is not None if state.kind == SIDECAR else state.has_succeeded()


def _conditions(
    pod: Mapping[str, Any], wanted: Mapping[str, bool], phase: str, now: float
) -> List[Dict[str, Any]]:
    """The conditions a node writes; PodScheduled only where no scheduler did."""
    known = {c["type"]: c for c in (pod.get("status") or {}).get("conditions") or []}
    result = []
    if "PodScheduled" not in known:
        wanted = {"PodScheduled": True, **wanted}
    for kind, value in wanted.items():
        text = "True" if value else "False"
        earlier = known.get(kind) or {}
        since = earlier.get("lastTransitionTime") if earlier.get("status") == text else None
        condition = {"type": kind, "status": text, "lastTransitionTime": since or stamp(now)}
        if not value and kind in ("Ready", "ContainersReady"):
            ended = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}
            condition["reason"] = ended.get(phase, "ContainersNotReady")
        result.append(condition)
    return result
