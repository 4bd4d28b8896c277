# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which valid objects of an old schema may be invalid, or lose data, under a new one?

Each rule judges some keywords of one node and says so; what no rule has judged is a change of
its own (`other`), so that an unknown kind of change is never silence. The judgement is by the
schemas alone: whether an object is concerned is asked in crd_objects.py.
"""

from __future__ import annotations

from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from . import crd_form, crd_formats
from .crd_changes import BLOCKS, INFO, LOSES_DATA, Change

Schema = Mapping[str, Any]

_UPPER = ("maximum", "maxItems", "maxLength", "maxProperties")
_LOWER = ("minimum", "minItems", "minLength", "minProperties")
_SWITCHES = ("exclusiveMaximum", "exclusiveMinimum", "uniqueItems")
_COMBINED = ("allOf", "anyOf", "oneOf", "not")
_DESCENDED = ("properties", "items", "additionalProperties")


class Place(NamedTuple):
    """Where a schema stands."""

    crd: str
    version: str


class Told(NamedTuple):
    """What a rule says of one node. `step`: from the node to the place it speaks of."""

    id: str
    severity: str
    old: Any = None
    new: Any = None
    note: str = ""
    step: str = ""
    fields: int = 1


Found = Iterator[Told]


def compare_schemas(old: Schema, new: Schema, place: Place) -> List[Change]:
    """Return the changes between two root schemas, in the order of the old one's paths."""
    return list(_compare(old, new, "", place))


def _compare(old: Schema, new: Schema, path: str, place: Place) -> Iterator[Change]:
    for rule in _RULES:
        for told in rule(old, new):
            at = (path + told.step) or "."
            yield Change(
                told.id, told.severity, *place, at, told.old, told.new, told.note, told.fields
            )
    if _type(old) and _type(old) != _type(new) and not _is_wider(old, new):
        # What stands below a value of another type has no counterpart.
        return
    olds, news = dict(crd_form.children(old)), dict(crd_form.children(new))
    for step, child in olds.items():
        if step in news:
            yield from _compare(child, news[step], path + step, place)


def _type_rule(old: Schema, new: Schema) -> Found:
    was, now = _type(old), _type(new)
    if was == now:
        return
    if _is_wider(old, new):
        yield Told("loosened", INFO, was, now)
    else:
        yield Told("type-changed", BLOCKS, _typed(old), _typed(new))


def _format_rule(old: Schema, new: Schema) -> Found:
    was, now = old.get("format"), new.get("format")
    if was == now or (_type(old) != _type(new) and not _is_wider(old, new)):
        return
    checked = now in ("int32", "float") or str(now).replace("-", "") in crd_formats.CHECKED
    if checked:
        yield Told("format-changed", BLOCKS, was, now)
    else:
        yield Told("loosened", INFO, was, now)


def _removed_rule(old: Schema, new: Schema) -> Found:
    if _keeps_unknown(new) or _type(old) != _type(new):
        return
    for step, child in crd_form.children(old):
        if step == "[]" or _child(new, step) is not None:
            continue
        below = new.get("additionalProperties")
        if step.startswith(".") and below not in (None, False):
            continue
        if step == "{}" and below is True:
            continue
        yield Told("field-removed", LOSES_DATA, _typed(child), None, "", step, _size(child))


def _required_rule(old: Schema, new: Schema) -> Found:
    was, properties = set(old.get("required") or ()), new.get("properties") or {}
    for name in sorted(set(new.get("required") or ()) - was):
        child = properties.get(name) or {}
        if "default" in child:
            note = "the API server fills its default in"
            yield Told("required-added", INFO, None, True, note, f".{name}")
        else:
            yield Told("required-added", BLOCKS, None, True, step=f".{name}")
    gone = sorted(was - set(new.get("required") or ()))
    # A name that went with its property is told as a removed field.
    for name in gone:
        if name in properties:
            yield Told("loosened", INFO, "required", None, step=f".{name}")


def _enum_rule(old: Schema, new: Schema) -> Found:
    was, now = old.get("enum"), new.get("enum")
    if was == now:
        return
    if now is not None and (was is None or any(value not in now for value in was)):
        yield Told("enum-narrowed", BLOCKS, was, now)
    else:
        yield Told("loosened", INFO, was, now)


def _limit_rule(old: Schema, new: Schema) -> Found:
    for keyword in (*_UPPER, *_LOWER):
        was, now = old.get(keyword), new.get(keyword)
        if was == now:
            continue
        tighter = was is None or (
            now is not None and (now < was if keyword in _UPPER else now > was)
        )
        yield _limit(tighter, {keyword: was}, {keyword: now})
    for keyword in _SWITCHES:
        was, now = bool(old.get(keyword)), bool(new.get(keyword))
        if was != now:
            yield _limit(now, {keyword: was}, {keyword: now})
    was, now = old.get("multipleOf"), new.get("multipleOf")
    if was != now:
        yield _limit(now is not None, {"multipleOf": was}, {"multipleOf": now})


def _limit(tighter: bool, was: Any, now: Any) -> Told:
    if tighter:
        return Told("limit-tightened", BLOCKS, was, now)
    return Told("loosened", INFO, was, now)


def _pattern_rule(old: Schema, new: Schema) -> Found:
    was, now = old.get("pattern"), new.get("pattern")
    if was == now:
        return
    if now is None:
        yield Told("loosened", INFO, was, now)
    else:
        yield Told("pattern-changed", BLOCKS, was, now)


def _nullable_rule(old: Schema, new: Schema) -> Found:
    was, now = bool(old.get("nullable")), bool(new.get("nullable"))
    if was and not now:
        yield Told("nullable-removed", BLOCKS, was, now)
    elif now and not was:
        yield Told("loosened", INFO, was, now)


def _default_rule(old: Schema, new: Schema) -> Found:
    was, now = old.get("default"), new.get("default")
    if was == now:
        return
    yield Told("default-changed", INFO, was, now)


def _default_of_required_rule(old: Schema, new: Schema) -> Found:
    """A required field that loses its default is newly required of those who left it out."""
    both = set(old.get("required") or ()) & set(new.get("required") or ())
    for name in sorted(both):
        was, now = _child(old, f".{name}") or {}, _child(new, f".{name}") or {}
        if "default" in was and "default" not in now:
            note = "the field is required and its default is gone"
            yield Told("required-added", BLOCKS, was["default"], True, note, step=f".{name}")


def _list_rule(old: Schema, new: Schema) -> Found:
    was, now = _list_type(old), _list_type(new)
    if was == now or _type(new) != "array":
        return
    # `atomic` is what a list without a type is: it never makes an object invalid.
    if now[0] == "map":
        yield Told("list-became-map", INFO, _listed(was), _listed(now))
    elif now[0] == "set":
        yield Told("list-became-set", INFO, _listed(was), _listed(now))
    else:
        yield Told("loosened", INFO, _listed(was), _listed(now))


def _map_rule(old: Schema, new: Schema) -> Found:
    was = old.get("x-kubernetes-map-type") or "granular"
    now = new.get("x-kubernetes-map-type") or "granular"
    if was != now:
        yield Told("merge-changed", INFO, was, now)


def _unknown_fields_rule(old: Schema, new: Schema) -> Found:
    was, now = _keeps_unknown(old), _keeps_unknown(new)
    if was and not now:
        yield Told("pruning-started", LOSES_DATA, was, now)
    elif now and not was:
        yield Told("loosened", INFO, was, now)
    before, after = old.get("additionalProperties"), new.get("additionalProperties")
    if before is True and after is not True and not _keeps_unknown(new):
        severity = BLOCKS if isinstance(after, Mapping) else LOSES_DATA
        yield Told("pruning-started", severity, before, after)


def _embedded_rule(old: Schema, new: Schema) -> Found:
    key = "x-kubernetes-embedded-resource"
    was, now = bool(old.get(key)), bool(new.get(key))
    if now and not was:
        note = "the value must be a whole object with apiVersion, kind and metadata"
        yield Told("type-changed", BLOCKS, was, now, note)
    elif was and not now:
        yield Told("pruning-started", LOSES_DATA, was, now)


def _validations_rule(old: Schema, new: Schema) -> Found:
    key = "x-kubernetes-validations"
    was = {str(one.get("rule")) for one in old.get(key) or ()}
    for one in new.get(key) or ():
        if str(one.get("rule")) not in was:
            yield Told("rule-added", BLOCKS, None, one.get("rule"))
    gone = was - {str(one.get("rule")) for one in new.get(key) or ()}
    for rule in sorted(gone):
        yield Told("loosened", INFO, rule, None)


def _other_rule(old: Schema, new: Schema) -> Found:
    """Report what no other rule speaks for."""
    if _type(old) != _type(new):
        return
    for keyword in sorted({*old, *new} - _JUDGED):
        was, now = old.get(keyword), new.get(keyword)
        if was == now or (not was and not now):
            continue
        if keyword in _COMBINED and now is None:
            yield Told("loosened", INFO, {keyword: was}, None)
        else:
            yield Told("other", BLOCKS, {keyword: was}, {keyword: now})
    for step, child in crd_form.children(new):
        if step == "{}" and "additionalProperties" not in old and not _keeps_unknown(old):
            yield Told("loosened", INFO, None, _typed(child), step=step)


_RULES: Sequence[Callable[[Schema, Schema], Found]] = (
    _type_rule, _format_rule, _removed_rule, _required_rule, _default_of_required_rule,
    _enum_rule, _limit_rule, _pattern_rule, _nullable_rule, _default_rule, _list_rule, _map_rule,
    _unknown_fields_rule, _embedded_rule, _validations_rule, _other_rule,
)  # fmt: skip
_JUDGED = frozenset((
    "type", "format", "required", "enum", "pattern", "nullable", "default", "multipleOf",
    "x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource", "x-kubernetes-validations",
    *_UPPER, *_LOWER, *_SWITCHES, *_DESCENDED, *crd_form.TEXT_KEYWORDS,
))  # fmt: skip


def _type(schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        return "int-or-string"
    return str(schema.get("type") or "")


def _is_wider(old: Schema, new: Schema) -> bool:
    was, now = _type(old), _type(new)
    if (was, now) in (("integer", "number"), ("integer", "int-or-string")):
        return True
    return now == "" or (was, now) == ("string", "int-or-string")


def _typed(schema: Schema) -> str:
    kind, form = _type(schema), schema.get("format")
    return f"{kind} ({form})" if form else kind


def _size(schema: Schema) -> int:
    return 1 + sum(_size(child) for _step, child in crd_form.children(schema))


def _child(schema: Schema, step: str) -> Any:
    if step == "{}":
        below = schema.get("additionalProperties")
        return below if isinstance(below, Mapping) else None
    return (schema.get("properties") or {}).get(step[1:])


def _keeps_unknown(schema: Schema) -> bool:
    return bool(schema.get("x-kubernetes-preserve-unknown-fields"))


def _list_type(schema: Schema) -> Tuple[str, Tuple[str, ...]]:
    kind = schema.get("x-kubernetes-list-type") or "atomic"
    keys = sorted(schema.get("x-kubernetes-list-map-keys") or ()) if kind == "map" else ()
    return str(kind), tuple(keys)


def _listed(kind: Tuple[str, Tuple[str, ...]]) -> str:
    return f"{kind[0]} by {', '.join(kind[1])}" if kind[1] else kind[0]
