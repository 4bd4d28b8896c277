# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the Actions service know? Plain records; times are epoch seconds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Dict, List, Optional, Tuple

QUEUED, ASSIGNED, RUNNING = "queued", "assigned", "running"
COMPLETED, FAILED, LOST = "completed", "failed", "lost"
ENDED = (COMPLETED, FAILED, LOST)
STATES = (QUEUED, ASSIGNED, RUNNING, *ENDED)
# What a runner may report, and what becomes of the job. A cancelled job is a failed one that says
# so: the ledger knows no third ending.
ENDINGS = {"succeeded": COMPLETED, "failed": FAILED, "canceled": FAILED, "lost": LOST}
ENTERPRISE = "enterprises/"

# Jobs that the same scale sets can serve: (label, repository).
Kind = Tuple[str, str]


class Refusal(Exception):
    """The service says no: HTTP status and the name of its exception (arc.md 8 B, C)."""

    def __init__(self, status: int, exception: str, message: str) -> None:
        self.status = status
        self.exception = exception
        self.message = message
        super().__init__(message)


@dataclass
class Job:
    """A job of a workflow. `label` is the scale-set name it asks for (runs-on).

    `scale_set_id` and `cluster` are set while it is assigned and stay after that; `runner_id` is
    set as soon as a runner was handed the job, which may be before it says that it started.
    """

    id: int
    label: str
    scope: str
    repository: str
    duration_s: float
    result: str = "succeeded"
    state: str = QUEUED
    conclusion: Optional[str] = None
    cancel_asked: bool = False
    queued_at: float = 0.0
    assigned_at: Optional[float] = None
    started_at: Optional[float] = None
    finished_at: Optional[float] = None
    scale_set_id: Optional[int] = None
    cluster: Optional[str] = None
    runner_id: Optional[int] = None
    runner: Optional[str] = None
    unserved_s: float = 0.0
    stranded_s: float = 0.0
    history: List[Dict[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        return self.label, self.repository

    def note(
        self,
        at: float,
        event: str,
        scale_set: Optional[str] = None,
        cluster: Optional[str] = None,
        runner: Optional[str] = None,
        detail: str = "",
    ) -> None:
        self.history.append(
            {
                "at": at,
                "event": event,
                "scale_set": scale_set,
                "cluster": cluster,
                "runner": runner,
                "detail": detail,
            }
        )


@dataclass
class ScaleSet:
    """A runner scale set: unique by (scope, group, name). `cluster` made it, `seen_at` is when a
    session was last open (or when it was made)."""

    id: int
    scope: str
    name: str
    group_id: int
    labels: List[Dict[str, Any]]
    settings: Dict[str, Any]
    cluster: str
    created_at: float
    seen_at: float

    def serves(self, kind: Kind) -> bool:
        """Whether jobs of that kind may come here: by label, and by where the repository lies."""
        label, repository = kind
        if label != self.name and all(own.get("name") != label for own in self.labels):
            return False
        owner = repository.partition("/")[0]
        return self.scope in (owner, repository) or self.scope.startswith(ENTERPRISE)


@dataclass
class Runner:
    """A registered runner. `job` is the job it was handed; `started`: it said that it runs it."""

    id: int
    name: str
    scale_set_id: int
    scope: str
    cluster: str
    created_at: float
    online: bool = False
    was_online: bool = False
    last_seen: float = 0.0
    job: Optional[int] = None
    started: bool = False

    @property
    def is_coming(self) -> bool:
        """Whether it may still take a job: registered and on its way, or online and idle."""
        return self.job is None and (self.online or not self.was_online)


@dataclass
class Offer:
    """A free job that one session was told of. `read_at`: its message was deleted."""

    job: Job
    session: str
    at: float
    read_at: Optional[float] = None


@dataclass
class Session:
    """A listener's message session. `capacity` is what it last told, None if it never does;
    `acquires`: it was seen to acquire, so its silence about a job means no."""

    id: str
    owner: str
    scale_set_id: int
    cluster: str
    opened_at: float
    last_seen: float
    capacity: Optional[int] = None
    polls: int = 0
    waiting: int = 0
    acquires: bool = False
    offers: Dict[int, Offer] = field(default_factory=dict)
    events: List[Dict[str, Any]] = field(default_factory=list)
    messages: Dict[int, Dict[str, Any]] = field(default_factory=dict)
    next_message: int = 1


def record(item: Any) -> Dict[str, Any]:
    """A record as JSON for the journal."""
    return asdict(item)
