# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes from one CustomResourceDefinition to another, and what follows from it?

By the definitions alone; objects are asked in crd_objects.py, both together in crd_verdict.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Set

from . import crd_form, crd_schema_rules
from .crd_changes import BLOCKS, INFO, LOSES_DATA, SEVERITIES, Change, Weight

Crd = Mapping[str, Any]

__all__ = ["BLOCKS", "Change", "INFO", "LOSES_DATA", "compare", "compare_all", "count"]

_SILENT = ("storage", "served", "schema", "subresources", "additionalPrinterColumns")


def compare(old: Crd, new: Crd) -> List[Change]:
    """Return what changes from one CRD to another of the same name, worst first.

    `old`: stored (its `status.storedVersions` is then looked at) or from a file.
    """
    name = str((old.get("metadata") or {}).get("name", ""))
    was, now = crd_form.normalise(old), crd_form.normalise(new)
    stored = set((old.get("status") or {}).get("storedVersions") or ())
    changes = [
        *_definition(name, was, now),
        *_versions(name, was["versions"], now["versions"], stored),
    ]
    return sorted(changes, key=_order)


def weighed(changes: Iterable[Change], weights: Iterable[Weight]) -> List[Change]:
    """Return the changes with the severities that a user has set, worst first.

    Of several weights that fit a change the last one counts.
    """
    found, given = [], list(weights)
    for one in changes:
        for weight in given:
            if weight.fits(one):
                one = replace(one, severity=weight.severity)
        found.append(one)
    return sorted(found, key=_order)


def compare_all(old: Iterable[Crd], new: Iterable[Crd]) -> List[Change]:
    """Return what changes from one set of CRDs to another, worst first.

    A CRD that only the new set has is no change for objects; one that only the old set has is
    a removed kind.
    """
    by_name = {one["metadata"]["name"]: one for one in new}
    changes: List[Change] = []
    for crd in old:
        other = by_name.get(crd["metadata"]["name"])
        if other is not None:
            changes += compare(crd, other)
        else:
            name = crd["metadata"]["name"]
            note = "the new set has no such kind: its objects go with the definition"
            changes.append(Change("version-removed", BLOCKS, name, "", "", name, None, note))
    return sorted(changes, key=_order)


def count(changes: Iterable[Change]) -> Dict[str, int]:
    """Return how many changes there are of each id."""
    found: Dict[str, int] = {}
    for one in changes:
        found[one.id] = found.get(one.id, 0) + 1
    return dict(sorted(found.items()))


def _order(change: Change) -> Any:
    return (
        SEVERITIES.index(change.severity), change.crd, change.version, change.path, change.id,
    )  # fmt: skip


def _definition(name: str, was: Crd, now: Crd) -> Iterator[Change]:
    for key in ("group", "scope"):
        if was.get(key) != now.get(key):
            change_id = "scope-changed" if key == "scope" else "names-changed"
            yield Change(change_id, BLOCKS, name, "", "", was.get(key), now.get(key))
    yield from _names(name, was.get("names") or {}, now.get("names") or {})
    before, after = was.get("conversion"), now.get("conversion")
    if before != after:
        severity = INFO if after is None else BLOCKS
        yield Change("conversion-changed", severity, name, "", "", before, after)
    if was.get("preserveUnknownFields") and not now.get("preserveUnknownFields"):
        yield Change("pruning-started", LOSES_DATA, name, "", "", True, False)
    elif now.get("preserveUnknownFields") and not was.get("preserveUnknownFields"):
        yield Change("loosened", INFO, name, "", "", False, True)


def _names(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for key in sorted({*was, *now}):
        if was.get(key) != now.get(key):
            severity = INFO if key in ("shortNames", "categories") else BLOCKS
            yield Change(
                "names-changed", severity, name, "", "", {key: was.get(key)}, {key: now.get(key)}
            )


def _versions(
    name: str, olds: Mapping[str, Crd], news: Mapping[str, Crd], stored: Set[str]
) -> Iterator[Change]:
    for version, was in olds.items():
        now = news.get(version)
        if now is None:
            yield _version_removed(name, version, was, stored)
            continue
        if was.get("served") and not now.get("served"):
            yield Change("version-not-served", BLOCKS, name, version, "", True, False)
        if was.get("storage") and not now.get("storage"):
            storage = [one for one, it in news.items() if it.get("storage")]
            yield Change("storage-moved", INFO, name, version, "", version, storage)
        yield from _version(name, version, was, now)
    for version in sorted(stored - {*olds, *news}):
        note = "status.storedVersions names it: the API server refuses the change"
        yield Change("version-removed", BLOCKS, name, version, "", version, None, note)


def _version_removed(name: str, version: str, was: Crd, stored: Iterable[str]) -> Change:
    note: Optional[str] = None
    if version in stored:
        note = "status.storedVersions names it: the API server refuses the change"
    elif not was.get("storage"):
        note = "clients of that version get 404"
    return Change("version-removed", BLOCKS, name, version, "", version, None, note or "")


def _version(name: str, version: str, was: Crd, now: Crd) -> Iterator[Change]:
    before, after = was.get("subresources") or {}, now.get("subresources") or {}
    for key in sorted({*before, *after}):
        if key not in after:
            yield Change("subresource-removed", BLOCKS, name, version, "", key, None)
        elif key not in before:
            yield Change("loosened", INFO, name, version, "", None, key)
        elif before[key] != after[key]:
            yield Change("other", BLOCKS, name, version, "", before[key], after[key])
    if was.get("additionalPrinterColumns") != now.get("additionalPrinterColumns"):
        yield Change("columns-changed", INFO, name, version, "")
    for key in sorted({*was, *now} - set(_SILENT)):
        if was.get(key) != now.get(key):
            severity = INFO if key.startswith("deprecat") else BLOCKS
            yield Change(
                "other", severity, name, version, "", {key: was.get(key)}, {key: now.get(key)}
            )
    place = crd_schema_rules.Place(name, version)
    yield from crd_schema_rules.compare_schemas(was["schema"], now["schema"], place)
