# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many jobs were given to a scale set and have no runner yet?"""

from __future__ import annotations

from . import reads
from .drain_types import Assigned
from .objects import ScaleSet
from .states import State


def assigned_waiting(scale_set: ScaleSet) -> Assigned:
    """Return how many jobs are assigned to a set and have no runner.

    The listener sets `replicas = min(minRunners + assigned, maxRunners)` and writes the job
    fields of a runner when its job starts, so the difference is what waits. Without a listener
    the fields are no longer written: then this is the most that can be waiting.
    """
    alive = scale_set.live_runner_set
    if isinstance(alive, reads.Unread) or isinstance(scale_set.runners, reads.Unread):
        return Assigned(None)
    if alive is None:
        return Assigned(0)
    capped = scale_set.max_runners is not None and alive.replicas >= scale_set.max_runners
    # A runner that ended keeps its fields until the controller takes it away.
    started = sum(1 for one in scale_set.runners if one.job is not None)
    # Replicas may stay above what is wanted (0.9.1 to 0.13.1): an idle runner waits for no job.
    idle = sum(1 for one in scale_set.runners if one.state is State.IDLE)
    spare = max(scale_set.min_runners, idle)
    return Assigned(max(0, alive.replicas - spare - started), capped)
