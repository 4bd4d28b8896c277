# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the record of a run gets onto the cluster, is read back, and is closed."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from typing import Any, Dict, List, Mapping, Optional, Sequence

from .._pure import record
from .._pure.errors import ReadFailed
from .._pure.objects import Cluster
from .._pure.read_objects import RECORD_PREFIX
from . import helm_store
from .answers import ObjectNotFound
from .client import Client
from .deadline import Deadline
from .places import SECRETS

Entry = record.Entry


class Store:
    """The record in one cluster."""

    def __init__(self, client: Client, deadline: Deadline, namespace: str) -> None:
        self._client, self._deadline, self.namespace = client, deadline, namespace
        self._place = SECRETS.at(namespace, record.SECRET_NAME)
        self._secret: Optional[Dict[str, Any]] = None
        try:
            self._secret = client.get(self._place, deadline)
        except ObjectNotFound:
            pass

    @property
    def notes(self) -> Dict[str, str]:
        """The record's annotations; {} where there is none."""
        meta = (self._secret or {}).get("metadata") or {}
        found = meta.get("annotations") or {}
        return {
            key[len(RECORD_PREFIX):]: value
            for key, value in found.items() if key.startswith(RECORD_PREFIX)
        }

    @property
    def is_open(self) -> bool:
        """Tell whether a run that did not end wrote it."""
        return self.notes.get("state") == record.OPEN

    def entries(self) -> List[Entry]:
        """Return what an open record remembers, with values. Raises ReadFailed."""
        return self._data(record.DATA_KEY) if self.is_open else []

    def previous(self) -> List[Entry]:
        """Return what was there before the last run that has ended. Raises ReadFailed."""
        return self._data(record.PREVIOUS_KEY)

    def journal(self) -> List[Entry]:
        """Return what the last run did when. Raises ReadFailed."""
        return self._data(record.JOURNAL_KEY)

    def _data(self, key: str) -> List[Entry]:
        data = (self._secret or {}).get("data") or {}
        if key not in data and (key != record.DATA_KEY or not self.is_open):
            return []
        try:
            return [dict(one) for one in json.loads(base64.b64decode(data[key]))]
        except (KeyError, ValueError, TypeError) as error:
            raise ReadFailed(
                cluster=self._client.cluster,
                object=self._place.words,
                cause=f"what a run remembered in {key} cannot be read ({type(error).__name__})",
                next_step="Look at it with kubectl; delete it only if every scale set is there",
            ) from error

    def with_values(self, found: List[Entry], remembered: List[Entry]) -> List[Entry]:
        """Return `found` with the values that Helm holds, except what is remembered already."""
        known = {(one["kind"], one["namespace"], one["helm"]) for one in remembered}
        return [
            one if (one["kind"], one["namespace"], one["helm"]) in known
            else {**one, "values": helm_store.read_values(
                self._client, self._deadline, one["namespace"], one["helm"], one["revision"])}
            for one in found
        ]

    def write(
        self,
        entries: List[Entry],
        notes: Dict[str, str],
        journal: Sequence[Mapping[str, Any]],
        dry_run: bool,
        previous: Sequence[Entry] = (),
    ) -> bool:
        """Store the record of an open run; False if it says just this already.

        `previous`: what was there before a run that has ended, where this one leaves it as it is.
        """
        is_told = self.is_open and self.notes == {**self.notes, **notes}
        if is_told and self.entries() == entries and self.journal() == list(journal):
            return False
        wanted = record.secret_of(self.namespace, entries, notes, previous, journal)
        self._client.apply(self._place, wanted, self._deadline, force=True, dry_run=dry_run)
        return True

    def note(
        self, phases: Sequence[Mapping[str, Any]], crd_backups: Sequence[str], dry_run: bool
    ) -> bool:
        """Tell the record of an open run; False if none is open, or it says this already."""
        if not self.is_open:
            return False
        notes = record.with_backups(self.notes, crd_backups)
        journal = record.noted(self.journal(), phases)
        return self.write(self.entries(), notes, journal, dry_run, self.previous())

    def close(
        self, journal: Sequence[Mapping[str, Any]], keeps_previous: bool, dry_run: bool
    ) -> bool:
        """Mark the run as ended; False if no run is open. What was there before it may stay."""
        if not self.is_open:
            return False
        notes = {**self.notes, "state": record.CLOSED, "finished": now()}
        notes.pop("scale-sets", None)
        before = (self.previous() or self.entries()) if keeps_previous else []
        wanted = record.secret_of(self.namespace, [], notes, before, journal)
        self._client.apply(self._place, wanted, self._deadline, force=True, dry_run=dry_run)
        return True


def store_of(
    client: Client, deadline: Deadline, cluster: Cluster, wanted: Optional[str]
) -> Store:
    """Return the store of a cluster. Raises BadInput where no namespace can be told."""
    return Store(client, deadline, record.namespace_for(cluster, wanted))


def now() -> str:
    """Return the time as it stands in a record."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
