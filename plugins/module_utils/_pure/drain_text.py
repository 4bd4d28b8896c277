# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line a user reads while a drain waits."""

from __future__ import annotations

from datetime import datetime
from typing import Optional, Sequence

from .drain_types import Holder
from .states import Counts

_COUNTED = ("busy", "idle", "pending", "unknown")


def progress_line(
    cluster: str,
    phase: str,
    counts: Counts,
    holders: Sequence[Holder],
    now: datetime,
    deadline: Optional[datetime],
) -> str:
    """Return cluster, phase, counts, oldest holder and time left, divided by bars.

    `holders`: any order. The time left is absent where there is no deadline.
    """
    numbers = counts.as_dict()
    parts = [cluster, phase, ", ".join(f"{name} {_number(numbers[name])}" for name in _COUNTED)]
    if holders:
        parts.append(_holder(oldest(holders), now))
    if deadline is not None:
        parts.append(f"{span(max(0.0, (deadline - now).total_seconds()))} left")
    return " | ".join(parts)


def oldest(holders: Sequence[Holder]) -> Holder:
    """Return the holder that has been at it longest; runners with a job go first."""
    return min(
        holders,
        key=lambda one: (one.job is None, one.since is None, one.since or 0, str(one.ref)),
    )


def span(seconds: float) -> str:
    """Return a time span as people say it: "45 s", "41 min", "3 h 20 min"."""
    if seconds < 120:
        return f"{int(seconds)} s"
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _holder(holder: Holder, now: datetime) -> str:
    parts = [holder.ref.name]
    if holder.since is not None:
        parts.append(span(max(0.0, (now - holder.since).total_seconds())))
    job = holder.job
    if job is not None:
        run = f"run {job.run_id}" if job.run_id else ""
        # owner/repository/.github/workflows/file@ref
        workflow = job.workflow.partition("@")[0].rpartition("/")[2]
        told = (job.repository, workflow, job.display_name, run)
        parts.append(" ".join(text for text in told if text))
    else:
        parts.append(holder.state)
    return ", ".join(part for part in parts if part)


def _number(number: Optional[int]) -> str:
    return "?" if number is None else str(number)
