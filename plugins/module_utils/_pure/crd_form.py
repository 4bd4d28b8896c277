# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one form in which two CustomResourceDefinitions are compared, published or stored.

A stored CRD differs from its file without any change of meaning: the API server fills in
defaults and drops empty values. Source: apiextensions-apiserver `pkg/apis/apiextensions/v1`,
`defaults.go` (singular, listKind, conversion, port of a webhook) and the `omitempty` tags of
`types.go` and `types_jsonschema.go`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Iterator, List, Mapping, Tuple

Schema = Mapping[str, Any]

# A part of a schema with more nodes than this is told by its own parts.
SECTION_NODES = 400
_DESCENDED = ("properties", "items", "additionalProperties")
# Text of a schema: it says nothing about which objects are valid.
TEXT_KEYWORDS = ("description", "title", "example", "externalDocs", "id", "$schema")
# Keywords that hold schemas: one, a list, or a map of them.
_ONE = ("not", "items", "additionalProperties", "additionalItems")
_MANY = ("allOf", "anyOf", "oneOf")
_NAMED = ("properties", "patternProperties", "definitions", "dependencies")
# `default` and `enum` hold values of objects, in which null and false are not "absent".
_VALUES = ("default", "enum", "example")
# Pointers in `JSONSchemaProps`: their zero is stored and means something.
_KEPT_ZEROS = (
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
    "maxProperties", "multipleOf", "additionalProperties", "additionalItems",
)  # fmt: skip


def normalise(crd: Mapping[str, Any], *, with_text: bool = False) -> Dict[str, Any]:
    """Return group, names, scope, conversion and versions in one form.

    `crd`: a CustomResourceDefinition as in a file or as the API gives it. Status and metadata
    are left out, versions stand in a map by name. `with_text`: keep descriptions.
    """
    spec = crd.get("spec") or {}
    return _without_empty({
        "group": spec.get("group"),
        "scope": spec.get("scope"),
        "names": _names(spec.get("names") or {}),
        "conversion": _conversion(spec.get("conversion") or {}),
        "preserveUnknownFields": spec.get("preserveUnknownFields") or None,
        "versions": {
            str(one.get("name")): _version(one, with_text) for one in spec.get("versions") or ()
        },
    })


def schemas(crd: Mapping[str, Any]) -> Dict[str, Schema]:
    """Return version name -> its openAPIV3Schema, {} for a version without one."""
    return {
        str(one.get("name")): (one.get("schema") or {}).get("openAPIV3Schema") or {}
        for one in (crd.get("spec") or {}).get("versions") or ()
    }


def stored_schema(crd: Mapping[str, Any]) -> Schema:
    """Return the openAPIV3Schema of the version in which objects are stored."""
    storage = [one["name"] for one in crd["spec"]["versions"] if one.get("storage")]
    return schemas(crd)[storage[0]]


def normalise_schema(schema: Schema, *, with_text: bool = False) -> Dict[str, Any]:
    """Return a schema without text, empty values and key order."""
    found: Dict[str, Any] = {}
    for key, value in schema.items():
        if key in TEXT_KEYWORDS and not with_text:
            continue
        # Most values of the 20,000 of a CRD are plain text, and a type asked for costs time.
        if value.__class__ is str:
            if value or key in _VALUES:
                found[key] = value
            continue
        if key in _VALUES:
            if value is not None:
                found[key] = value
            continue
        value = _normal_value(key, value, with_text)
        if value or (key in _KEPT_ZEROS and value is not None):
            found[key] = value
    return found


def sections(crd: Mapping[str, Any]) -> Dict[str, str]:
    """Return path -> short digest of each part of a normalised CRD, in parts of some size.

    `crd`: as `normalise` returns it. The paths say roughly where two CRDs differ without
    both being at hand.
    """
    found = {"": digest({**crd, "versions": sorted(crd.get("versions") or ())})[:6]}
    for name, version in (crd.get("versions") or {}).items():
        rest = {key: value for key, value in version.items() if key != "schema"}
        found[f"{name} itself"] = digest(rest)[:6]
        _add_sections(version.get("schema") or {}, name, found)
    return found


def digest(value: Any) -> str:
    """Return 32 hex digits that are equal for equal JSON values."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def children(schema: Schema) -> Iterator[Tuple[str, Schema]]:
    """Yield the path step and the schema of each property, item and map value."""
    for name, child in (schema.get("properties") or {}).items():
        yield f".{name}", child
    if isinstance(schema.get("items"), dict):
        yield "[]", schema["items"]
    if isinstance(schema.get("additionalProperties"), dict):
        yield "{}", schema["additionalProperties"]


def _add_sections(schema: Schema, path: str, found: Dict[str, str]) -> None:
    below = list(children(schema))
    if not below or _size(schema) <= SECTION_NODES:
        found[path] = digest(schema)[:6]
        return
    own = {key: value for key, value in schema.items() if key not in _DESCENDED}
    found[f"{path} itself"] = digest(own)[:6]
    for step, child in below:
        _add_sections(child, path + step, found)


def _size(schema: Schema) -> int:
    return 1 + sum(_size(child) for _step, child in children(schema))


def _normal_value(key: str, value: Any, with_text: bool) -> Any:
    if key in _ONE and isinstance(value, dict):
        return normalise_schema(value, with_text=with_text)
    if key in _MANY and isinstance(value, list):
        return [normalise_schema(one, with_text=with_text) for one in value]
    if key in _NAMED and isinstance(value, dict):
        # An empty schema below a name says that the name exists.
        return {
            name: normalise_schema(one, with_text=with_text) if isinstance(one, dict) else one
            for name, one in value.items()
        }
    if key == "required" and isinstance(value, list):
        return sorted(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _names(names: Mapping[str, Any]) -> Dict[str, Any]:
    kind = names.get("kind") or ""
    filled = {"singular": kind.lower(), "listKind": f"{kind}List" if kind else ""}
    filled.update({key: value for key, value in names.items() if value})
    return _without_empty(filled)


def _conversion(conversion: Mapping[str, Any]) -> Any:
    return dict(conversion) if conversion.get("strategy", "None") != "None" else None


def _version(version: Mapping[str, Any], with_text: bool) -> Dict[str, Any]:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    columns: List[Dict[str, Any]] = [
        _without_empty({k: v for k, v in one.items() if with_text or k != "description"})
        for one in version.get("additionalPrinterColumns") or ()
    ]
    kept = {k: v for k, v in version.items() if k not in ("name", "schema")}
    kept["additionalPrinterColumns"] = columns
    # An empty `status: {}` is what switches the subresource on.
    kept["subresources"] = dict(version.get("subresources") or {})
    found = _without_empty(kept)
    found["schema"] = (
        normalise_schema(schema, with_text=with_text) if isinstance(schema, dict) else {}
    )
    return found


def _without_empty(value: Mapping[str, Any]) -> Dict[str, Any]:
    return {key: one for key, one in value.items() if one not in (None, "", 0, False, [], {})}
