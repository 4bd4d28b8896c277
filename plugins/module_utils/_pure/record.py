# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run writes down on the cluster before it takes anything away, and reads to put it back.

A record is one Secret beside the controller: who, when and from where to where in annotations,
which read_objects.read_record reads; values of the Helm releases as data, as they may hold
secrets. What an earlier run wrote down wins: a cluster that was half taken apart is no source.
When the run has ended, what was there before it stays as `previous`: a rollback needs it.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from . import chart_values, reads, releases
from .errors import BadInput, Refused
from .objects import Cluster, HelmRelease
from .read_objects import RECORD_LABEL, RECORD_PREFIX

SECRET_NAME = "arc-lifecycle-record"
DATA_KEY = "releases.json"
PREVIOUS_KEY = "previous.json"
JOURNAL_KEY = "journal.json"
MOST_PHASES = 200
OPEN, CLOSED = "open", "closed"
UPGRADE, ROLLBACK = "upgrade", "rollback"
# etcd takes 1.5 MiB, the API server 1 MiB of a Secret's data.
MAX_DATA = 1_000_000

CONTROLLER, SCALE_SET = "controller", "scale-set"
Entry = Dict[str, Any]


def entries_of(cluster: Cluster) -> List[Entry]:
    """Return what there is to remember, without values: one entry for each Helm release.

    Keys: kind, namespace, helm (its release), name (of the object), chart, chart_version,
    revision, from (release of ARC), min_runners, max_runners (as they stand on the object).
    """
    found = [
        _entry(CONTROLLER, one.ref.name, one.helm, one.release)
        for one in reads.seen(cluster.controllers) if one.helm
    ]
    found += [
        {
            **_entry(SCALE_SET, one.ref.name, one.helm, one.release),
            "min_runners": one.min_runners, "max_runners": one.max_runners,
        }
        for one in reads.seen(cluster.scale_sets) if one.helm
    ]
    found += [
        _entry(SCALE_SET, one.name, one.helm, one.release)
        for one in reads.seen(cluster.vanished)
    ]
    return found


def _entry(kind: str, name: str, helm: Optional[HelmRelease], release: Optional[str]) -> Entry:
    if helm is None:
        raise LookupError(f"{kind} {name} belongs to no Helm release")
    return {
        "kind": kind,
        "namespace": helm.namespace,
        "helm": helm.name,
        "name": name,
        "chart": helm.chart,
        "chart_version": helm.chart_version,
        "revision": helm.revision,
        "from": release or helm.app_version,
    }


def merged(remembered: Iterable[Entry], found: Iterable[Entry]) -> List[Entry]:
    """Return all entries, sorted; what was remembered wins over what is found now."""
    by_key = {_key(one): one for one in found}
    by_key.update({_key(one): one for one in remembered})
    return [by_key[key] for key in sorted(by_key)]


def restored(previous: Iterable[Entry], found: Iterable[Entry]) -> List[Entry]:
    """Return what is found now, each as it was before the last run where that is known.

    What is there no more was taken away on purpose, and is not brought back.
    """
    before = {_key(one): one for one in previous}
    return [
        {**one, **{key: before[_key(one)][key] for key in _RESTORED if key in before[_key(one)]}}
        if _key(one) in before else one
        for one in found
    ]


_RESTORED = ("values", "chart_version", "min_runners", "max_runners")


def back_to(notes: Mapping[str, str]) -> str:
    """Return the release that a rollback goes to, "" where a record does not tell one.

    A rollback that did not end goes on to its own target; one that has ended leads nowhere.
    """
    if notes.get("kind") == ROLLBACK:
        return notes.get("to-release", "") if notes.get("state") == OPEN else ""
    start = notes.get("from-release", "")
    return start if releases.is_known(start) else ""


def is_proof(notes: Mapping[str, str], entries: Iterable[Entry], to_release: str) -> bool:
    """Tell whether a run to a release only proves or mends what an earlier one brought there.

    `notes`: of the record that is there. The way back from the earlier run has to stay then.
    """
    if notes.get("kind") == ROLLBACK or back_to(notes) in ("", to_release):
        return False
    return all(one["from"] == to_release for one in entries)


def keeps_backups(
    notes: Mapping[str, str], to_release: str, is_restore: bool, of_proof: bool
) -> bool:
    """Tell whether the CRDs that a record names are those a rollback of the next run needs.

    `is_restore`: the next run is a rollback; to another release than where the record leads, the
    kept CRDs are of the wrong one.
    """
    if is_restore:
        return to_release == back_to(notes)
    return of_proof or notes.get("state") == OPEN


def fitted(entries: Iterable[Entry], release: Optional[str]) -> List[Entry]:
    """Return the entries with their values as the charts of a release want them."""
    return [
        {**one, "values": chart_values.moved(
            one["values"], str(one.get("chart", "")), str(one.get("from", "")), release)}
        if release and "values" in one else one
        for one in entries
    ]


def noted(journal: Sequence[Mapping[str, Any]], more: Iterable[Mapping[str, Any]]) -> List[Entry]:
    """Return the journal with further phases, each once, the oldest dropped if it is too long."""
    known = [dict(one) for one in journal]
    known += [dict(one) for one in more if dict(one) not in known]
    return known[-MOST_PHASES:]


def with_backups(notes: Mapping[str, str], names: Iterable[str]) -> Dict[str, str]:
    """Return the notes of a record with the names of backups of CRDs added to those there.

    A run that goes on to another target replaces a CRD twice: what it was at first stays.
    """
    known = {_crd_of(name): name for name in names}
    known.update((_crd_of(name), name) for name in json.loads(notes.get("crd-backups", "[]")))
    wanted = sorted(known.values())
    return {**notes, "crd-backups": json.dumps(wanted)} if wanted else dict(notes)


def _crd_of(backup: str) -> str:
    """Return the name of a backup without the digest of its content, which it ends with."""
    return backup.rpartition("/")[2].rpartition("-")[0] or backup


def _key(one: Entry) -> Tuple[str, str, str]:
    return (one["kind"], one["namespace"], one["helm"])


def namespace_for(cluster: Cluster, wanted: Optional[str]) -> str:
    """Return where the record goes: where it is, else what is wanted, else the controller's.

    Raises BadInput where nothing tells.
    """
    found = _home(cluster, wanted)
    if found:
        return found
    raise BadInput(
        cluster=cluster.id.name,
        object="option namespace",
        cause="there is no controller whose namespace could hold the record",
        next_step="Name the namespace of the controller",
    )


def namespace_of_lease(cluster: Cluster, wanted: Optional[str]) -> str:
    """Return where the Lease goes, "" where nothing tells: no run can be at work there.

    Raises ReadFailed where record or controller may be there unseen.
    """
    for part in (cluster.records, cluster.controllers):
        if isinstance(part, reads.Unread):
            raise part.refusal(cluster.id.name)
    return _home(cluster, wanted)


def _home(cluster: Cluster, wanted: Optional[str]) -> str:
    for one in reads.seen(cluster.records):
        if one.ref.name == SECRET_NAME:
            return one.ref.namespace
    if wanted:
        return wanted
    homes = sorted({one.ref.namespace for one in reads.seen(cluster.controllers)})
    if homes:
        return homes[0]
    charts_in = {
        one.namespace for one in reads.seen(cluster.helm_releases)
        if one.chart == "gha-runner-scale-set-controller"
    }
    return charts_in.pop() if len(charts_in) == 1 else ""


def secret_of(
    namespace: str,
    entries: List[Entry],
    notes: Mapping[str, str],
    previous: Sequence[Entry] = (),
    journal: Sequence[Mapping[str, Any]] = (),
) -> Dict[str, Any]:
    """Return the Secret to apply.

    `notes`: state, from-release, to-release, started, operator, digest, crd-backups. `previous`:
    the entries of a run that has ended. `journal`: what a run did when, [{phase, at, ...}].
    Raises Refused if the values are larger than a Secret may be.
    """
    text, before = json.dumps(entries, sort_keys=True), json.dumps(list(previous), sort_keys=True)
    done = json.dumps(list(journal), sort_keys=True)
    size = len(text.encode()) + len(before.encode()) + len(done.encode())
    if size > MAX_DATA:
        raise Refused(
            cluster="",
            object=f"Secret {namespace}/{SECRET_NAME}",
            cause=f"the values of {len(entries) + len(previous)} Helm releases have {size} bytes",
            next_step="Upgrade the scale sets of this cluster in several runs",
        )
    scale_sets = [
        {"namespace": one["namespace"], "name": one["name"], "helm": one["helm"]}
        for one in entries if one["kind"] == SCALE_SET
    ]
    annotations = {RECORD_PREFIX + key: value for key, value in notes.items()}
    annotations[RECORD_PREFIX + "scale-sets"] = json.dumps(scale_sets, sort_keys=True)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": SECRET_NAME,
            "namespace": namespace,
            "labels": {RECORD_LABEL: "upgrade"},
            "annotations": annotations,
        },
        "stringData": {DATA_KEY: text, PREVIOUS_KEY: before, JOURNAL_KEY: done},
    }


def told(entries: Iterable[Entry], with_values: bool) -> List[Entry]:
    """Return the entries for a result; values stand there only where they were asked for."""
    return [
        {key: value for key, value in one.items() if with_values or key != "values"}
        for one in entries
    ]
