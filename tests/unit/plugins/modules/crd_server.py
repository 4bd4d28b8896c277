# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted API server that also stores CRDs, ConfigMaps and Secrets, and shows schemas (OpenAPI v3).

As a real one does: an apply takes `spec.versions` whole and leaves names that it does not have,
a replacement takes all. The lab's real API servers hold that against the truth.
"""

from __future__ import annotations

import base64
import copy
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge import api_server
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    Raw,
    Reply,
    ScriptedCluster,
    status,
)

CRDS, MAPS, SECRETS = "customresourcedefinitions", "configmaps", "secrets"
CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUP = "actions.github.com"
KINDS = {
    "autoscalinglisteners": "AutoscalingListener",
    "autoscalingrunnersets": "AutoscalingRunnerSet",
    "ephemeralrunners": "EphemeralRunner",
    "ephemeralrunnersets": "EphemeralRunnerSet",
}
_ESTABLISHED = [{"type": name, "status": "True"} for name in ("NamesAccepted", "Established")]


def crd(plural: str = "ephemeralrunners", *fields: str, **changes: Any) -> Raw:
    """A CRD as a file gives it; its spec has these text fields. `changes`: of the names."""
    kind = KINDS.get(plural, plural.capitalize())
    spec = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
    schema = {"type": "object", "properties": {
        "kind": {"type": "string"}, "apiVersion": {"type": "string"},
        "metadata": {"type": "object"}, "spec": spec,
    }}
    version = {"name": "v1alpha1", "served": True, "storage": True,
               "schema": {"openAPIV3Schema": schema}}
    names = {"plural": plural, "kind": kind, "singular": kind.lower(), "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": {**names, **changes},
                 "versions": [version]},
    }


def stored(raw: Raw, manager: str = "helm", **meta: Any) -> Raw:
    """The same as it stands in a cluster."""
    owner = {"manager": manager, "operation": "Update", "fieldsV1": {
        "f:spec": {"f:versions": {}, "f:names": {}}}}
    found = copy.deepcopy(raw)
    found["metadata"].update(
        uid=f"uid-{raw['metadata']['name']}", resourceVersion="7", managedFields=[owner], **meta)
    found["status"] = {"conditions": _ESTABLISHED, "storedVersions": ["v1alpha1"]}
    return found


class CrdServer(ScriptedCluster):
    """`lives`: the CRDs that are there. `shows`: whether new schemas are shown at all.

    `behind`: which answers about schemas, from 1 on, come from an API server that has the old ones.
    `judging_late`: how many creations are judged by the old schemas; None: strictness is unknown to it.
    """

    def __init__(
        self, lives: Iterable[Raw] = (), parts: Optional[Mapping[str, List[Raw]]] = None,
        shows: bool = True, behind: Tuple[int, ...] = (), judging_late: Optional[int] = 0, **more: Any,
    ) -> None:
        here: Dict[str, List[Raw]] = {"deployments": [], "pods": [], "ephemeralrunners": [],
                                      "namespaces": [{"metadata": {"name": "arc-systems",
                                                                   "uid": "n1"}}]}
        super().__init__({**here, **(parts or {}), CRDS: list(lives)}, **more)
        self._shown = copy.deepcopy(self.parts[CRDS])
        self._shows = shows
        self._old, self._behind, self._asked = self._shown, behind, 0
        self._judging_late = judging_late

    def live(self, plural: str) -> Raw:
        """The CRD as it is now."""
        return self._named(CRDS, f"{plural}.{GROUP}")[0]

    def real_writes(self) -> List[api_server.Seen]:
        """The writes that were no dry run, in order."""
        return [
            one for one in self.requests if one.method in ("POST", "PUT", "PATCH", "DELETE")
            and "dryRun" not in one.query and "selfsubject" not in one.path
            # Of a deletion it stands in the body.
            and not (isinstance(one.body, dict) and one.body.get("dryRun"))
        ]

    def _object(self, seen: api_server.Seen, part: str, namespace: str, name: str) -> Reply:
        if part == MAPS and seen.method == "POST":
            return self._add_map(seen, namespace)
        if part == CRDS and seen.method in ("PUT", "PATCH"):
            return self._put(seen, name)
        if part == SECRETS and seen.method == "PATCH":
            return self._apply_secret(seen, namespace, name)
        if seen.method == "POST" and f"/{GROUP}/" in seen.path:
            return self._judge(seen)
        reply = super()._object(seen, part, namespace, name)
        if (part, seen.method) == (CRDS, "DELETE") and "dryRun" not in seen.body:
            # No object holds it.
            for raw in self._named(CRDS, name):
                self.change("DELETED", CRDS, raw)
        return reply

    def reply(self, seen: api_server.Seen) -> Reply:
        if seen.path == f"/openapi/v3/apis/{GROUP}/v1alpha1":
            self.requests.append(seen)
            return self._openapi()
        return super().reply(seen)

    def _judge(self, seen: api_server.Seen) -> Reply:
        """Refuse a creation that is strict about unknown fields, by the schema in force."""
        if self._judging_late is None or seen.query.get("fieldValidation") != "Strict":
            return Reply(201, seen.body)
        by = self._old if self._judging_late else self._shown
        self._judging_late = max(self._judging_late - 1, 0)
        (schema,) = [one["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for one in by
                     if one["spec"]["names"]["kind"] == seen.body["kind"]]
        unknown = sorted(_unknown(seen.body, schema))
        return status(400, "BadRequest", "strict decoding error: " + ", ".join(
            f'unknown field "{name}"' for name in unknown))

    def _named(self, part: str, name: str) -> List[Raw]:
        return [one for one in self.parts.get(part, ()) if one["metadata"]["name"] == name]

    def _add_map(self, seen: api_server.Seen, namespace: str) -> Reply:
        name = seen.body["metadata"]["name"]
        if self._named(MAPS, name):
            return status(409, "AlreadyExists", f'configmaps "{name}" already exists')
        if "dryRun" not in seen.query:
            raw = copy.deepcopy(seen.body)
            raw["metadata"].update(uid=f"uid-{name}", namespace=namespace)
            self.change("ADDED", MAPS, raw)
        return Reply(201, seen.body)

    def _apply_secret(self, seen: api_server.Seen, namespace: str, name: str) -> Reply:
        raw = {key: value for key, value in seen.body.items() if key != "stringData"}
        raw["metadata"] = {**raw["metadata"], "uid": f"uid-{name}", "namespace": namespace}
        raw["data"] = {
            key: base64.b64encode(text.encode()).decode()
            for key, text in seen.body["stringData"].items()
        }
        self.change("MODIFIED", SECRETS, raw)
        return Reply(body=raw)

    def _put(self, seen: api_server.Seen, name: str) -> Reply:
        old = (self._named(CRDS, name) or [None])[0]
        wanted = seen.body["metadata"].get("resourceVersion")
        if wanted and (old is None or wanted != old["metadata"]["resourceVersion"]):
            return status(409, "Conflict", "the object has been modified")
        body = stored(seen.body, "arc.lifecycle")
        if old is not None:
            marks = ("labels", "annotations", "uid")
            kept = {key: old["metadata"][key] for key in marks if key in old["metadata"]}
            body["metadata"] = {**kept, **body["metadata"]}
            if seen.method == "PATCH":
                names = {**old["spec"]["names"], **body["spec"]["names"]}
                body["spec"] = {**old["spec"], **body["spec"], "names": names}
        body["metadata"]["resourceVersion"] = str(int(wanted or 7) + 1)
        if "dryRun" not in seen.query:
            self.change("MODIFIED", CRDS, body)
            if self._shows:
                others = [one for one in self._shown if one["metadata"]["name"] != name]
                self._shown = [*others, body]
        return Reply(body=body)

    def _openapi(self) -> Reply:
        self._asked += 1
        shown = self._old if self._asked in self._behind else self._shown
        if not shown:
            return Reply(404, "404 page not found")
        schemas = {}
        for one in shown:
            kind = one["spec"]["names"]["kind"]
            schema = copy.deepcopy(one["spec"]["versions"][0]["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"$ref": "#/ObjectMeta"}
            schema["x-kubernetes-group-version-kind"] = [
                {"group": GROUP, "version": "v1alpha1", "kind": kind}]
            schemas[f"com.github.actions.v1alpha1.{kind}"] = schema
        return Reply(body={"openapi": "3.0.0", "components": {"schemas": schemas}})


def _unknown(value: Raw, schema: Raw, path: str = "") -> Iterable[str]:
    known = schema.get("properties") or {}
    for name, below in value.items():
        if name not in known:
            yield path + name
        elif isinstance(below, dict) and name != "metadata":
            yield from _unknown(below, known[name], f"{path}{name}.")
