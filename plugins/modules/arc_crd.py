#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_crd
short_description: Put the CRDs of Actions Runner Controller in place
version_added: 1.0.0
description:
  - Applies the four CRDs of ARC on the server and waits until they are served. Helm installs CRDs
    once and never updates them, and C(kubectl apply) cannot, as they are too large for its
    annotation.
  - The whole schema is replaced, whoever wrote it, so fields that the target does not have go away
    when going back to an older release as well.
  - Refuses to change anything while a controller or a runner of ARC is there. A controller under
    newer CRDs looks healthy and starts no runner.
  - Keeps the CRDs that were there as packed ConfigMaps.
options:
  src:
    description:
      - A file or a folder with CRDs as YAML or JSON, such as C(crds) of the chart
        gha-runner-scale-set-controller. Documents of other kinds are left aside.
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
  backup:
    description:
      - Whether CRDs are kept as they were before they are replaced.
    type: bool
    default: true
  backup_namespace:
    description:
      - The namespace of the ConfigMaps; it has to exist.
    type: str
    default: arc-systems
  force_under_controller:
    description:
      - Change CRDs although a controller or runners are there.
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
  diff_mode:
    support: partial
    details:
      - Shows which releases a CRD belongs to before and after, not its thousands of lines.
  idempotent:
    support: full
requirements:
  - PyYAML
seealso:
  - module: arc.lifecycle.arc_crd_check
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Put the CRDs of a chart in place
  arc.lifecycle.arc_crd:
    src: charts/gha-runner-scale-set-controller/crds
"""

RETURN = r"""
cluster:
  description: The cluster that answered.
  returned: once the cluster has answered
  type: dict
crds:
  description: What was done with each CRD.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    action:
      description: One of V(created), V(replaced) and V(unchanged).
      type: str
    backup:
      description: The ConfigMap with what was there before.
      type: str
before:
  description: Which releases the CRDs belonged to, told by their content.
  returned: success
  type: dict
  sample: {verdict: exact, releases: [0.9.0, 0.9.1, 0.9.2, 0.9.3]}
after:
  description: Which releases they belong to now.
  returned: success
  type: dict
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    crd_apply,
    crd_source,
    task,
)

OPTIONS = {
    **crd_source.SOURCE_OPTIONS,
    "backup": {"type": "bool", "default": True},
    "backup_namespace": {"type": "str", "default": "arc-systems"},
    "force_under_controller": {"type": "bool", "default": False},
}


def work(run: task.Task) -> task.Result:
    return crd_apply.apply(run, crd_source.crds_of(run.options))


def main() -> None:
    task.run(OPTIONS, work, **crd_source.SOURCE_RULES)


if __name__ == "__main__":
    main()
