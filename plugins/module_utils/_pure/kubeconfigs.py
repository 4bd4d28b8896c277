# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clusters do kubeconfigs name, and which of their contexts are hosts of an inventory?

Only names and servers are kept: no certificate, token or command of a user.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Dict, Iterable, List, Mapping, Sequence, Tuple

from .errors import BadInput

FIRST, ALL, REFUSE = "first", "all", "error"
# What a host pattern or a group of Ansible would take for something else.
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Context:
    """A context of a kubeconfig. `host`: its name in the inventory."""

    host: str
    kubeconfig: str
    context: str
    cluster: str
    server: str
    user: str
    namespace: str

    def as_dict(self) -> Dict[str, str]:
        """Return the context as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Chosen:
    """`left_out`: why contexts are no hosts, in words."""

    contexts: Tuple[Context, ...]
    left_out: Tuple[str, ...]


def read(path: str, document: Any) -> Tuple[List[Context], List[str]]:
    """Return the contexts of one kubeconfig, and what is wrong with others of it.

    `document`: as YAML gives it. Raises BadInput for one that is no kubeconfig.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("contexts"), list):
        raise BadInput(
            cluster="", object=f"kubeconfig {path}", cause="it has no list of contexts",
            next_step="Name a file that `kubectl config view --kubeconfig` can read",
        )
    servers = {
        str(one.get("name")): str((one.get("cluster") or {}).get("server") or "")
        for one in document.get("clusters") or () if isinstance(one, Mapping)
    }
    found: List[Context] = []
    wrong: List[str] = []
    for one in document["contexts"]:
        entry = one if isinstance(one, Mapping) else {}
        inner, name = entry.get("context") or {}, str(entry.get("name") or "")
        cluster = str(inner.get("cluster") or "")
        if not name or not servers.get(cluster):
            wrong.append(f"context {name or '(without a name)'} of {path}: its cluster"
                         f" {cluster or '(none)'} has no server in that file")
            continue
        found.append(Context(
            _NOT_IN_A_NAME.sub("-", name).strip("-"), path, name, cluster, servers[cluster],
            str(inner.get("user") or ""), str(inner.get("namespace") or ""),
        ))  # fmt: skip
    return found, wrong


def choose(
    contexts: Iterable[Context], include: Sequence[str], exclude: Sequence[str], duplicates: str
) -> Chosen:
    """Return which contexts are hosts, by shell patterns on their names.

    `duplicates`: what to do with a second context of a server, FIRST, ALL or REFUSE. Raises
    BadInput for such a one with REFUSE, and for two contexts that give the same host.
    """
    kept: Dict[str, Context] = {}
    servers: Dict[str, Context] = {}
    left_out = []
    for one in contexts:
        if not _matches(one.context, include) or _matches(one.context, exclude):
            continue
        other = servers.setdefault(one.server.rstrip("/"), one)
        if other is not one and duplicates != ALL:
            text = (f"context {one.context} of {one.kubeconfig} leads to {one.server}, as context"
                    f" {other.context} of {other.kubeconfig} does")
            if duplicates == REFUSE:
                raise BadInput(
                    cluster="", object=f"context {one.context}", cause=text,
                    next_step="Exclude one of the two, or set duplicates to first",
                )
            left_out.append(text)
            continue
        if one.host in kept:
            raise BadInput(
                cluster="", object=f"host {one.host}",
                cause=f"context {one.context} of {one.kubeconfig} and context"
                f" {kept[one.host].context} of {kept[one.host].kubeconfig} both give it",
                next_step="Rename one of the two contexts, or exclude it",
            )
        kept[one.host] = one
    return Chosen(tuple(kept.values()), tuple(left_out))


def unmatched(contexts: Iterable[Context], patterns: Sequence[str]) -> Tuple[str, ...]:
    """Return the patterns that no context has a name for."""
    names = [one.context for one in contexts]
    return tuple(one for one in patterns if not any(fnmatchcase(name, one) for name in names))


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
