# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the environment of a container? Pure: objects in, variables out."""

from __future__ import annotations

import base64
import math
import re
from fractions import Fraction
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")
QUANTITY = re.compile(r"([0-9.]+)([a-zA-Z]*)")
SCALES = {
    "": Fraction(1),
    "m": Fraction(1, 1000),
    **{unit: Fraction(1000) ** n for n, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Fraction(1024) ** n for n, unit in enumerate("KMGTPE", 1)},
}
# What a container without a limit may use: the node's own amounts.
NODE_AMOUNTS = {"cpu": "200", "memory": "1000Gi", "ephemeral-storage": "1000Gi"}
REFERENCES = (("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps"))
WHOLE_REFERENCES = (("configMapRef", "configmaps"), ("secretRef", "secrets"))

Found = Mapping[Tuple[str, str], Optional[Mapping[str, Any]]]


class MissingSource(Exception):
    """A Secret, ConfigMap, claim or token (or a key) that the container needs is not there."""


def expand(text: str, known: Mapping[str, str]) -> str:
    """Kubernetes' $(NAME); $$ stands for one dollar sign, unknown names stay as they are."""

    def replace(found: "re.Match[str]") -> str:
        if found.group(0) == "$$":
            return "$"
        return known.get(found.group(1), found.group(0))

    return REFERENCE.sub(replace, text)


def quantity(text: str) -> Fraction:
    """A resource quantity such as 500m or 1Gi. Raises ValueError."""
    found = QUANTITY.fullmatch(text)
    if not found or found.group(2) not in SCALES:
        raise ValueError(f"not a quantity: {text!r}")
    return Fraction(found.group(1)) * SCALES[found.group(2)]


def _keyed_lines(entries: Mapping[str, str]) -> str:
    lines = []
    for key in sorted(entries):
        value = entries[key].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'{key}="{value}"')
    return "\n".join(lines)


def field(pod: Mapping[str, Any], path: str) -> str:
    """A fieldRef of the downward API; labels and annotations whole or by key."""
    keyed = KEYED.fullmatch(path)
    if keyed:
        return str((pod["metadata"].get(keyed.group(1)) or {}).get(keyed.group(2), ""))
    if path in ("metadata.labels", "metadata.annotations"):
        return _keyed_lines(pod["metadata"].get(path.partition(".")[2]) or {})
    if path in ("status.podIP", "status.podIPs", "status.hostIP", "status.hostIPs"):
        return "127.0.0.1"
    value: Any = pod
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)


def resource(containers: Sequence[Mapping[str, Any]], default: str, ref: Mapping[str, Any]) -> str:
    """A resourceFieldRef: a limit or request in units of its divisor, rounded up.

    `default`: the container meant where the reference names none.
    """
    wanted = ref.get("containerName") or default
    container = next(c for c in containers if c["name"] == wanted)
    part, _dot, name = ref["resource"].partition(".")
    amounts = container.get("resources") or {}
    amount = (amounts.get(part) or {}).get(name)
    if amount is None:
        amount = (amounts.get("limits") or {}).get(name) if part == "requests" else None
    if amount is None:
        amount = NODE_AMOUNTS.get(name, "0") if part == "limits" else "0"
    divisor = quantity(str(ref.get("divisor") or "1")) or Fraction(1)
    return str(math.ceil(quantity(str(amount)) / divisor))


def sources(container: Mapping[str, Any]) -> List[Tuple[str, str]]:
    """`(kind, name)` of each Secret and ConfigMap the environment refers to, once each."""
    found: Dict[Tuple[str, str], None] = {}
    for item in container.get("env") or []:
        for key, kind in REFERENCES:
            if key in (item.get("valueFrom") or {}):
                found[kind, item["valueFrom"][key]["name"]] = None
    for item in container.get("envFrom") or []:
        for key, kind in WHOLE_REFERENCES:
            if key in item:
                found[kind, item[key]["name"]] = None
    return list(found)


def data_of(kind: str, item: Mapping[str, Any]) -> Dict[str, str]:
    """The data of a Secret or ConfigMap as text."""
    data = item.get("data") or {}
    if kind == "secrets":
        return {k: base64.b64decode(v).decode("utf-8", "surrogateescape") for k, v in data.items()}
    return {key: str(value) for key, value in data.items()}


def variables(
    pod: Mapping[str, Any], container: Mapping[str, Any], base: Mapping[str, str], found: Found
) -> Dict[str, str]:
    """The whole environment. `found`: (kind, name) -> object, None where it is not there.

    Raises MissingSource naming what is missing, in the kubelet's words.
    """
    result: Dict[str, str] = dict(base)
    for item in container.get("envFrom") or []:
        for key, kind in WHOLE_REFERENCES:
            if key in item:
                for name, value in (_lookup(found, kind, item[key]) or {}).items():
                    result[item.get("prefix", "") + name] = value
    for item in container.get("env") or []:
        value = _value(pod, container, item, result, found)
        if value is not None:
            result[item["name"]] = value
    return result


def _lookup(found: Found, kind: str, reference: Mapping[str, Any]) -> Optional[Dict[str, str]]:
    item = found.get((kind, reference["name"]))
    if item is not None:
        return data_of(kind, item)
    if reference.get("optional"):
        return None
    raise MissingSource(f"{kind[:-1]} \"{reference['name']}\" not found")


def _value(
    pod: Mapping[str, Any],
    container: Mapping[str, Any],
    item: Mapping[str, Any],
    known: Mapping[str, str],
    found: Found,
) -> Optional[str]:
    """The value of one variable; None where an optional source does not give it."""
    origin = item.get("valueFrom")
    if not origin:
        return expand(item.get("value") or "", known)
    if "fieldRef" in origin:
        return field(pod, origin["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in origin:
        return resource([container], container["name"], origin["resourceFieldRef"])
    for key, kind in REFERENCES:
        if key in origin:
            reference = origin[key]
            data = _lookup(found, kind, reference)
            if data is None or (reference["key"] not in data and reference.get("optional")):
                return None
            if reference["key"] in data:
                return data[reference["key"]]
            namespace = pod["metadata"]["namespace"]
            raise MissingSource(
                f"couldn't find key {reference['key']} in {kind[:-1]} "
                f"{namespace}/{reference['name']}"
            )
    raise MissingSource(f"variable {item['name']}: {', '.join(origin)} is unknown to the lab")
