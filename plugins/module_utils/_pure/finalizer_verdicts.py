# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values a judgement of finalizers is made of, and its texts. No judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Mapping, Tuple, Union

from . import reads
from .kin import Kin
from .objects import Cluster, Helper, Listener, Ref, Runner, RunnerSet, ScaleSet

RELEASE, HOLD, UNKNOWN = "release", "hold", "unknown"

Object = Union[ScaleSet, Listener, RunnerSet, Runner, Helper]

REGISTRATION = "ephemeralrunner.actions.github.com/runner-registration-finalizer"

# Code of a verdict -> what it says.
REASONS: Mapping[str, str] = {
    "proven": "nobody is left who could release it, and nothing runs beneath it",
    "foreign-finalizer": "the finalizer is not one of ARC's on this kind",
    "not-there": "the object does not have this finalizer",
    "not-deleted": "the object is not being deleted",
    "grace": "its deletion began a moment ago",
    "controller-at-work": "a controller is there whose task it is",
    "manager-alive": "a manager process still runs, without a Deployment that owns it",
    "leader-alive": "a leader lease was renewed a moment ago: some controller is at work",
    "runner-undecodable": "one runner object keeps the controller from working at all",
    "busy": "a job runs on it",
    "busy-beneath": "a job runs on a runner beneath it",
    "may-be-busy": "whether a job runs could not be told",
    "may-be-busy-beneath": "whether a job runs on a runner beneath it could not be told",
    "registration": "GitHub may still know the runner, and nobody was asked",
    "children-first": "objects beneath it have to go first",
    "set-refers-to-it": "an AutoscalingRunnerSet refers to it: its controller releases it",
    "account-in-use": "a runner uses the ServiceAccount",
    "unread": "something that is needed for proof could not be read",
}
BRING_BACK = (
    "Bring a controller of release {release} back for a moment: it releases everything by itself"
    " in about a second and leaves nothing at GitHub"
)
BRING_UP = (
    "Bring {controller} up again, of which no pod is ready: it releases everything by itself in"
    " about a second and leaves nothing at GitHub"
)
REMEDIES: Mapping[str, str] = {
    "not-deleted": "Delete the object, if it is to go",
    "grace": "Judge again in a moment",
    "controller-at-work": "Wait; if it does not go on, read the controller's log",
    "manager-alive": "End that pod, then judge again",
    "leader-alive": "Find the controller that holds the lease",
    "runner-undecodable": "Patch the runner's status: failures to null",
    "busy": "Wait until its job has ended",
    "busy-beneath": "Wait until its job has ended",
    "may-be-busy": "Give GitHub credentials to settle it, or wait until its pod has ended",
    "may-be-busy-beneath": "Give GitHub credentials to settle it, or wait until its pod has ended",
    "registration": "Give GitHub credentials, or accept this orphan by name",
    "children-first": "Release what is beneath it first",
    "set-refers-to-it": "Wait until the set has gone",
    "account-in-use": "Wait until the runner has ended",
    "unread": "Grant the right or mend the connection, then judge again",
}


@dataclass(frozen=True)
class Options:
    """What is known beside the cluster, and what the caller accepts.

    `grace_s`: how long a deletion must last, in seconds. `unable_after_s`: how long one must
    last to call a controller unable that is at work. `github`: runner name -> "busy", "idle"
    or "gone". `accept_orphans`: "namespace/name" of runners that may stay registered.
    `missing_secrets`: (namespace, name) of GitHub secrets that were looked for and are not
    there. `leases`: Lease objects of the namespaces with controllers. `delete_at_github`:
    what a release would leave at GitHub is deleted there first.
    """

    grace_s: float = 90
    unable_after_s: float = 600
    github: Mapping[str, str] = field(default_factory=dict)
    accept_orphans: FrozenSet[str] = frozenset()
    missing_secrets: FrozenSet[Tuple[str, str]] = frozenset()
    leases: Union[Tuple[Mapping[str, Any], ...], reads.Unread] = ()
    delete_at_github: bool = False


@dataclass(frozen=True)
class Verdict:
    """What may be done with one finalizer of one object.

    `decision`: RELEASE, HOLD (rightly there) or UNKNOWN (no proof either way). `code`: stable
    id of the reason. `delete_first`: the object has no deletionTimestamp, because its
    controller went before it was told; it has to be deleted before it is released.
    `effects`: what releasing leaves elsewhere.
    """

    decision: str
    code: str
    ref: Ref
    finalizer: str
    detail: str = ""
    remedy: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    effects: Tuple[str, ...] = ()
    delete_first: bool = False

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        return f"{REASONS[self.code]}: {self.detail}" if self.detail else REASONS[self.code]

    def as_dict(self) -> Dict[str, Any]:
        """Return the verdict as plain data."""
        return {
            "decision": self.decision,
            "code": self.code,
            "object": dict(self.ref.as_dict()),
            "finalizer": self.finalizer,
            "reason": self.reason,
            "remedy": self.remedy,
            "evidence": dict(self.evidence),
            "effects": list(self.effects),
            "delete_first": self.delete_first,
        }


@dataclass(frozen=True)
class Case:
    """One finalizer of one object, in the cluster it stands in.

    `scale_set`: the set it belongs to, None if that has gone.
    """

    cluster: Cluster
    obj: Object
    finalizer: str
    options: Options
    kin: Kin
    scale_set: Any = None
