# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the CRDs of a target are held against those in place and every object that lives.

Objects are read page by page and judged one by one; what is kept of each is its report, if
anything happens to it, so memory does not grow with their number.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional

from .._pure import crd_objects, crd_rules, crd_set, crd_verdict, reads
from .._pure.errors import DeadlineReached, LifecycleError, ReadFailed
from . import places
from .answers import KindNotServed
from .crd_apply import present
from .task import Result, Task

SHOWN = 100
_RESOURCES = {
    f"{one.resource}.{one.group}": one
    for one in (places.SCALE_SETS, places.LISTENERS, places.RUNNER_SETS, places.RUNNERS)
}


def check(task: Task, wanted: List[Dict[str, Any]]) -> Result:
    """Return the verdict with what it rests on. Raises ReadFailed or DeadlineReached."""
    before = {one["metadata"]["name"]: present(task.client, one, task.deadline) for one in wanted}
    target = crd_set.recognise(wanted)
    release = task.options["release"] or (target.releases[-1] if target.releases else None)
    parts = [_Part(task, one, before[one["metadata"]["name"]], release) for one in wanted]
    for part in parts:
        part.look()
    overall = crd_verdict.worst(part.judgement for part in parts)
    changes = [one for part in parts for one in part.changes]
    reports = [one for part in parts for one in part.reports]
    return {
        "changed": False,
        "verdict": overall.verdict,
        "may_replace": overall.may_replace,
        "reasons": list(overall.reasons[:SHOWN]),
        "installed": _state(crd_set.recognise([one for one in before.values() if one])),
        "target": _state(target),
        "release": release,
        "crds": [part.told() for part in parts],
        "rules": crd_rules.count(changes),
        "objects": [one.as_dict() for one in reports[:SHOWN]],
        "objects_not_shown": max(0, len(reports) - SHOWN),
        "traps": [one.as_dict() for part in parts for one in part.traps][:SHOWN],
    }


class _Part:
    """One CRD of the target, and the objects of its kind."""

    def __init__(
        self, task: Task, wanted: Dict[str, Any], before: Optional[Dict[str, Any]],
        release: Optional[str],
    ) -> None:
        self._task, self._wanted, self._before = task, wanted, before
        self._release = release
        self.name = wanted["metadata"]["name"]
        self.changes = crd_rules.compare(before, wanted) if before else []
        self.reports: List[crd_objects.ObjectReport] = []
        self.traps: List[crd_verdict.Trap] = []
        self.checked: Optional[int] = 0
        self.unread: Optional[reads.Unread] = None
        self.judgement = crd_verdict.Judgement(crd_verdict.IDENTICAL)

    def look(self) -> None:
        """Judge every object that is there."""
        if self._before is None:
            return
        checker = crd_objects.prepare(self._wanted)
        number = 0
        try:
            for obj in self._objects():
                number += 1
                report = checker.check(obj)
                self.traps += crd_verdict.traps(obj, report, self._release)
                if not report.is_clean:
                    self.reports.append(report)
        except KindNotServed:
            number = 0
        except DeadlineReached:
            raise
        except ReadFailed as error:
            right = error.details.get("missing_right_words")
            self.unread = reads.Unread(error.cause, right, self.name)
        self.checked = None if self.unread else number
        self.judgement = crd_verdict.judge(
            self.changes, self.unread or self.reports, self.traps,
            identical=crd_verdict.is_identical(self._before, self._wanted),
        )

    def _objects(self) -> Iterator[Mapping[str, Any]]:
        resource = _RESOURCES[self.name]
        for namespace in self._task.options["namespaces"] or [""]:
            seen = 0
            for page in self._task.client.pages(resource.at(namespace), self._task.deadline):
                if page.is_first and seen:
                    # The list began again: an object judged twice is told once.
                    self.reports.clear()
                    self.traps.clear()
                seen += len(page.items)
                yield from page.items

    def told(self) -> Dict[str, Any]:
        shown = [one.as_dict() for one in self.changes[:SHOWN]]
        return {
            "name": self.name,
            "verdict": self.judgement.verdict,
            "objects_checked": self.checked,
            "unread": self.unread.as_dict() if self.unread else None,
            "changes": shown,
            "changes_not_shown": max(0, len(self.changes) - SHOWN),
        }


def _state(state: crd_set.CrdState) -> Dict[str, Any]:
    return {"verdict": state.verdict, "releases": list(state.releases)}


def refuse_at(result: Result, limit: Optional[str], cluster: str) -> None:
    """Raise LifecycleError if the verdict is `limit` or worse."""
    order = crd_verdict.VERDICTS
    if limit is None or order.index(result["verdict"]) < order.index(limit):
        return
    raise CrdsDoNotFit(
        cluster=cluster,
        object="CustomResourceDefinitions of actions.github.com",
        cause=f"the verdict is {result['verdict']}: {'; '.join(result['reasons'][:5])}",
        next_step="Mend or remove the objects that are named, then check again",
        details={"verdict": result["verdict"]},
    )


class CrdsDoNotFit(LifecycleError):
    """The check ran and its verdict is as bad as the caller would not have it."""
