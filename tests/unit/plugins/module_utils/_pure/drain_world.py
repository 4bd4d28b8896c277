# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One scale set, its controller, and GitHub, as far as a drain can tell them: in memory, in steps.

It follows what unmodified releases were seen to do: `immediate` makes a changed listener anew at
once, `eventual` only when no runner is pending or running; a runner that ends is replaced while
its runner set wants it; deletion takes the listener, then runners without a job, waits for the
others, then takes runner set and set. A job is stranded if its set is deleted while it waits.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import drain, model
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import json_patches

STEP_S = 5
TARGET = drain.Target("arc-runners", "web", "uid-AutoscalingRunnerSet-arc-runners-web")


class World:
    """`running`: seconds that each running job still needs. `waiting`: likewise, of jobs that
    are assigned and have no runner. `start_s`: what a runner needs to come up. `replaces`: a
    runner that ended is replaced although no listener asks for it, as 0.9.0 does."""

    def __init__(
        self, *, running: List[int], waiting: List[int], min_runners: int = 0,
        start_s: int = 10, release: str = "0.9.3", max_runners: Optional[int] = 50,
        replaces: bool = True,
    ) -> None:
        self.now: datetime = b.NOW
        self.start_s = start_s
        self.replaces, self.is_filled = replaces, False
        self.waiting = list(waiting)
        self.jobs: Dict[str, int] = {}
        self.completed = self.stranded = self.killed = 0
        self.made = 0
        self.deployment = b.controller(release)
        self.rollout = 0
        self.listener_round = 0
        self.set = b.scale_set(release=release, min_runners=min_runners, max_runners=max_runners)
        self.listener: Optional[Dict[str, Any]] = b.listener(self.set)
        wanted = min_runners + len(running) + len(waiting)
        self.group: Optional[Dict[str, Any]] = b.runner_set(self.set, replicas=wanted)
        self.seen_limits = self._limits()
        self.runners: Dict[str, Dict[str, Any]] = {}
        for seconds in running:
            name = self._make(started=self.now - timedelta(minutes=5))
            self.jobs[name] = seconds
            self.runners[name]["status"].update(b.job_fields(release))
        for _idle in range(min_runners):
            self._make(started=self.now - timedelta(minutes=5))

    def view(self) -> drain.View:
        """Return what one look at the cluster shows."""
        parts: Dict[str, Any] = {
            "deployments": [self.deployment],
            "pods": [b.controller_pod(self.deployment)],
            "secrets": [b.helper("Secret", "web-gha-rs-github-secret", protected=False)],
            "autoscalingrunnersets": [self.set] if self.set else [],
            "autoscalinglisteners": [self.listener] if self.listener else [],
            "ephemeralrunnersets": [self.group] if self.group else [],
            "ephemeralrunners": list(self.runners.values()),
        }
        if self.rollout:
            parts["pods"].append(b.controller_pod(self.deployment, suffix="old", deleting=0))
        if self.listener:
            parts["pods"].append(b.listener_pod(self.listener))
        for raw in self.runners.values():
            up = self.now >= raw["starts"]
            pod = b.runner_pod(raw, state="running" if up else "waiting")
            if up:
                states = pod["status"]["containerStatuses"][1]["state"]
                states["running"]["startedAt"] = raw["starts"].strftime("%Y-%m-%dT%H:%M:%SZ")
            parts["pods"].append(pod)
        snapshot = b.snapshot(**parts)
        return drain.View(model.read_cluster(snapshot), snapshot)

    def do(self, act: drain.Act) -> None:
        """Carry out a write as the API server would."""
        if act.ref.kind == "Deployment":
            self.deployment = json_patches.applied(self.deployment, act.body)
            self.rollout = 2
        elif act.ref.kind == "EphemeralRunnerSet":
            self.group = json_patches.applied(self.group, act.body)
        elif act.verb == "patch":
            self.set = json_patches.applied(self.set, act.body)
        else:
            assert act.body["preconditions"]["uid"] == self.set["metadata"]["uid"]
            self.set["metadata"]["deletionTimestamp"] = b.ago(0)

    def step(self) -> None:
        """Let some seconds pass: jobs start and end, runners come up, the controller acts."""
        self.now += timedelta(seconds=STEP_S)
        self.rollout = max(0, self.rollout - 1)
        for name in list(self.jobs):
            self.jobs[name] -= STEP_S
            if self.jobs[name] <= 0:
                del self.jobs[name], self.runners[name]
                self.completed += 1
        free = [n for n, raw in self.runners.items() if n not in self.jobs and self._is_online(raw)]
        for name, seconds in zip(free, list(self.waiting)):
            self.waiting.remove(seconds)
            self.jobs[name] = seconds
            if self.listener:
                self.runners[name]["status"].update(b.job_fields())
        if not self.rollout:
            self._control()

    def _control(self) -> None:
        if not self.set:
            return
        if "deletionTimestamp" in self.set["metadata"]:
            self._take_away()
            return
        if self._limits() != self.seen_limits:
            self.seen_limits = self._limits()
            self.listener = None
        arguments = self.deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        is_eventual = "--update-strategy=eventual" in arguments
        if self.listener is None and not (is_eventual and self.runners):
            self.listener_round += 1
            self.listener = b.listener(self.set)
            self.listener["metadata"]["uid"] += f"-{self.listener_round}"
        if self.listener and self.group:
            jobs = len(self.jobs) + len(self.waiting)
            least, most = self._limits()
            wanted = (least or 0) + jobs
            wanted = wanted if most is None else min(wanted, most)
            self.is_filled = self.is_filled and wanted == self.group["spec"].get("replicas")
            self.group["spec"]["replicas"] = wanted
        if self.group and not self.group["spec"].get("replicas"):
            idle = [n for n, r in self.runners.items() if n not in self.jobs and self._is_online(r)]
            for name in idle:
                del self.runners[name]
        wanted = self.group["spec"].get("replicas", 0) if self.group else 0
        if self.replaces or self.listener or not self.is_filled:
            while len(self.runners) < wanted:
                self._make(started=self.now + timedelta(seconds=self.start_s))
            self.is_filled = True

    def _limits(self) -> Tuple[Optional[int], Optional[int]]:
        spec = self.set["spec"]
        return spec.get("minRunners"), spec.get("maxRunners")

    def _take_away(self) -> None:
        self.listener = None
        for name in [name for name in self.runners if name not in self.jobs]:
            del self.runners[name]
        if not self.runners:
            if not self.group:
                self.stranded += len(self.waiting)
                self.waiting = []
                self.set = {}
            self.group = None

    def _make(self, started: datetime) -> str:
        self.made += 1
        name = f"web-alive-runner-{self.made}"
        self.runners[name] = b.runner(self.group, name=name)
        self.runners[name]["starts"] = started
        return name

    def _is_online(self, raw: Dict[str, Any]) -> bool:
        return self.now >= raw["starts"] + timedelta(seconds=STEP_S)


def drained(world, *, memory_lost_at=(), limit=2000, **changes):
    """Drain until it is finished; returns the stages in order and the acts."""
    options = drain.Options((TARGET,), **{"grace_s": 15, **changes})
    memory, stages, acts = drain.Memory(), [], []
    for number in range(limit):
        if number in memory_lost_at:
            memory = drain.Memory()
        decision = drain.decide(world.view(), options, memory, world.now)
        memory = decision.memory
        if not stages or stages[-1] != decision.stage:
            stages.append(decision.stage)
        if decision.finished:
            return stages, acts
        for act in decision.acts:
            world.do(act)
            acts.append(act)
        world.step()
    raise AssertionError(f"not drained within {limit} looks: {decision.line}, {decision.sets}")
