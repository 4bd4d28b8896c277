# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Helm, drains and upgrades remember on the cluster of sets that are not there."""

from __future__ import annotations

from typing import List

from .._pure import drain_copy, reads, vanished_sets
from .._pure.errors import ReadFailed
from .._pure.vanished_sets import Manifest, Stored
from . import helm_store, manifests, places
from .client import Query
from .task import Task

_COPIES = Query(labels=drain_copy.COPY_LABEL, metadata_only=True)


def read(task: Task) -> Stored:
    """Return what is remembered; nothing of Helm where Secrets may not be read.

    Raises ReadFailed where copies or records cannot be told from none.
    """
    try:
        packed = helm_store.read_manifests(task.client, task.deadline)
    except ReadFailed as error:
        if error.details.get("missing_right"):
            return Stored()
        raise
    found: List[Manifest] = []
    for release, text in packed:
        if release["status"] == "deployed":
            documents = manifests.documents(text)
            found += vanished_sets.sets_in((release["namespace"], release["name"]), documents)
    if not found:
        return Stored()
    copies = task.client.list(places.SECRETS.at(), task.deadline, _COPIES).items
    _snapshot, cluster = task.look(("records",))
    return Stored(
        tuple(found),
        frozenset(drain_copy.key_of(one) for one in copies),
        any(one.state == "open" for one in reads.seen(cluster.records)),
    )
