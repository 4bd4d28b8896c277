# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which schema does an API server judge objects now, the old one or the new one?

It is asked with a creation that it can only refuse: strict about unknown fields
(`fieldValidation=Strict`, Kubernetes 1.25 and later) and with a field that no schema has. Its
refusal names all fields it does not know, and so tells which schema it goes by. The OpenAPI
document does not: another part of the API server makes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from . import crd_form

Schema = Mapping[str, Any]
Crd = Mapping[str, Any]

# What no schema of ARC has; without it an object might be created.
MARK = "arcLifecycleProbe"
_OF_ITSELF = ("apiVersion", "kind", "metadata")
_EMPTY: Mapping[str, Any] = {"array": [], "boolean": False, "integer": 0, "number": 0, "object": {}}


@dataclass(frozen=True)
class Probe:
    """What to send for a version of a kind, and the fields that only one of the schemas knows.

    `added` or `removed` is "" where the schemas do not differ in that way.
    """

    version: str
    body: Dict[str, Any]
    added: str
    removed: str


def probe(old: Crd, new: Crd, version: str) -> Optional[Probe]:
    """Return what tells the two apart, None where no field came or went."""
    was, now = crd_form.schemas(old).get(version), crd_form.schemas(new).get(version)
    if was is None or now is None:
        return None
    added, removed = _only(now, was), _only(was, now)
    if added is None and removed is None:
        return None
    body: Dict[str, Any] = {
        "apiVersion": f"{new['spec']['group']}/{version}",
        "kind": new["spec"]["names"]["kind"],
        "metadata": {"name": "arc-lifecycle-probe"},
        MARK: "",
    }
    for found in (added, removed):
        if found is not None:
            _put(body, *found)
    return Probe(version, body, _told(added), _told(removed))


def is_new(asked: Probe, refusal: str) -> Optional[bool]:
    """Tell by the words of a refusal whether the new schema is in force; None: they do not say."""
    if f'unknown field "{MARK}"' not in refusal:
        return None
    if asked.added and f'unknown field "{asked.added}"' in refusal:
        return False
    return not asked.removed or f'unknown field "{asked.removed}"' in refusal


_Found = Optional[Tuple[Tuple[str, ...], Any]]


def _only(one: Schema, other: Schema, path: Tuple[str, ...] = ()) -> _Found:
    """Return path and value of the first field that only `one` knows; through objects alone, as
    an item of a list or a map has more to it."""
    if other.get("x-kubernetes-preserve-unknown-fields") or other.get("additionalProperties"):
        return None
    known = other.get("properties") or {}
    for name, schema in (one.get("properties") or {}).items():
        if not path and name in _OF_ITSELF:
            continue
        if name not in known:
            return (*path, name), _EMPTY.get(str(schema.get("type")), "")
        found = _only(schema, known[name], (*path, name))
        if found is not None:
            return found
    return None


def _put(body: Dict[str, Any], path: Tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        body = body.setdefault(name, {})
    body[path[-1]] = value


def _told(found: _Found) -> str:
    return ".".join(found[0]) if found is not None else ""
