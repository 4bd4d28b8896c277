# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would become of the objects that a target's charts make of the values that are stored?

An object that lives may stay as it is; one that is made anew must fit wholly. What is said names
kinds, paths and rules, never a value.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Iterator, List, Mapping, Sequence, Tuple

from . import crd_verdict
from .crd_objects import Checker
from .finding_table import Finding, make

GROUP = "actions.github.com"
Document = Mapping[str, Any]
# Returns the path and the rule that is broken of each fault of a built-in kind.
BuiltIn = Callable[[Document], Iterable[Tuple[str, str]]]
_MOST = 5


def findings_of(
    release: str,
    documents: Sequence[Document],
    checkers: Mapping[str, Checker],
    built_in: BuiltIn,
    cluster: str,
) -> List[Finding]:
    """Return what is wrong with what one Helm release renders.

    `release`: `namespace/name`. `checkers`: by kind, of the target's CRDs. `built_in`: judges
    documents of other groups.
    """
    found: List[Finding] = []
    for document in documents:
        for id, reasons in _of_document(document, checkers, built_in):
            told = "; ".join(reasons[:_MOST])
            more = f" and {len(reasons) - _MOST} more" if len(reasons) > _MOST else ""
            found.append(make(
                id, f"Helm release {release}", f"{name_of(document)}: {told}{more}",
                cluster=cluster,
            ))
    return found


def refused(release: str, said: str, cluster: str) -> Finding:
    """Return the finding of a chart that takes the values not at all; `said`: without values."""
    return make("chart-refuses", f"Helm release {release}", said, cluster=cluster)


def name_of(document: Document) -> str:
    """Return the kind and the name of a document."""
    meta = document.get("metadata") or {}
    return f"{document.get('kind', '?')} {meta.get('name', '?')}"


def _of_document(
    document: Document, checkers: Mapping[str, Checker], built_in: BuiltIn
) -> Iterator[Tuple[str, List[str]]]:
    if str(document.get("apiVersion", "")).partition("/")[0] != GROUP:
        faults = [f"{path or '.'}: {rule}" for path, rule in built_in(document)]
        if faults:
            yield "rendered-refused", faults
        return
    checker = checkers.get(str(document.get("kind", "")))
    if checker is None:
        yield "rendered-refused", ["the target's CRDs do not have its kind"]
        return
    report = checker.check(document)
    if report.violations:
        traps = {one.path for one in crd_verdict.traps(document, report)}
        yield "rendered-refused", [
            f"{one.path} {one.message}"
            + (", and so would every child the controller makes of it" if one.path in traps else "")
            for one in report.violations
        ]
    if report.lost:
        yield "rendered-drops", list(report.lost)
