#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_helm
short_description: Install and uninstall many Helm releases of ARC side by side
version_added: 1.0.0
description:
  - Brings Helm releases of one of ARC's charts to a chart and to values, or takes them away, several at
    a time. A release that fits already is left alone.
  - Values can come from the record on the cluster (see M(arc.lifecycle.arc_record)); then they pass
    through no variable, no file and no result. Helm gets them by its standard input.
  - Before it uninstalls anything, also in check mode, it asks for every right that this needs.
  - When Helm fails, its words are told with every value of the release blotted out. Releases that
    were begun are ended, and all failures are told together.
options:
  state:
    description: Whether the releases are to be there or gone. Helm waits for neither; see O(wait_for).
    type: str
    choices: [present, absent]
    default: present
  releases:
    description: The Helm releases.
    type: list
    elements: dict
    required: true
    suboptions:
      namespace:
        description: The namespace of the release.
        type: str
        required: true
      helm:
        description: The name of the release.
        type: str
        required: true
      name:
        description: The name of ARC's object. Not used; lists of other modules have it.
        type: str
  kind:
    description: Which of ARC's two charts it is. Needed with O(state=present) and with O(wait_for).
    type: str
    choices: [controller, scale-set]
  chart:
    description:
      - The chart, as a folder, an archive or a reference that Helm can pull. Its CRDs are left alone.
      - Needed with O(state=present).
    type: str
  chart_version:
    description: The version of the chart where O(chart) is a reference.
    type: str
  values:
    description:
      - Values by release, C(namespace/name). They are laid over those of the record.
      - Entries for releases that are not in O(releases) are ignored.
    type: dict
    default: {}
  from_record:
    description: Whether to take the values from the record on the cluster.
    type: bool
    default: false
  for_release:
    description:
      - The release of ARC to whose charts the values of the record are moved along, and which
        controllers that are waited for must have.
    type: str
  controller_account:
    description:
      - Whether a scale set's chart is told the ServiceAccount of the controller that watches its
        namespace. By itself the chart looks for a controller, and fails where it finds two.
    type: bool
    default: false
  wait_for:
    description:
      - The objects of O(kind) that the task waits for after Helm, all together.
      - With O(state=absent), until scale sets have gone with the objects that their chart makes
        beside them, or controllers with their last pod. Objects that no Helm release made can
        stand here too.
      - With O(state=present), until controllers are ready, of the release O(for_release) where that
        is given. Whether scale sets take jobs is for M(arc.lifecycle.arc_scaleset_wait) to see.
      - Check mode does not wait.
    type: list
    elements: dict
    default: []
    suboptions:
      namespace:
        description: The namespace of the object.
        type: str
        required: true
      name:
        description: Its name. Without, every controller of the namespace is meant.
        type: str
      helm:
        description: The Helm release. Not used; lists of O(releases) have it.
        type: str
  parallel:
    description: How many releases are worked on at a time.
    type: int
    default: 4
  helm:
    description: The helm command, version 3.
    type: str
    default: helm
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.wait.speak
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.group
attributes:
  check_mode:
    support: partial
    details:
      - Says which releases would be touched, by what Helm keeps of them. What a chart refuses is found
        by a run only.
  diff_mode:
    support: full
    details:
      - Shows charts, and the paths of values that differ, never the values.
  idempotent:
    support: full
requirements:
  - Helm 3
  - PyYAML
seealso:
  - module: kubernetes.core.helm
  - module: arc.lifecycle.arc_record
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Uninstall the releases of scale sets that are drained
  arc.lifecycle.arc_helm:
    state: absent
    releases:
      - {namespace: arc-runners, helm: web}
      - {namespace: arc-runners, helm: build}

- name: Uninstall the controller, and wait until its last pod has gone
  arc.lifecycle.arc_helm:
    state: absent
    kind: controller
    releases:
      - {namespace: arc-systems, helm: arc}
    wait_for:
      - {namespace: arc-systems}

- name: Install them again with the values that were remembered
  arc.lifecycle.arc_helm:
    kind: scale-set
    chart: oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set
    chart_version: 0.14.2
    from_record: true
    for_release: 0.14.2
    controller_account: true
    releases:
      - {namespace: arc-runners, helm: web}
      - {namespace: arc-runners, helm: build}
    values:
      arc-runners/web: {maxRunners: 20}
"""

RETURN = r"""
cluster:
  description: The cluster that answered.
  returned: once the cluster has answered
  type: dict
releases:
  description: What was done with each release, or would be, in the order of O(releases).
  returned: once anything was begun
  type: list
  elements: dict
  contains:
    namespace:
      description: The namespace of the release.
      type: str
    name:
      description: The name of the release.
      type: str
    action:
      description: V(installed), V(upgraded), V(uninstalled), V(unchanged) or V(failed).
      type: str
    chart:
      description: The chart with its version.
      type: str
    seconds:
      description: How long Helm took.
      type: float
    error:
      description: Why it failed, without values.
      type: str
finished:
  description: Whether all that O(wait_for) names is as wanted.
  returned: with O(wait_for), not in check mode
  type: bool
not_yet_because:
  description: What is still missing, or still there.
  returned: with O(wait_for), not in check mode
  type: list
  elements: str
waited_s:
  description: Seconds since the wait began.
  returned: with O(wait_for), not in check mode
  type: float
line:
  description: The last progress line.
  returned: with O(wait_for), not in check mode
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

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    helm_releases,
    helm_waiting,
    options,
    task,
)

OPTIONS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "releases": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "namespace": {"type": "str", "required": True},
            "helm": {"type": "str", "required": True},
            "name": {"type": "str"},
        },
    },
    "kind": {"type": "str", "choices": ["controller", "scale-set"]},
    "chart": {"type": "str"},
    "chart_version": {"type": "str"},
    # Kept out of the log of the host; of the result by work(), without garbling it.
    "values": {"type": "dict", "default": {}, "no_log": True},
    "from_record": {"type": "bool", "default": False},
    "for_release": {"type": "str"},
    "controller_account": {"type": "bool", "default": False},
    "wait_for": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "namespace": {"type": "str", "required": True},
            "name": {"type": "str"},
            "helm": {"type": "str"},
        },
    },
    "parallel": {"type": "int", "default": 4},
    "helm": {"type": "str", "default": "helm"},
    **options.SPEAK_OPTIONS,
}


def work(run: task.Task) -> task.Result:
    run.hide_values()
    helm_waiting.check(run)
    is_present = run.options["state"] == "present"
    return helm_waiting.work_and_wait(
        run, helm_releases.present if is_present else helm_releases.absent
    )


def main() -> None:
    task.run(OPTIONS, work, required_if=[("state", "present", ["chart", "kind"])])


if __name__ == "__main__":
    main()
