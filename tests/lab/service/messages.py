# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do messages of a session look on the wire? (arc.md 8 C)"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional

from lab.service.model import Job

AVAILABLE, ASSIGNED = "JobAvailable", "JobAssigned"
STARTED, COMPLETED = "JobStarted", "JobCompleted"
FIRST_RUN = 1_000_000
NAMESPACE = uuid.UUID("6b1f5a52-7a53-4d4b-9f0e-2f1f4f0f3a11")


def rfc3339(seconds: Optional[float]) -> str:
    moment = datetime.fromtimestamp(seconds or 0.0, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if seconds else "0001-01-01T00:00:00Z"


def job_uuid(job: Job) -> str:
    """The job's id as the newer protocol calls it; the same for each call."""
    return str(uuid.uuid5(NAMESPACE, str(job.id)))


def run_id(job: int) -> int:
    """Each job is the only one of its workflow run."""
    return FIRST_RUN + job


def job_of_run(run: int) -> int:
    return run - FIRST_RUN


def event(kind: str, job: Job) -> Dict[str, Any]:
    """One entry of a message's body."""
    owner, _slash, name = job.repository.partition("/")
    content: Dict[str, Any] = {
        "messageType": kind,
        "runnerRequestId": job.id,
        "repositoryName": name,
        "ownerName": owner,
        "jobId": job_uuid(job),
        "jobWorkflowRef": f"{job.repository}/.github/workflows/ci.yml@refs/heads/main",
        "jobDisplayName": f"job-{job.id}",
        "workflowRunId": run_id(job.id),
        "eventName": "push",
        "requestLabels": [job.label],
        "queueTime": rfc3339(job.queued_at),
        "scaleSetAssignTime": rfc3339(job.assigned_at),
        "runnerAssignTime": rfc3339(job.started_at),
        "finishTime": rfc3339(job.finished_at),
    }
    if kind == AVAILABLE:
        content["acquireJobUrl"] = ""
    if kind in (STARTED, COMPLETED):
        content.update(runnerId=job.runner_id or 0, runnerName=job.runner or "")
    if kind == COMPLETED:
        content["result"] = "failed" if job.conclusion == "lost" else job.conclusion
    return content


def batch(number: int, events: List[Dict[str, Any]], stats: Dict[str, int]) -> Dict[str, Any]:
    """A whole message; its body is a JSON list as text."""
    return {
        "messageId": number,
        "messageType": "RunnerScaleSetJobMessages",
        "body": json.dumps(events),
        "statistics": stats,
    }


def offered(message: Dict[str, Any]) -> List[int]:
    """The jobs a message offers."""
    events: List[Dict[str, Any]] = json.loads(message["body"])
    return [e["runnerRequestId"] for e in events if e["messageType"] == AVAILABLE]
