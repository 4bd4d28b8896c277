#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_info
short_description: Tell what of Actions Runner Controller is in a cluster, and how well it is
version_added: 1.0.0
description:
  - Reads controllers, CRDs, scale sets, listeners, runner sets, runners, their pods, helper
    objects and Helm releases of a cluster, and joins them.
  - Counts runners by state. A runner is busy by what its release writes into the object, never
    by its pod alone; what cannot be told is V(unknown) and never V(idle).
  - Lists findings, which say what is wrong or will stand in the way of an upgrade, and the
    remedy of each. That Argo CD or Flux owns something is an information here, as it only matters
    to an upgrade; that it still rests since a run suspended it is a warning, and so is a run that
    has begun and not ended, which is an information in a plan.
  - What could not be read is in RV(unread), and is V(null) in the rest of the result. It is
    never an empty list.
options:
  namespaces:
    description:
      - Look into these namespaces only, for users without rights on the whole cluster.
      - Name the namespace of the controller too, as the listeners live there.
    type: list
    elements: str
  runners_shown:
    description:
      - List at most so many runners; those come first that may need attention. The counts are
        always of all runners.
    type: int
    default: 200
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.info
  - arc.lifecycle.attributes.group
seealso:
  - module: arc.lifecycle.arc_plan
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Look at a cluster
  arc.lifecycle.arc_info:
    kubeconfig: ~/.kube/config
    context: east
  register: arc

- name: Stop if a runner is busy, or if that cannot be told
  ansible.builtin.assert:
    that:
      - arc.counts.busy == 0
      - arc.counts.unknown == 0
    fail_msg: "{{ arc.counts }}"
"""

RETURN = r"""
cluster:
  description: The cluster that answered; C(uid) is who it is.
  returned: once the cluster has answered
  type: dict
  contains:
    name:
      description: What the cluster is called in results, from its options; a label and no proof.
      type: str
    uid:
      description: UID of the namespace kube-system.
      type: str
    server:
      description: The URL that was asked.
      type: str
    kubernetes:
      description: The release of Kubernetes.
      type: str
  sample: {name: east, uid: 5a3a1c5e-0000-4000-8000-000000000000, server: "https://east:6443", kubernetes: 1.36.3}
at:
  description: When the look was taken.
  returned: success
  type: str
  sample: "2026-01-31T12:00:00Z"
counts:
  description: Runners by state, of the whole cluster. Each is V(null) where runners were not read.
  returned: success
  type: dict
  sample: {busy: 2, failed: 0, finished: 0, idle: 1, pending: 0, unknown: 0}
controllers:
  description: Controllers with their release, namespaces, readiness, update strategy and pods.
  returned: success
  type: list
  elements: dict
crds:
  description: Which releases the installed CRDs belong to, told by their content.
  returned: success
  type: dict
scale_sets:
  description: >-
    Scale sets with listeners, runner sets, helper objects, limits and counts; C(helm_limits) are
    those that Helm was told.
  returned: success
  type: list
  elements: dict
vanished:
  description: Scale sets that Helm has deployed although their object is gone.
  returned: success
  type: list
  elements: dict
orphans:
  description: Objects of ARC that belong to no scale set.
  returned: success
  type: dict
runners:
  description: Runners, those first that may need attention.
  returned: success
  type: list
  elements: dict
runners_not_shown:
  description: How many runners RV(runners) leaves out.
  returned: success
  type: int
helm_releases:
  description: Helm releases of ARC's charts, without values.
  returned: success
  type: list
  elements: dict
records:
  description: What runs of the upgrade left on the cluster about themselves.
  returned: success
  type: list
  elements: dict
gitops_held:
  description: >-
    What of Argo CD and Flux rests since a run suspended it, with C(kind), C(namespace) and C(name).
    V(null) where that may not be read.
  returned: success
  type: list
  elements: dict
unread:
  description: What could not be read, why, and which right is missing.
  returned: success
  type: list
  elements: dict
kinds_absent:
  description: Kinds that the API server does not know.
  returned: success
  type: list
  elements: str
findings:
  description: Findings, the gravest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Which finding it is. Stable, and documented.
      type: str
    severity:
      description: One of V(blocker), V(warning) and V(info).
      type: str
    cluster:
      description: The name of the cluster.
      type: str
    object:
      description: What it is about.
      type: str
    reason:
      description: What was seen.
      type: str
    remedy:
      description: What to do.
      type: str
findings_not_shown:
  description: How many findings RV(findings) leaves out.
  returned: success
  type: int
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import gitops_reading, task
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    finding_table,
    findings,
    gitops_hold,
    summary,
)

OPTIONS = {
    "namespaces": {"type": "list", "elements": "str"},
    "runners_shown": {"type": "int", "default": 200},
}


def look(run: task.Task) -> task.Result:
    namespaces = run.options["namespaces"]
    _snapshot, cluster = run.look(namespaces=tuple(namespaces) if namespaces else None)
    held = gitops_reading.held_if_readable(run.client, run.deadline)
    found = gitops_hold.findings_at_rest(findings.findings_of(cluster), held, cluster.id.name)
    told = summary.summarise(
        cluster, finding_table.in_order(found), max(0, run.options["runners_shown"])
    )
    return {**told, "gitops_held": None if held is None else [one.as_dict() for one in held]}


def main() -> None:
    task.run(OPTIONS, look)


if __name__ == "__main__":
    main()
