# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the controller do about a runner's pod? Pure. Source: arc.md 1, table of outcomes."""

from __future__ import annotations

from enum import Enum
from typing import Any, Dict, Mapping, Optional

from lab.arc.releases import Release

CONTAINER = "runner"
MAX_FAILURES = 5
BACKOFF_S = (0, 5, 10, 20, 40, 80)
DEPRECATED_EXIT_CODE = 7


class Outcome(Enum):
    """What is to be done about the pod or its runner."""

    WAIT = "no container status yet"
    FOLLOW = "still running: copy phase and readiness"
    POD_FAILED = "delete the pod, count a failure"
    ASK = "finished: ask GitHub whether the runner is still registered"
    SUCCEEDED = "finished"
    DELETE_RUNNER = "finished: delete the runner"
    FAILED_WITH_JOB = "failed with a job: delete the runner, remove it at GitHub"
    OUTDATED = "the runner's version is deprecated"


def container_status(pod: Mapping[str, Any], name: str) -> Optional[Dict[str, Any]]:
    """The status of the container with this name, None before there is one."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return next((status for status in statuses if status["name"] == name), None)


def has_job(facts: Release, runner: Mapping[str, Any]) -> bool:
    """The controller's own test, by one field only (arc.md 1: jobRequestId, from 0.13.0 jobId)."""
    return bool((runner.get("status") or {}).get(facts.job_field))


def pod_outcome(facts: Release, pod: Mapping[str, Any], runner: Mapping[str, Any]) -> Outcome:
    """The verdict on a pod that exists."""
    failed = Outcome.POD_FAILED
    if facts.failed_job_ends_runner and has_job(facts, runner):
        failed = Outcome.FAILED_WITH_JOB
    status = pod.get("status") or {}
    if facts.init_failures and _init_failed(status):
        return failed
    container = container_status(pod, CONTAINER)
    terminated = ((container or {}).get("state") or {}).get("terminated")
    if terminated is None:
        if status.get("phase") == "Failed" and _pod_failure_counts(facts, status):
            return failed
        return Outcome.FOLLOW if container else Outcome.WAIT
    code = terminated.get("exitCode", 0)
    if code == 0:
        return {
            "ask": Outcome.ASK,
            "succeeded": Outcome.SUCCEEDED,
            "delete": Outcome.DELETE_RUNNER,
        }[facts.on_exit_zero]
    if facts.outdated and code == DEPRECATED_EXIT_CODE:
        return Outcome.OUTDATED
    return failed


def _pod_failure_counts(facts: Release, status: Mapping[str, Any]) -> bool:
    return facts.any_pod_failure or status.get("reason") in facts.pod_failure_reasons


def _init_failed(status: Mapping[str, Any]) -> bool:
    states = [s.get("state") or {} for s in status.get("initContainerStatuses") or []]
    failed = any((state.get("terminated") or {}).get("exitCode", 0) != 0 for state in states)
    return failed and status.get("phase") == "Failed"


def backoff_s(failures: int) -> int:
    """Pause before the next pod of a runner that failed so often (0.12.0+)."""
    return BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
