# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does a listener do with its messages? Source: arc.md 5, 8 C; observed c, d, f, i.

It patches the EphemeralRunnerSet's numbers and writes a started job into its runner's status.
That is all it does in the cluster: without a controller it goes on taking jobs (observed c).
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, TypeVar

from lab.arc.listener.config import Config
from lab.arc.listener.github import Broken, QueueTokenExpired, Service
from lab.arc.listener.target import Patch, Target
from lab.arc.log import Log
from lab.arc.protocol import Refused
from lab.arc.releases import Release
from lab.incluster import ApiRefused, InCluster

RESOURCES = "/apis/actions.github.com/v1alpha1/namespaces/{}/{}/{}"
FAILURES = (Refused, Broken, ApiRefused, OSError)
Result = TypeVar("Result")


class Ended(Exception):
    """The listener cannot go on; the text is what the real one says last."""


class Loop:
    """One listener, one session."""

    def __init__(
        self, facts: Release, config: Config, service: Service, kube: InCluster, log: Log
    ) -> None:
        self._facts = facts
        self._config = config
        self._service = service
        self._kube = kube
        self._log = log
        self._target = Target(facts, config.minimum, config.maximum)
        self._last_message = 0
        self._assigned = 0

    def run(self, owner: str) -> None:
        """Until Ended is raised, or whatever a signal raises."""
        try:
            self._service.log_in()
            statistics = self._service.open_session(owner)
        except FAILURES as error:
            raise Ended(self._no_session(error)) from error
        self._log.info("Current runner scale set statistics.", statistics=json.dumps(statistics))
        self._assigned = statistics["totalAssignedJobs"]
        self._step("handling initial message failed", self._patch_after, True)
        while True:
            self._log.info("Getting next message", lastMessageID=self._last_message)
            message = self._step("failed to get message", self._poll)
            if message is None:
                patch = self._target.after_nothing(self._assigned)
                if patch is not None:
                    self._step("handling nil message failed", self._patch, patch)
                continue
            self._handle(message)

    def _no_session(self, error: Exception) -> str:
        if self._facts.error_style == "scaleset":
            return f"failed to create message session: {error}"
        return (
            "createSession failed: failed to create session: "
            f"failed to do the session request: {error}"
        )

    @staticmethod
    def _step(told: str, act: Callable[..., Result], *arguments: Any) -> Result:
        try:
            return act(*arguments)
        except FAILURES as error:
            raise Ended(f"{told}: {error}") from error

    def _refreshing(self, act: Callable[..., Result], *arguments: Any) -> Result:
        """Once more with a refreshed session where the queue's token had expired."""
        try:
            return act(*arguments)
        except QueueTokenExpired:
            self._log.info("Message queue token is expired during GetNextMessage, refreshing...")
            self._service.refresh_session()
            return act(*arguments)

    def _poll(self) -> Any:
        return self._refreshing(self._service.poll, self._last_message, self._config.maximum)

    def _handle(self, message: Dict[str, Any]) -> None:
        number = message["messageId"]
        statistics = message.get("statistics") or {}
        self._log.info("Processing message", messageId=number)
        self._log.info("New runner scale set statistics.", statistics=json.dumps(statistics))
        events: List[Dict[str, Any]] = json.loads(message.get("body") or "[]")
        offered = [e["runnerRequestId"] for e in events if e["messageType"] == "JobAvailable"]
        self._last_message = number
        if not self._facts.delete_then_acquire:
            self._acquire(offered)
        self._step("failed to delete message", self._delete, number)
        if self._facts.delete_then_acquire:
            self._acquire(offered)
        started = [e for e in events if e["messageType"] == "JobStarted"]
        ended = [e for e in events if e["messageType"] == "JobCompleted"]
        for event in started:
            self._step("failed to handle job started", self._job_started, event)
        for event in ended:
            self._log.info(
                "Job completed message received.",
                jobId=event.get("jobId", ""),
                result=event.get("result", ""),
                runnerName=event.get("runnerName", ""),
            )
        self._assigned = statistics.get("totalAssignedJobs", self._assigned)
        active = bool(ended) or (bool(started) and self._facts.nil_poll == "latest")
        self._step("failed to handle desired runner count", self._patch_after, active)

    def _delete(self, number: int) -> None:
        self._log.info("Deleting last message", lastMessageID=number)
        self._refreshing(self._service.delete_message, number)

    def _acquire(self, requests: List[int]) -> None:
        if not requests or not self._facts.acquires:
            return
        self._log.info("Acquiring jobs", count=len(requests), requestIds=str(requests))
        taken = self._step(
            "failed to acquire available jobs", self._refreshing, self._service.acquire, requests
        )
        self._log.info("Jobs are acquired", count=len(taken), requestIds=str(taken))

    def _patch_after(self, active: bool) -> None:
        self._patch(self._target.after(self._assigned, active))

    def _patch(self, patch: Patch) -> None:
        body = {"spec": {"patchID": patch.patch_id, "replicas": patch.replicas or None}}
        self._log.info(
            "Preparing EphemeralRunnerSet update",
            assigned=self._assigned,
            decision=patch.replicas,
            patchID=patch.patch_id,
        )
        path = RESOURCES.format(self._config.namespace, "ephemeralrunnersets", self._config.runners)
        try:
            self._kube.merge_patch(path, body)
        except ApiRefused as error:
            told = f"could not patch ephemeral runner set , patch JSON: {json.dumps(body)}, "
            raise ApiRefused(error.status, f"{told}error: {error}") from error
        self._log.info("Ephemeral runner set scaled.", replicas=patch.replicas)

    def _job_started(self, event: Dict[str, Any]) -> None:
        """Write the job into its runner's status; a runner that is gone is no error."""
        self._log.info(
            "Updating job info for the runner",
            runnerName=event.get("runnerName", ""),
            requestId=event["runnerRequestId"],
        )
        fields = {
            "jobRequestId": event["runnerRequestId"],
            "jobRepositoryName": f"{event.get('ownerName')}/{event.get('repositoryName')}",
            "workflowRunId": event.get("workflowRunId"),
            "jobWorkflowRef": event.get("jobWorkflowRef"),
            "jobDisplayName": event.get("jobDisplayName"),
        }
        if self._facts.job_field == "jobId":
            fields["jobId"] = event.get("jobId")
        name = f"{event['runnerName']}/status"
        path = RESOURCES.format(self._config.namespace, "ephemeralrunners", name)
        try:
            self._kube.merge_patch(path, {"status": fields})
        except ApiRefused as error:
            if error.status != 404:
                raise
            self._log.info("Ephemeral runner not found, skipping patching of job info")
