# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How releases of finalizers are told by Events. One that cannot be written undoes nothing."""

from __future__ import annotations

from typing import Any, Dict, List

from .._pure import finalizer_event
from .._pure.errors import LifecycleError
from .._pure.finalizer_verdicts import Verdict
from . import places
from .task import Task

_SHOWN = 5


class Events:
    """Events of one run."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._problems: Dict[str, None] = {}

    def released(self, verdict: Verdict) -> str:
        """Write the Event; return its namespace and name, "" where it could not be written."""
        at = self._task.now()
        resource = places.of_kind(verdict.ref.kind)
        group = f"{resource.group}/{resource.version}" if resource.group else resource.version
        causes = []
        for event in (
            finalizer_event.on_object(verdict, group, at), finalizer_event.on_namespace(verdict, at)
        ):
            try:
                return self._create(event)
            except LifecycleError as error:
                causes.append(str(error))
        self._problems.update(dict.fromkeys(causes))
        return ""

    def problems(self) -> List[str]:
        """Return why Events are missing, each cause once."""
        return list(self._problems)[:_SHOWN]

    def _create(self, event: Dict[str, Any]) -> str:
        collection = places.EVENTS.at(event["metadata"]["namespace"])
        made = self._task.client.create(collection, event, self._task.deadline)
        return f"{made['metadata']['namespace']}/{made['metadata']['name']}"
