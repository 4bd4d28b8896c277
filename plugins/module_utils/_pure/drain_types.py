# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values a drain is made of: what is asked, what is seen, what is decided. No judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, FrozenSet, Mapping, Optional, Tuple

from .gitops import Verdict
from .objects import Cluster, Job, Ref
from .reads import Snapshot
from .states import Counts

RETIRE, PAUSE, WAIT_ONLY = "retire", "pause", "wait_only"
AUTO, ALWAYS, NEVER = "auto", "always", "never"

# Stages of one scale set, in order.
STAGES = (
    "settle-controller", "settle-limits", "settle-listener", "settle-assigned", "delete",
    "scale-down", "listener", "idle", "busy", "strategy", "runner-sets", "set", "helpers",
    "drained",
)  # fmt: skip
DRAINED = "drained"
# Kinds of which everything must be seen before anything is done or called gone.
NEEDED = (
    "autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners",
    "pods", "deployments",
)  # fmt: skip
HELPERS = ("secrets", "serviceaccounts", "roles", "rolebindings")

LIMITS_BEFORE = "arc.lifecycle/limits-before"
STRATEGY_BEFORE = "arc.lifecycle/update-strategy-before"

SetKey = Tuple[str, str]


@dataclass(frozen=True)
class Target:
    """A scale set to drain. `uid`: "" for one that was named and is gone already."""

    namespace: str
    name: str
    uid: str = ""

    @property
    def key(self) -> SetKey:
        """Namespace and name."""
        return (self.namespace, self.name)

    def __str__(self) -> str:
        return f"AutoscalingRunnerSet {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Options:
    """What is asked. Times in seconds; `deadline`: aware UTC, None to wait for ever.

    `settle_timeout_s`: longest wait for assigned jobs to start, per set. `grace_s`: how long a
    runner must be up before a job that was waiting for it counts as started. `stuck_after_s`:
    how long a state must last to be told as a cause of a hang. `gitops_suspended`: the caller
    says that Argo CD or Flux does not put the sets back. `rights_missing`: what the caller may
    not write of what settling needs. `gitops`, `gitops_controllers`: what is known of the owners
    of sets and controllers, by namespace and name. `keep_copy`: store each set on the cluster before it goes.
    """

    targets: Tuple[Target, ...]
    mode: str = RETIRE
    settle: str = AUTO
    settle_timeout_s: float = 600
    grace_s: float = 30
    stuck_after_s: float = 45
    gitops_suspended: bool = False
    gitops: Mapping[Tuple[str, str], Verdict] = field(default_factory=dict)
    gitops_controllers: Mapping[Tuple[str, str], Verdict] = field(default_factory=dict)
    rights_missing: Tuple[str, ...] = ()
    wait_for_helpers: bool = True
    keep_copy: bool = False
    deadline: Optional[datetime] = None


@dataclass(frozen=True)
class View:
    """One look at the cluster. `github`: runner name -> "busy", "idle" or "gone", if asked."""

    cluster: Cluster
    snapshot: Snapshot
    github: Mapping[str, str] = field(default_factory=dict)

    def raw(self, part: str, ref: Ref) -> Mapping[str, Any]:
        """Return an object as the API gave it, {} if this look did not see it."""
        for one in self.snapshot.read(part):
            if one["metadata"].get("uid") == ref.uid:
                return one
        return {}


@dataclass(frozen=True)
class Settled:
    """What a settling set is measured by, from the first look without a listener.

    `waiting`: most jobs that could be waiting then. `seen`: UIDs of the runners without job
    fields since then; `up`: of those among them that had time to begin a job, or have ended
    since, as a runner ends with its job only. `there`: UIDs at the last look; `still_since`:
    since when no other came and none is on its way, None if one is.
    """

    since: datetime
    waiting: int
    up: FrozenSet[str] = frozenset()
    seen: FrozenSet[str] = frozenset()
    there: FrozenSet[str] = frozenset()
    still_since: Optional[datetime] = None


@dataclass(frozen=True)
class Memory:
    """What a run remembers between looks. Losing it costs time, never a job.

    `seen`: (cause id, object) -> first seen. `settled`: by set. `settle_since`: by set.
    """

    seen: Mapping[Tuple[str, str], datetime] = field(default_factory=dict)
    settled: Mapping[SetKey, Settled] = field(default_factory=dict)
    settle_since: Mapping[SetKey, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Act:
    """One write.

    `body`: a JSON patch (verb "patch", or "patch_status" of the subresource), delete options (verb "delete"), the whole object (verb
    "create"), or the set that is to be remembered (verb "store").

    `evidence`: what was read that justifies it; it stands in the result beside the write.
    """

    verb: str
    ref: Ref
    body: Any
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> Dict[str, Any]:
        """Return the write as plain data."""
        return {
            "verb": self.verb,
            "object": dict(self.ref.as_dict()),
            "body": self.body,
            "reason": self.reason,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True)
class Holder:
    """What a drain still waits for. `since`: when it began, None if nothing tells."""

    ref: Ref
    state: str
    reason: str
    since: Optional[datetime] = None
    job: Optional[Job] = None

    def as_dict(self) -> Dict[str, Any]:
        """Return the holder as plain data."""
        job = self.job
        return {
            "object": dict(self.ref.as_dict()),
            "state": self.state,
            "reason": self.reason,
            "since": self.since.isoformat() if self.since else None,
            "job": job and {
                "repository": job.repository,
                "workflow": job.workflow,
                "run_id": job.run_id,
                "name": job.display_name,
            },
        }


@dataclass(frozen=True)
class Cause:
    """Why a drain does not go on, or must not begin, and the way out."""

    id: str
    object: str
    reason: str
    remedy: str
    since: Optional[datetime] = None

    def as_dict(self) -> Dict[str, Any]:
        """Return the cause as plain data."""
        return {
            "id": self.id,
            "object": self.object,
            "reason": self.reason,
            "remedy": self.remedy,
            "since": self.since.isoformat() if self.since else None,
        }


@dataclass(frozen=True)
class Assigned:
    """Jobs that GitHub gave to a set and that have no runner yet.

    `waiting`: None where it could not be read. `at_least`: the set is at its limit, there may
    be more than its replicas show.
    """

    waiting: Optional[int]
    at_least: bool = False

    def __str__(self) -> str:
        if self.waiting is None:
            return "an unknown number"
        return f"at least {self.waiting}" if self.at_least else str(self.waiting)


@dataclass(frozen=True)
class SetState:
    """One scale set in the drain. `note`: what the user should know of its settling."""

    target: Target
    stage: str
    counts: Counts = field(default_factory=Counts)
    assigned: Assigned = Assigned(0)
    note: str = ""

    def as_dict(self) -> Dict[str, Any]:
        """Return the state as plain data."""
        return {
            "namespace": self.target.namespace,
            "name": self.target.name,
            "stage": self.stage,
            "counts": self.counts.as_dict(),
            "assigned_waiting": self.assigned.waiting,
            "assigned_at_least": self.assigned.at_least,
            "note": self.note,
        }


@dataclass(frozen=True)
class Decision:
    """What to do now, and how things stand.

    `acts`: to be done in this order. `refused`: the drain must not begin; then there is no act.
    `causes`: why it hangs. `line`: the progress line. `memory`: for the next look.
    """

    acts: Tuple[Act, ...]
    stage: str
    finished: bool
    sets: Tuple[SetState, ...]
    holders: Tuple[Holder, ...]
    causes: Tuple[Cause, ...]
    refused: Tuple[Cause, ...]
    counts: Counts
    line: str
    memory: Memory
