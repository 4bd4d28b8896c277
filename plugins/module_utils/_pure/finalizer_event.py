# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does the Event say that a finalizer was released?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Mapping

from .finalizer_verdicts import Verdict

COMPONENT = "arc.lifecycle"
REASON = "FinalizerReleased"
# The API server takes messages of 1024 bytes.
_LONGEST = 1000
# Events on objects without a namespace live here (client-go's EventRecorder does the same).
_NOWHERE = "default"


def on_object(verdict: Verdict, api_version: str, at: datetime) -> Dict[str, Any]:
    """Return the Event on the object itself. `api_version`: of its kind. `at`: aware UTC."""
    ref = verdict.ref
    involved = {
        "apiVersion": api_version, "kind": ref.kind, "namespace": ref.namespace,
        "name": ref.name, "uid": ref.uid,
    }  # fmt: skip
    return _event(involved, ref.namespace, f"{verdict.finalizer} released: {verdict.reason}", at)


def on_namespace(verdict: Verdict, at: datetime) -> Dict[str, Any]:
    """Return the Event on the namespace, for one that takes no new objects because it goes."""
    involved = {"apiVersion": "v1", "kind": "Namespace", "name": verdict.ref.namespace}
    text = f"{verdict.ref}: {verdict.finalizer} released: {verdict.reason}"
    return _event(involved, _NOWHERE, text, at)


def _event(
    involved: Mapping[str, str], namespace: str, message: str, at: datetime
) -> Dict[str, Any]:
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{involved['name'][:200]}.", "namespace": namespace},
        "involvedObject": dict(involved),
        "type": "Normal",
        "reason": REASON,
        "message": message[:_LONGEST],
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
