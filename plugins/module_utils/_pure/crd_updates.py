# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which updates of a stored object would the API server refuse under another CRD?

Validation ratcheting: what did not change since the stored object is not held against an update.
Values are the same value where properties lead to them, or items of a list that is a map by its
keys; in any other list that changed, every item counts. A field that no schema names, and an item
of such a list without its keys, is never the same, even unchanged. A list that repeated an item
before may go on doing so. Source: apiextensions-apiserver
`pkg/apiserver/validation/ratcheting.go`, `pkg/registry/customresource/strategy.go`, and
`common.CorrelatedObject` of apiserver; on since Kubernetes 1.30, locked since 1.33.
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


def refused_writes(
    checker: Checker, schema: Schema, stored: Mapping[str, Any], ratchets: bool
) -> Tuple[str, ...]:
    """Return which writes the server would refuse of a stored object as it is.

    CREATE: of another one like it. UPDATE: also one that leaves all of its spec and status as
    they are, such as the removal of a finalizer. A change of what is wrong may be refused in any
    case. `checker`, `schema`: as in `update_violations`.
    """
    if not checker.check(stored).violations:
        return ()
    if ratchets and not update_violations(checker, schema, stored, stored):
        return (CREATE,)
    return (CREATE, UPDATE)


def update_violations(
    checker: Checker, schema: Schema, old: Mapping[str, Any], new: Mapping[str, Any],
    of_status: bool = False,
) -> List[Violation]:
    """Return why an update from `old` to `new` would be refused by a server that ratchets.

    `checker`: prepared from `schema`, the openAPIV3Schema of the version. `old`: as stored.
    `of_status`: the update goes to the subresource, where nothing but the status is judged.
    """
    found = [
        one for one in checker.check(new).violations
        if not of_status or _is_at(one.path, ".status")
    ]
    if not found:
        return []
    before, after = normalised(schema, old), normalised(schema, new)
    had_twice = any(one.id == "duplicate" for one in checker.check(old).violations)
    # Nothing names what is below metadata, so an object as a whole is never the same.
    same = {"": False}
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
    above = [one for one in same if _is_at(path, one)]
    return same[max(above, key=len)] if above else False


def _is_at(path: str, above: str) -> bool:
    return path == above or path.startswith((above + ".", above + "["))


def _correlated(
    schema: Schema, old: Any, new: Any, at: str
) -> Iterator[Tuple[str, bool]]:
    """Yield (path, is the same) of values that are compared, below a changed one its parts."""
    is_same = old is not _ABSENT and _is_unchanged(schema, old, new)
    yield at, is_same
    if is_same:
        return
    for step, below, before, value in _parts(schema, old, new):
        yield from _correlated(below, before, value, at + step)


def _parts(schema: Schema, old: Any, new: Any) -> Iterator[Tuple[str, Schema, Any, Any]]:
    """Yield step, schema, old value or _ABSENT, and new value of what has a schema below."""
    if isinstance(new, dict):
        for name, value in new.items():
            below = _below(schema, name)
            if below is not None:
                before = old.get(name, _ABSENT) if isinstance(old, dict) else _ABSENT
                yield f".{name}", below, before, value
    elif isinstance(new, list) and isinstance(schema.get("items"), Mapping):
        keys = schema.get("x-kubernetes-list-map-keys") or ()
        is_map = schema.get("x-kubernetes-list-type") == _MAP and isinstance(old, list)
        for number, value in enumerate(new):
            before = _of_key(old, value, keys) if is_map else _ABSENT
            yield f"[{number}]", schema["items"], before, value


def _is_unchanged(schema: Schema, old: Any, new: Any) -> bool:
    is_keyed = schema.get("x-kubernetes-list-type") == _MAP
    is_both = isinstance(old, dict) and isinstance(new, dict)
    if not is_both and not (is_keyed and isinstance(old, list) and isinstance(new, list)):
        return _equal(old, new)
    parts = list(_parts(schema, old, new))
    # A part without a schema is not among the parts.
    return len(old) == len(new) == len(parts) and all(
        before is not _ABSENT and _is_unchanged(below, before, value)
        for _step, below, before, value in parts
    )


def _of_key(items: List[Any], wanted: Any, keys: Any) -> Any:
    if not isinstance(wanted, dict):
        return _ABSENT
    for one in items:
        if isinstance(one, dict) and all(
            k in one and k in wanted and _equal(one[k], wanted[k]) for k in keys
        ):
            return one
    return _ABSENT


def _below(schema: Schema, name: str) -> Optional[Schema]:
    properties = schema.get("properties") or {}
    if name in properties:
        return dict(properties[name])
    other = schema.get("additionalProperties")
    return other if isinstance(other, Mapping) else None


def _equal(one: Any, other: Any) -> bool:
    """Compare as the server does: 1 is neither 1.0 nor true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return type(one) is type(other) and bool(one == other)


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
