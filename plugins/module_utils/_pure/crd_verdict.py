# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May the CRDs be replaced, given the rules, the objects that live, and the target's controller?

Joins crd_rules (what changes), crd_objects (what the API server does to each object) and what
the target release's controller does with an object that the server lets through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from . import crd_form, reads, releases
from .crd_changes import BLOCKS, LOSES_DATA, Change
from .crd_objects import ObjectReport

# Verdicts, from the best to the worst.
IDENTICAL = "identical"
SAFE = "safe"
SAFE_FOR_THESE_OBJECTS = "safe_for_these_objects"
LOSING = "loses_data"
BREAKING = "breaks_objects"
BLOCKED = "blocked"
VERDICTS = (IDENTICAL, SAFE, SAFE_FOR_THESE_OBJECTS, LOSING, BREAKING, BLOCKED)

# Changes that no object can make harmless: the API server refuses them, or clients lose the kind.
_BLOCKING = frozenset((
    "scope-changed", "version-removed", "version-not-served", "subresource-removed",
    "names-changed", "conversion-changed",
))  # fmt: skip
# Fields whose loss is wanted: a secret that has no place in a status (#4191), and a state that
# no controller ever wrote.
WELCOME_LOSSES = frozenset((
    ("EphemeralRunner", ".status.runnerJITConfig"),
    ("AutoscalingRunnerSet", ".status.state"),
))  # fmt: skip


@dataclass(frozen=True)
class Trap:
    """What the target's controller would do with an object that is stored as it is.

    `stops_controller`: one such object is enough for nothing to be reconciled any more.
    """

    id: str
    kind: str
    namespace: str
    name: str
    path: str
    reason: str
    remedy: str
    stops_controller: bool = False

    def as_dict(self) -> Dict[str, Any]:
        """Return the trap as plain data."""
        return {
            "id": self.id,
            "object": {"kind": self.kind, "namespace": self.namespace, "name": self.name},
            "path": self.path,
            "reason": self.reason,
            "remedy": self.remedy,
            "stops_controller": self.stops_controller,
        }


@dataclass(frozen=True)
class Judgement:
    """The verdict and what it rests on."""

    verdict: str
    reasons: Tuple[str, ...] = ()

    @property
    def may_replace(self) -> bool:
        """True if nothing that exists suffers."""
        return VERDICTS.index(self.verdict) <= VERDICTS.index(SAFE_FOR_THESE_OBJECTS)


def traps(
    obj: Mapping[str, Any], report: ObjectReport, release: Optional[str] = None
) -> List[Trap]:
    """Return what a controller of `release` would stumble over in an object.

    `report`: of the same object under the target's CRD. `release`: None if the target is a set
    of CRDs without a controller.
    """
    who = (report.kind, report.namespace, report.name)
    found = [
        Trap(
            "duplicate-in-template", *who, one.path,
            "the object stays valid, but every child that the controller makes of its template "
            f"is refused: {one.path} {one.message}",
            "Remove one of the two, then let the controller make its children",
        )
        for one in report.violations
        if one.id == "duplicate" and report.kind != "EphemeralRunner"
    ]  # fmt: skip
    if any((one.path, one.id) == (".spec.patchID", "required") for one in report.violations):
        found.append(Trap(
            "patch-id-missing", *who, ".spec.patchID",
            "an API server without validation ratcheting (before 1.30) refuses any update of it, "
            "the removal of its finalizer included",
            'Patch it first: {"spec": {"patchID": 0}}',
        ))  # fmt: skip
    return found + _decoding(obj, who, release)


def judge(
    changes: Sequence[Change],
    reports: Union[Iterable[ObjectReport], reads.Unread],
    found_traps: Sequence[Trap] = (),
    *,
    identical: bool = False,
) -> Judgement:
    """Return the verdict.

    `reports`: of all stored objects of the kind, or Unread where they could not be seen: then
    the rules alone decide. `identical`: the two CRDs have one form (`is_identical`).
    """
    blocking = [one for one in changes if one.id in _BLOCKING and one.severity == BLOCKS]
    if blocking:
        return Judgement(BLOCKED, _told(blocking))
    stops = tuple(f"{one.kind} {one.namespace}/{one.name}: {one.reason}" for one in found_traps)
    if isinstance(reports, reads.Unread):
        return _by_rules(changes, reports, identical)
    seen = list(reports)
    broken = tuple(
        f"{_name(one)}: {violation.path} {violation.message}"
        for one in seen
        for violation in one.violations
    )
    if broken or stops:
        return Judgement(BREAKING, broken + stops)
    lost = tuple(
        f"{_name(one)} loses {path}"
        for one in seen
        for path in one.lost
        if (one.kind, path) not in WELCOME_LOSSES
    )
    if lost:
        return Judgement(LOSING, lost)
    if identical:
        return Judgement(IDENTICAL)
    risky = [one for one in changes if one.severity in (BLOCKS, LOSES_DATA)]
    return Judgement(SAFE_FOR_THESE_OBJECTS, _told(risky)) if risky else Judgement(SAFE)


def worst(judgements: Iterable[Judgement]) -> Judgement:
    """Return the worst of several judgements with the reasons of all that are as bad."""
    ordered = sorted(judgements, key=lambda one: VERDICTS.index(one.verdict))
    if not ordered:
        return Judgement(IDENTICAL)
    verdict = ordered[-1].verdict
    reasons = tuple(text for one in ordered if one.verdict == verdict for text in one.reasons)
    return Judgement(verdict, reasons)


def is_identical(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """True if two CRDs differ in text at most."""
    return crd_form.normalise(old) == crd_form.normalise(new)


def _by_rules(
    changes: Sequence[Change], unread: reads.Unread, identical: bool
) -> Judgement:
    """Objects that nobody saw may be of the kind that breaks: nothing is `safe for these`."""
    if identical:
        return Judgement(IDENTICAL)
    gap = f"the objects were not read ({unread.reason})"
    for severity, verdict in ((BLOCKS, BREAKING), (LOSES_DATA, LOSING)):
        found = [one for one in changes if one.severity == severity]
        if found:
            return Judgement(verdict, (gap,) + _told(found))
    return Judgement(SAFE)


def _decoding(
    obj: Mapping[str, Any], who: Tuple[str, str, str], release: Optional[str]
) -> List[Trap]:
    """Go decodes a list as a whole: one value of the wrong type hides all objects of a kind."""
    known = releases.nearest(release)
    if who[0] != "EphemeralRunner" or known is None:
        return []
    wanted = {"boolean": bool, "date-time": str}[known.failures_type]
    failures = (obj.get("status") or {}).get("failures") or {}
    if all(isinstance(value, wanted) for value in failures.values()):
        return []
    return [Trap(
        "failures-undecodable", *who, ".status.failures",
        f"a controller of {release} cannot decode it, and then reconciles nothing in any "
        "namespace (#4156, #4167)",
        "Delete the runner once it is not busy, or patch its status: failures to null",
        stops_controller=True,
    )]  # fmt: skip


def _told(changes: Iterable[Change]) -> Tuple[str, ...]:
    return tuple(f"{one.crd}: {one.id} {one.path}".rstrip() for one in changes)


def _name(report: ObjectReport) -> str:
    return f"{report.kind} {report.namespace}/{report.name}"
