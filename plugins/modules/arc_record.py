#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_record
short_description: Remember on the cluster what an upgrade takes away, and give it back
version_added: 1.0.0
description:
  - Keeps one Secret, C(arc-lifecycle-record), in the namespace of the controller. It holds which
    Helm releases of ARC were there, with their values, limits and versions, while an upgrade is
    under way, so that a run that was killed can be run again, from another machine too.
  - What is remembered once is not replaced by what a later run finds in a cluster that is half
    taken apart.
  - When the record is closed, what was there before the run stays in it for a rollback. A later run that only proves or
    mends what that run brought leaves it there.
  - It is a journal too. It says who went from where to where, by which plan, which phase began
    when, and what failed. What is to be done next is never read from it, but from the cluster.
  - Takes the Lease of the cluster and gives it back, so that one run at a time works on it.
options:
  state:
    description:
      - V(open) writes down what is there now, and keeps what an unfinished run wrote down.
      - V(noted) adds O(phases) and O(crd_backups) to a record that is open.
      - V(leased) writes no record and only takes the Lease for O(holder), for runs that have nothing to remember. Where
        nothing tells a namespace, there being no record, no controller and no O(namespace), there is nobody to keep off, and
        no Lease is taken.
      - V(released) gives the Lease of O(lease) back, if it is given.
      - V(read) changes nothing and gives what is remembered.
      - V(closed) says that the run has ended.
    type: str
    choices: [open, leased, released, noted, read, closed]
    required: true
  namespace:
    description:
      - Where Secret and Lease go if there is neither a record yet nor a controller.
    type: str
  to_release:
    description:
      - The release that the run goes to. Required with O(state=open).
    type: str
  operator:
    description:
      - Who runs the upgrade, for those who read the record.
    type: str
    default: ""
  digest:
    description:
      - The digest of the plan, for those who read the record.
    type: str
    default: ""
  restore:
    description:
      - With O(state=open), and no run open, remember each release that is there with the values
        that it had before the last run. A rollback wants this.
    type: bool
    default: false
  values:
    description:
      - With O(state=read), whether the values are given. Use C(no_log) then, as they may hold
        secrets.
    type: bool
    default: true
  for_release:
    description:
      - With O(state=read), give the values as the charts of this release want them, with what has
        moved at its new place.
    type: str
  keep_previous:
    description:
      - With O(state=closed), whether what was there before the run stays for a rollback, with the
        values.
    type: bool
    default: true
  holder:
    description:
      - With O(state=open) and O(state=leased), take the Lease C(arc-lifecycle) for this run, so that no other works on
        the cluster at the same time. The action plugin of the same name gives a text that tells
        user, host and process of the run; V(auto) in a playbook stands for it. Required with O(state=leased).
      - A run that is dead loses its Lease, at once if it ran on the same machine, else when the
        Lease was not renewed for its duration. Of a run that is alive the task tells who it is,
        and fails.
    type: str
  give_back:
    description:
      - With O(state=noted) and O(state=closed), give the Lease of O(lease) back.
    type: bool
    default: false
  phases:
    description:
      - What a run did, each with C(phase), C(at) (seconds since the epoch), and whatever explains
        it. Never a secret.
    type: list
    elements: dict
    default: []
  crd_backups:
    description:
      - ConfigMaps, each C(namespace/name), with the CRDs that the run replaced, as
        M(arc.lifecycle.arc_crd) returns them.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.group
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Remember what is there before anything is taken away
  arc.lifecycle.arc_record:
    state: open
    to_release: 0.14.2

- name: Read it back with the values
  arc.lifecycle.arc_record:
    state: read
  register: remembered
  no_log: true

- name: See where the last run came from
  arc.lifecycle.arc_record:
    state: read
    values: false
  register: last

- name: The upgrade has ended
  arc.lifecycle.arc_record:
    state: closed

- name: Let no other run work on the cluster
  arc.lifecycle.arc_record:
    state: leased
    holder: auto
  register: taken

- name: Let others work on it again
  arc.lifecycle.arc_record:
    state: released
    lease: "{{ taken.lease | default(omit) }}"
"""

RETURN = r"""
cluster:
  description: The cluster that answered.
  returned: once the cluster has answered
  type: dict
lease:
  description: The Lease that was taken, for the option O(lease) of the tasks that follow.
  returned: with O(holder), where one was taken
  type: dict
  sample: {namespace: arc-systems, holder: ops@runner-7 4711 0f3b2c6e-5a35-4b0d-9f3c-2f4f0f6d1a11}
record:
  description: The record after the task.
  returned: success, unless O(state) is V(leased) or V(released)
  type: dict
  contains:
    namespace:
      description: Where its Secret is.
      type: str
    state:
      description: V(open), V(closed), or V(absent) where no run has written one.
      type: str
    kind:
      description: V(upgrade), V(rollback), or empty where no run has written one.
      type: str
    from_release:
      description: The releases that were in place when it was opened.
      type: str
    to_release:
      description: The release to go to.
      type: str
    started:
      description: When it was opened.
      type: str
    digest:
      description: The digest of the plan.
      type: str
    back_to:
      description: The release that a rollback goes to, empty where the record does not tell one.
      type: str
    crd_backups:
      description: ConfigMaps with the CRDs that the run replaced.
      type: list
      elements: str
    phases:
      description: What the run did when.
      type: list
      elements: dict
    releases:
      description: What it remembers, one entry for each Helm release. C(values) only with
        O(state=read) and O(values).
      type: list
      elements: dict
    previous:
      description: What was there before the run that has ended, without values.
      type: list
      elements: dict
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

import json

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    leasing,
    record_store,
    task,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import record
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.objects import Cluster

OPTIONS = {
    "state": {"type": "str", "choices": ["open", "leased", "released", "noted", "read", "closed"], "required": True},
    "namespace": {"type": "str"},
    "to_release": {"type": "str"},
    "operator": {"type": "str", "default": ""},
    "digest": {"type": "str", "default": ""},
    "restore": {"type": "bool", "default": False},
    "values": {"type": "bool", "default": True},
    "for_release": {"type": "str"},
    "keep_previous": {"type": "bool", "default": True},
    "holder": {"type": "str"},
    "give_back": {"type": "bool", "default": False},
    "phases": {"type": "list", "elements": "dict", "default": []},
    "crd_backups": {"type": "list", "elements": "str", "default": []},
}
# No runner and no pod: a record is quick where there are thousands of them.
_PARTS = ("records", "helm", "deployments", "autoscalingrunnersets")


def work(run: task.Task) -> task.Result:
    result = _work(run)
    held, options = run.options["lease"], run.options
    if (options["give_back"] or options["state"] == "released") and held and not run.is_check:
        leasing.give_back(run.client, run.deadline, held["namespace"], held["holder"])
    return result


def _work(run: task.Task) -> task.Result:
    options = run.options
    if options["state"] == "released":
        return {"changed": False}
    _snapshot, cluster = run.look(_PARTS)
    if options["state"] == "leased":
        return {"changed": False, **_leased(run, cluster)}
    store = record_store.store_of(run.client, run.deadline, cluster, options["namespace"])
    remembered, state = store.entries(), options["state"]
    journal = record.noted(store.journal() if store.is_open else (), options["phases"])
    if state == "read":
        fitted = record.fitted(remembered, options["for_release"])
        return _result(store, store.notes, fitted, store.journal(), with_values=options["values"])
    if state == "closed":
        changed = store.close(journal, options["keep_previous"], run.is_check)
        notes = {**store.notes, "state": record.CLOSED} if changed else store.notes
        return _result(store, notes, [], journal, changed)
    if state == "noted":
        # In check mode nothing was opened before.
        notes = record.with_backups(store.notes, options["crd_backups"])
        changed = store.note(options["phases"], options["crd_backups"], run.is_check)
        return _result(store, notes, remembered, journal, changed)
    held = {}
    if options["holder"]:
        held = _taken(run, store.namespace)
        # What the last holder wrote may be newer than the look.
        _snapshot, cluster = run.look(_PARTS)
        store = record_store.store_of(run.client, run.deadline, cluster, options["namespace"])
        remembered = store.entries()
    found = store.with_values(record.entries_of(cluster), remembered)
    entries = record.merged(remembered, found)
    begun, is_restore = store.notes, options["restore"]
    if is_restore:
        entries = record.restored(store.previous(), entries)
    is_proof = not is_restore and record.is_proof(begun, entries, options["to_release"])
    notes = {
        "state": record.OPEN,
        "to-release": options["to_release"],
        "from-release": begun["from-release"] if is_proof
        else ", ".join(sorted({one["from"] for one in entries})),
        "started": store.notes["started"] if store.is_open else record_store.now(),
        "operator": store.notes.get("operator", "") if store.is_open else options["operator"],
        "digest": options["digest"],
        "kind": record.ROLLBACK if is_restore else record.UPGRADE,
    }
    if record.keeps_backups(begun, options["to_release"], is_restore, is_proof):
        notes = record.with_backups(notes, json.loads(begun.get("crd-backups", "[]")))
    changed = store.write(
        entries, notes, journal, run.is_check, store.previous() if is_proof else ())
    return {**_result(store, notes, entries, journal, changed), **held}


def _leased(run: task.Task, cluster: Cluster) -> task.Result:
    namespace = record.namespace_of_lease(cluster, run.options["namespace"])
    return _taken(run, namespace) if namespace else {}


def _taken(run: task.Task, namespace: str) -> task.Result:
    holder = run.options["holder"]
    leasing.take(run.client, run.deadline, namespace, holder, run.is_check)
    return {"lease": {"namespace": namespace, "holder": holder}}


def _result(store, notes, entries, journal, changed=False, with_values=False):
    return {
        "changed": changed,
        "record": {
            "namespace": store.namespace,
            "state": notes.get("state", "absent"),
            "kind": notes.get("kind", ""),
            "from_release": notes.get("from-release", ""),
            "to_release": notes.get("to-release", ""),
            "started": notes.get("started", ""),
            "digest": notes.get("digest", ""),
            "back_to": record.back_to(notes),
            "crd_backups": json.loads(notes.get("crd-backups", "[]")),
            "phases": list(journal),
            "releases": record.told(entries, with_values),
            "previous": record.told(store.previous(), False),
        },
    }


def main() -> None:
    task.run(OPTIONS, work, required_if=[
        ("state", "open", ["to_release"]), ("state", "leased", ["holder"]),
    ])


if __name__ == "__main__":
    main()
