# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API server on 127.0.0.1 with the objects of `builders`, and faults on order.

It lists with selectors, watches, takes writes with their preconditions and dry run, and asks a
`controller` what a write leads to. For what real servers do not do on demand; the lab has these.
"""

from __future__ import annotations

import copy
import itertools
import re
import threading
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge import api_server
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import (
    builders,
    json_patches,
)

Raw = Dict[str, Any]
Reply = api_server.Reply
status = api_server.status

UID = "11111111-2222-3333-4444-555555555555"
_PATH = re.compile(r"/apis?/(?:[^/]+/)?v\w+(?:/namespaces/(?P<ns>[^/]+))?"
                   r"/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?")


class ScriptedCluster(api_server.ApiServer):
    """`parts`: raw objects by part, as `builders.sound` gives them; change them under `change`.

    `controller`: called with (cluster, verb, object) after each write. `denied`: (verb, resource)
    that the access review denies. `is_away`: while it is set every answer is 503.
    """

    is_away = False

    def __init__(
        self, parts: Mapping[str, List[Raw]],
        controller: Callable[[ScriptedCluster, str, Raw], None] = lambda *_: None,
        denied: Tuple[Tuple[str, str], ...] = (),
    ) -> None:
        super().__init__()
        self.parts: Dict[str, List[Raw]] = {key: list(value) for key, value in parts.items()}
        self._add_credentials()
        self.denied, self.uid = denied, UID
        self.writes: List[Tuple[str, str, bool]] = []
        self.events: List[Raw] = []
        self._controller = controller
        self._faults: List[Tuple[str, str, Reply, Optional[str]]] = []
        self._changed = threading.Condition()
        self._versions = itertools.count(2)
        self._version = 1
        self._log: List[Tuple[int, str, str, Raw]] = []

    def __enter__(self) -> ScriptedCluster:
        super().__enter__()
        # A watch that its reader has left breaks the next write into it.
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]
        return self

    def _add_credentials(self) -> None:
        """The Secrets by which the scale sets log in, unless a test says what there is of them."""
        if "secrets" not in self.parts:
            self.parts["secrets"] = builders.credentials(
                self.parts.get("autoscalingrunnersets", ()))

    def fault(self, method: str, path: str, *replies: Reply, query: str = "") -> None:
        """Give these answers, one each, before anything else. `query`: must be in its keys."""
        self._faults += [(method, path, reply, query) for reply in replies]

    def change(self, kind: str, part: str, raw: Raw) -> None:
        """Add, modify or delete ("ADDED", ...) an object, and tell the watches."""
        with self._changed:
            kept = [one for one in self.parts.get(part, ()) if _uid(one) != _uid(raw)]
            self.parts[part] = kept if kind == "DELETED" else [*kept, raw]
            self._version = next(self._versions)
            self._log.append((self._version, kind, part, raw))
            self._changed.notify_all()

    def reply(self, seen: api_server.Seen) -> Reply:
        if self.is_away:
            return status(503, "ServiceUnavailable")
        with self._lock:
            self.requests.append(seen)
            for number, (method, path, reply, query) in enumerate(self._faults):
                fits = method == seen.method and re.fullmatch(path, seen.path)
                if fits and (not query or query in seen.query):
                    del self._faults[number]
                    return reply
        if seen.path == "/version":
            return Reply(body={"gitVersion": "v1.33.1"})
        if seen.path == "/api/v1/namespaces/kube-system":
            return Reply(body={"metadata": {"name": "kube-system", "uid": self.uid}})
        found = _PATH.fullmatch(seen.path)
        if found is None:
            return Reply(404, "404 page not found")
        if found["resource"] == "selfsubjectaccessreviews":
            return self._review(seen.body)
        if (seen.method, found["resource"]) == ("POST", "events"):
            return self._event(seen.body)
        if seen.method == "GET" and not found["name"]:
            return self._collection(seen, found["resource"], found["ns"] or "")
        return self._object(seen, found["resource"], found["ns"] or "", found["name"] or "")

    def _review(self, body: Raw) -> Reply:
        asked = body["spec"]["resourceAttributes"]
        allowed = (asked["verb"], asked["resource"]) not in self.denied
        return Reply(201, {**body, "status": {"allowed": allowed}})

    def _event(self, body: Raw) -> Reply:
        with self._lock:
            name = f"{body['metadata']['generateName']}{len(self.events)}"
            made = {**body, "metadata": {**body["metadata"], "name": name}}
            self.events.append(made)
        return Reply(201, made)

    def _collection(self, seen: api_server.Seen, part: str, namespace: str) -> Reply:
        if "watch" in seen.query:
            since = int(seen.query["resourceVersion"])
            return Reply(events=self._events(part, namespace, since))  # type: ignore[arg-type]
        with self._changed:
            items = [
                one for one in self.parts.get(part, ())
                if namespace in ("", one["metadata"].get("namespace")) and _chosen(one, seen.query)
            ]
            meta = {"resourceVersion": str(self._version)}
        return Reply(body={"kind": "List", "metadata": meta, "items": copy.deepcopy(items)})

    def _events(self, part: str, namespace: str, since: int) -> Iterator[Raw]:
        while not self.closing.is_set():
            with self._changed:
                fresh = [one for one in self._log if one[0] > since]
                if not fresh:
                    self._changed.wait(0.1)
                    continue
            for since, kind, where, raw in fresh:
                if where == part and namespace in ("", raw["metadata"].get("namespace")):
                    meta = {**raw["metadata"], "resourceVersion": str(since)}
                    yield {"type": kind, "object": {**raw, "metadata": meta}}

    def _object(self, seen: api_server.Seen, part: str, namespace: str, name: str) -> Reply:
        there = [
            one for one in self.parts.get(part, ())
            if (one["metadata"]["name"], one["metadata"].get("namespace", "")) == (name, namespace)
        ]
        if not there:
            return status(404, "NotFound", "no", details={"name": name})
        (raw,) = there
        if seen.method == "GET":
            return Reply(body=raw)
        is_dry = "dryRun" in seen.query or bool((seen.body or {}).get("dryRun")) \
            if isinstance(seen.body, dict) else "dryRun" in seen.query
        self.writes.append((seen.method, f"{namespace}/{name}", is_dry))
        return self._write(seen, part, raw, is_dry)

    def _write(self, seen: api_server.Seen, part: str, raw: Raw, is_dry: bool) -> Reply:
        if seen.method == "DELETE":
            wanted = seen.body["preconditions"].get("uid")
            if wanted not in (None, _uid(raw)):
                return status(409, "Conflict", "the UID in the precondition does not match")
            after = copy.deepcopy(raw)
            after["metadata"]["deletionTimestamp"] = "2026-01-31T12:00:00Z"
        elif seen.method == "PUT":
            after = copy.deepcopy(seen.body)
        else:
            try:
                after = json_patches.applied(raw, seen.body)
            except (json_patches.TestFailed, KeyError):
                return status(422, "Invalid", "the server rejected our request", details={})
        if not is_dry:
            self.change("MODIFIED", part, after)
            self._controller(self, seen.method, after)
        return Reply(body=after)


def take_away(cluster: ScriptedCluster, verb: str, raw: Raw) -> None:
    """A controller that lets a deleted set go at once, with all that belongs to it."""
    if verb != "DELETE":
        return
    name = raw["metadata"]["name"]
    for place in (places.LISTENERS, places.RUNNERS, places.RUNNER_SETS, places.PODS,
                  places.SCALE_SETS):
        for one in list(cluster.parts.get(place.resource, ())):
            if one["metadata"]["name"].startswith(name):
                cluster.change("DELETED", place.resource, one)


def _uid(raw: Raw) -> str:
    return str(raw["metadata"]["uid"])


def _chosen(raw: Raw, query: Mapping[str, str]) -> bool:
    labels = raw["metadata"].get("labels") or {}
    field = query.get("fieldSelector", "").partition("=")
    if field[1] and field[0] == "metadata.name" and raw["metadata"]["name"] != field[2]:
        return False
    selector = query.get("labelSelector", "")
    among = re.fullmatch(r"(\S+) in \((.*)\)", selector)
    if among:
        return labels.get(among[1]) in among[2].split(",")
    return all(
        labels.get(key) == value if equals else key in labels
        for key, equals, value in (one.partition("=") for one in filter(None, selector.split(",")))
    )
