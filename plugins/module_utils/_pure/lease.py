# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose cluster is it? One run at a time works on a cluster, and holds a Lease while it does.

A holder is named `user@host process boot`: who reads the Lease knows whom to ask, and a run in the
same boot of the same machine and the same PID namespace can see whether that process is alive.
Elsewhere, so in another container too, a holder counts as dead when its Lease was seen unchanged
for its whole duration, so clocks need not agree.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from .read_objects import read_time

NAME = "arc-lifecycle"
# Every module renews at its begin, and one that waits or works for long about every 20 s.
DURATION_S = 90
RENEW_AFTER_S = 10
TAKE, WAIT, REFUSE = "take", "wait", "refuse"


class Holder(NamedTuple):
    """A run. `boot`: where its process number means something (`leasing.boot_mark`), or ""."""

    user: str
    host: str
    process: int
    boot: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host} {self.process} {self.boot or '-'}"


def read_holder(text: str) -> Optional[Holder]:
    """Read what `str` of a Holder gave; None for anything else."""
    parts = text.split(" ")
    user, at, host = parts[0].rpartition("@")
    if len(parts) != 3 or not at or not parts[1].isdigit():
        return None
    return Holder(user, host, int(parts[1]), "" if parts[2] == "-" else parts[2])


def may_take(
    there: Optional[Mapping[str, Any]],
    mine: str,
    boot: str,
    is_alive: Callable[[int], bool],
    now: datetime,
    unchanged_s: float,
    was_renewed: bool,
) -> str:
    """Tell what a run may do: TAKE, WAIT and look again, or REFUSE.

    `there`: the Lease's spec, None if there is none. `boot`: of the run that asks. `now`: aware
    UTC, by its machine's clock.
    `unchanged_s`: for how long the Lease has been watched without a change. `was_renewed`: it was
    seen to change.
    """
    holder = str((there or {}).get("holderIdentity") or "")
    if there is None or holder in ("", mine):
        return TAKE
    run = read_holder(holder)
    duration = there.get("leaseDurationSeconds") or DURATION_S
    if run is not None and run.boot and run.boot == boot:
        renewed = read_time(there.get("renewTime"))
        is_old = renewed is None or (now - renewed).total_seconds() >= duration
        # The number of a process that has ended may belong to another by now.
        return TAKE if is_old or not is_alive(run.process) else REFUSE
    if was_renewed:
        return REFUSE
    return TAKE if unchanged_s >= duration else WAIT


def is_due(spec: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether the holder has to renew. `now`: aware UTC."""
    renewed = read_time(spec.get("renewTime"))
    return renewed is None or abs((now - renewed).total_seconds()) >= RENEW_AFTER_S


def spec_of(there: Optional[Mapping[str, Any]], holder: str, now: datetime) -> Dict[str, Any]:
    """Return the spec with which a holder has the Lease, or "" gives it back."""
    before = there or {}
    is_same = before.get("holderIdentity") == holder
    count = int(before.get("leaseTransitions") or 0)
    return {
        "holderIdentity": holder,
        "leaseDurationSeconds": DURATION_S,
        "acquireTime": before.get("acquireTime") if is_same else micro_time(now),
        "renewTime": micro_time(now),
        "leaseTransitions": count if is_same or not before else count + 1,
    }


def micro_time(at: datetime) -> str:
    """Return a time as Kubernetes' MicroTime."""
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
