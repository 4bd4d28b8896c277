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
  - When the record is closed the values are removed from it; who, when and from where to where
    stays.
options:
  state:
    description:
      - V(open) writes down what is there now, and keeps what an unfinished run wrote down.
      - V(read) changes nothing and gives what is remembered with the values. Use C(no_log) with
        it, as values may hold secrets.
      - V(closed) says that the run has ended, and forgets the values.
    type: str
    choices: [open, read, closed]
    required: true
  namespace:
    description:
      - Where the Secret goes if there is neither one yet nor a controller.
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

- name: The upgrade has ended
  arc.lifecycle.arc_record:
    state: closed
"""

RETURN = r"""
cluster:
  description: The cluster that answered.
  returned: once the cluster has answered
  type: dict
record:
  description: The record after the task.
  returned: success
  type: dict
  contains:
    namespace:
      description: Where its Secret is.
      type: str
    state:
      description: V(open), V(closed), or V(absent) where no run has written one.
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
    releases:
      description: What it remembers, one entry for each Helm release. C(values) only with
        O(state=read).
      type: list
      elements: dict
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import record_store, task
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import record

OPTIONS = {
    "state": {"type": "str", "choices": ["open", "read", "closed"], "required": True},
    "namespace": {"type": "str"},
    "to_release": {"type": "str"},
    "operator": {"type": "str", "default": ""},
}


def work(run: task.Task) -> task.Result:
    _snapshot, cluster = run.look()
    store = record_store.store_of(run.client, run.deadline, cluster, run.options["namespace"])
    remembered = store.entries()
    if run.options["state"] == "read":
        return _result(store.notes, store.namespace, remembered, False, True)
    if run.options["state"] == "closed":
        changed = store.close(run.is_check)
        notes = {**store.notes, "state": record.CLOSED} if changed else store.notes
        return _result(notes, store.namespace, [], changed, False)
    found = store.with_values(record.entries_of(cluster), remembered)
    entries = record.merged(remembered, found)
    notes = {
        "state": record.OPEN,
        "to-release": run.options["to_release"],
        "from-release": ", ".join(sorted({one["from"] for one in entries})),
        "started": store.notes["started"] if store.is_open else record_store.now(),
        "operator": store.notes.get("operator", "") if store.is_open else run.options["operator"],
    }
    changed = store.write(entries, notes, run.is_check)
    return _result(notes, store.namespace, entries, changed, False)


def _result(notes, namespace, entries, changed, with_values):
    return {
        "changed": changed,
        "record": {
            "namespace": namespace,
            "state": notes.get("state", "absent"),
            "from_release": notes.get("from-release", ""),
            "to_release": notes.get("to-release", ""),
            "started": notes.get("started", ""),
            "releases": record.told(entries, with_values),
        },
    }


def main() -> None:
    task.run(OPTIONS, work, required_if=[("state", "open", ["to_release"])])


if __name__ == "__main__":
    main()
