#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_repair
short_description: Find what is out of order in ARC's objects, and mend what is named
version_added: 1.0.0
description:
  - Finds listeners without a set, stale listeners, zombie runners, sets that ARC parked as
    C(Outdated), deadlocks of the update strategy C(eventual), deletions that hang as GitHub has no
    such scale set any more, objects that a newer CRD or controller cannot read, and sets that
    vanished although Helm calls them deployed.
  - Each finding has a proof, and is found again right before it is mended. What cannot be proven
    is told as held, with what would be needed.
  - No running job is ended by any of it.
  - Objects that are stuck in deletion are for M(arc.lifecycle.arc_finalizer_clear), sets that a
    drain took away for M(arc.lifecycle.arc_scaleset_drain) with O(state=resumed) there, and sets
    of another release than their controller for the playbook C(arc.lifecycle.upgrade).
options:
  state:
    description:
      - V(reported) only looks.
      - V(repaired) mends what O(repairs) names, and waits until it is no longer found.
    type: str
    choices: [repaired, reported]
    default: reported
  repairs:
    description:
      - What to mend with O(state=repaired). Each is an id, for all of its kind, or the RV(found)
        C(key) of one.
      - The ids are V(orphaned-listener), V(stale-listener), V(zombie-runner), V(outdated),
        V(eventual-deadlock), V(dead-at-github), V(lost-at-github), V(poisoned-failures), V(set-vanished),
        V(unprotected-helper) and V(patch-id-missing).
    type: list
    elements: str
    default: []
  lost_at_github:
    description:
      - Sets, each C(namespace/name), that GitHub is known to have no more, as the controller's log
        says 404 for them. Nothing in the cluster can prove it.
      - It names the sets as they were when they were found lost. One that was made again since,
        by a run with V(set-vanished) for example, has another id at GitHub, so take its name out
        before the next run.
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
    details:
      - Tries each write on the server.
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: arc.lifecycle.arc_info
  - module: arc.lifecycle.arc_finalizer_clear
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: See what could be mended
  arc.lifecycle.arc_repair:
    context: east
  register: found

- name: Mend every stale listener, and one runner
  arc.lifecycle.arc_repair:
    context: east
    state: repaired
    repairs:
      - stale-listener
      - "zombie-runner: EphemeralRunner arc-runners/web-abcde-runner-xyz12"
"""

RETURN = r"""
cluster:
  description: The cluster that answered. C(uid) is the UID of its namespace kube-system.
  returned: once the cluster has answered
  type: dict
found:
  description:
    - What is out of order at the last look, each with its id, key, object, proof, effect and undo,
      and C(held), which says why it must not be mended now.
  returned: once the cluster was read
  type: list
  elements: dict
repaired:
  description: What was mended, with the evidence, and when. In check mode what would be.
  returned: once the cluster was read
  type: list
  elements: dict
held:
  description: Of RV(found) what must not be mended now.
  returned: once the cluster was read
  type: list
  elements: dict
left:
  description: Keys of what could be mended and was not asked for.
  returned: once the cluster was read
  type: list
  elements: str
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import repairing, task

OPTIONS = {
    "state": {"type": "str", "choices": ["repaired", "reported"], "default": "reported"},
    "repairs": {"type": "list", "elements": "str", "default": []},
    "lost_at_github": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    task.run(OPTIONS, repairing.repair)


if __name__ == "__main__":
    main()
