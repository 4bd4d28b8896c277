#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_gitops
short_description: Keep Argo CD and Flux from putting back what a run takes away
version_added: 1.0.0
description:
  - Finds the objects of Argo CD and Flux that own ARC's scale sets and controllers, by the marks
    that these carry, and suspends them, or lets them go on.
  - Of a C(HelmRelease) or C(Kustomization) of Flux it sets C(spec.suspend), of an C(Application) of
    Argo CD it takes C(spec.syncPolicy.automated) away. What would set such an object back (a
    C(Kustomization) that has C(spec.suspend) from Git, an C(Application) that owns Applications) is
    suspended before it.
  - Each object that it suspends gets the label C(arc.lifecycle/suspended), and what it had before in an
    annotation. What others have suspended is left alone, then and later.
  - Fails, before anything is written, if an owner is not in this cluster, cannot be read, or is made by
    an C(ApplicationSet), which would set it back; the message has the commands for that. See
    O(gitops_suspended).
options:
  state:
    description:
      - With V(suspended), all owners rest that are at work, and what they had begun has ended.
      - With V(resumed), those that this module suspended go on as O(resume) says.
    type: str
    choices: [suspended, resumed]
    required: true
  release:
    description:
      - The release of ARC that is in place. Required with O(state=resumed) and O(resume=matching).
    type: str
  resume:
    description:
      - With V(matching), an object goes on if it is to be seen that it wants O(release). That is the
        version of the chart in a C(HelmRelease), in the C(OCIRepository) or C(HelmChart) that it names,
        or in the sources of an C(Application). Another one stays suspended, and RV(left) says why.
        It would bring back what it wants.
      - With V(always), all go on. Say so once Git has the new release.
    type: str
    choices: [matching, always]
    default: matching
  gitops_suspended:
    description:
      - Whether somebody has seen to it that owners that cannot be suspended from here put nothing back,
        such as those in another cluster. Else they make O(state=suspended) fail.
    type: bool
    default: false
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
  - module: arc.lifecycle.arc_scaleset_drain
  - module: arc.lifecycle.arc_plan
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Keep Flux and Argo CD from putting scale sets back
  arc.lifecycle.arc_gitops:
    context: east
    state: suspended

- name: Let go on what wants the release that is in place
  arc.lifecycle.arc_gitops:
    context: east
    state: resumed
    release: 0.14.2
  register: gitops

- name: Say what still rests
  ansible.builtin.debug:
    msg: "{{ gitops.left }}"

- name: Let all go on, as Git has the new release
  arc.lifecycle.arc_gitops:
    context: east
    state: resumed
    resume: always
"""

RETURN = r"""
cluster:
  description: The cluster that answered. C(uid) is the UID of its namespace kube-system.
  returned: once the cluster has answered
  type: dict
owners:
  description:
    - The objects that this module has suspended, now or before, each with C(kind), C(namespace),
      C(name) and C(state), which is V(suspended) or V(resumed).
  returned: success
  type: list
  elements: dict
left:
  description: Of RV(owners) what stays suspended with O(state=resumed), with C(reason) and C(remedy).
  returned: success
  type: list
  elements: dict
acts:
  description: What was written, with what was there before as C(evidence), and when.
  returned: success
  type: list
  elements: dict
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import gitops_holding, task

OPTIONS = {
    "state": {"type": "str", "choices": ["suspended", "resumed"], "required": True},
    "release": {"type": "str"},
    "resume": {"type": "str", "choices": ["matching", "always"], "default": "matching"},
    "gitops_suspended": {"type": "bool", "default": False},
}


def main() -> None:
    task.run(OPTIONS, gitops_holding.hold_or_let_go)


if __name__ == "__main__":
    main()
