#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_crd_check
short_description: Tell whether what lives in a cluster would survive other CRDs of ARC
version_added: 1.0.0
description:
  - Compares the CRDs of a target with those in place, and judges every stored object of the group
    by the target's schemas as the API server would, with what the target's controller would do.
  - Changes nothing. A difference of the rules that touches no object is told, but is no reason to
    stop.
options:
  src:
    description:
      - A file or a folder with CRDs as YAML or JSON, such as C(crds) of the chart
        gha-runner-scale-set-controller. It is looked up on the host that runs the module.
    type: path
  definition:
    description:
      - The CRDs as text, YAML or JSON, several documents in one.
    type: str
  crds:
    description:
      - The CRDs as data.
    type: list
    elements: dict
  backups:
    description:
      - Backups that M(arc.lifecycle.arc_crd) has made on the cluster, as C(namespace/name).
    type: list
    elements: str
  chart:
    description:
      - The chart gha-runner-scale-set-controller, as a folder, an archive or a reference that Helm can
        pull; its CRDs are the target.
    type: str
  chart_version:
    description: The version of the chart where O(chart) is a reference.
    type: str
  helm:
    description: The helm command, needed where a chart is no folder.
    type: str
    default: helm
  installed:
    description:
      - Take the CRDs that are in the cluster as the target, to see whether what is stored fits them.
    type: bool
  old:
    description:
      - What the target is compared with, where that is not what the cluster has. One of its first five
        suboptions is needed. Objects are those of the cluster all the same, unless O(objects=false).
    type: dict
    suboptions:
      src:
        description: As O(src).
        type: path
      definition:
        description: As O(definition).
        type: str
      crds:
        description: As O(crds).
        type: list
        elements: dict
      backups:
        description: As O(backups).
        type: list
        elements: str
      chart:
        description: As O(chart).
        type: str
      chart_version:
        description: As O(chart_version).
        type: str
      helm:
        description: As O(helm).
        type: str
        default: helm
  release:
    description:
      - The release whose controller will read the objects; default is the newest one that the
        target's CRDs belong to.
      - Without CRDs to compare with, it is the target itself, and is judged by the digests of its
        CRDs only. The verdict is V(identical) or V(unknown) then, and no object is looked at.
    type: str
  objects:
    description:
      - Look at the objects that are stored.
      - With V(false) the CRDs of O(old) and those of the target are compared by the rules alone, and
        no cluster is asked. Neither may be O(installed) or O(backups) then.
    type: bool
    default: true
  namespaces:
    description:
      - Look at objects in these namespaces only.
    type: list
    elements: str
  fail_on:
    description:
      - Fail if the verdict is this one or a worse one; by default the task never fails by verdict.
        A verdict of V(unknown) may be any, and fails.
    type: str
    choices: [safe_for_these_objects, loses_data, breaks_objects, blocked]
  ratchet:
    description:
      - Leave out what is wrong with an object under the CRDs in place already. What the target's
        controller would stumble over is told all the same.
    type: bool
    default: false
  severities:
    description:
      - Severities of differences that shall count instead of the collection's own. Of several that
        fit the last one counts. What makes the verdict V(blocked) can be lowered too.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: The id of a difference, as RV(crds) tells it.
        type: str
        required: true
      path:
        description: The path, with C(*) and C(?) as of a shell. C([]) is left out.
        type: str
        default: "*"
      crd:
        description: The name of the CRD, with C(*) and C(?) as of a shell.
        type: str
        default: "*"
      severity:
        description: The severity that counts.
        type: str
        choices: [blocks, loses_data, info]
        required: true
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.info
  - arc.lifecycle.attributes.group
requirements:
  - PyYAML
seealso:
  - module: arc.lifecycle.arc_crd
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Stop before an object would be refused
  arc.lifecycle.arc_crd_check:
    src: charts/gha-runner-scale-set-controller/crds
    fail_on: breaks_objects

- name: See whether the CRDs in place are those of a release
  arc.lifecycle.arc_crd_check:
    release: 0.14.2
  register: checked

- name: Compare two releases by their published charts, without a cluster
  arc.lifecycle.arc_crd_check:
    objects: false
    chart: oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set-controller
    chart_version: 0.14.2
    old:
      chart: oci://ghcr.io/actions/actions-runner-controller-charts/gha-runner-scale-set-controller
      chart_version: 0.9.3

- name: Nobody here uses host aliases
  arc.lifecycle.arc_crd_check:
    src: charts/gha-runner-scale-set-controller/crds
    severities:
      - {id: required-added, path: "*.hostAliases.ip", severity: info}
"""

RETURN = r"""
cluster:
  description: The cluster that answered.
  returned: once the cluster has answered, so never with O(objects=false)
  type: dict
verdict:
  description: >-
    From best to worst V(identical), V(safe), V(safe_for_these_objects), V(loses_data),
    V(breaks_objects), V(blocked). V(unknown) where O(release) alone was given and is another.
  returned: once all was judged
  type: str
may_replace:
  description: Whether nothing that exists suffers.
  returned: once all was judged
  type: bool
reasons:
  description: What the verdict rests on.
  returned: once all was judged
  type: list
  elements: str
judged_by:
  description: One of V(digests), V(rules) (no object could be read) and V(rules and objects).
  returned: once all was judged
  type: str
objects_checked:
  description: How many objects were judged. V(null) if none was looked at.
  returned: once all was judged
  type: int
unseen:
  description: What was not looked at or could not be read. It may be of the kind that breaks.
  returned: once all was judged
  type: list
  elements: str
direction:
  description: >-
    How the CRDs in place stand to those of RV(release): V(same), V(behind), V(ahead), V(unclear).
  returned: once all was judged
  type: str
installed:
  description: Which releases the CRDs in place belong to.
  returned: once all was judged
  type: dict
target:
  description: Which releases the target's CRDs belong to.
  returned: once all was judged
  type: dict
release:
  description: The release whose controller was asked about.
  returned: once all was judged
  type: str
crds:
  description: Each CRD with its verdict, its differences, and how many objects were judged.
  returned: once all was judged
  type: list
  elements: dict
rules:
  description: How many differences there are of each kind.
  returned: once all was judged
  type: dict
objects:
  description: Objects to which something would happen.
  returned: once all was judged
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of the object.
      type: str
    namespace:
      description: Its namespace.
      type: str
    name:
      description: Its name.
      type: str
    violations:
      description: What the target's schema does not allow, each with C(path), C(id) and C(message).
      type: list
      elements: dict
    lost:
      description: Paths that the next write drops.
      type: list
      elements: str
    refused:
      description:
        - Which writes the API server would refuse. V(create) is one of an object like it, such as a
          controller makes from a template. V(update) is one that leaves alone what is wrong, such
          as the removal of a finalizer; from Kubernetes 1.30 on most of these are taken.
      type: list
      elements: str
objects_not_shown:
  description: How many RV(objects) leaves out.
  returned: once all was judged
  type: int
traps:
  description: Objects at which the target's controller would stumble.
  returned: once all was judged
  type: list
  elements: dict
traps_not_shown:
  description: How many RV(traps) leaves out.
  returned: once all was judged
  type: int
error:
  description:
    - The error as data, with its class, object, cause and next step. Its class is
      C(UnusableCrds) where what was given is no CRD of Actions Runner Controller (C(details.code)
      says in which way), and
      C(CrdsDoNotFit) where O(fail_on) was reached.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    crd_checking,
    crd_source,
    task,
)

OPTIONS = {
    **crd_source.SOURCE_OPTIONS,
    **crd_source.CHART_OPTIONS,
    "installed": {"type": "bool"},
    "old": {
        "type": "dict",
        "options": {**crd_source.SOURCE_OPTIONS, **crd_source.CHART_OPTIONS},
        "mutually_exclusive": [crd_source.SOURCES],
        "required_one_of": [crd_source.SOURCES],
    },
    "release": {"type": "str"},
    "objects": {"type": "bool", "default": True},
    "namespaces": {"type": "list", "elements": "str"},
    "fail_on": {
        "type": "str",
        "choices": ["safe_for_these_objects", "loses_data", "breaks_objects", "blocked"],
    },
    "ratchet": {"type": "bool", "default": False},
    "severities": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "id": {"type": "str", "required": True},
            "path": {"type": "str", "default": "*"},
            "crd": {"type": "str", "default": "*"},
            "severity": {
                "type": "str", "choices": ["blocks", "loses_data", "info"], "required": True,
            },
        },
    },
}


def work(run: task.Task) -> task.Result:
    result = crd_checking.check(run)
    run.partial.update(result)
    crd_checking.refuse_at(result, run.options["fail_on"], run.cluster.name)
    return result


def main() -> None:
    task.run(
        OPTIONS, work, mutually_exclusive=[(*crd_source.SOURCES, "installed")],
        required_one_of=[(*crd_source.SOURCES, "release", "installed")],
        required_if=[("objects", False, ("old",))],
        is_offline=lambda options: not options["objects"],
    )


if __name__ == "__main__":
    main()
