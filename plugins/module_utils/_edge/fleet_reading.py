# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How several clusters are reached and read side by side, in one module."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple, TypeVar

from .._pure import model
from .._pure.errors import BadInput, LifecycleError
from . import connect, reader
from .client import Client
from .deadline import Deadline
from .options import AUTH_OPTIONS, secrets_of

Item = TypeVar("Item")
Made = TypeVar("Made")

# Of the option that names the clusters.
CLUSTER_OPTIONS: Dict[str, Dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "connection": {"type": "dict", "required": True},
}
_LIMITS = ("connect_timeout", "request_timeout")
_MOST_AT_ONCE = 8


def problems_of(option: str, clusters: Sequence[Mapping[str, Any]]) -> List[BadInput]:
    """Return what is wrong with the clusters that an option names."""
    names = [one["name"] for one in clusters]
    found = [
        _wrong(option, f"the name {name} stands there more than once",
               "Give each cluster a name of its own")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    for one in clusters:
        unknown = sorted(set(one["connection"]) - set(AUTH_OPTIONS))
        if unknown:
            found.append(_wrong(
                f"{option}, {one['name']}, connection", f"{', '.join(unknown)} is no connection"
                " option", f"Use some of {', '.join(sorted(AUTH_OPTIONS))}",
            ))
    return found


def hidden_of(clusters: Sequence[Mapping[str, Any]]) -> Set[str]:
    """Return every text in the connections that must not be shown."""
    found: Set[str] = set()
    for one in clusters:
        texts = {one["connection"].get(name) for name in ("api_key", "password")}
        headers = one["connection"].get("proxy_headers")
        if isinstance(headers, Mapping):
            texts |= {headers.get(name) for name in ("proxy_basic_auth", "basic_auth")}
        found |= {str(text) for text in texts if text}
        found |= secrets_of(one["connection"].get("kubeconfig"))
    return found


def connect_each(
    clusters: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
) -> List[Client]:
    """Return a client for each; the time limits are those of `options`."""
    connect.require_library()
    limits = {key: options[key] for key in _LIMITS}

    def connected(one: Mapping[str, Any]) -> Client:
        try:
            return connect.connect({**one["connection"], **limits}, one["name"])
        except LifecycleError as error:
            # The same slip in the connections of two clusters reads alike but for their names.
            error.cluster = error.cluster or one["name"]
            raise

    return of_each(connected, clusters)


def read_each(
    clients: Sequence[Client], deadline: Deadline, parts: Optional[Tuple[str, ...]] = None
) -> List[model.Cluster]:
    """Return one look at each."""
    return of_each(
        lambda client: model.read_cluster(reader.read_snapshot(client, deadline, parts)), clients
    )


def of_each(work: Callable[[Item], Made], items: Sequence[Item]) -> List[Made]:
    """Work on all side by side; raises the problems of all together."""
    def tried(item: Item) -> Tuple[List[Made], Optional[LifecycleError]]:
        try:
            return [work(item)], None
        except LifecycleError as error:
            return [], error

    with ThreadPoolExecutor(max(1, min(_MOST_AT_ONCE, len(items)))) as pool:
        done = list(pool.map(tried, items))
    problems = [error for _made, error in done if error is not None]
    if problems:
        raise problems[0] if len(problems) == 1 else BadInput.together(problems)
    return [made[0] for made, _error in done]


def _wrong(option: str, cause: str, next_step: str) -> BadInput:
    return BadInput(cluster="", object=f"option {option}", cause=cause, next_step=next_step)
