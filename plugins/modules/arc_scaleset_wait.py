#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_scaleset_wait
short_description: Wait until scale sets take jobs, or have gone without a trace
version_added: 1.0.0
description:
  - Waits for all sets together, under one time limit.
  - A set is V(healthy) if it has an id at GitHub, one live runner set, and exactly one listener
    with the name and image of its controller, bound to that runner set, whose pod has been ready
    and the same for O(settle_time); if its phase is C(Running) where its release has one; and if
    nothing of it is being deleted.
  - A listener that is bound to a runner set that is not there any more never works, although
    everything says C(Running). It is deleted, and the controller makes another; see O(cure).
options:
  scale_sets:
    description: The sets to wait for.
    type: list
    elements: dict
    required: true
    suboptions:
      namespace:
        description: The namespace of the AutoscalingRunnerSet.
        type: str
        required: true
      name:
        description: The name of the AutoscalingRunnerSet.
        type: str
        required: true
  state:
    description:
      - V(healthy) waits until they take jobs.
      - V(absent) waits until the AutoscalingRunnerSet, its listeners, runner sets, runners and
        all their pods have gone.
    type: str
    choices: [absent, healthy]
    default: healthy
  release:
    description: The release that set and controller must be of. Any, if left out.
    type: str
  settle_time:
    description: How long a listener's pod must have been seen ready, and the same, in seconds.
    type: int
    default: 5
  cure:
    description:
      - Delete a listener that only that can cure, at most three times for each set. It must have
        been seen so for two seconds.
    type: bool
    default: true
  jobs:
    description:
      - How many jobs each set must have been seen to run to their end since the wait began, with
        O(state=healthy). What shows that is a runner that had a job, and then has finished or is
        gone, and did not fail.
      - Where no job comes, the wait ends with its time limit.
    type: int
    default: 0
  helpers:
    description:
      - With O(state=absent), wait for the objects that the chart makes beside the set as well,
        namely ServiceAccount, Role, RoleBinding and Secret.
    type: bool
    default: false
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.wait.speak
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.group
attributes:
  check_mode:
    support: full
    details:
      - Tells how the sets stand, and neither waits nor cures.
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: arc.lifecycle.arc_scaleset_drain
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Wait until both sets take jobs
  arc.lifecycle.arc_scaleset_wait:
    kubeconfig: ~/.kube/config
    context: east
    scale_sets:
      - {namespace: arc-runners, name: web}
      - {namespace: arc-runners, name: build}

- name: Wait until the set has run two jobs to their end, for at most an hour
  arc.lifecycle.arc_scaleset_wait:
    context: east
    scale_sets:
      - {namespace: arc-runners, name: canary}
    jobs: 2
    timeout: 3600

- name: Wait until Helm's uninstall has left nothing
  arc.lifecycle.arc_scaleset_wait:
    context: east
    scale_sets:
      - {namespace: arc-runners, name: web}
    state: absent
    helpers: true
"""

RETURN = r"""
cluster:
  description: The cluster that answered. C(uid) is the UID of its namespace kube-system.
  returned: once the cluster has answered
  type: dict
finished:
  description: Whether all sets are as wanted.
  returned: once the cluster was read
  type: bool
sets:
  description: Each set, and why it is not yet as wanted.
  returned: once the cluster was read
  type: list
  elements: dict
  sample:
    - namespace: arc-runners
      name: web
      done: false
      not_yet_because: [it has 0 listeners]
      cured: 0
      jobs: 0
cured:
  description: Listeners that were deleted, with the evidence and the time.
  returned: once the cluster was read
  type: list
  elements: dict
waited_s:
  description: Seconds since the wait began.
  returned: once the cluster was read
  type: float
line:
  description: The last progress line.
  returned: once the cluster was read
  type: str
waited:
  description: The progress lines with their times, at most 200.
  returned: by the action plugin
  type: list
  elements: dict
memory:
  description: What the next slice needs to know.
  returned: with O(slice), unless RV(finished)
  type: dict
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import awaiting, options, task

SCALE_SETS = {
    "namespace": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
}
OPTIONS = {
    "scale_sets": {
        "type": "list", "elements": "dict", "required": True, "options": SCALE_SETS,
    },
    "state": {"type": "str", "choices": ["absent", "healthy"], "default": "healthy"},
    "release": {"type": "str"},
    "settle_time": {"type": "int", "default": 5},
    "cure": {"type": "bool", "default": True},
    "jobs": {"type": "int", "default": 0},
    "helpers": {"type": "bool", "default": False},
    **options.SPEAK_OPTIONS,
}


def main() -> None:
    task.run(OPTIONS, awaiting.wait_for_sets)


if __name__ == "__main__":
    main()
