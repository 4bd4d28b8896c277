# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What options and environment together say about the cluster, and when they contradict.

kubernetes.core takes K8S_AUTH_HOST and K8S_AUTH_API_KEY from the environment even if a task
names a kubeconfig or a context, and then acts on another cluster without a word (measured with
6.2.0; AWX's Kubernetes credential sets just these). Here that is bad input.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List, Mapping

from .._pure.errors import BadInput
from .._pure.name_list import name_list
from .options import AUTH_OPTIONS, ENVIRONMENT, PROXY_HEADER_VARIABLE, SHADOWING

_FALSE = ("0", "false", "no", "off", "n", "f")
_TRUE = ("1", "true", "yes", "on", "y", "t")


def settings_of(options: Mapping[str, Any], environ: Mapping[str, str]) -> Dict[str, Any]:
    """Return the options that are set, each from the task or else from the environment.

    Raises BadInput, all problems together. Nothing is opened or read.
    """
    given = {name: options[name] for name in AUTH_OPTIONS if options.get(name) not in (None, "")}
    problems = _shadows(given, environ)
    # A connection in a list of clusters is as its variable has it: nobody has given it types.
    for name, value in given.items():
        if isinstance(value, str):
            try:
                given[name] = _value(name, f"option {name}", value)
            except BadInput as problem:
                problems.append(problem)
    settings = dict(given)
    for name, variables in ENVIRONMENT.items():
        if name in settings:
            continue
        for variable in variables:
            if environ.get(variable):
                try:
                    settings[name] = _value(
                        name, f"environment variable {variable}", environ[variable])
                except BadInput as problem:
                    problems.append(problem)
                break
    headers = _proxy_headers(settings.get("proxy_headers") or {}, environ)
    if headers:
        settings["proxy_headers"] = headers
    problems += _halves(settings)
    if problems:
        raise BadInput.together(problems)
    return settings


def is_cluster_named(settings: Mapping[str, Any]) -> bool:
    """Tell whether anything says which cluster is meant."""
    return any(settings.get(name) for name in ("kubeconfig", "context", "host"))


def _shadows(given: Mapping[str, Any], environ: Mapping[str, str]) -> List[BadInput]:
    named = [name for name in ("kubeconfig", "context") if name in given]
    if not named:
        return []
    wanted = [name for name in SHADOWING if name not in given]
    if "kubeconfig" in given and "context" not in given:
        wanted.append("context")
    found = [one for name in wanted for one in ENVIRONMENT[name] if environ.get(one)]
    if not found:
        return []
    return [BadInput(
        cluster=str(given.get("context", "")),
        object=f"environment variable {', '.join(found)}",
        cause=f"it would replace what the option {' and '.join(named)} says, and the task would"
              " reach another cluster or log in as somebody else",
        next_step="Unset it for this play (in AWX: take the Kubernetes credential off the"
                  " template), or remove the option",
        details={"variables": found},
    )]


def _value(name: str, where: str, text: str) -> Any:
    kind = AUTH_OPTIONS[name]["type"]
    if kind == "path":
        return os.path.expanduser(os.path.expandvars(text))
    if kind == "list":
        return name_list(text)
    if kind != "bool":
        return text
    if text.strip().lower() in _TRUE + _FALSE:
        return text.strip().lower() in _TRUE
    raise BadInput(
        cluster="",
        object=where,
        cause="it is neither true nor false",
        next_step="Set it to true or false, or leave it out",
    )


def _proxy_headers(given: Mapping[str, Any], environ: Mapping[str, str]) -> Dict[str, Any]:
    headers = {name: value for name, value in given.items() if value is not None}
    for name in AUTH_OPTIONS["proxy_headers"]["options"]:
        value = environ.get(PROXY_HEADER_VARIABLE + name.upper())
        if name not in headers and value:
            headers[name] = value
    return headers


def _halves(settings: Mapping[str, Any]) -> List[BadInput]:
    """Find options that mean nothing without their other half."""
    pairs = (
        ("username", "password"), ("password", "username"),
        ("client_cert", "client_key"), ("client_key", "client_cert"),
    )
    return [
        BadInput(
            cluster="",
            object=f"option {one}",
            cause=f"it is given without {other}",
            next_step=f"Give {other} too, or neither",
        )
        for one, other in pairs
        if settings.get(one) and not settings.get(other)
    ]
