# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the needed rights the user of a connection lacks, by the API server's own word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Mapping, Sequence, Tuple

from .._pure.rights import Right
from .client import Client
from .deadline import Deadline
from .places import ACCESS_REVIEWS

_THREADS = 4


def refused(client: Client, rights: Sequence[Right], deadline: Deadline) -> Tuple[Right, ...]:
    """Return the rights that are not granted. Raises WriteFailed if the review is not answered.

    An authorizer that cannot say no (allowed false, but no opinion) counts as refusing.
    """
    def is_granted(right: Right) -> bool:
        return is_allowed(client, {
            "verb": right.verb, "group": right.group, "resource": right.resource,
            "namespace": right.namespace,
        }, deadline)

    with ThreadPoolExecutor(_THREADS) as pool:
        granted = list(pool.map(is_granted, rights))
    return tuple(right for right, is_there in zip(rights, granted) if not is_there)


def is_allowed(client: Client, attributes: Mapping[str, str], deadline: Deadline) -> bool:
    """Ask one question. `attributes`: of the request; an empty one means any or all."""
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {key: one for key, one in attributes.items() if one}},
    }
    answer = client.create(ACCESS_REVIEWS.at(), body, deadline)
    return bool((answer.get("status") or {}).get("allowed"))
