# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one look at a cluster gave, and what it could not see.

Each read answers exactly one of `Known`, `KindAbsent` and `Unread`. An `Unread` stands in the
model in place of the objects, and whoever takes it for a list gets an error, not "nothing".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, Iterator, Mapping, Optional, Tuple, Union

from . import errors

PARTS: Tuple[str, ...] = (
    "autoscalingrunnersets",
    "autoscalinglisteners",
    "ephemeralrunnersets",
    "ephemeralrunners",
    "pods",
    "deployments",
    "serviceaccounts",
    "roles",
    "rolebindings",
    "secrets",
    "helm",
    "crds",
    "leases",
    "records",
    "credentials",
)


NOT_ASKED = "it was not asked for"


@dataclass(frozen=True)
class Known:
    """All objects there are; an empty tuple is proof that there is none."""

    items: Tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class KindAbsent:
    """The API server does not know the kind (404 on the resource path): no CRD, so no object."""

    resource: str = ""


@dataclass(frozen=True)
class Unread:
    """What could not be read, and why.

    `missing_right`: "list pods in all namespaces as system:serviceaccount:a:b" or None.
    It refuses to be used as a collection: that is how unknown never turns into zero.
    """

    reason: str
    missing_right: Optional[str] = None
    part: str = ""

    def __iter__(self) -> Iterator[Any]:
        raise self.refusal()

    def __len__(self) -> int:
        raise self.refusal()

    def __bool__(self) -> bool:
        raise self.refusal()

    def __contains__(self, item: object) -> bool:
        raise self.refusal()

    def refusal(self, cluster: str = "") -> errors.ReadFailed:
        """Return the error that says that nothing may be concluded."""
        return errors.ReadFailed(
            cluster=cluster,
            object=self.part or "a part of the cluster",
            cause=f"it was not read ({self.reason}), so nothing may be concluded from it",
            next_step=_remedy(self.missing_right),
            details={"missing_right": self.missing_right},
        )

    def as_dict(self) -> Dict[str, Any]:
        """Return the gap as plain data."""
        return {"part": self.part, "reason": self.reason, "missing_right": self.missing_right}


Read = Union[Known, KindAbsent, Unread]


@dataclass(frozen=True)
class ClusterId:
    """Who a cluster is: `uid` is the UID of its kube-system namespace; `name` only its label."""

    name: str
    uid: str
    server: str = ""
    kubernetes: str = ""

    def as_dict(self) -> Dict[str, str]:
        """Return the identity as it stands in every result."""
        return {
            "name": self.name,
            "uid": self.uid,
            "server": self.server,
            "kubernetes": self.kubernetes,
        }


@dataclass(frozen=True)
class Snapshot:
    """One look at a cluster. `at`: aware UTC. `reads`: one entry per part that was asked for."""

    at: datetime
    cluster: ClusterId
    reads: Mapping[str, Read] = field(default_factory=dict)

    def read(self, part: str) -> Union[Tuple[Mapping[str, Any], ...], Unread]:
        """Return the objects of a part, or the `Unread` that says why there are none to see.

        A kind that does not exist has no objects: (). A part nobody asked for is unread.
        """
        answer = self.reads.get(part, Unread(NOT_ASKED))
        if isinstance(answer, Known):
            return tuple(answer.items)
        if isinstance(answer, KindAbsent):
            return ()
        return Unread(answer.reason, answer.missing_right, part)


def is_read(value: Any) -> bool:
    """Tell a collection that was read from an `Unread`."""
    return not isinstance(value, Unread)


def seen(value: Any) -> Tuple[Any, ...]:
    """Return what was seen, () where nothing was read.

    Only for judgements in which an object that was not seen cannot make the answer wrong.
    """
    return () if isinstance(value, Unread) else tuple(value)


def _remedy(missing_right: Optional[str]) -> str:
    if missing_right:
        return f"Grant the right to {missing_right}, then run again"
    return "Mend the connection to the cluster, then run again"
