# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the needed rights the user of a connection lacks, by the API server's own word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Sequence, Tuple

from .._pure.rights import Right
from .client import Client
from .deadline import Deadline
from .places import ACCESS_REVIEWS

_THREADS = 4


def refused(client: Client, rights: Sequence[Right], deadline: Deadline) -> Tuple[Right, ...]:
    """Return the rights that are not granted. Raises WriteFailed if the review is not answered.

    An authorizer that cannot say no (allowed false, but no opinion) counts as refusing.
    """
    def is_allowed(right: Right) -> bool:
        attributes = {"verb": right.verb, "group": right.group, "resource": right.resource}
        if right.namespace:
            attributes["namespace"] = right.namespace
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        answer = client.create(ACCESS_REVIEWS.at(), body, deadline)
        return bool((answer.get("status") or {}).get("allowed"))

    with ThreadPoolExecutor(_THREADS) as pool:
        allowed = list(pool.map(is_allowed, rights))
    return tuple(right for right, is_granted in zip(rights, allowed) if not is_granted)
