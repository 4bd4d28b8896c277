# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random structural schemas, what becomes of them in a newer CRD, and objects for them.

All is drawn from one random.Random, so that a seed tells the whole case.
"""

from __future__ import annotations

import copy
import random
from typing import Any, Callable, Dict, List

Schema = Dict[str, Any]

_NAMES = ("a", "b", "c", "d")
_WORDS = ("", "x", "ab", "abc", "abcd", "2026-01-01T00:00:00Z", "10.0.0.1", "1", "Ä")
_FORMATS = ("date-time", "ipv4", "date", "duration", "int32", "uuid", "unheard-of")
_PATTERNS = ("^[a-c]*$", "^.{2,}$", "[0-9]")


def schema(dice: random.Random, depth: int = 0) -> Schema:
    """Draw a structural schema."""
    kinds = ["string", "integer", "number", "boolean", "int-or-string"]
    if depth < 3:
        kinds += ["object", "object", "map", "array", "array", "keyed"]
    made = _OF[dice.choice(kinds)](dice, depth)
    if dice.random() < 0.2:
        made["nullable"] = True
    return made


def changed(dice: random.Random, old: Schema) -> Schema:
    """Draw what a later release makes of a schema: one to three changes somewhere in it."""
    new = copy.deepcopy(old)
    for _number in range(dice.randint(1, 3)):
        node = dice.choice(_nodes(new))
        dice.choice(_CHANGES)(dice, node)
    return _sane(new)


def value(dice: random.Random, of: Schema) -> Any:
    """Draw a value that is likely, not certain, to be valid."""
    if of.get("nullable") and dice.random() < 0.15:
        return None
    if dice.random() < 0.03:
        return dice.choice([None, 1, "x", [], {}, True])
    if "enum" in of and dice.random() < 0.9:
        return dice.choice(of["enum"])
    return _value(dice, of)


def mutated(dice: random.Random, it: Any) -> Any:
    """Change one part somewhere in a value, and leave the rest."""
    it = copy.deepcopy(it)
    if isinstance(it, dict) and it and dice.random() < 0.85:
        name = dice.choice(sorted(it))
        if dice.random() < 0.15:
            del it[name]
        else:
            it[name] = mutated(dice, it[name])
        return it
    if isinstance(it, list) and dice.random() < 0.85:
        if it and dice.random() < 0.6:
            number = dice.randrange(len(it))
            it[number] = mutated(dice, it[number])
        elif it:
            it.append(copy.deepcopy(dice.choice(it)))
        return it
    return dice.choice([None, 0, 1, 2**40, "x", "ab", True, {}, []])


def _value(dice: random.Random, of: Schema) -> Any:
    if of.get("x-kubernetes-int-or-string"):
        return dice.choice([0, 5, "5", "x"])
    kind = of.get("type")
    if kind == "object":
        found = {
            name: value(dice, child)
            for name, child in (of.get("properties") or {}).items()
            if name in (of.get("required") or ()) or dice.random() < 0.6
        }
        below = of.get("additionalProperties")
        if isinstance(below, dict):
            found.update({name: value(dice, below) for name in dice.sample(_NAMES, 2)})
        if of.get("x-kubernetes-preserve-unknown-fields"):
            found["unknown"] = {"deep": [1]}
        return found
    if kind == "array":
        return [value(dice, of["items"]) for _number in range(dice.randint(0, 3))]
    if kind == "string":
        return dice.choice(_WORDS)
    if kind == "integer":
        return dice.choice([-1, 0, 1, 5, 2**40])
    return dice.choice([True, False]) if kind == "boolean" else dice.choice([0, 1, 2.5, -3])


def _string(dice: random.Random, _depth: int) -> Schema:
    made: Schema = {"type": "string"}
    _narrow(dice, made)
    return made


def _number(kind: str) -> Callable[[random.Random, int], Schema]:
    def make(dice: random.Random, _depth: int) -> Schema:
        made: Schema = {"type": kind}
        if dice.random() < 0.4:
            _narrow(dice, made)
        return made

    return make


def _object(dice: random.Random, depth: int) -> Schema:
    names = dice.sample(_NAMES, dice.randint(0, 3))
    made: Schema = {"type": "object", "properties": {n: schema(dice, depth + 1) for n in names}}
    required = [name for name in names if dice.random() < 0.3]
    if required:
        made["required"] = required
    if dice.random() < 0.15:
        made["x-kubernetes-preserve-unknown-fields"] = True
    return made


def _map(dice: random.Random, depth: int) -> Schema:
    return {"type": "object", "additionalProperties": schema(dice, depth + 1)}


def _array(dice: random.Random, depth: int) -> Schema:
    made: Schema = {"type": "array", "items": schema(dice, depth + 1)}
    if made["items"].get("type") in ("string", "integer") and dice.random() < 0.5:
        made["items"].pop("nullable", None)
        made["x-kubernetes-list-type"] = "set"
    if dice.random() < 0.2:
        made["maxItems"] = dice.randint(1, 3)
    return made


def _keyed(dice: random.Random, depth: int) -> Schema:
    item = {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "v": schema(dice, depth + 1)}}
    made: Schema = {"type": "array", "items": item}
    if dice.random() < 0.5:
        made.update({"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]})
    return made


_OF: Dict[str, Callable[[random.Random, int], Schema]] = {
    "string": _string, "integer": _number("integer"), "number": _number("number"),
    "boolean": lambda _dice, _depth: {"type": "boolean"},
    "int-or-string": lambda _dice, _depth: {"x-kubernetes-int-or-string": True},
    "object": _object, "map": _map, "array": _array, "keyed": _keyed,
}


def _narrow(dice: random.Random, node: Schema) -> None:
    """Ask more of a value."""
    kind = node.get("type")
    if kind == "string":
        keyword, drawn = dice.choice([
            ("minLength", dice.randint(0, 3)), ("maxLength", dice.randint(0, 4)),
            ("pattern", dice.choice(_PATTERNS)), ("format", dice.choice(_FORMATS)),
            ("enum", dice.sample(_WORDS, 3))])
    elif kind in ("integer", "number"):
        keyword, drawn = dice.choice([
            ("minimum", dice.randint(-2, 2)), ("maximum", dice.randint(0, 6)),
            ("enum", dice.sample([0, 1, 5, 7], 2)), ("multipleOf", dice.choice([1, 5]))])
        if kind == "integer" and dice.random() < 0.2:
            keyword, drawn = "format", "int32"
    elif kind == "array":
        keyword, drawn = dice.choice([
            ("minItems", dice.randint(0, 2)), ("maxItems", dice.randint(0, 2))])
    elif kind == "object":
        keyword, drawn = dice.choice([
            ("minProperties", dice.randint(0, 2)), ("maxProperties", dice.randint(0, 3))])
    else:
        return
    node[keyword] = drawn


def _drop_keyword(dice: random.Random, node: Schema) -> None:
    loose = [one for one in node if one not in (
        "type", "items", "properties", "additionalProperties", "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys", "x-kubernetes-list-type")]
    if loose:
        del node[dice.choice(loose)]


def _drop_field(dice: random.Random, node: Schema) -> None:
    if node.get("properties"):
        del node["properties"][dice.choice(sorted(node["properties"]))]


def _add_field(dice: random.Random, node: Schema) -> None:
    if "properties" in node:
        free = [name for name in _NAMES if name not in node["properties"]]
        if free:
            node["properties"][dice.choice(free)] = schema(dice, 2)


def _require(dice: random.Random, node: Schema) -> None:
    if node.get("properties"):
        name = dice.choice(sorted(node["properties"]))
        node["required"] = sorted({*node.get("required", ()), name})


def _give_default(dice: random.Random, node: Schema) -> None:
    for child in (node.get("properties") or {}).values():
        plain = set(child) <= {"type", "nullable"}
        if plain and child.get("type") in ("string", "integer", "boolean"):
            child["default"] = {"string": "d", "integer": 3, "boolean": True}[child["type"]]
            return


def _retype(dice: random.Random, node: Schema) -> None:
    kept = {key: node[key] for key in ("nullable",) if key in node}
    fresh = schema(dice, 2)
    node.clear()
    node.update({**fresh, **kept})


def _turn(key: str) -> Callable[[random.Random, Schema], None]:
    def turn(_dice: random.Random, node: Schema) -> None:
        if key == "x-kubernetes-preserve-unknown-fields" and "properties" not in node:
            return
        if node.pop(key, None) is None:
            node[key] = True

    return turn


def _key_list(_dice: random.Random, node: Schema) -> None:
    item = node.get("items") or {}
    if "name" in (item.get("required") or ()) and "x-kubernetes-list-type" not in node:
        node.update({"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]})
    elif item.get("type") in ("string", "integer") and "nullable" not in item:
        node["x-kubernetes-list-type"] = "set"


_CHANGES: List[Callable[[random.Random, Schema], None]] = [
    _narrow, _narrow, _narrow, _drop_keyword, _drop_field, _drop_field, _add_field, _require,
    _give_default, _retype, _key_list, _turn("nullable"),
    _turn("x-kubernetes-preserve-unknown-fields"),
]  # fmt: skip


def _nodes(root: Schema) -> List[Schema]:
    found = [root]
    below = root.get("additionalProperties")
    children = list((root.get("properties") or {}).values())
    children += [one for one in (root.get("items"), below) if isinstance(one, dict)]
    for child in children:
        found += _nodes(child)
    return found


def _sane(node: Schema) -> Schema:
    """Take back what the API server would refuse of a schema itself."""
    for one in _nodes(node):
        properties = one.get("properties") or {}
        if "required" in one:
            one["required"] = [name for name in one["required"] if name in properties]
            if not one["required"]:
                del one["required"]
        keys = one.get("x-kubernetes-list-map-keys")
        item = one.get("items") or {}
        if one.get("x-kubernetes-list-type") == "map" and keys:
            key = (item.get("properties") or {}).get("name") or {}
            fits = item.get("type") == "object" and "name" in (item.get("required") or ())
            if not fits or key.get("type") != "string" or key.get("nullable") \
                    or item.get("nullable"):
                del one["x-kubernetes-list-type"], one["x-kubernetes-list-map-keys"]
        if one.get("x-kubernetes-list-type") == "set" and (
            item.get("type") not in ("string", "integer") or item.get("nullable")
        ):
            del one["x-kubernetes-list-type"]
        if "default" in one and set(one) - {"type", "default", "nullable"}:
            del one["default"]
        if one.get("enum") and one.get("nullable"):
            # What a null means to an enum is not what is asked here.
            del one["nullable"]
    return node
