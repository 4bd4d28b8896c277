# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain tells: its result as plain data, bounded, and when there is news."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from .drain_memory import Story
from .drain_types import Act, Decision
from .objects import Ref

MOST_HOLDERS = 100
MOST_AWAITED = 200
MOST_ACTS = 500


def result(story: Story, decision: Optional[Decision], finished: bool) -> Dict[str, Any]:
    """Return the result. `decision`: None where nothing was selected."""
    awaited = list(story.awaited.values())
    told: Dict[str, Any] = {
        "changed": bool(story.acts),
        "finished": finished,
        "selected": [
            {"namespace": one.namespace, "name": one.name, "uid": one.uid}
            for one in story.targets
        ],
        "not_selected": [dict(one) for one in story.not_selected],
        "missing": list(story.missing),
        "acts": [dict(one) for one in story.acts[:MOST_ACTS]],
        "awaited": awaited[:MOST_AWAITED],
        "awaited_count": len(awaited),
        "rights_missing": list(story.rights_missing),
        "durations": dict(story.durations),
        "timeline": [dict(one) for one in story.timeline],
    }
    return {**told, **_standing(story, decision)}


def _standing(story: Story, decision: Optional[Decision]) -> Dict[str, Any]:
    if decision is None:
        return {"stage": "drained", "sets": [], "counts": {}, "holders": [],
                "holders_not_shown": 0, "causes": [], "line": "nothing to drain"}
    return {
        "stage": decision.stage,
        "sets": [
            {**one.as_dict(), "durations": dict(story.spent.get(one.target.key, {}))}
            for one in decision.sets
        ],
        "counts": decision.counts.as_dict(),
        "holders": [one.as_dict() for one in decision.holders[:MOST_HOLDERS]],
        "holders_not_shown": max(0, len(decision.holders) - MOST_HOLDERS),
        "causes": [one.as_dict() for one in decision.causes],
        "line": decision.line,
    }


def told(decision: Decision) -> str:
    """Return a text that differs once there is something new to say; times are not news."""
    causes = sorted({f"{one.id} {one.object}" for one in decision.causes})
    stages = sorted({one.stage for one in decision.sets})
    counts = decision.counts.as_dict()
    return "|".join([*stages, str(sorted(counts.items())), *causes])


def skipped(one: Tuple[Ref, str]) -> Dict[str, str]:
    """Return a set that was not selected, as plain data."""
    ref, reason = one
    return {"namespace": ref.namespace, "name": ref.name, "reason": reason}


def difference(act: Act) -> Dict[str, Any]:
    """Return a write in the form of Ansible's diff."""
    header = str(act.ref)
    if act.verb == "delete":
        before: Mapping[str, Any] = {"is_there": True, **act.evidence}
        return {"before_header": header, "after_header": header, "before": dict(before),
                "after": {"is_there": False}}
    if act.verb in ("create", "store"):
        # A pod template may hold what not all may read.
        return {"before_header": header, "after_header": header, "before": {"is_there": False},
                "after": {"is_there": True, **act.evidence}}
    tested = {step["path"]: step["value"] for step in act.body if step["op"] == "test"}
    changes: List[Mapping[str, Any]] = [one for one in act.body if one["op"] != "test"]
    return {
        "before_header": header,
        "after_header": header,
        "before": {one["path"]: tested.get(one["path"]) for one in changes},
        "after": {one["path"]: one.get("value") for one in changes},
    }
