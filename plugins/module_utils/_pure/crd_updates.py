# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which updates of a stored object would the API server refuse under another CRD?

Validation ratcheting: what did not change since the stored object is not held against an update.
Values are the same value where properties lead to them, or items of a list that is a map by its
keys; in any other list that changed, every item counts. A list that repeated an item before may
go on doing so. Source: apiextensions-apiserver `pkg/apiserver/validation/ratcheting.go`,
`pkg/registry/customresource/strategy.go`, and `common.CorrelatedObject`; on since Kubernetes
1.30, locked since 1.33.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from .crd_objects import Checker
from .crd_values import Schema, Violation

CREATE, UPDATE = "create", "update"
RATCHETS_SINCE = (1, 30)
_ABSENT = object()
_MAP = "map"


def has_ratcheting(kubernetes: str) -> bool:
    """Tell whether an API server of a release such as "1.33.1" does so; False where unknown."""
    parts = kubernetes.lstrip("v").split(".")[:2]
    if len(parts) < 2 or not all(part.isdigit() for part in parts):
        return False
    return (int(parts[0]), int(parts[1])) >= RATCHETS_SINCE


def refused_writes(violations: Tuple[Violation, ...], ratchets: bool) -> Tuple[str, ...]:
    """Return which writes of an object with these violations are refused.

    UPDATE: also one that leaves all of its spec and status as they are, such as the removal of
    a finalizer, and one of its status alone. A change of what is wrong itself may be refused
    in any case.
    """
    if not violations:
        return ()
    if not ratchets or any(_is_held(one) for one in violations):
        return (CREATE, UPDATE)
    return (CREATE,)


def _is_held(one: Violation) -> bool:
    """True for what counts although nothing below the object's root has changed."""
    return one.id == "embedded" or (one.id != "duplicate" and _owner(one) in ("", "."))


def update_violations(
    checker: Checker, schema: Schema, old: Mapping[str, Any], new: Mapping[str, Any]
) -> List[Violation]:
    """Return why an update from `old` to `new` would be refused by a server that ratchets.

    `checker`: prepared from `schema`, the openAPIV3Schema of the version. `old`: as stored.
    """
    found = checker.check(new).violations
    if not found:
        return []
    before, after = normalised(schema, old), normalised(schema, new)
    had_twice = any(one.id == "duplicate" for one in checker.check(old).violations)
    same = {"": _equal(old, new)}
    for name, value in after.items():
        below = _below(schema, name)
        if below is not None:
            same.update(_correlated(below, before.get(name, _ABSENT), value, f".{name}"))
    return [
        one for one in found
        if not (one.id == "duplicate" and had_twice)
        and (one.id in ("duplicate", "embedded") or not _is_same(same, _owner(one)))
    ]


def _owner(one: Violation) -> str:
    """Return the path of the value whose schema was broken."""
    if one.id == "required":
        return one.path.rsplit(".", 1)[0]
    return "" if one.path == "." else one.path


def _is_same(same: Mapping[str, bool], path: str) -> bool:
    """Look for the nearest value above that was compared; a key may hold dots itself."""
    above = [
        one for one in same
        if path == one or path.startswith(one + ".") or path.startswith(one + "[")
    ]
    return same[max(above, key=len)] if above else False


def _correlated(
    schema: Schema, old: Any, new: Any, at: str
) -> Iterator[Tuple[str, bool]]:
    """Yield (path, is the same) of values that are compared, below a changed one its parts."""
    is_same = old is not _ABSENT and _equal(old, new)
    yield at, is_same
    if is_same:
        return
    if isinstance(new, dict):
        for name, value in new.items():
            below = _below(schema, name)
            before = old.get(name, _ABSENT) if isinstance(old, dict) else _ABSENT
            if below is not None:
                yield from _correlated(below, before, value, f"{at}.{name}")
    elif isinstance(new, list) and isinstance(schema.get("items"), Mapping):
        keys = schema.get("x-kubernetes-list-map-keys") or ()
        is_map = schema.get("x-kubernetes-list-type") == _MAP
        for number, value in enumerate(new):
            before = _ABSENT
            if is_map and isinstance(old, list):
                before = _of_key(old, value, keys)
            yield from _correlated(schema["items"], before, value, f"{at}[{number}]")


def _of_key(items: List[Any], wanted: Any, keys: Any) -> Any:
    if not isinstance(wanted, dict):
        return _ABSENT
    for one in items:
        if isinstance(one, dict) and all(_equal(one.get(k), wanted.get(k)) for k in keys):
            return one
    return _ABSENT


def _below(schema: Schema, name: str) -> Optional[Schema]:
    properties = schema.get("properties") or {}
    if name in properties:
        return dict(properties[name])
    other = schema.get("additionalProperties")
    return other if isinstance(other, Mapping) else None


def _equal(one: Any, other: Any) -> bool:
    """Compare as the server does: 1 is 1.0, and true is neither."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)


def normalised(schema: Schema, value: Any) -> Any:
    """Return a value as the server holds it: pruned, without nulls that may not be, defaulted."""
    if isinstance(value, dict):
        return _object(schema, value)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        items = schema["items"]
        return [
            items["default"] if one is None and "default" in items and not items.get("nullable")
            else normalised(items, one) for one in value
        ]
    return value


def _object(schema: Schema, value: Mapping[str, Any]) -> Dict[str, Any]:
    keeps = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    keeps = keeps or schema.get("additionalProperties") is True
    done: Dict[str, Any] = {}
    for name, one in value.items():
        below = _below(schema, name)
        if below is None:
            if keeps:
                done[name] = one
        elif one is not None or below.get("nullable"):
            done[name] = normalised(below, one)
    for name, below in (schema.get("properties") or {}).items():
        if name not in done and "default" in below:
            done[name] = below["default"]
    return done
