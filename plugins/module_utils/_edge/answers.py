# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of the API server means to the caller: the only place that looks at statuses.

Nothing of a Secret and no body of unknown form goes into an error: of a `Status` its reason,
its message (not where the object is a Secret) and its causes are taken.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional

from .._pure.errors import BadInput, Conflict, LifecycleError, ReadFailed, WriteFailed
from .places import Place
from .retry import Answer, GaveUp

_MAX_MESSAGE = 400
_LOOK_AGAIN = "Read the object again before anything else is decided"

# pkg/registry of apimachinery: errors.NewForbidden around the authorizer's own words.
_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)"'
    r'(?: in API group "(?P<group>[^"]*)")?'
    r'(?: in the namespace "(?P<namespace>[^"]*)"|(?P<all> at the cluster scope))?'
)
# apimachinery: errors.NewGenericServerResponse of a 422.
_NO_WORDS = "the server rejected our request"
_MANAGER = re.compile(r'conflicts? with "(?P<manager>[^"]*)"')


class KindNotServed(ReadFailed):
    """404 on the resource path: the API server does not know the kind, so there is no object."""


class ObjectNotFound(ReadFailed):
    """404 on the object: the kind is served, the object is not there."""


def failure(
    answer: Answer, place: Place, verb: str, *, is_write: bool, cluster: str
) -> LifecycleError:
    """Return the error that an answer >= 400 means. `verb`: "get", "list", "create", ..."""
    if answer.status == 404:
        return _missing(answer, place, is_write, cluster)
    if answer.status == 403:
        return _forbidden(answer, place, verb, is_write, cluster)
    if answer.status == 401:
        return _error(is_write)(
            cluster=cluster,
            object=place.words,
            cause="the API server refuses the credentials (401), also after loading them again",
            next_step="Renew the token or certificate in kubeconfig or api_key, then run again",
            details={"status": 401},
        )
    if is_write and (answer.status == 409 or _is_failed_test(answer, verb)):
        return _conflict(answer, place, cluster)
    may_have_acted = is_write and answer.status >= 500
    return _error(is_write)(
        cluster=cluster,
        object=place.words,
        cause=f"the API server answers {answer.status} to {verb}: {_message(answer, place)}",
        next_step=_LOOK_AGAIN if may_have_acted
        else "Correct what the API server names, then run again",
        details={
            "status": answer.status,
            "reason": answer.body.get("reason", ""),
            "may_have_acted": may_have_acted,
        },
    )


def gave_up(
    error: GaveUp, place: Place, verb: str, *, is_write: bool, cluster: str
) -> LifecycleError:
    """Return the error for a request that got no answer of worth."""
    if error.permanent:
        return BadInput(
            cluster=cluster,
            object="the connection options",
            cause=error.cause,
            next_step="Check host or kubeconfig, ca_cert, client_cert, client_key and proxy",
        )
    tries = "1 attempt" if error.attempts == 1 else f"{error.attempts} attempts"
    cause = f"{verb} gave no result in {tries} until the deadline; last: {error.cause}"
    next_step = "See whether the API server is well, then run again"
    if is_write and error.may_have_acted:
        cause += "; the write may have happened"
        next_step = _LOOK_AGAIN
    return _error(is_write)(
        cluster=cluster,
        object=place.words,
        cause=cause,
        next_step=next_step,
        details={"attempts": error.attempts, "may_have_acted": error.may_have_acted},
    )


def right_in_words(right: Mapping[str, str]) -> str:
    """Say a missing right as "list pods in all namespaces as system:serviceaccount:a:b"."""
    resource = f"{right['resource']}.{right['group']}" if right["group"] else right["resource"]
    where = f"namespace {right['namespace']}" if right["namespace"] else "all namespaces"
    user = f" as {right['user']}" if right["user"] else ""
    return f"{right['verb']} {resource} in {where}{user}"


def _missing(answer: Answer, place: Place, is_write: bool, cluster: str) -> LifecycleError:
    if _is_kind_missing(answer, place):
        return KindNotServed(
            cluster=cluster,
            object=f"kind {place.kind} of {place.group or 'core'}/{place.version}",
            cause="the API server does not serve it",
            next_step="Install its CustomResourceDefinition if it should be there",
            details={"status": 404, "resource": f"{place.resource}.{place.group}".rstrip(".")},
        )
    if not is_write:
        return ObjectNotFound(
            cluster=cluster,
            object=place.words,
            cause="it is not there",
            next_step="Check the name and the namespace",
            details={"status": 404},
        )
    return Conflict(
        cluster=cluster,
        object=place.words,
        cause=f"it is not there any more ({_message(answer, place)})",
        next_step="Read the cluster again and judge anew",
        details={"status": 404, "reason": "NotFound"},
    )


def _is_kind_missing(answer: Answer, place: Place) -> bool:
    """Tell a 404 of a path from one of an object: only the latter names the object missed.

    An unknown group or version gives the text "404 page not found", an unknown resource of a
    known group a Status without `details.name`.
    """
    details = answer.body.get("details") or {}
    return answer.body.get("kind") != "Status" or not details.get("name")


def _forbidden(
    answer: Answer, place: Place, verb: str, is_write: bool, cluster: str
) -> LifecycleError:
    right = missing_right(str(answer.body.get("message", "")), place, verb)
    if right is None:
        return _error(is_write)(
            cluster=cluster,
            object=place.words,
            cause=f"the API server forbids to {verb} it: {_message(answer, place)}",
            next_step="Correct what the API server names, then run again",
            details={"status": 403, "reason": answer.body.get("reason", "")},
        )
    words = right_in_words(right)
    return _error(is_write)(
        cluster=cluster,
        object=place.words,
        cause=f"the right to {words} is missing",
        next_step="Grant it in a Role or ClusterRole, then run again",
        details={"status": 403, "missing_right": right, "missing_right_words": words},
    )


def missing_right(message: str, place: Place, verb: str) -> Optional[Dict[str, str]]:
    """Return verb, group, resource, namespace ("" = all) and user; None if it is not RBAC.

    An admission plugin or a terminating namespace also answers 403, without these words.
    """
    found = _FORBIDDEN.search(message)
    if found is None:
        if message and "cannot" not in message and not message.startswith("forbidden: User"):
            return None
        return {
            "verb": verb,
            "group": place.group,
            "resource": place.resource,
            "namespace": place.namespace,
            "user": "",
        }
    return {
        "verb": found["verb"],
        "group": found["group"] or "",
        "resource": found["resource"],
        "namespace": found["namespace"] or "",
        "user": found["user"],
    }


def _is_failed_test(answer: Answer, verb: str) -> bool:
    """Tell a JSON patch that no longer fits (422) from an object that would be invalid.

    The API server has no words of its own for the former; it quotes the schema, or the policy
    that denied the write, for the latter.
    """
    return (
        answer.status == 422
        and verb == "json_patch"
        and str(answer.body.get("message", "")).startswith(_NO_WORDS)
    )


def _conflict(answer: Answer, place: Place, cluster: str) -> Conflict:
    conflicts = _conflicts(answer)
    owners = sorted({one["manager"] for one in conflicts if one["manager"]})
    cause = f"it changed or exists already ({_message(answer, place)})"
    next_step = "Read the cluster again and judge anew"
    if conflicts:
        fields = ", ".join(one["field"] for one in conflicts[:5])
        cause = f"fields belong to {', '.join(owners) or 'another manager'}: {fields}"
        next_step = "Take the fields over on purpose (force), or leave them to their manager"
    return Conflict(
        cluster=cluster,
        object=place.words,
        cause=cause,
        next_step=next_step,
        details={
            "status": answer.status,
            "reason": answer.body.get("reason", ""),
            "conflicts": conflicts,
        },
    )


def _conflicts(answer: Answer) -> List[Dict[str, str]]:
    """Return who holds which field, of a server-side apply."""
    causes = (answer.body.get("details") or {}).get("causes") or ()
    found = []
    for cause in causes:
        if cause.get("reason") == "FieldManagerConflict":
            match = _MANAGER.search(cause.get("message", ""))
            manager = match["manager"] if match else ""
            found.append({"manager": manager, "field": cause.get("field", "")})
    return sorted(found, key=lambda one: (one["manager"], one["field"]))


def _message(answer: Answer, place: Place) -> str:
    """Return what may be told of the answer's own words."""
    status: Mapping[str, Any] = answer.body if answer.body.get("kind") == "Status" else {}
    message = str(status.get("message") or "")
    if place.is_secret or not message:
        return str(status.get("reason") or "no reason given")
    message = " ".join(message.split())
    return message if len(message) <= _MAX_MESSAGE else message[: _MAX_MESSAGE - 3] + "..."


def _error(is_write: bool) -> type:
    return WriteFailed if is_write else ReadFailed
