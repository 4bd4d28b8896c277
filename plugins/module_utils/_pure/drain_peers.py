# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain remembers of the clusters that serve its sets meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import drain_text
from .drain_types import Act
from .errors import BadInput
from .objects import Ref, ScaleSet

_MOST_LOSSES = 50


@dataclass(frozen=True)
class Loss:
    """A time in which no peer served a set. `until`: "" while it lasts; times are ISO 8601."""

    object: str
    reason: str
    since: str
    until: str = ""

    def as_dict(self) -> Dict[str, str]:
        """Return the loss as plain data."""
        return {"object": self.object, "reason": self.reason, "since": self.since,
                "until": self.until}


@dataclass(frozen=True)
class Peers:
    """`sets`: those that peers have to serve. `losses`: when they did not, oldest first.

    `looked`: when the peers were looked at last, None for never.
    """

    sets: Tuple[ScaleSet, ...] = ()
    losses: Tuple[Loss, ...] = ()
    looked: Optional[datetime] = None

    def seen(self, unserved: Sequence[Tuple[ScaleSet, str]], now: datetime) -> Peers:
        """Return what is known after a look that found these unserved, each with the reason."""
        at, ill = now.isoformat(), {str(one.ref): why for one, why in unserved}
        kept: List[Loss] = []
        for loss in self.losses:
            if not loss.until and loss.object in ill:
                kept.append(replace(loss, reason=ill.pop(loss.object)))
            else:
                kept.append(loss if loss.until else replace(loss, until=at))
        kept += [Loss(name, why, at) for name, why in sorted(ill.items())]
        return replace(self, losses=tuple(kept[-_MOST_LOSSES:]), looked=now)

    def words(self, now: datetime) -> str:
        """Return what a progress line adds, "" while all are served."""
        lost = [one for one in self.losses if not one.until]
        if not lost:
            return ""
        since = (now - datetime.fromisoformat(lost[0].since)).total_seconds()
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        return (f" | no peer serves {lost[0].object}{more} for {drain_text.span(since)}"
                f" ({lost[0].reason}): its jobs wait at GitHub")

    def told(self) -> str:
        """Return a text that differs where there is something new to say."""
        return ",".join(one.object for one in self.losses if not one.until)


def without(scale_sets: Sequence[ScaleSet], patterns: Sequence[str]) -> List[ScaleSet]:
    """Leave out the sets that a pattern names, each `name` or `namespace/name`."""
    return [
        one for one in scale_sets
        if not any(
            fnmatchcase(name, pattern)
            for name in (one.ref.name, f"{one.ref.namespace}/{one.ref.name}")
            for pattern in patterns
        )
    ]


def is_stop(act: Act) -> bool:
    """Tell whether a write ends that a set takes jobs: it is deleted, or gets the limit 0."""
    if act.ref.kind != "AutoscalingRunnerSet":
        return False
    return act.verb == "delete" or any(
        step["op"] != "test" and step["path"] == "/spec/maxRunners" and step.get("value") == 0
        for step in (act.body if isinstance(act.body, list) else ())
    )


def to_plain(peers: Peers) -> Dict[str, Any]:
    """Return it as JSON data."""
    return {
        "sets": [
            [one.ref.namespace, one.ref.name, one.ref.uid, one.name, one.group, one.config_url]
            for one in peers.sets
        ],
        "losses": [one.as_dict() for one in peers.losses],
        "looked": peers.looked.isoformat() if peers.looked else "",
    }


def from_plain(data: Mapping[str, Any]) -> Peers:
    """Return what `to_plain` gave. Raises BadInput where it is no such thing."""
    try:
        return Peers(
            tuple(
                ScaleSet(Ref("AutoscalingRunnerSet", space, object, uid), None, name, group, url)
                for space, object, uid, name, group, url in data["sets"]
            ),
            tuple(Loss(**one) for one in data["losses"]),
            datetime.fromisoformat(data["looked"]) if data["looked"] else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            cluster="", object="option memory, peers",
            cause=f"it is not what a slice of this module returned ({type(error).__name__})",
            next_step="Leave it out",
        ) from error  # fmt: skip
