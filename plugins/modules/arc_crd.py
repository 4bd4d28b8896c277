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
  - Helm installs CRDs once and never updates them. This module makes those on the cluster the
    ones given, upwards or downwards, and waits until the API server shows the new schemas.
  - Client-side apply cannot do it, as these CRDs are larger than an annotation may be. They are
    applied on the server with the field manager C(arc.lifecycle). There C(spec.versions) changes
    hands as a whole, so fields that the given CRDs do not have go away, whoever owned them. What
    stands beside the versions, such as short names, would stay with its old owner. Where the
    server's dry run shows that something would stay, the whole spec is replaced instead, with a
    precondition on C(resourceVersion). Labels and annotations of others stay in both cases.
  - All is read and tried on the server first, for all CRDs. A CRD that the server refuses, an
    owner that must be asked, a controller at work, or a backup that has no room stops the task
    before its first write.
  - CRDs may change only while no controller runs and no runner is left. A controller under the
    CRDs of a newer release looks healthy and starts no runner.
options:
  src:
    description:
      - A file or a folder with CRDs as YAML or JSON, such as C(crds) of the chart
        gha-runner-scale-set-controller. It is looked up on the host that runs the module.
    type: path
  crds:
    description: The CRDs themselves.
    type: list
    elements: dict
  definition:
    description: The CRDs as YAML or JSON text, any number of documents.
    type: str
  backups:
    description:
      - Backups that this module has made on the cluster, as C(namespace/name), to be put back.
    type: list
    elements: str
  chart:
    description:
      - The chart gha-runner-scale-set-controller with the CRDs, as a folder, an archive or a reference
        that Helm can pull.
    type: str
  chart_version:
    description: The version of the chart where O(chart) is a reference.
    type: str
  helm:
    description: The helm command, needed where a chart is no folder.
    type: str
    default: helm
  state:
    description:
      - V(present) makes the CRDs the ones that are given.
      - V(absent) deletes ARC's four CRDs. It refuses while a controller runs or any object of their
        kinds is left, as these would go with them.
    type: str
    choices: [absent, present]
    default: present
  backup:
    description:
      - Keep the CRDs that are replaced, before any of them is. One with the same content that is
        there already is not stored again.
    type: bool
    default: true
  backup_namespace:
    description:
      - Keep each replaced CRD on the cluster, in a ConfigMap of this namespace, which has to
        exist. It is put back with O(backups). An empty text keeps none on the cluster.
      - A CRD that is larger than 1 MiB when packed is refused, before anything is written.
    type: str
    default: arc-systems
  backup_path:
    description:
      - Keep the replaced CRDs in a folder below this one as well, on the host that runs the
        module. They are put back by giving that folder as O(src).
    type: path
  migrate:
    description:
      - Whether objects are written anew where the version they may be stored in is not among those of
        the wanted CRD. Without it such a CRD is refused.
    type: bool
    default: false
  force:
    description:
      - Take over CRDs that another manager looks after, such as Argo CD, Flux, or a person who
        has edited them. Without it the task refuses, and names the manager.
      - CRDs that Helm, C(kubectl create), C(kubectl apply) or C(kubectl replace) have put there
        are taken over in any case, as these are the published ways to install them and none of
        them puts them back.
    type: bool
    default: false
  force_under_controller:
    description:
      - Change CRDs although a controller runs or runners are left.
    type: bool
    default: false
  fail_on:
    description:
      - First hold the CRDs against those in place and every object that lives under them, as
        M(arc.lifecycle.arc_crd_check) does, and fail before anything is written if the verdict is
        this one or a worse one. A verdict of V(unknown) may be any, and fails.
    type: str
    choices: [safe_for_these_objects, loses_data, breaks_objects, blocked]
  note:
    description:
      - What the open record of an upgrade (see M(arc.lifecycle.arc_record)) is told after the backups
        and before the first CRD changes, so that a run which is killed meanwhile knows of them. Where no
        record is open nothing is told.
    type: dict
    suboptions:
      phases:
        description: What was done when, as O(arc.lifecycle.arc_record#module:phases).
        type: list
        elements: dict
        default: []
      backups:
        description: Whether the names of the backups are noted.
        type: bool
        default: true
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
      - Tells the paths that differ, at most 40 of each CRD, and how many there are of each kind.
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
- name: Put the CRDs of a pulled chart in place, and keep the old ones
  arc.lifecycle.arc_crd:
    src: gha-runner-scale-set-controller/crds
    backup_namespace: arc-systems
  register: put

- name: Put the old ones back
  arc.lifecycle.arc_crd:
    backups: "{{ put.crds | map(attribute='backup') | select | list }}"

- name: Take the CRDs away where nothing of ARC is left
  arc.lifecycle.arc_crd:
    state: absent
    backup: false
"""

RETURN = r"""
cluster:
  description: The cluster that answered. C(uid) is the UID of its namespace kube-system.
  returned: once the cluster has answered
  type: dict
crds:
  description: What was done with each CRD; of a failure, with those before it.
  returned: success, and once writing has begun
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
    action:
      description: One of V(created), V(replaced), V(unchanged) and V(deleted).
      type: str
    before:
      description: Which releases the CRD that was there belongs to, told by its content.
      type: dict
    after:
      description: Which releases the CRD that is there now belongs to. V(null) if it was deleted.
      type: dict
    changes:
      description: How many changes there are of each kind.
      type: dict
    replaced_wholly:
      description: Whether the whole spec was replaced because an apply would have left parts.
      type: bool
    migrated:
      description: How many objects were written anew, as the version they were stored in goes.
      type: int
    probed:
      description:
        - Whether API servers showed by what they refuse, too, that they go by the new schema. They
          are asked to create, as a dry run, an object that no schema allows. That takes the right to create
          objects of the kind in the namespace C(default), Kubernetes 1.25 and a field that came or went;
          without, only the schema that they show is waited for.
      type: bool
    backup:
      description: The ConfigMap with the CRD that was there, as C(namespace/name).
      type: str
    backup_file:
      description: The file with the CRD that was there.
      type: str
  sample:
    - name: ephemeralrunners.actions.github.com
      action: replaced
      before: {verdict: exact, releases: [0.9.3], nearest: null}
      after: {verdict: exact, releases: [0.14.2], nearest: null}
      changes: {field-removed: 3}
      replaced_wholly: false
      migrated: 0
      probed: true
      backup: arc-systems/arc-lifecycle-ephemeralrunners-0123456789
      backup_file: null
check:
  description: What the check found that O(fail_on) asks for, as M(arc.lifecycle.arc_crd_check) returns it.
  returned: with O(fail_on)
  type: dict
before:
  description: Which set the CRDs were together before.
  returned: success, and once writing has begun
  type: dict
after:
  description: Which set the given CRDs are together.
  returned: success, and once writing has begun
  type: dict
error:
  description:
    - The error as data, with its class, object, cause and next step. Its class is
      C(UnusableCrds) where what was given is no CRD of Actions Runner Controller.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    crd_apply,
    crd_checking,
    crd_removal,
    crd_source,
    task,
)

OPTIONS = {
    **crd_source.SOURCE_OPTIONS,
    **crd_source.CHART_OPTIONS,
    "state": {"type": "str", "choices": ["absent", "present"], "default": "present"},
    "backup": {"type": "bool", "default": True},
    "backup_namespace": {"type": "str", "default": "arc-systems"},
    "backup_path": {"type": "path"},
    "migrate": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "force_under_controller": {"type": "bool", "default": False},
    "fail_on": {
        "type": "str",
        "choices": ["safe_for_these_objects", "loses_data", "breaks_objects", "blocked"],
    },
    "note": {
        "type": "dict",
        "options": {
            "phases": {"type": "list", "elements": "dict", "default": []},
            "backups": {"type": "bool", "default": True},
        },
    },
}


def work(run: task.Task) -> task.Result:
    if run.options["state"] == "absent":
        return crd_removal.remove(run)
    wanted = crd_source.crds_of(run)
    if run.options["fail_on"]:
        run.partial["check"] = crd_checking.check_first(run, wanted)
        crd_checking.refuse_at(run.partial["check"], run.options["fail_on"], run.cluster.name)
    return crd_apply.apply(run, wanted)


def main() -> None:
    task.run(
        OPTIONS, work, mutually_exclusive=[crd_source.SOURCES],
        required_if=[("state", "present", crd_source.SOURCES, True)],
    )


if __name__ == "__main__":
    main()
