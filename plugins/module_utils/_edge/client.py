# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one client of the Kubernetes API: raw JSON, no discovery, every request under a deadline.

A 404 on a kind, an object that is missing, an empty list and a 403 are four different answers
(see answers.py). Repetitions are in retry.py, watches in watch.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from .._pure import reads
from .._pure.errors import LifecycleError, ReadFailed
from . import answers, retry
from .deadline import Deadline
from .places import Place
from .retry import Answer, GaveUp
from .transport import Request, TimeLimits, Transport

Body = Mapping[str, Any]

FIELD_MANAGER = "arc.lifecycle"
PAGE_SIZE = 500
DEFAULT_TIME_LIMITS: TimeLimits = (5.0, 30.0)
_MAX_RESTARTS = 5
_METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True)
class Query:
    """What of a collection to list or watch. `metadata_only`: objects without spec and data."""

    labels: str = ""
    fields: str = ""
    metadata_only: bool = False
    page_size: int = PAGE_SIZE

    def parameters(self) -> List[Tuple[str, str]]:
        """Return the selectors as query parameters."""
        found = (("labelSelector", self.labels), ("fieldSelector", self.fields))
        return [(name, value) for name, value in found if value]


@dataclass(frozen=True)
class Page:
    """Some items of a collection. `is_first`: also after a restart; forget what came before."""

    items: Tuple[Dict[str, Any], ...]
    resource_version: str
    is_first: bool


@dataclass(frozen=True)
class Listing:
    """A whole collection as of `resource_version`, from which a watch can go on."""

    items: Tuple[Dict[str, Any], ...] = field(repr=False)
    resource_version: str = ""


EVERYTHING = Query()


class Client:
    """Requests to one cluster. Safe to share between threads.

    `cluster`: the name errors use. `time_limits`: (connect, read) of each request in seconds.
    Reads raise ReadFailed, KindNotServed or ObjectNotFound; writes raise Conflict, WriteFailed
    or KindNotServed; both BadInput where the connection options cannot work.
    """

    def __init__(
        self,
        transport: Transport,
        cluster: str,
        time_limits: TimeLimits = DEFAULT_TIME_LIMITS,
    ) -> None:
        self.transport = transport
        self.cluster = cluster
        self.time_limits = time_limits

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return self.transport.server

    def now(self) -> datetime:
        """Return the time by the clock of the API server, which wrote the times of objects."""
        return self.transport.clock.now()

    def close(self) -> None:
        """Close idle connections."""
        self.transport.close()

    def get(self, place: Place, deadline: Deadline) -> Dict[str, Any]:
        """Return one object."""
        return self._ask(Request("GET", place.path), place, "get", deadline)

    def get_path(self, path: str, deadline: Deadline) -> Dict[str, Any]:
        """Return the JSON document at a path that is no object, such as /version."""
        place = Place("", "", "", "path", name=path)
        return self._ask(Request("GET", path), place, "get", deadline)

    def pages(
        self, place: Place, deadline: Deadline, query: Query = EVERYTHING
    ) -> Iterator[Page]:
        """Yield a collection page by page; a page is not kept here once the next is asked for.

        A list that took so long that its snapshot expired (410) starts again from its first
        page, at most a few times.
        """
        token, restarts, is_first = "", 0, True
        while True:
            answer = self._send(_list_request(place, query, token), place, "list", deadline)
            if answer.status == 410 and token and restarts < _MAX_RESTARTS:
                token, restarts, is_first = "", restarts + 1, True
                continue
            self._raise_for(answer, place, "list")
            meta = answer.body.get("metadata") or {}
            # An empty metadata list has `items: null`.
            items = answer.body.get("items") or []
            if not str(answer.body.get("kind", "")).endswith("List"):
                raise self._no_list(place)
            yield Page(tuple(items), str(meta.get("resourceVersion", "")), is_first)
            token, is_first = str(meta.get("continue") or ""), False
            if not token:
                return

    def list(
        self,
        place: Place,
        deadline: Deadline,
        query: Query = EVERYTHING,
        keep: Optional[Callable[[Dict[str, Any]], Dict[str, Any]]] = None,
    ) -> Listing:
        """Return a whole collection. `keep`: what to keep of each item, as soon as it came."""
        items: List[Dict[str, Any]] = []
        resource_version = ""
        for page in self.pages(place, deadline, query):
            if page.is_first:
                items.clear()
            items.extend(map(keep, page.items) if keep else page.items)
            resource_version = page.resource_version
        return Listing(tuple(items), resource_version)

    def read_list(
        self,
        place: Place,
        deadline: Deadline,
        query: Query = EVERYTHING,
        keep: Optional[Callable[[Dict[str, Any]], Dict[str, Any]]] = None,
    ) -> reads.Read:
        """Return Known, KindAbsent or Unread instead of raising."""
        return as_read(lambda: self.list(place, deadline, query, keep).items)

    def read_object(self, place: Place, deadline: Deadline) -> reads.Read:
        """Return Known with the object, Known without any, KindAbsent or Unread."""
        return as_read(lambda: (self.get(place, deadline),))

    def create(
        self, place: Place, body: Body, deadline: Deadline, dry_run: bool = False,
        is_strict: bool = False,
    ) -> Dict[str, Any]:
        """Create an object in the collection `place`; Conflict if it exists already.

        Not sent again when its answer was lost, as nothing would tell the two apart: WriteFailed
        with `may_have_acted` then. A dry run and a question (a review) leave nothing behind.
        `is_strict`: refuse fields that the schema does not know, rather than drop them.
        """
        strict = (("fieldValidation", "Strict"),) if is_strict else ()
        query = (("fieldManager", FIELD_MANAGER), *strict, *_dry(dry_run))
        request = Request("POST", place.path, query, _json(body), "application/json",
                          is_repeatable=dry_run or place.is_question)
        return self._ask(request, place, "create", deadline, is_write=True)

    def replace(
        self, place: Place, body: Body, deadline: Deadline, dry_run: bool = False
    ) -> Dict[str, Any]:
        """Replace an object; with a `resourceVersion` in the body Conflict if it is another."""
        query = (("fieldManager", FIELD_MANAGER), *_dry(dry_run))
        request = Request("PUT", place.path, query, _json(body), "application/json")
        return self._ask(request, place, "replace", deadline, is_write=True)

    def apply(
        self,
        place: Place,
        body: Body,
        deadline: Deadline,
        force: bool = False,
        dry_run: bool = False,
    ) -> Dict[str, Any]:
        """Apply on the server; Conflict with managers and fields unless `force` takes them."""
        query = (
            ("fieldManager", FIELD_MANAGER), ("force", "true" if force else "false"),
            *_dry(dry_run),
        )
        # JSON is YAML; older servers know apply in no other content type.
        request = Request("PATCH", place.path, query, _json(body), "application/apply-patch+yaml")
        return self._ask(request, place, "apply", deadline, is_write=True)

    def json_patch(
        self, place: Place, steps: Sequence[Body], deadline: Deadline, dry_run: bool = False
    ) -> Dict[str, Any]:
        """Patch by RFC 6902; Conflict if a `test` fails or a path is not there any more."""
        query = (("fieldManager", FIELD_MANAGER), *_dry(dry_run))
        request = Request(
            "PATCH", place.path, query, _json(list(steps)), "application/json-patch+json",
            # Without a test a second pass could add a second time.
            is_repeatable=any(step.get("op") == "test" for step in steps),
        )
        return self._ask(request, place, "json_patch", deadline, is_write=True)

    def merge_patch(
        self, place: Place, body: Body, deadline: Deadline, dry_run: bool = False
    ) -> Dict[str, Any]:
        """Patch by RFC 7386; with a `resourceVersion` in it Conflict if it is another."""
        query = (("fieldManager", FIELD_MANAGER), *_dry(dry_run))
        request = Request("PATCH", place.path, query, _json(body), "application/merge-patch+json")
        return self._ask(request, place, "merge_patch", deadline, is_write=True)

    def delete(
        self,
        place: Place,
        deadline: Deadline,
        *,
        uid: str = "",
        resource_version: str = "",
        propagation: str = "",
        grace_period_s: Optional[int] = None,
        dry_run: bool = False,
    ) -> bool:
        """Delete one object. True if it was there, False if it had gone already.

        Conflict if another object has its name now (`uid`) or it changed (`resource_version`).
        `propagation`: "Foreground", "Background" or "Orphan"; "" leaves it to the server.
        """
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        body: Dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1"}
        body["preconditions"] = {name: value for name, value in preconditions.items() if value}
        if propagation:
            body["propagationPolicy"] = propagation
        if grace_period_s is not None:
            body["gracePeriodSeconds"] = grace_period_s
        if dry_run:
            # Beside a body the server ignores the query: there, dryRun would really delete.
            body["dryRun"] = ["All"]
        request = Request("DELETE", place.path, (), _json(body), "application/json")
        answer = self._send(request, place, "delete", deadline, is_write=True)
        error = self._error_of(answer, place, "delete", is_write=True)
        if error is None:
            return True
        if error.details.get("reason") == "NotFound":
            return False
        raise error

    def _ask(
        self, request: Request, place: Place, verb: str, deadline: Deadline,
        is_write: bool = False,
    ) -> Dict[str, Any]:
        answer = self._send(request, place, verb, deadline, is_write)
        self._raise_for(answer, place, verb, is_write)
        return answer.body

    def _send(
        self, request: Request, place: Place, verb: str, deadline: Deadline,
        is_write: bool = False,
    ) -> Answer:
        try:
            return retry.exchange(self.transport, request, deadline, self.time_limits)
        except GaveUp as error:
            raise answers.gave_up(
                error, place, verb, is_write=is_write, cluster=self.cluster
            ) from error

    def _raise_for(
        self, answer: Answer, place: Place, verb: str, is_write: bool = False
    ) -> None:
        error = self._error_of(answer, place, verb, is_write)
        if error is not None:
            raise error

    def _error_of(
        self, answer: Answer, place: Place, verb: str, is_write: bool
    ) -> Optional[LifecycleError]:
        # A redirect is no answer of an API server: a proxy wants a login.
        if answer.status < 300:
            return None
        return answers.failure(answer, place, verb, is_write=is_write, cluster=self.cluster)

    def _no_list(self, place: Place) -> ReadFailed:
        return ReadFailed(
            cluster=self.cluster,
            object=place.words,
            cause=f"{self.server} answers with something that is no list",
            next_step="Check that host or kubeconfig lead to an API server",
        )


def as_read(read: Callable[[], Tuple[Mapping[str, Any], ...]]) -> reads.Read:
    """Turn the errors of a read into values: absence is known, a failure is unread."""
    try:
        return reads.Known(tuple(read()))
    except answers.KindNotServed as error:
        return reads.KindAbsent(str(error.details.get("resource", "")))
    except answers.ObjectNotFound:
        return reads.Known()
    except LifecycleError as error:
        return reads.Unread(error.cause, error.details.get("missing_right_words"))


def _list_request(place: Place, query: Query, token: str) -> Request:
    parameters = query.parameters() + [("limit", str(query.page_size))]
    if token:
        parameters.append(("continue", token))
    accept = _METADATA_LIST if query.metadata_only else "application/json"
    return Request("GET", place.path, tuple(parameters), accept=accept)


def _dry(dry_run: bool) -> Tuple[Tuple[str, str], ...]:
    return (("dryRun", "All"),) if dry_run else ()


def _json(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
