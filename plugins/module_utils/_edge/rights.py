# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May we do this? Asked before the first write, so that nothing is begun and left half done."""

from __future__ import annotations

from typing import Iterable, Sequence, Tuple

from .._pure.errors import WriteFailed
from . import access, answers
from .client import Client
from .deadline import Deadline
from .places import Place

Wish = Tuple[str, Place]


def missing(client: Client, wishes: Iterable[Wish], deadline: Deadline) -> Tuple[str, ...]:
    """Return the rights that are missing, in words. `wishes`: verb and place.

    Raises WriteFailed where the API server does not answer the question.
    """
    found = []
    for verb, place in dict.fromkeys(wishes):
        attributes = {
            "verb": verb, "group": place.group, "resource": place.resource,
            "namespace": place.namespace, "name": place.name,
        }
        if not access.is_allowed(client, attributes, deadline):
            found.append(answers.right_in_words({**attributes, "user": ""}))
    return tuple(found)


def require(client: Client, wishes: Iterable[Wish], deadline: Deadline) -> None:
    """Raise WriteFailed that names every missing right; nothing was written then."""
    refuse(client, missing(client, wishes, deadline))


def refuse(client: Client, lacking: Sequence[str]) -> None:
    """Raise WriteFailed where a right is lacking, in words, before the first write."""
    if lacking:
        raise WriteFailed(
            cluster=client.cluster,
            object=f"the right to {lacking[0]}",
            cause="it is missing" if len(lacking) == 1
            else f"it is missing, as are {', '.join(lacking[1:])}",
            next_step="Grant it in a Role or ClusterRole, then run again",
            details={"missing_rights": list(lacking)},
        )
