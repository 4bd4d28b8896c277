# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How options and environment become a client, and which cluster it is that answers."""

from __future__ import annotations

import os
from typing import Any, Mapping, Optional, Tuple

from .._pure.errors import BadInput, LifecycleError, ReadFailed
from .._pure.reads import ClusterId
from . import credentials, places, settings, transport
from .client import DEFAULT_TIME_LIMITS, Client
from .deadline import Deadline

LIBRARY_ERROR: Optional[str] = transport.LIBRARY_ERROR or credentials.LIBRARY_ERROR

# A wrong address must not cost the whole deadline of an upgrade.
IDENTITY_LIMIT_S = 20.0


def connect(
    options: Mapping[str, Any],
    cluster: str = "",
    environ: Optional[Mapping[str, str]] = None,
) -> Client:
    """Return a client; nothing is sent yet.

    `options`: a module's parameters (options.AUTH_OPTIONS, and the time limits of WAIT_OPTIONS
    where it has them). `cluster`: the name for messages, else the context, else the server.
    Raises BadInput, all problems of the options together.
    """
    require_library()
    environ = os.environ if environ is None else environ
    chosen = settings.settings_of(options, environ)
    link = transport.Transport(
        lambda: credentials.configuration_of(chosen, environ),
        credentials.impersonation_of(chosen, environ),
    )
    name = cluster or str(chosen.get("context") or "") or link.server
    return Client(link, name, _time_limits(options))


def require_library() -> None:
    """Raise BadInput where the kubernetes package cannot be imported."""
    if LIBRARY_ERROR is not None:
        raise BadInput(
            cluster="",
            object="Python package kubernetes",
            cause="it cannot be imported by the Python that runs this task",
            next_step="Install it there, or set ansible_python_interpreter to"
                      " ansible_playbook_python",
            details={"traceback": LIBRARY_ERROR},
        )


def identity(client: Client, deadline: Deadline) -> ClusterId:
    """Return who answers. Raises ReadFailed or BadInput: without identity nothing is written."""
    soon = deadline.within(IDENTITY_LIMIT_S)
    try:
        namespace = client.get(places.NAMESPACES.at(name="kube-system"), soon)
    except ReadFailed as error:
        raise _not_identified(client, error) from error
    uid = str((namespace.get("metadata") or {}).get("uid") or "")
    if not uid:
        raise ReadFailed(
            cluster=client.cluster,
            object="namespace kube-system",
            cause=f"{client.server} answers, but not as a Kubernetes API server",
            next_step="Check host or kubeconfig and proxy",
        )
    return ClusterId(client.cluster, uid, client.server, _version(client, soon))


def _not_identified(client: Client, error: ReadFailed) -> ReadFailed:
    if "status" in error.details:
        return error
    return ReadFailed(
        cluster=client.cluster,
        object=f"API server {client.server}",
        cause=error.cause,
        next_step="Check host or kubeconfig and context, the network, and that the API server"
                  " runs",
        details=error.details,
    )


def _version(client: Client, deadline: Deadline) -> str:
    """Return "1.36.3", or "" where it is not shown to this user: nothing is decided by it."""
    try:
        return str(client.get_path("/version", deadline).get("gitVersion", "")).lstrip("v")
    except LifecycleError:
        return ""


def _time_limits(options: Mapping[str, Any]) -> Tuple[float, float]:
    connect_s, read_s = DEFAULT_TIME_LIMITS
    problems = []
    for name in ("connect_timeout", "request_timeout"):
        value = options.get(name)
        if value is not None and value <= 0:
            problems.append(BadInput(
                cluster="",
                object=f"option {name}",
                cause=f"{value} is no time limit",
                next_step="Give a number of seconds above 0",
            ))
    if problems:
        raise BadInput.together(problems)
    return (
        float(options.get("connect_timeout") or connect_s),
        float(options.get("request_timeout") or read_s),
    )
