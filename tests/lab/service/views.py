# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does the service tell what it knows? Memory in, JSON out."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from lab.service import messages
from lab.service.hub import Hub
from lab.service.model import ASSIGNED, QUEUED, RUNNING, Job, Runner, ScaleSet

CONCLUSIONS = {"succeeded": "success", "canceled": "cancelled", "failed": "failure"}


# For people and tests --------------------------------------------------------------------------


def job(item: Job) -> Dict[str, Any]:
    return {
        "id": item.id,
        "scale_set": item.label,
        "scope": item.scope,
        "repository": item.repository,
        "scale_set_id": item.scale_set_id,
        "cluster": item.cluster,
        "runner": item.runner,
        "state": item.state,
        "conclusion": item.conclusion,
        "duration_s": item.duration_s,
        "queued_at": item.queued_at,
        "assigned_at": item.assigned_at,
        "started_at": item.started_at,
        "finished_at": item.finished_at,
        "stranded_s": item.stranded_s,
        "history": item.history,
    }


def ledger(hub: Hub, with_jobs: bool = True) -> Dict[str, Any]:
    """Counts by state, `stranded`, and all jobs in the order of their ids."""
    counts: Dict[str, Any] = hub.book.summary()
    if with_jobs:
        counts["jobs"] = [job(hub.book.jobs[number]) for number in sorted(hub.book.jobs)]
    return counts


def scale_sets(hub: Hub) -> List[Dict[str, Any]]:
    return [_lab_set(hub, item) for item in sorted(hub.registry.sets.values(), key=lambda s: s.id)]


def _lab_set(hub: Hub, item: ScaleSet) -> Dict[str, Any]:
    session = hub.dispatch.sessions.get(item.id)
    held = None
    if session is not None:
        held = {
            "id": session.id,
            "owner": session.owner,
            "cluster": session.cluster,
            "opened_at": session.opened_at,
            "last_seen": session.last_seen,
            "capacity": session.capacity,
            "polls": session.polls,
        }
    return {
        "id": item.id,
        "name": item.name,
        "group": hub.registry.group_name(item.group_id),
        "scope": item.scope,
        "cluster": item.cluster,
        "session": held,
        "session_cluster": session.cluster if session else None,
        "session_since": session.opened_at if session else None,
        "capacity": session.capacity if session else None,
        "assigned": len(hub.book.assigned(item.id)),
        "running": len(hub.book.running(item.id)),
        "runners": [_lab_runner(runner) for runner in hub.registry.runners_of(item.id)],
    }


def _lab_runner(runner: Runner) -> Dict[str, Any]:
    return {
        "id": runner.id,
        "name": runner.name,
        "cluster": runner.cluster,
        "online": runner.online,
        "busy": runner.job is not None,
        "job": runner.job,
    }


# For ARC (arc.md 8 B) --------------------------------------------------------------------------


def scale_set(hub: Hub, item: ScaleSet, api: str) -> Dict[str, Any]:
    """`api`: the Actions service's URL of the scope."""
    return {
        "id": item.id,
        "name": item.name,
        "runnerGroupId": item.group_id,
        "runnerGroupName": hub.registry.group_name(item.group_id),
        "labels": item.labels,
        "runnerSetting": item.settings,
        "createdOn": messages.rfc3339(item.created_at),
        "runnerJitConfigUrl": f"{api}/_apis/runtime/runnerscalesets/{item.id}/generatejitconfig",
        "statistics": hub.dispatch.statistics(item.id),
    }


def agent(runner: Runner) -> Dict[str, Any]:
    return {"id": runner.id, "name": runner.name, "runnerScaleSetId": runner.scale_set_id}


def listing(items: List[Any]) -> Dict[str, Any]:
    return {"count": len(items), "value": items}


# For users of the REST API ---------------------------------------------------------------------


def rest_runner(hub: Hub, runner: Runner, held_busy: bool) -> Dict[str, Any]:
    item = hub.registry.sets[runner.scale_set_id]
    return {
        "id": runner.id,
        "name": runner.name,
        "os": "linux" if runner.was_online else "unknown",
        "status": "online" if runner.online else "offline",
        "busy": runner.job is not None or held_busy,
        "ephemeral": True,
        "runner_group_id": item.group_id,
        "labels": [
            {"id": label["id"], "name": label["name"], "type": "custom"} for label in item.labels
        ],
    }


def rest_group(group: Dict[str, Any], runners_url: str) -> Dict[str, Any]:
    return {
        "id": group["id"],
        "name": group["name"],
        "visibility": "all",
        "default": group["isDefaultGroup"],
        "inherited": False,
        "allows_public_repositories": False,
        "restricted_to_workflows": False,
        "selected_workflows": [],
        "runners_url": runners_url,
    }


def rest_status(item: Job) -> Dict[str, Optional[str]]:
    """`status` and `conclusion` in GitHub's words."""
    status = {QUEUED: "queued", ASSIGNED: "queued", RUNNING: "in_progress"}.get(item.state)
    conclusion = None
    if status is None:
        conclusion = CONCLUSIONS.get(item.conclusion or "", "failure")
    return {"status": status or "completed", "conclusion": conclusion}


def rest_run(item: Job, url: str) -> Dict[str, Any]:
    return {
        "id": messages.run_id(item.id),
        "name": "ci",
        "event": "push",
        **rest_status(item),
        "url": url,
        "created_at": messages.rfc3339(item.queued_at),
        "run_started_at": messages.rfc3339(item.queued_at),
        "updated_at": messages.rfc3339(item.finished_at or item.started_at or item.queued_at),
    }


def rest_job(item: Job) -> Dict[str, Any]:
    return {
        "id": item.id,
        "run_id": messages.run_id(item.id),
        "name": f"job-{item.id}",
        **rest_status(item),
        "labels": [item.label],
        "runner_id": item.runner_id,
        "runner_name": item.runner,
        "created_at": messages.rfc3339(item.queued_at),
        "started_at": messages.rfc3339(item.started_at) if item.started_at else None,
        "completed_at": messages.rfc3339(item.finished_at) if item.finished_at else None,
    }
