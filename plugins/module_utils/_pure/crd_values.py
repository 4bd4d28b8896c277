# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is one value what a schema asks of it: type, format, enum, limits, pattern, uniqueness?

The pieces that crd_objects.py puts together. Messages name types, keys and limits, never the
value: a pod template may hold secrets.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Set, Tuple

from . import crd_formats

Schema = Mapping[str, Any]


class Violation(NamedTuple):
    """Why the API server would refuse an object.

    `id`: null, type, required, enum, format, limit, pattern, duplicate, embedded, combination.
    A duplicate is refused on create, and on update only where it is new.
    """

    path: str
    id: str
    message: str

    def as_dict(self) -> Mapping[str, str]:
        """Return the violation as plain data."""
        return {"path": self.path, "id": self.id, "message": self.message}


class Findings(NamedTuple):
    """Where judges write what they find."""

    violations: List[Violation]
    lost: List[str]


Judge = Callable[[Any, str, Findings], None]
Kind = Callable[[Any, str, Findings], bool]

_INT64 = (-(2**63), 2**63 - 1)
_INT32 = (-(2**31), 2**31 - 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "number": _is_number,
    "int-or-string": lambda value: isinstance(value, str) or _is_integer(value),
}


def type_judge(schema: Schema) -> Optional[Kind]:
    """Return a judge that tells whether a value has the schema's type; None if any will do."""
    name = "int-or-string" if schema.get("x-kubernetes-int-or-string") else schema.get("type")
    fits = _TYPES.get(name or "")
    if fits is None:
        return None
    wanted = f"{name} ({schema['format']})" if schema.get("format") else name
    is_formatted = str(schema.get("format", "")).replace("-", "") in crd_formats.CHECKED
    # kube-openapi lets a list pass for a string that has a format (validate/type.go).
    takes_list = name == "string" and is_formatted

    def judge(value: Any, at: str, found: Findings) -> bool:
        if fits(value) or (takes_list and isinstance(value, list)):
            return True
        text = f"is {_type_name(value)}, must be {wanted}"
        found.violations.append(Violation(at or ".", "type", text))
        return False

    return judge


def scalar(kind: Kind, nullable: bool) -> Judge:
    """Return the judge of a value of which nothing but its type is asked."""

    def judge(value: Any, at: str, found: Findings) -> None:
        if value is not None:
            kind(value, at, found)
        elif not nullable:
            found.violations.append(Violation(at or ".", "null", "may not be null"))

    return judge


def value_judges(schema: Schema, path: str, unjudged: Set[str]) -> List[Judge]:
    """Return the judges of everything but type and structure.

    `unjudged`: gets the path of each keyword that cannot be judged here.
    """
    judges: List[Judge] = []
    if schema.get("enum") is not None:
        judges.append(_enum(schema["enum"]))
    if schema.get("pattern"):
        judges += _pattern(schema["pattern"], path, unjudged)
    judges += _format(schema, path, unjudged)
    judges += _numbers(schema)
    judges += _lengths(schema)
    if schema.get("x-kubernetes-embedded-resource"):
        judges.append(_embedded)
    return judges


def uniqueness(schema: Schema) -> Optional[Judge]:
    """Return the judge of a list's uniqueness, None where items may repeat."""
    kind = schema.get("x-kubernetes-list-type")
    if kind == "map":
        items = schema["items"].get("properties") or {}
        keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
        defaults = {key: (items.get(key) or {}).get("default") for key in keys}
        return _unique(lambda item: _map_key(item, keys, defaults))
    if kind == "set" or schema.get("uniqueItems"):
        return _unique(lambda item: ("", _frozen(item)))
    return None


def size_judge(schema: Schema) -> Optional[Callable[[int, str, Findings], None]]:
    """Return the judge of how many fields an object has, None where any number will do.

    What it is given: fields after pruning and filling in defaults.
    """
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least is None and most is None:
        return None

    def judge(size: int, at: str, found: Findings) -> None:
        if (least is not None and size < least) or (most is not None and size > most):
            found.violations.append(Violation(at or ".", "limit", f"has {size} fields"))

    return judge


def _enum(allowed: List[Any]) -> Judge:
    wanted = {_frozen(one) for one in allowed}

    def judge(value: Any, at: str, found: Findings) -> None:
        if _frozen(value) not in wanted:
            found.violations.append(Violation(at or ".", "enum", "is none of the listed values"))

    return judge


def _pattern(pattern: str, path: str, unjudged: Set[str]) -> List[Judge]:
    try:
        matches = re.compile(crd_formats.python_pattern(pattern)).search
    except re.error:
        unjudged.add(f"{path or '.'}: pattern")
        return []

    def judge(value: Any, at: str, found: Findings) -> None:
        if isinstance(value, str) and matches(value) is None:
            found.violations.append(Violation(at or ".", "pattern", f"does not match {pattern}"))

    return [judge]


def _format(schema: Schema, path: str, unjudged: Set[str]) -> List[Judge]:
    name, kind = schema.get("format"), schema.get("type")
    if kind == "integer":
        return [_range(*(_INT32 if name == "int32" else _INT64), "does not fit its integer type")]
    if kind not in (None, "string") or not name:
        return []
    normalised = name.replace("-", "")
    fits = crd_formats.FORMATS.get(normalised)
    if fits is None:
        if normalised in crd_formats.CHECKED:
            unjudged.add(f"{path or '.'}: format {name}")
        return []

    def judge(value: Any, at: str, found: Findings) -> None:
        if isinstance(value, str) and not fits(value):
            found.violations.append(Violation(at or ".", "format", f"is no {name}"))

    return [judge]


def _numbers(schema: Schema) -> List[Judge]:
    judges: List[Judge] = []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        text = f"is not within {'' if low is None else low}..{'' if high is None else high}"
        beyond = (schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum"))
        judges.append(_range(low, high, text, *(bool(one) for one in beyond)))
    step = schema.get("multipleOf")
    if step:

        def judge(value: Any, at: str, found: Findings) -> None:
            if _is_number(value) and not float(value / step).is_integer():
                found.violations.append(Violation(at or ".", "limit", f"is no multiple of {step}"))

        judges.append(judge)
    return judges


def _range(
    low: Any, high: Any, text: str, open_low: bool = False, open_high: bool = False
) -> Judge:
    def judge(value: Any, at: str, found: Findings) -> None:
        if not _is_number(value):
            return
        # The server cuts the limits of an integer down to integers: 0 passes a minimum of 0.5.
        least, most = (low, high) if isinstance(value, float) else (_cut(low), _cut(high))
        below = least is not None and (value <= least if open_low else value < least)
        above = most is not None and (value >= most if open_high else value > most)
        if below or above:
            found.violations.append(Violation(at or ".", "limit", text))

    return judge


def _cut(limit: Any) -> Any:
    return None if limit is None else int(limit)


def _lengths(schema: Schema) -> List[Judge]:
    judges: List[Judge] = []
    for kind, least, most, unit in (
        (str, schema.get("minLength"), schema.get("maxLength"), "characters"),
        (list, schema.get("minItems"), schema.get("maxItems"), "items"),
    ):
        if least is not None or most is not None:
            judges.append(_length(kind, least, most, unit))
    return judges


def _length(kind: type, least: Optional[int], most: Optional[int], unit: str) -> Judge:
    def judge(value: Any, at: str, found: Findings) -> None:
        if not isinstance(value, kind):
            return
        size = len(value)
        if (least is not None and size < least) or (most is not None and size > most):
            found.violations.append(Violation(at or ".", "limit", f"has {size} {unit}"))

    return judge


def _embedded(value: Any, at: str, found: Findings) -> None:
    if not isinstance(value, dict):
        return
    for name in ("apiVersion", "kind"):
        if not isinstance(value.get(name), str) or not value[name]:
            text = "must name the kind of the embedded object"
            found.violations.append(Violation(f"{at}.{name}", "embedded", text))


def _unique(key_of: Callable[[Any], Tuple[str, Any]]) -> Judge:
    def judge(value: Any, at: str, found: Findings) -> None:
        seen, told = set(), set()
        for number, item in enumerate(value):
            text, key = key_of(item)
            if key in seen and key not in told:
                told.add(key)
                message = f"stands there twice: {text}" if text else "stands there twice"
                found.violations.append(Violation(f"{at}[{number}]", "duplicate", message))
            seen.add(key)

    return judge


def _map_key(item: Any, keys: Tuple[str, ...], defaults: Mapping[str, Any]) -> Tuple[str, Any]:
    fields = item if isinstance(item, dict) else {}
    values = []
    for key in keys:
        value = fields.get(key)
        values.append((key, defaults[key] if value is None else value))
    text = ", ".join(f"{key} {value}" for key, value in values if value is not None)
    return text, tuple((key, _frozen(value)) for key, value in values)


def _frozen(value: Any) -> Any:
    """Return something that is equal for equal JSON values; true is not 1."""
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return (isinstance(value, bool), value)


def _type_name(value: Any) -> str:
    # bool before int, as true is an int to Python.
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "number")
