#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_chart_check
short_description: Tell whether a release's charts take the values that are stored in a cluster
version_added: 1.0.0
description:
  - Renders the charts of a release of ARC with the values of each Helm release in the cluster, moved
    along as an upgrade would, and judges what comes of it. Nothing is written.
  - Objects of ARC are judged by the CRDs that the controller's chart brings, as new ones; what its
    controller could not make of their templates is told too. Other kinds are judged with the Python
    package C(kubernetes-validate) at the cluster's release of Kubernetes.
  - Findings name kinds, paths and rules, never a value.
options:
  release:
    description: The release of ARC that the charts are of.
    type: str
    required: true
  controller_chart:
    description: The chart gha-runner-scale-set-controller, as a folder, an archive or a reference.
    type: str
    required: true
  scale_set_chart:
    description: The chart gha-runner-scale-set, as a folder, an archive or a reference.
    type: str
    required: true
  chart_version:
    description: The version of the charts where they are references.
    type: str
  values:
    description: Values by Helm release, C(namespace/name), that are laid over those that are stored.
    type: dict
    default: {}
  namespace:
    description: Where the record of an interrupted run is, if the controller does not tell.
    type: str
  validate:
    description:
      - Whether built-in kinds are judged. V(auto) does so where C(kubernetes-validate) is installed.
    type: str
    choices: [auto, always, never]
    default: auto
  acknowledge:
    description: Ids of findings that shall not fail the task.
    type: list
    elements: str
    default: []
  fail:
    description: Whether a finding of severity C(blocker) fails the task.
    type: bool
    default: true
  parallel:
    description: How many releases are rendered at a time.
    type: int
    default: 4
  helm:
    description: The helm command, version 3.
    type: str
    default: helm
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.info
  - arc.lifecycle.attributes.group
requirements:
  - Helm 3
  - PyYAML
  - kubernetes-validate, for built-in kinds
seealso:
  - module: arc.lifecycle.arc_crd_check
  - module: arc.lifecycle.arc_helm
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: See whether the sets of this cluster can be installed at 0.14.2
  arc.lifecycle.arc_chart_check:
    release: 0.14.2
    controller_chart: charts/gha-runner-scale-set-controller
    scale_set_chart: charts/gha-runner-scale-set
"""

RETURN = r"""
cluster:
  description: The cluster that answered.
  returned: once the cluster has answered
  type: dict
findings:
  description: What is wrong, the gravest first.
  returned: once all was judged
  type: list
  elements: dict
  contains:
    id:
      description: V(chart-refuses), V(rendered-refused) or V(rendered-drops).
      type: str
    severity:
      description: V(blocker) or V(warning).
      type: str
    cluster:
      description: The cluster.
      type: str
    object:
      description: The Helm release.
      type: str
    reason:
      description: What is wrong, without values.
      type: str
    remedy:
      description: What to do about it.
      type: str
releases:
  description: Which Helm releases were rendered, as C(namespace/name).
  returned: once all was judged
  type: list
  elements: str
judged_by:
  description: What built-in kinds were judged against, in C(built_in_kinds).
  returned: once all was judged
  type: dict
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import chart_checking, task

OPTIONS = {
    "release": {"type": "str", "required": True},
    "controller_chart": {"type": "str", "required": True},
    "scale_set_chart": {"type": "str", "required": True},
    "chart_version": {"type": "str"},
    # Kept out of the log of the host; of the result by work(), without garbling it.
    "values": {"type": "dict", "default": {}, "no_log": True},
    "namespace": {"type": "str"},
    "validate": {"type": "str", "choices": ["auto", "always", "never"], "default": "auto"},
    "acknowledge": {"type": "list", "elements": "str", "default": []},
    "fail": {"type": "bool", "default": True},
    "parallel": {"type": "int", "default": 4},
    "helm": {"type": "str", "default": "helm"},
}


def work(run: task.Task) -> task.Result:
    run.hide_values()
    result = chart_checking.check(run)
    run.partial.update(result)
    if run.options["fail"]:
        chart_checking.refuse(run, result)
    return result


def main() -> None:
    task.run(OPTIONS, work)


if __name__ == "__main__":
    main()
