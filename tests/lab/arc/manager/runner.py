# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does one runner come up, end, and go? Source: arc.md 1 (table), 2, 4.5; observed b, m, n."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional

from lab.arc import protocol
from lab.arc.log import Log
from lab.arc.manager import runner_objects, runner_removal
from lab.arc.manager.github import AGENT_EXISTS
from lab.arc.manager.outcome import MAX_FAILURES, Outcome, backoff_s, pod_outcome
from lab.arc.manager.queue import Again, Failed
from lab.arc.manager.runner_objects import REGISTRATION_FINALIZER, RUNNER_FINALIZER
from lab.arc.manager.world import World, has_finalizer, is_deleting
from lab.kube import ApiError

KIND = "EphemeralRunner"
TOO_MANY = "TooManyPodFailures"
INVALID = "InvalidPod"
QUOTA_PAUSE_S, QUOTA_LIMIT_S = 30.0, 600.0
Item = Dict[str, Any]


def now_text() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def age_s(timestamp: str) -> float:
    moment = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return (datetime.now(timezone.utc) - moment).total_seconds()


class RunnerReconciler:
    """The reconciler of EphemeralRunners."""

    def __init__(self, world: World) -> None:
        self._world = world
        # From 0.11.0 the first pod is made from what GitHub just said, whatever the API server
        # kept of it (observed n3). By uid of the runner.
        self._jit: Dict[str, str] = {}

    async def reconcile(self, namespace: str, name: str) -> Optional[Again]:
        item = self._world.get(KIND, namespace, name)
        if item is None:
            return None
        log = self._world.log.named(KIND, ephemeralrunner={"name": name, "namespace": namespace})
        if is_deleting(item):
            self._jit.pop(item["metadata"]["uid"], None)
            return await runner_removal.finish(self._world, item, log)
        if await self._protect(item, log):
            return None
        status = item.get("status") or {}
        if status.get("phase") in ("Succeeded", "Failed", "Outdated"):
            log.info(
                "EphemeralRunner has already finished. Stopping reconciliation and waiting for "
                "EphemeralRunnerSet to clean it up",
                phase=status["phase"],
            )
            if self._world.facts.ended_loses_pod:
                await runner_removal.release_pod(self._world, item)
            return None
        if not status.get("runnerId"):
            return await self._register(item, log)
        if await self._keep_secret(item, log):
            return Again()
        pod = self._world.get("Pod", namespace, name)
        if pod is None:
            return await self._start(item, log)
        if is_deleting(pod):
            return None
        return await self._judge(item, pod, log)

    async def _protect(self, item: Item, log: Log) -> bool:
        """Add what is missing of the finalizers, in the order of the release; whether any was."""
        order = [REGISTRATION_FINALIZER, RUNNER_FINALIZER]
        facts = self._world.facts
        if facts.runner_finalizers != "registration-first":
            order.reverse()
        missing = [name for name in order if not has_finalizer(item, name)]
        if not missing:
            return False
        if facts.runner_finalizers == "at-creation":
            known = item["metadata"].get("finalizers") or []
            await self._world.set_finalizers(KIND, item, known + missing)
            return True
        for name in missing:
            log.info("Adding finalizer", finalizer=name)
            item = await self._world.add_finalizer(KIND, item, name)
        log.info("Successfully added finalizer")
        return True

    async def _register(self, item: Item, log: Log) -> Optional[Again]:
        """A registration at GitHub, its number and name into the status."""
        world, meta = self._world, item["metadata"]
        log.info(
            "Creating new ephemeral runner registration and updating status with runner config"
        )
        client = await world.actions(meta["namespace"], item["spec"])
        try:
            answer = await client.jit_config(item["spec"]["runnerScaleSetId"], meta["name"])
        except protocol.Refused as error:
            if error.status != 409 or AGENT_EXISTS not in error.exception:
                raise
            log.info(
                "Getting runner jit config failed with conflict error, trying to get the runner "
                "by name",
                runnerName=meta["name"],
            )
            existing = await client.runner_by_name(meta["name"])
            if existing:
                await client.remove_runner(int(existing["id"]))
            return Again()
        runner, jit = answer["runner"], answer["encodedJITConfig"]
        log.info("Created ephemeral runner JIT config", runnerId=runner["id"])
        status: Item = {"runnerId": runner["id"], "runnerName": runner["name"]}
        if world.facts.jit_in == "secret":
            await self._create_secret(
                item,
                {
                    "jitToken": jit,
                    "runnerName": runner["name"],
                    "runnerId": str(runner["id"]),
                    "scaleSetId": str(item["spec"]["runnerScaleSetId"]),
                },
            )
        else:
            status["runnerJITConfig"] = jit
            if world.facts.jit_from_memory:
                self._jit[meta["uid"]] = jit
        await world.patch(KIND, item, {"status": status}, "status")
        return None

    async def _keep_secret(self, item: Item, log: Log) -> bool:
        """The pod's Secret; up to 0.12.1 made from the status, which a newer CRD has emptied
        (observed n1). Whether the registration has to be made anew."""
        meta, status = item["metadata"], item.get("status") or {}
        if await self._world.secret_or_none(meta["namespace"], meta["name"]) is not None:
            return False
        if self._world.facts.jit_in == "secret":
            log.info("Ephemeral runner secret is gone. Registering the runner again")
            client = await self._world.actions(meta["namespace"], item["spec"])
            await client.remove_runner(status["runnerId"])
            body = {"status": {"runnerId": None, "runnerName": None}}
            await self._world.patch(KIND, item, body, "status")
            return True
        log.info("Creating new ephemeral runner secret for jitconfig.")
        jit = self._jit.pop(meta["uid"], status.get("runnerJITConfig", ""))
        await self._create_secret(item, {"jitToken": jit})
        return False

    async def _create_secret(self, item: Item, content: Dict[str, str]) -> None:
        wanted = runner_objects.jit_secret(item, content)
        try:
            await self._world.create(wanted)
        except ApiError as error:
            if error.status != 409:
                raise
            path = self._world.path("Secret", wanted)
            data = {k: base64.b64encode(v.encode()).decode() for k, v in content.items()}
            await self._world.kube.merge_patch(path, {"data": data})

    async def _start(self, item: Item, log: Log) -> Optional[Again]:
        """Make the pod, unless the runner has failed too often or has to pause."""
        facts, failures = self._world.facts, (item.get("status") or {}).get("failures") or {}
        if len(failures) > MAX_FAILURES:
            if facts.failed_runner == "made-again":
                log.info(
                    "EphemeralRunner has failed more than 5 times. Deleting ephemeral runner so "
                    "it can be re-created"
                )
                await self._world.delete(KIND, item)
                return None
            log.info("EphemeralRunner has failed more than 5 times. Marking it as failed")
            await self._mark_failed(item, TOO_MANY, "Pod has failed to start more than 5 times")
            return None
        if facts.failed_runner == "made-again" and failures:
            left = backoff_s(len(failures)) - age_s(max(failures.values()))
            if left > 0:
                log.info("Backing off the next reconciliation due to failure", requeueAfter=left)
                return Again(left)
        log.info("Creating new EphemeralRunner pod.")
        return await self._create_pod(item, log)

    async def _create_pod(self, item: Item, log: Log) -> Optional[Again]:
        facts = self._world.facts
        try:
            await self._world.create(runner_objects.runner_pod(facts, item))
        except ApiError as error:
            if error.status == 409:
                return Again()
            if error.status not in (403, 422):
                log.error(error, "Failed to create pod")
                raise Failed() from error
            if error.status == 403 and facts.quota_retry and "exceeded quota" in error.message:
                if age_s(item["metadata"]["creationTimestamp"]) > QUOTA_LIMIT_S:
                    await self._world.delete(KIND, item)
                    return None
                return Again(QUOTA_PAUSE_S)
            log.error(error, "Failed to create a pod due to unrecoverable failure")
            told = f"Failed to create the pod: {error.message}"
            await self._mark_failed(item, INVALID, told)
            return None
        log.info("Created ephemeral runner pod", runnerName=item["metadata"]["name"])
        return None

    async def _mark_failed(self, item: Item, reason: str, message: str) -> None:
        status = {"phase": "Failed", "reason": reason, "message": message}
        await self._world.patch(KIND, item, {"status": status}, "status")

    async def _judge(self, item: Item, pod: Item, log: Log) -> Optional[Again]:
        verdict = pod_outcome(self._world.facts, pod, item)
        world = self._world
        if verdict is Outcome.ASK:
            client = await world.actions(item["metadata"]["namespace"], item["spec"])
            registered = await client.is_registered(item["status"]["runnerId"])
            verdict = Outcome.POD_FAILED if registered else Outcome.SUCCEEDED
        if verdict is Outcome.WAIT:
            log.info("Waiting for runner container status to be available")
        elif verdict is Outcome.FOLLOW:
            await self._follow(item, pod, log)
        elif verdict is Outcome.SUCCEEDED:
            log.info("Ephemeral runner has finished")
            await world.patch(KIND, item, {"status": {"phase": "Succeeded"}}, "status")
        elif verdict is Outcome.OUTDATED:
            log.info("Ephemeral runner is outdated")
            await world.patch(KIND, item, {"status": {"phase": "Outdated"}}, "status")
            await world.delete("Pod", pod)
        elif verdict in (Outcome.DELETE_RUNNER, Outcome.FAILED_WITH_JOB):
            log.info("Deleting ephemeral runner", verdict=verdict.value)
            await world.delete(KIND, item)
        else:
            await self._pod_failed(item, pod, log)
        return None

    async def _follow(self, item: Item, pod: Item, log: Log) -> None:
        """Copy phase and readiness of the pod."""
        status, before = pod.get("status") or {}, item.get("status") or {}
        phase = status.get("phase", "")
        if phase in ("Succeeded", "Failed", ""):
            return
        conditions: List[Item] = status.get("conditions") or []
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
        if not self._world.facts.ready_follows_pod:
            ready = before.get("ready", False) or phase == "Running"
        if (before.get("phase", ""), before.get("ready", False)) == (phase, ready):
            return
        log.info("Updating ephemeral runner status with pod phase", phase=phase, ready=ready)
        wanted: Item = {"phase": phase, "ready": ready}
        wanted["reason"], wanted["message"] = status.get("reason"), status.get("message")
        await self._world.patch(KIND, item, {"status": wanted}, "status")

    async def _pod_failed(self, item: Item, pod: Item, log: Log) -> None:
        """Delete the pod and count; a CRD of the other type refuses the count (observed n1)."""
        world, uid = self._world, pod["metadata"]["uid"]
        log.info("Ephemeral runner container failed")
        await world.delete("Pod", pod)
        value: Any = now_text() if world.facts.failures == "time" else True
        status: Item = {"failures": {uid: value}, "ready": False}
        status["reason"] = (pod.get("status") or {}).get("reason")
        status["message"] = (pod.get("status") or {}).get("message")
        try:
            await world.patch(KIND, item, {"status": status}, "status")
        except ApiError as error:
            cause = Exception(
                "failed to update ephemeral runner status: failed attempts: " + error.message
            )
            log.error(cause, "Failed to delete runner pod on failure")
            raise Failed() from cause
