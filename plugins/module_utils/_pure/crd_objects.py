# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would the API server take this stored object under another CRD, and what would it drop?

The same steps as the server's: unknown fields are pruned, nulls that may not be are dropped,
defaults are filled in, then values are judged. Source: apiextensions-apiserver
`pkg/apiserver/schema/{pruning,defaulting,listtype}` and kube-openapi `pkg/validation`.
A schema is prepared once, so that thousands of objects are quick. CEL rules are not judged:
`Checker.unjudged` names every place where something was left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple

from . import crd_form, crd_values
from .crd_values import Findings, Judge, Schema, Violation

__all__ = ["Checker", "ObjectReport", "Violation", "check", "check_all", "prepare"]

# The API server itself is in charge of these fields of every object.
_META = frozenset(("apiVersion", "kind", "metadata"))


@dataclass(frozen=True)
class ObjectReport:
    """What the target CRD does to one object.

    `violations`: why the server would refuse it. `lost`: paths that the next write drops.
    `refused`: which writes it would refuse (crd_updates.refused_writes), where that was asked.
    """

    kind: str
    namespace: str
    name: str
    uid: str
    violations: Tuple[Violation, ...] = ()
    lost: Tuple[str, ...] = ()
    refused: Tuple[str, ...] = ()

    def without(self, before: ObjectReport) -> ObjectReport:
        """Return what is new against a report of the same object: what was there is no news."""
        return replace(
            self,
            violations=tuple(one for one in self.violations if one not in before.violations),
            lost=tuple(one for one in self.lost if one not in before.lost),
        )

    @property
    def is_clean(self) -> bool:
        """True if nothing happens to it."""
        return not self.violations and not self.lost

    def as_dict(self) -> Dict[str, Any]:
        """Return the report as plain data; it holds paths and keys, never values."""
        return {
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "violations": [one.as_dict() for one in self.violations],
            "lost": list(self.lost),
            "refused": list(self.refused),
        }


class Checker:
    """A prepared schema. `unjudged`: paths with rules that are not judged, and which."""

    def __init__(self, kind: str, schema: Schema) -> None:
        self.kind = kind
        self.unjudged: Set[str] = set()
        root = {**schema, "x-kubernetes-embedded-resource": False}
        properties = root.get("properties") or {}
        root["properties"] = {k: v for k, v in properties.items() if k not in _META}
        # Items of a list carry neither kind nor apiVersion, and the server fills them in.
        root["required"] = [k for k in root.get("required") or () if k not in _META]
        self._judge = _Preparation(self.unjudged).node(root, "", skip=_META)

    def check(self, obj: Mapping[str, Any]) -> ObjectReport:
        """Judge one object as the API gives it; it is not changed."""
        found = Findings([], [])
        self._judge(obj, "", found)
        meta = obj.get("metadata") or {}
        return ObjectReport(
            kind=self.kind,
            namespace=meta.get("namespace", ""),
            name=meta.get("name", ""),
            uid=meta.get("uid", ""),
            violations=tuple(sorted(found.violations)),
            lost=tuple(sorted(found.lost)),
        )


def prepare(crd: Mapping[str, Any], version: Optional[str] = None) -> Checker:
    """Prepare a CRD's schema. `version`: None for the one in which objects are stored."""
    schema = crd_form.schemas(crd)[version] if version else crd_form.stored_schema(crd)
    return Checker(crd["spec"]["names"]["kind"], schema)


def check(obj: Mapping[str, Any], schema: Schema, kind: str = "") -> ObjectReport:
    """Judge one object by a schema (openAPIV3Schema). For many objects use `prepare`."""
    return Checker(kind or str(obj.get("kind", "")), schema).check(obj)


def check_all(
    crd: Mapping[str, Any], objects: Iterable[Mapping[str, Any]]
) -> Iterator[ObjectReport]:
    """Judge objects one by one; yields only those to which something happens."""
    checker = prepare(crd)
    for obj in objects:
        report = checker.check(obj)
        if not report.is_clean:
            yield report


class _Preparation:
    """Turns a schema into nested functions."""

    def __init__(self, unjudged: Set[str]) -> None:
        self._unjudged = unjudged

    def node(self, schema: Schema, path: str, skip: frozenset = frozenset()) -> Judge:
        """Return the judge of values of this schema."""
        if schema.get("x-kubernetes-validations"):
            self._unjudged.add(f"{path or '.'}: x-kubernetes-validations")
        structure = self._structure(schema, path, skip)
        values = crd_values.value_judges(schema, path, self._unjudged)
        values += self._combinations(schema, path)
        kind = crd_values.type_judge(schema)
        # A schema without a type takes a null wherever one is left.
        takes_null = bool(schema.get("nullable")) or kind is None
        # An enum is asked of a null too, nullable or not.
        takes_null = takes_null and None in (schema.get("enum") or (None,))

        def judge(value: Any, at: str, found: Findings) -> None:
            if value is None:
                if not takes_null:
                    found.violations.append(Violation(at or ".", "null", "may not be null"))
                return
            if kind is not None and not kind(value, at, found):
                return
            for one in values:
                one(value, at, found)
            if structure is not None:
                structure(value, at, found)

        if not values and structure is None and kind is not None:
            return crd_values.scalar(kind, takes_null)
        return judge

    def _structure(self, schema: Schema, path: str, skip: frozenset) -> Optional[Judge]:
        if isinstance(schema.get("items"), Mapping):
            return self._list(schema, path)
        if schema.get("type") == "object" or schema.get("properties"):
            return self._object(schema, path, skip)
        return None

    def _list(self, schema: Schema, path: str) -> Judge:
        item = self.node(schema["items"], f"{path}[]")
        default = "default" in schema["items"]
        unique = crd_values.uniqueness(schema)

        def judge(value: Any, at: str, found: Findings) -> None:
            if not isinstance(value, list):
                return
            for number, one in enumerate(value):
                if one is not None or not default:
                    item(one, f"{at}[{number}]", found)
            if unique is not None and len(value) > 1:
                unique(value, at, found)

        return judge

    def _object(self, schema: Schema, path: str, skip: frozenset) -> Judge:
        properties = schema.get("properties") or {}
        fields = {
            name: _Field(child, self.node(child, f"{path}.{name}"))
            for name, child in properties.items()
        }
        below = schema.get("additionalProperties")
        other = None
        if isinstance(below, Mapping):
            other = _Field(below, self.node(below, f"{path}{{}}"))
        keeps = bool(schema.get("x-kubernetes-preserve-unknown-fields")) or below is True
        if schema.get("x-kubernetes-embedded-resource"):
            skip = _META
        required = _required(schema)
        size = _size_judge(schema, fields)

        def judge(value: Any, at: str, found: Findings) -> None:
            if not isinstance(value, dict):
                return
            gone = 0
            for name, one in value.items():
                field = fields.get(name, other)
                if field is not None:
                    if one is not None or field.nullable:
                        field.judge(one, f"{at}.{name}", found)
                    else:
                        gone += 1
                elif not keeps and name not in skip:
                    gone += 1
                    if one is not None:
                        found.lost.append(f"{at}.{name}")
            for name in required:
                if not _is_there(value, name, fields.get(name, other)):
                    found.violations.append(
                        Violation(f"{at}.{name}", "required", "is required and not there")
                    )
            if size is not None:
                size(value, gone, at, found)

        return judge

    def _combinations(self, schema: Schema, path: str) -> List[Judge]:
        """Judges of allOf, anyOf, oneOf and not: they validate and never prune."""
        found: List[Judge] = []
        for keyword, least, most in (("allOf", None, None), ("anyOf", 1, None), ("oneOf", 1, 1)):
            parts = schema.get(keyword)
            if parts and not _is_int_or_string(schema, keyword):
                judges = [self.node(_judging(one), path) for one in parts]
                found.append(_combined(keyword, judges, least, most))
        if schema.get("not"):
            found.append(_combined("not", [self.node(_judging(schema["not"]), path)], 0, 0))
        return found


class _Field:
    """A property: its judge, and what becomes of a null in it."""

    __slots__ = ("judge", "nullable", "has_default")

    def __init__(self, schema: Schema, judge: Judge) -> None:
        self.judge = judge
        self.nullable = bool(schema.get("nullable"))
        self.has_default = "default" in schema


def _required(schema: Schema) -> Tuple[str, ...]:
    """Names of fields that an object must bring along: those without a default."""
    properties = schema.get("properties") or {}
    return tuple(
        name
        for name in schema.get("required") or ()
        if "default" not in (properties.get(name) or {})
    )


def _size_judge(
    schema: Schema, fields: Mapping[str, _Field]
) -> Optional[Callable[[Mapping[str, Any], int, str, Findings], None]]:
    size = crd_values.size_judge(schema)
    if size is None:
        return None
    defaults = tuple(name for name, one in fields.items() if one.has_default)

    def judge(value: Mapping[str, Any], gone: int, at: str, found: Findings) -> None:
        filled = sum(not _is_there(value, name, fields[name]) for name in defaults)
        size(len(value) - gone + filled, at, found)

    return judge


def _is_there(value: Mapping[str, Any], name: str, field: Optional[_Field]) -> bool:
    if name not in value:
        return False
    # A null that may not be one is dropped before anything is judged.
    return value[name] is not None or field is None or field.nullable


def _judging(schema: Schema) -> Dict[str, Any]:
    """A part of a combination says nothing of fields it does not name."""
    return {**schema, "x-kubernetes-preserve-unknown-fields": True}


def _is_int_or_string(schema: Schema, keyword: str) -> bool:
    """The `anyOf` beside x-kubernetes-int-or-string is what `type_judge` has judged."""
    types = [{"type": "integer"}, {"type": "string"}]
    return (
        keyword == "anyOf"
        and bool(schema.get("x-kubernetes-int-or-string"))
        and list(schema["anyOf"]) == types
    )


def _combined(
    keyword: str, judges: List[Judge], least: Optional[int], most: Optional[int]
) -> Judge:
    def judge(value: Any, at: str, found: Findings) -> None:
        passed = 0
        for one in judges:
            trial = Findings([], [])
            one(value, at, trial)
            passed += not trial.violations
        low = len(judges) if least is None else least
        if passed < low or (most is not None and passed > most):
            text = f"does not fit {keyword}"
            found.violations.append(Violation(at or ".", "combination", text))

    return judge
