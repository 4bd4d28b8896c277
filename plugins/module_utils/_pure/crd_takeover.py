# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be written so that a stored CRD is the wanted one, and who owned it before?

`spec.versions` is an atomic list for server-side apply (apiextensions `v1/types.go`,
`+listType=atomic`): who applies it takes all of it, so fields of an old schema go. What else the
spec has (short names, categories, conversion) stays if another manager owns it; then only a
replacement of the whole spec takes it away. Both seen on Kubernetes 1.36.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from . import crd_form, crd_set

Crd = Mapping[str, Any]

CREATED, REPLACED, UNCHANGED = "created", "replaced", "unchanged"

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# Parts of a normalised CRD -> the field of the spec they come from.
_FIELDS = ("group", "scope", "names", "conversion", "preserveUnknownFields", "versions")


def body(crd: Crd) -> Dict[str, Any]:
    """Return a CRD as it is applied or kept: its identity, labels, annotations and spec."""
    meta = crd["metadata"]
    kept: Dict[str, Any] = {"name": meta["name"]}
    annotations = {k: v for k, v in (meta.get("annotations") or {}).items() if k != _LAST_APPLIED}
    if annotations:
        kept["annotations"] = annotations
    if meta.get("labels"):
        kept["labels"] = dict(meta["labels"])
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": kept,
        "spec": crd["spec"],
    }


def applied(wanted: Crd, live: Optional[Crd]) -> Dict[str, Any]:
    """Return the body of a server-side apply; refused if `live` is another by then."""
    found = body(wanted)
    if live is not None:
        found["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
    return found


def replaced(wanted: Crd, live: Crd) -> Dict[str, Any]:
    """Return the body of a replacement: the wanted spec, and the marks that others have put."""
    found = body(wanted)
    for key in ("labels", "annotations", "finalizers", "ownerReferences"):
        old, new = live["metadata"].get(key), found["metadata"].get(key)
        if isinstance(old, Mapping):
            found["metadata"][key] = {**old, **(new or {})}
        elif old:
            found["metadata"][key] = old
    found["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
    found["metadata"]["uid"] = live["metadata"]["uid"]
    return found


def is_same(live: Crd, wanted: Crd) -> bool:
    """Tell whether nothing has to be written: same spec, texts included, and all its marks."""
    if form(live) != form(wanted):
        return False
    for key in ("labels", "annotations"):
        there = live["metadata"].get(key) or {}
        if not (body(wanted)["metadata"].get(key) or {}).items() <= there.items():
            return False
    return True


def form(crd: Crd) -> Dict[str, Any]:
    """Return what is compared."""
    return crd_form.normalise(crd, with_text=True)


def foreign_owners(live: Crd, wanted: Crd) -> Tuple[str, ...]:
    """Return the managers that own a part of the spec which would change, tolerated ones apart."""
    old, new = form(live), form(wanted)
    return crd_set.managers_of(live, [name for name in _FIELDS if old.get(name) != new.get(name)])


def terminating_since(live: Crd) -> Optional[str]:
    """Return since when a CRD is being deleted, None if it is not."""
    return live["metadata"].get("deletionTimestamp")


def not_established(live: Crd) -> Tuple[str, ...]:
    """Return which of its conditions are not met yet, with the reason."""
    conditions = {
        str(one.get("type")): one for one in (live.get("status") or {}).get("conditions") or ()
    }
    return tuple(
        f"{name} is {_condition(conditions.get(name))}"
        for name in ("NamesAccepted", "Established")
        if (conditions.get(name) or {}).get("status") != "True"
    )


def not_served(crd: Crd, versions: Mapping[str, Any]) -> Tuple[str, ...]:
    """Return the versions whose schema the API server does not show yet.

    `versions`: name -> `components.schemas` of the server's OpenAPI v3 document. It gives kind,
    apiVersion and metadata in its own words; all else is the stored schema.
    """
    found = []
    for version in crd["spec"]["versions"]:
        if not version.get("served"):
            continue
        name, kind = version["name"], crd["spec"]["names"]["kind"]
        shown = [
            schema for schema in (versions.get(name) or {}).values()
            if {"group": crd["spec"]["group"], "version": name, "kind": kind}
            in (schema.get("x-kubernetes-group-version-kind") or ())
        ]
        if not any(_fields(one) == _fields(version["schema"]["openAPIV3Schema"]) for one in shown):
            found.append(str(name))
    return tuple(found)


def told(state: crd_set.CrdState, name: str) -> Dict[str, Any]:
    """Say of which releases one CRD of a set is."""
    for match in state.crds:
        if match.name == name:
            releases = [one for known in match.sets for one in crd_set.releases_of(known)]
            return {"verdict": match.verdict, "releases": releases, "nearest": match.nearest}
    return {"verdict": crd_set.UNKNOWN, "releases": [], "nearest": None}


def _fields(schema: Mapping[str, Any]) -> Dict[str, Any]:
    return {
        name: crd_form.normalise_schema(one, with_text=True)
        for name, one in (schema.get("properties") or {}).items()
        if name not in ("kind", "apiVersion", "metadata")
    }


def _condition(condition: Optional[Mapping[str, Any]]) -> str:
    if condition is None:
        return "not told yet"
    return f"{condition.get('status')}: {condition.get('message') or condition.get('reason')}"
