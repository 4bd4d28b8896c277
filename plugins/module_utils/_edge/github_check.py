# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does GitHub take the credentials by which scale sets log in? Asked with them, and only to read."""

from __future__ import annotations

import base64
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from .._pure import github_rest, reads, releases
from .._pure.errors import LifecycleError, ReadFailed
from .._pure.finding_table import Finding, make
from .._pure.objects import Cluster, ScaleSet
from . import github_access, places, retry
from .client import Client
from .deadline import Deadline
from .transport import Request

_TIME_LIMITS = (5.0, 5.0)
# Of one Secret; GitHub may be out of reach from where this runs although ARC reaches it.
_ASK_S = 10.0
_REFUSED = (401, 403, 404)
_OPTIONS = dict(zip(releases.CREDENTIALS[1], ("app_id", "installation_id", "private_key")))


def findings_of(
    client: Client, cluster: Cluster, trust: Mapping[str, Any], deadline: Deadline
) -> List[Finding]:
    """Return `secret-refused` and `github-unasked` of a cluster, one for each Secret and place.

    `trust`: `api_url`, `ca_cert` and `validate_certs` of option github, where they are needed.
    """
    found: List[Finding] = []
    for sets in _together(cluster):
        first = sets[0]
        names = ", ".join(str(one.ref) for one in sets)
        for id, reason in _asked(client, first, trust, deadline.within(_ASK_S)):
            secret = f"Secret {first.ref.namespace}/{first.github_secret}"
            found.append(make(id, names, f"{secret}: {reason}", cluster=cluster.id.name))
    return found


def _together(cluster: Cluster) -> List[List[ScaleSet]]:
    """Sets that log in at the same place with the same Secret are asked for once."""
    found: Dict[Tuple[str, str, str], List[ScaleSet]] = {}
    for one in reads.seen(cluster.scale_sets):
        if one.github_secret and not one.uses_vault and one.deleting_since is None:
            key = (one.ref.namespace, one.github_secret, one.config_url)
            found.setdefault(key, []).append(one)
    return list(found.values())


def _asked(
    client: Client, one: ScaleSet, trust: Mapping[str, Any], deadline: Deadline
) -> Iterator[Tuple[str, str]]:
    place = places.SECRETS.at(one.ref.namespace, one.github_secret)
    try:
        raw = client.get(place, deadline)
    except LifecycleError:
        return  # told by secret-missing, or by unread
    data = {key: base64.b64decode(text).decode("utf-8", "replace").strip()
            for key, text in (raw.get("data") or {}).items()}
    options = {name: data[key] for key, name in _OPTIONS.items() if data.get(key)}
    if data.get("github_token"):
        options = {"token": data["github_token"]}
    if not options:
        return
    # The named API is of one GitHub; a Secret for another one must not be sent there.
    is_githubs_own = github_rest.is_githubs_own(one.config_url)
    api_url = "" if is_githubs_own else str(trust.get("api_url") or "")
    try:
        listing = github_rest.listing_of(one.config_url, api_url)
    except LifecycleError as error:
        yield "github-unasked", f"{error.object}: {error.cause}"
        return
    if not listing.proves_absence:
        yield "github-unasked", f"{one.config_url} is not of the GitHub whose API is {listing.base}"
        return
    try:
        access = github_access.access_of({**trust, **options})
        link = access.link(listing.base, deadline)
        answer = retry.exchange(
            link, Request("GET", listing.path, (("per_page", "1"),)), deadline, _TIME_LIMITS)
        if answer.status != 200:
            raise github_rest.refusal(listing, answer.status, answer.headers)
    except retry.GaveUp as error:
        yield "github-unasked", f"no answer: {error.cause}"
    except ReadFailed as error:
        is_refused = error.details.get("status") in _REFUSED
        yield ("secret-refused" if is_refused else "github-unasked"), error.cause
    except LifecycleError as error:
        # A key that cannot sign, a number that is none: told without the value.
        is_ours = error.object.startswith("Python package")
        yield ("github-unasked" if is_ours else "secret-refused"), error.cause
