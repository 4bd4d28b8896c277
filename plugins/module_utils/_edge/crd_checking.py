# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the CRDs of a target are held against those in place and every object that lives.

Objects are read page by page and judged one by one; of those to which something happens a
bounded number is kept, of each kind of harm, so memory does not grow with their number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from .._pure import (
    crd_form,
    crd_objects,
    crd_rules,
    crd_set,
    crd_tally,
    crd_updates,
    crd_verdict,
    reads,
    releases,
)
from .._pure.crd_changes import REASONS, Weight
from .._pure.errors import BadInput, LifecycleError, ReadFailed
from . import crd_source, places
from .answers import KindNotServed
from .client import Query
from .crd_apply import present
from .crd_source import Crd
from .task import Result, Task

UNKNOWN = "unknown"
SHOWN = 100
_PAGE = Query(page_size=100)
_RESOURCES = {
    f"{one.resource}.{one.group}": one
    for one in (places.SCALE_SETS, places.LISTENERS, places.RUNNER_SETS, places.RUNNERS)
}


class CrdsDoNotFit(LifecycleError):
    """The check ran and its verdict is as bad as the caller would not have it."""


def check(task: Task) -> Result:
    """Return the verdict with what it rests on. Raises UnusableCrds, BadInput or ReadFailed."""
    if task.is_offline:
        _refuse_a_cluster(task.options)
    is_given = any(task.options[name] is not None for name in crd_source.SOURCES)
    if not is_given and not task.options["installed"]:
        return _by_digests(task, task.options["release"])
    return check_crds(task, crd_source.crds_of(task) if is_given else _installed(task))


def check_first(task: Task, wanted: Sequence[Crd]) -> Result:
    """Return the verdict for a task that puts the CRDs in place next. Raises ReadFailed."""
    plain = task.with_options(
        release=None, namespaces=None, old=None, ratchet=False, severities=[])
    return check_crds(plain, wanted)


def check_crds(task: Task, wanted: Sequence[Crd]) -> Result:
    """Return the verdict on CRDs that are at hand. Raises BadInput or ReadFailed."""
    before = _before(task, wanted)
    target = crd_set.recognise(wanted)
    release = task.options["release"] or (target.releases[-1] if target.releases else None)
    parts = [_Part(task, one, before[one["metadata"]["name"]], release) for one in wanted]
    for part in parts:
        part.look()
    installed = crd_set.recognise([one for one in before.values() if one])
    return {
        "installed": _state(installed),
        "target": _state(target),
        "direction": installed.direction(release) if release else "unclear",
        "release": release,
        **_joined(task, parts),
    }


def _refuse_a_cluster(options: Mapping[str, Any]) -> None:
    """Raise BadInput where a side of an offline comparison is in a cluster."""
    needing = [name for name in ("installed", "backups", "namespaces") if options[name]]
    needing += ["old.backups"] if options["old"]["backups"] else []
    given = [name for name in crd_source.SOURCES if options[name] is not None]
    if needing or not given:
        missing = f"option {', '.join(needing)} needs one" if needing else "no target is given"
        raise BadInput(
            cluster="", object="option objects",
            cause=f"no cluster is asked with objects=false, and {missing}",
            next_step="Give the target and old by src, definition, crds or chart, or leave out "
            "objects=false",
        )


def _installed(task: Task) -> List[Dict[str, Any]]:
    """Return ARC's CRDs that are in the cluster, sorted by name."""
    found = [present(task, {"metadata": {"name": name}}) for name in sorted(_RESOURCES)]
    listed = [one for one in found if one is not None]
    if not listed:
        raise crd_source.UnusableCrds(
            "nothing-there", "option installed", "the cluster has none of ARC's CRDs",
            "Give the target's CRDs",
        )
    return listed


def _before(
    task: Task, wanted: Sequence[Mapping[str, Any]]
) -> Dict[str, Optional[Dict[str, Any]]]:
    """Return the older side by name: the given one, else what is in the cluster."""
    names = [one["metadata"]["name"] for one in wanted]
    if task.options["old"] is None:
        return {name: present(task, one) for name, one in zip(names, wanted)}
    given = {
        one["metadata"]["name"]: one
        for one in crd_source.crds_of(task, task.options["old"], "old.")
    }
    return {name: given.get(name) for name in names}


def refuse_at(result: Result, limit: Optional[str], cluster: str) -> None:
    """Raise CrdsDoNotFit if the verdict is `limit` or worse; an unknown one may be any."""
    order = crd_verdict.VERDICTS
    verdict = result["verdict"]
    if limit is None or (verdict != UNKNOWN and order.index(verdict) < order.index(limit)):
        return
    raise CrdsDoNotFit(
        cluster=cluster,
        object=f"CustomResourceDefinitions of {crd_source.GROUP}",
        cause=f"the verdict is {verdict}: {'; '.join(result['reasons'][:5])}",
        next_step="Mend or remove the objects that are named, then check again",
        details={"verdict": verdict},
    )


def _by_digests(task: Task, release: str) -> Result:
    """Judge by content alone: nobody has the target's CRDs at hand."""
    crd_name = releases.release(release).crd_set
    _snapshot, cluster = task.look(("crds",))
    if isinstance(cluster.crds, reads.Unread):
        raise ReadFailed(
            cluster=task.cluster.name, object=f"CustomResourceDefinitions of {crd_source.GROUP}",
            cause=cluster.crds.reason, next_step="Grant the right to get them, then check again",
            details={"missing_right_words": cluster.crds.missing_right},
        )
    fits = cluster.crds.fits(release)
    why = f"{cluster.crds} are in place, and those of {release} were not given to compare with"
    return {
        "changed": False,
        "verdict": crd_verdict.IDENTICAL if fits else UNKNOWN,
        "may_replace": fits,
        "judged_by": "digests",
        "reasons": [] if fits else [why],
        "installed": _state(cluster.crds),
        "target": {"verdict": crd_set.EXACT, "releases": list(crd_set.releases_of(crd_name))},
        "direction": cluster.crds.direction(release),
        "release": release,
        "crds": [], "rules": {}, "objects": [], "objects_not_shown": 0, "traps": [],
        "traps_not_shown": 0, "objects_checked": None,
        "unseen": ["objects: a known release is judged by the digests of its CRDs only"],
    }


def _joined(task: Task, parts: List[_Part]) -> Result:
    overall = crd_verdict.worst(part.judgement for part in parts)
    reports = [one for part in parts for one in part.tally.reports()]
    traps = [one for part in parts for one in part.tally.traps]
    checked = [part.tally.checked for part in parts if part.unread is None]
    unseen = [part.gap() for part in parts if part.unread is not None]
    is_blind = task.is_offline or len(unseen) == len(parts)
    if task.options["namespaces"]:
        unseen.append(f"objects outside of {', '.join(task.options['namespaces'])}")
    return {
        "changed": False,
        "verdict": overall.verdict,
        "may_replace": overall.may_replace,
        "judged_by": "rules" if is_blind else "rules and objects",
        "reasons": list(overall.reasons[:SHOWN]),
        "crds": [part.told() for part in parts],
        "rules": crd_rules.count(one for part in parts for one in part.changes),
        "objects": [one.as_dict() for one in reports[:SHOWN]],
        "objects_not_shown": sum(part.tally.affected for part in parts) - len(reports[:SHOWN]),
        "traps": [one.as_dict() for one in traps[:SHOWN]],
        "traps_not_shown": sum(part.tally.trapped for part in parts) - len(traps[:SHOWN]),
        "objects_checked": None if is_blind else sum(checked),
        "unseen": unseen,
    }


def _weights(options: Mapping[str, Any]) -> List[Weight]:
    """Raise BadInput for a change that there is not."""
    for one in options["severities"]:
        if one["id"] not in REASONS:
            raise BadInput(
                cluster="", object="option severities", cause=f"there is no change {one['id']!r}",
                next_step=f"Give one of {', '.join(REASONS)}",
            )
    return [
        Weight(one["id"], one["severity"], one["path"], one["crd"])
        for one in options["severities"]
    ]


class _Part:
    """One CRD of the target, and the objects of its kind."""

    def __init__(
        self, task: Task, wanted: Dict[str, Any], before: Optional[Dict[str, Any]],
        release: Optional[str],
    ) -> None:
        self._task, self._wanted, self._before = task, wanted, before
        self._release = release
        self.name = str(wanted["metadata"]["name"])
        self.changes = crd_rules.weighed(
            crd_rules.compare(before, wanted) if before else [], _weights(task.options)
        )
        self.tally = crd_tally.Tally(SHOWN)
        self.unread: Optional[reads.Unread] = None
        self.judgement = crd_verdict.Judgement(
            crd_verdict.IDENTICAL if before else crd_verdict.SAFE
        )
        self._unjudged: List[str] = []

    def look(self) -> None:
        """Judge every object that is there."""
        if self._before is None:
            return
        if self._task.is_offline:
            self._settle(reads.Unread("objects=false asks no cluster", None, self.name))
            return
        checker, schema = crd_objects.prepare(self._wanted), crd_form.stored_schema(self._wanted)
        ratchets = crd_updates.has_ratcheting(self._task.cluster.kubernetes)
        before = crd_objects.prepare(self._before) if self._task.options["ratchet"] else None
        self._unjudged = sorted(checker.unjudged)
        try:
            for obj in self._objects():
                report = checker.check(obj)
                traps = crd_verdict.traps(obj, report, self._release)
                if before is not None:
                    report = report.without(before.check(obj))
                if report.violations:
                    refused = crd_updates.refused_writes(checker, schema, obj, ratchets)
                    report = replace(report, refused=refused)
                self.tally.add(report, traps)
        except KindNotServed:
            self.tally.forget()
        except ReadFailed as error:
            right = error.details.get("missing_right_words")
            self.unread = reads.Unread(error.cause, right, self.name)
        self._settle(self.tally.reports() if self.unread is None else self.unread)

    def _settle(self, seen: Union[List[crd_objects.ObjectReport], reads.Unread]) -> None:
        """Judge by the rules and by what was seen of the objects."""
        self.unread = seen if isinstance(seen, reads.Unread) else None
        self.judgement = crd_verdict.judge(
            self.changes, seen, self.tally.traps,
            identical=crd_verdict.is_identical(self._before, self._wanted),
        )

    def _objects(self) -> Iterator[Mapping[str, Any]]:
        resource = _RESOURCES.get(self.name)
        if resource is None:
            raise ReadFailed(
                cluster=self._task.cluster.name, object=self.name,
                cause="this release of the collection does not know the kind",
                next_step="Look at its objects yourself",
            )
        for namespace in self._task.options["namespaces"] or [""]:
            place, mark = resource.at(namespace), self.tally.mark()
            for page in self._task.client.pages(place, self._task.deadline, _PAGE):
                if page.is_first:
                    # Also when the list began again: an object judged twice is told once.
                    self.tally.back_to(mark)
                yield from page.items

    def gap(self) -> str:
        """Say what of it was not seen."""
        if self.unread is None:
            return ""
        right = f" (the right to {self.unread.missing_right})" if self.unread.missing_right else ""
        return f"objects of {self.name}: {self.unread.reason}{right}"

    def told(self) -> Dict[str, Any]:
        """Return what the result says of it."""
        shown = [one.as_dict() for one in self.changes[:SHOWN]]
        return {
            "name": self.name,
            "verdict": self.judgement.verdict,
            "objects_checked": self.tally.checked if self.unread is None else None,
            "objects_affected": self.tally.affected if self.unread is None else None,
            "unread": self.unread.as_dict() if self.unread is not None else None,
            "changes": shown,
            "changes_not_shown": len(self.changes) - len(shown),
            "rules_not_judged": self._unjudged[:SHOWN],
        }


def _state(state: crd_set.CrdState) -> Dict[str, Any]:
    return {"verdict": state.verdict, "releases": list(state.releases)}
