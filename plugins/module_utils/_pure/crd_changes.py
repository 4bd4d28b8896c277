# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference between two CRDs is called, how much it matters, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Dict, Mapping

# An object may be refused or not be served; a field is dropped at the next write; neither.
BLOCKS, LOSES_DATA, INFO = "blocks", "loses_data", "info"
SEVERITIES = (BLOCKS, LOSES_DATA, INFO)

# Every id, and why it matters.
REASONS: Mapping[str, str] = {
    "field-removed": "the API server drops the field without a word at the next write",
    "required-added": "an object without the field is invalid",
    "type-changed": "a value of the old type is invalid, and a controller may not decode it",
    "format-changed": "a value that the new format does not take is invalid",
    "enum-narrowed": "a value that is no longer listed is invalid",
    "limit-tightened": "a value beyond the new limit is invalid",
    "pattern-changed": "a value that the new pattern does not match is invalid",
    "nullable-removed": "an explicit null is dropped, and is invalid in a list",
    "list-became-map": "two items with the same key are refused on create",
    "list-became-set": "an item that stands there twice is refused on create",
    "default-changed": "objects that leave the field out mean something else",
    "pruning-started": "fields that the schema does not name are dropped at the next write",
    "rule-added": "an object that breaks the validation rule is invalid",
    "loosened": "everything that was valid stays valid",
    "merge-changed": "only server-side apply merges differently",
    "scope-changed": "the API server refuses the change, and stored objects cannot be reached",
    "version-removed": "objects stored in it cannot be read",
    "version-not-served": "clients of that version get 404",
    "storage-moved": "objects are stored in the other version from their next write on",
    "subresource-removed": "a controller that writes through it gets 404",
    "names-changed": "clients find the kind under another name",
    "conversion-changed": "reading objects depends on another converter",
    "columns-changed": "kubectl prints other columns",
    "other": "no rule knows this kind of change: look at it",
}


@dataclass(frozen=True)
class Weight:
    """A severity that a user sets. `crd`, `path`: patterns with `*` and `?`, as of a shell."""

    id: str
    severity: str
    path: str = "*"
    crd: str = "*"

    def fits(self, change: Change) -> bool:
        """Tell whether it speaks of a change."""
        return (
            change.id == self.id
            and fnmatchcase(change.path.replace("[]", ""), self.path.replace("[]", ""))
            and fnmatchcase(change.crd, self.crd)
        )


@dataclass(frozen=True)
class Change:
    """One difference between an old and a new CRD.

    `path`: JSON path in an object, `[]` for each item and `{}` for each value of a map; "" for
    the CRD itself. `old`, `new`: the values that differ, None where there is none. `fields`: of
    a removed field, how many schema nodes go with it, itself included.
    """

    id: str
    severity: str
    crd: str
    version: str
    path: str
    old: Any = None
    new: Any = None
    note: str = ""
    fields: int = 1

    @property
    def reason(self) -> str:
        """Why it matters."""
        return self.note or REASONS[self.id]

    def as_dict(self) -> Dict[str, Any]:
        """Return the change as plain data."""
        return {
            "id": self.id,
            "severity": self.severity,
            "crd": self.crd,
            "version": self.version,
            "path": self.path,
            "old": self.old,
            "new": self.new,
            "reason": self.reason,
            "fields": self.fields,
        }
