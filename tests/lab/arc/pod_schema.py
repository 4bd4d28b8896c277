# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does the API server's own description of a pod become part of a CRD?

Pure. In: the OpenAPI v3 document of /api/v1. Out: structural schemas without references, the way
controller-gen writes them. ARC's CRDs hold the fields of the Kubernetes release that ARC was
built with; ours hold those of the server asked, whatever the ARC release.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Mapping, Optional

Schema = Dict[str, Any]

CORE = "io.k8s.api.core.v1."
API = "io.k8s.apimachinery.pkg.api."
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?"
    r"(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
# Markers of lists and maps that a CRD may carry; the rest (patch strategies, unions) it may not.
LIST_MARKERS = ("x-kubernetes-list-type", "x-kubernetes-list-map-keys")
KEPT = ("type", "format", "required", "x-kubernetes-map-type", *LIST_MARKERS)
# Before 0.11.0 only these lists are typed; env, volumes and containers are not (`arc.md` 7).
TYPED_EARLY = frozenset(
    {"ports", "topologySpreadConstraints", "resourceClaims", "schedulingGates"}
)


def text() -> Schema:
    return {"type": "string"}


def texts() -> Schema:
    return {"type": "object", "additionalProperties": text()}


def embedded_metadata() -> Schema:
    """metadata inside another object, as controller-gen writes it."""
    fields: Schema = {"annotations": texts(), "labels": texts()}
    fields["finalizers"] = {"type": "array", "items": text()}
    fields.update(name=text(), namespace=text())
    return {"type": "object", "properties": fields}


def _int_or_string() -> Schema:
    return {
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "x-kubernetes-int-or-string": True,
    }


# Types that a CRD cannot describe by their fields.
SPECIAL = {
    f"{API}resource.Quantity": lambda: {**_int_or_string(), "pattern": QUANTITY},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    f"{META}ObjectMeta": embedded_metadata,
    f"{META}Time": lambda: {"type": "string", "format": "date-time"},
}


class PodSchemas:
    """Pod schemas out of one OpenAPI document. `typed`: all list markers and defaults (0.11.0 and
    later), else only those of TYPED_EARLY."""

    def __init__(self, openapi: Mapping[str, Any], typed: bool) -> None:
        self._schemas = openapi["components"]["schemas"]
        self._typed = typed

    def template(self) -> Schema:
        """PodTemplateSpec."""
        return self._of_name(f"{CORE}PodTemplateSpec")

    def spec(self) -> Schema:
        """PodSpec."""
        return self._of_name(f"{CORE}PodSpec")

    def _of_name(self, name: str) -> Schema:
        return SPECIAL[name]() if name in SPECIAL else self._convert(self._schemas[name], None)

    def _convert(self, schema: Mapping[str, Any], field: Optional[str]) -> Schema:
        """One schema; `field` is the name it stands under."""
        reference = schema.get("$ref") or next(
            (part["$ref"] for part in schema.get("allOf", []) if "$ref" in part), None
        )
        if reference:
            return self._of_name(reference.rpartition("/")[2])
        done = {key: schema[key] for key in KEPT if key in schema}
        is_typed = self._typed or field in TYPED_EARLY
        for marker in () if is_typed else LIST_MARKERS:
            done.pop(marker, None)
        if "properties" in schema:
            required = frozenset(schema.get("required", ()))
            done["properties"] = {
                name: self._property(name, part, required)
                for name, part in schema["properties"].items()
            }
        if "items" in schema:
            done["items"] = self._convert(schema["items"], None)
            self._complete_keys(done)
        if isinstance(schema.get("additionalProperties"), Mapping):
            done["additionalProperties"] = self._convert(schema["additionalProperties"], None)
        return done

    def _property(self, name: str, part: Mapping[str, Any], required: FrozenSet[str]) -> Schema:
        done = self._convert(part, name)
        default = part.get("default")
        # The document gives every plain Go field its zero as default; only a text's matters.
        is_told = isinstance(default, (str, bool)) and default is not False
        if self._typed and name not in required and is_told:
            done["default"] = default
        return done

    @staticmethod
    def _complete_keys(array: Schema) -> None:
        """A list's keys must be required or have a default, or the API server refuses the CRD."""
        items = array["items"]
        keys: List[str] = array.get("x-kubernetes-list-map-keys", [])
        for key in keys:
            if key not in items.get("required", ()):
                items["properties"][key].setdefault("default", "TCP" if key == "protocol" else "")
