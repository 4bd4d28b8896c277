#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_finalizer_clear
short_description: Release objects of Actions Runner Controller that are stuck, on proof
version_added: 1.0.0
description:
  - Judges every finalizer of objects that are being deleted, or whose scale set is or has gone,
    and says with evidence whether it may be released, is rightly there, or cannot be told.
  - A finalizer may be released only if nobody is left who would do it properly, and no job dies
    of it. What needs proof that could not be read is V(unknown), never released.
  - With O(state=cleared) takes off what is proven, children first. The object and the controllers
    are read again right before each write, and the patch tests the UID and the finalizer.
  - Where a controller was removed before its scale sets, listeners, runner sets and runners carry
    no deletion timestamp. They are deleted first then, the listener before all others, under the
    same proof.
  - The first remedy is a controller of the fitting release, brought back for a moment. It releases
    everything in about a second and leaves nothing at GitHub. See C(remedy) of each verdict.
options:
  state:
    description:
      - V(reported) only judges.
      - V(cleared) takes off those finalizers whose verdict is V(release).
    type: str
    choices: [cleared, reported]
    default: reported
  objects:
    description: Judge these objects.
    type: list
    elements: dict
    suboptions:
      kind:
        description: The kind of the object.
        type: str
        required: true
        choices:
          - AutoscalingListener
          - AutoscalingRunnerSet
          - EphemeralRunner
          - EphemeralRunnerSet
          - Role
          - RoleBinding
          - Secret
          - ServiceAccount
      namespace:
        description: The namespace of the object.
        type: str
        required: true
      name:
        description: The name of the object.
        type: str
        required: true
  scale_sets:
    description:
      - Judge all that belongs to these scale sets, which may have gone already.
    type: list
    elements: dict
    suboptions:
      namespace:
        description: The namespace of the AutoscalingRunnerSet.
        type: str
        required: true
      name:
        description: The name of the AutoscalingRunnerSet.
        type: str
        required: true
  namespaces:
    description: Judge what is in these namespaces, and the listeners of scale sets in them.
    type: list
    elements: str
  all:
    description: Judge every object of the cluster.
    type: bool
    default: false
  min_age:
    description: How long a deletion must last before anything is released, in seconds.
    type: int
    default: 90
  unable_after:
    description:
      - How long a deletion must last before a controller that is at work counts as unable to
        finish it, in seconds. It must have a known reason as well, such as a runner without a pod.
    type: int
    default: 600
  github_states:
    description:
      - What GitHub says of runners, by their name, from whoever asked. It goes before what
        O(github) finds. Each is V(busy), V(idle) or V(gone).
      - A runner whose pod is alive is released only if GitHub says that it is idle or gone, as it
        may be given a job at any moment.
    type: dict
    default: {}
  accept_orphans:
    description:
      - Runners, as C(namespace/name), that may stay registered at GitHub although nobody was asked.
    type: list
    elements: str
    default: []
  delete_at_github:
    description:
      - Delete at GitHub what a release would leave there, right before it. Needs O(github), with
        the right to administer runners.
      - A runner is deleted through GitHub's REST API, which refuses while a job runs on it.
      - A scale set is deleted through GitHub's Actions service, only if no listener anywhere holds
        its message session and no runner is registered with it. Otherwise it is kept, and told.
    type: bool
    default: false
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.github
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.group
attributes:
  check_mode:
    support: full
    details:
      - Predicts the first step. What a release makes possible, such as that of the parent, is
        judged when it is done.
  diff_mode:
    support: none
  idempotent:
    support: full
notes:
  - Each release is told by a Kubernetes Event on the object, or on its namespace where that takes
    no new objects any more.
  - Foreign finalizers are never touched, nor is the finalizer of a namespace.
seealso:
  - module: arc.lifecycle.arc_info
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: See what holds a scale set that does not go
  arc.lifecycle.arc_finalizer_clear:
    scale_sets:
      - {namespace: arc-runners, name: web}
  register: stuck

- name: Release what is proven, and accept one runner that stays at GitHub
  arc.lifecycle.arc_finalizer_clear:
    state: cleared
    scale_sets:
      - {namespace: arc-runners, name: web}
    accept_orphans:
      - arc-runners/web-x7k2p-runner-abcde

- name: Release what is proven, and leave nothing at GitHub
  arc.lifecycle.arc_finalizer_clear:
    state: cleared
    namespaces: [arc-runners]
    delete_at_github: true
    github:
      token: "{{ vault_github_token }}"
"""

RETURN = r"""
cluster:
  description: The cluster that answered. C(uid) is the UID of its namespace kube-system.
  returned: once the cluster has answered
  type: dict
state:
  description: What was asked for.
  returned: once the cluster was read
  type: str
verdicts:
  description: The verdict on each finalizer, at the last look, in the order of release.
  returned: once the cluster was read
  type: list
  elements: dict
  contains:
    decision:
      description: One of V(release), V(hold) and V(unknown).
      type: str
    code:
      description: Why, as a stable id.
      type: str
    object:
      description: Kind, namespace, name and UID.
      type: dict
    finalizer:
      description: The finalizer.
      type: str
    reason:
      description: Why, as a sentence.
      type: str
    remedy:
      description: What to do.
      type: str
    evidence:
      description: What was read, and when, that justifies a release.
      type: dict
    effects:
      description: What releasing leaves elsewhere, or takes with it.
      type: list
      elements: str
    delete_first:
      description: Whether the object has to be deleted before it is released.
      type: bool
verdicts_not_shown:
  description: How many verdicts RV(verdicts) leaves out.
  returned: once the cluster was read
  type: int
counts:
  description: How many verdicts there are of each decision.
  returned: once the cluster was read
  type: dict
  sample: {hold: 1, release: 4, unknown: 0}
cleared:
  description:
    - What was released, with its evidence and the time; in check mode what would be.
    - C(event) names the Event that tells of it, empty where none could be written.
  returned: once the cluster was read
  type: list
  elements: dict
cleared_count:
  description: How many finalizers were released.
  returned: once the cluster was read
  type: int
deleted:
  description: What was deleted first.
  returned: once the cluster was read
  type: list
  elements: dict
deleted_at_github:
  description: With O(delete_at_github), what became of each runner and scale set there.
  returned: once the cluster was read
  type: list
  elements: dict
  contains:
    kind:
      description: C(runner) or C(scale set).
      type: str
    name:
      description: Its name.
      type: str
    id:
      description: Its number at GitHub.
      type: int
    result:
      description: V(deleted), V(gone) as it was not there any more, or V(kept).
      type: str
    reason:
      description: Why it was kept.
      returned: if it was
      type: str
held:
  description: What is rightly there, and why.
  returned: once the cluster was read
  type: list
  elements: str
unknown:
  description: What could not be told, and why.
  returned: once the cluster was read
  type: list
  elements: str
lost_races:
  description: What was not what had been judged any more, right before a write.
  returned: once the cluster was read
  type: list
  elements: str
github_problems:
  description: Why GitHub gave no word of some runners, at most 5 texts.
  returned: once the cluster was read
  type: list
  elements: str
event_problems:
  description: Why releases could not be told by an Event, at most 5 texts. They stand all the same.
  returned: once the cluster was read
  type: list
  elements: str
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    finalizer_clearing,
    github,
    task,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors

SET = {
    "namespace": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
}
KINDS = [
    "AutoscalingListener", "AutoscalingRunnerSet", "EphemeralRunner", "EphemeralRunnerSet",
    "Role", "RoleBinding", "Secret", "ServiceAccount",
]  # fmt: skip
OPTIONS = {
    "state": {"type": "str", "choices": ["cleared", "reported"], "default": "reported"},
    "objects": {
        "type": "list", "elements": "dict",
        "options": {"kind": {"type": "str", "required": True, "choices": KINDS}, **SET},
    },
    "scale_sets": {"type": "list", "elements": "dict", "options": SET},
    "namespaces": {"type": "list", "elements": "str"},
    "all": {"type": "bool", "default": False},
    "min_age": {"type": "int", "default": 90},
    "unable_after": {"type": "int", "default": 600},
    "github_states": {"type": "dict", "default": {}},
    **github.GITHUB_OPTIONS,
    "accept_orphans": {"type": "list", "elements": "str", "default": []},
    "delete_at_github": {"type": "bool", "default": False},
}


def work(run: task.Task) -> task.Result:
    for name, said in run.options["github_states"].items():
        if said not in ("busy", "idle", "gone"):
            raise errors.BadInput(
                cluster="", object=f"option github_states: {name}",
                cause=f"{said} is no state of a runner", next_step="Give busy, idle or gone",
            )
    return finalizer_clearing.clear(run)


def main() -> None:
    task.run(OPTIONS, work)


if __name__ == "__main__":
    main()
