# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until every API server serves CRDs as they were written.

Each is asked on a connection of its own: for the schemas it shows (OpenAPI v3), and by a creation
that it refuses for its schema, if the credentials may try one (see crd_probe.py).
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._pure import crd_probe, crd_takeover
from .._pure.errors import DeadlineReached, LifecycleError
from . import connect, crd_source, places
from .answers import KindNotServed, ObjectNotFound
from .client import Client
from .crd_source import Crd
from .task import Task

_POLL_S = 0.2
# An API server showed each new schema within 0.8 s; beyond this it is not slow, but wrong.
_SERVED_WITHIN_S = 60.0
# How many connections have to show the same; behind an address there may be several API servers.
_SERVERS_ASKED = 3
_NAMESPACE = "default"


class Written(NamedTuple):
    """A CRD as it was before (None: it was not there) and as the API server stores it now."""

    before: Optional[Crd]
    stored: Crd

    @property
    def name(self) -> str:
        """The CRD's name."""
        return str(self.stored["metadata"]["name"])

    @property
    def versions(self) -> Tuple[str, ...]:
        """The versions that are served."""
        return tuple(one["name"] for one in self.stored["spec"]["versions"] if one.get("served"))


def wait(task: Task, written: Sequence[Written]) -> Tuple[str, ...]:
    """Wait until each is established, and its schema is what every API server shows and goes by.

    Returns the names of those for which a refused creation told it too. Raises DeadlineReached.
    """
    deadline = task.deadline.within(_SERVED_WITHIN_S)
    agreed = 0
    told: Dict[str, bool] = {}
    while written and agreed < _SERVERS_ASKED:
        # A connection stays with one of the API servers behind an address; a new one may not.
        client = connect.connect(task.options, task.client.cluster) if agreed else task.client
        try:
            shown = _shown(task, client, written)
            why = {one.name: _gaps(task, client, one, shown, told, is_first=not agreed)
                   for one in written}
        finally:
            if client is not task.client:
                client.close()
        late = {name: text for name, text in why.items() if text}
        agreed = 0 if late else agreed + 1
        if late and deadline.is_over():
            raise _too_late(task, late, deadline.limit_s)
        if late:
            deadline.pause(_POLL_S)
    return tuple(name for name, is_told in told.items() if is_told)


def _gaps(
    task: Task, client: Client, one: Written, shown: Mapping[str, Any], told: Dict[str, bool],
    is_first: bool,
) -> str:
    """Say what is not done yet, "" if nothing lacks. Conditions are of the cluster: asked once."""
    gaps: List[str] = []
    if is_first:
        try:
            gaps.extend(crd_takeover.not_established(
                task.client.get(places.CRDS.at(name=one.name), task.deadline)))
        except ObjectNotFound:
            gaps.append("it has gone")
    late = crd_takeover.not_served(one.stored, shown)
    gaps.extend(f"version {version} still shows another schema" for version in late)
    for version in one.versions:
        answer = None if version in late else _goes_by_it(task, client, one, version)
        if answer is False:
            gaps.append(f"version {version} is still judged by the schema of before")
        elif answer:
            told[one.name] = True
    return "; ".join(gaps)


def _goes_by_it(task: Task, client: Client, one: Written, version: str) -> Optional[bool]:
    asked = crd_probe.probe(one.before, one.stored, version) if one.before is not None else None
    if asked is None:
        return None
    names = one.stored["spec"]["names"]
    is_namespaced = one.stored["spec"]["scope"] == "Namespaced"
    kind = places.Resource(
        one.stored["spec"]["group"], version, names["plural"], names["kind"], is_namespaced)
    try:
        client.create(kind.at(_NAMESPACE if is_namespaced else ""), asked.body, task.deadline,
                      dry_run=True, is_strict=True)
    except LifecycleError as error:
        return crd_probe.is_new(asked, error.cause)
    return None


def _shown(task: Task, client: Client, written: Sequence[Written]) -> Dict[str, Any]:
    """Return version -> schemas of the OpenAPI document; a version not shown yet is left out."""
    found: Dict[str, Any] = {}
    for version in sorted({version for one in written for version in one.versions}):
        path = f"/openapi/v3/apis/{crd_source.GROUP}/{version}"
        try:
            document = client.get_path(path, task.deadline)
        except (KindNotServed, ObjectNotFound):
            continue
        found[version] = (document.get("components") or {}).get("schemas") or {}
    return found


def _too_late(task: Task, why: Mapping[str, str], limit_s: float) -> DeadlineReached:
    return DeadlineReached(
        cluster=task.cluster.name,
        object=", ".join(f"CustomResourceDefinition {name}" for name in why),
        cause=f"written, but not served as written after {limit_s:.0f} s: "
        + "; ".join(f"{name}: {text}" for name, text in why.items()),
        next_step="Look at the conditions of the CRD and the log of the API server, then run again",
        details={"remaining": [{"name": name, "reason": text} for name, text in why.items()]},
    )
