#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_plan
short_description: Plan the way of several clusters to a release of Actions Runner Controller
version_added: 1.0.0
description:
  - Reads all clusters of a run side by side and says what an upgrade would do in each, in which
    order, and what stands in the way.
  - Changes nothing. The same clusters and options give the same plan.
  - Asks each cluster whether its user has the rights that the planned writes need.
  - Fails if an option is wrong or a cluster does not answer, with all such problems together.
    Findings of severity V(blocker) do not fail the task; RV(is_blocked) tells.
options:
  clusters:
    description:
      - The clusters of the run.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - How results and messages name the cluster.
        type: str
        required: true
      connection:
        description:
          - How to reach it, with the connection options of M(arc.lifecycle.arc_info), such as
            C(kubeconfig) and C(context).
        type: dict
        required: true
  target:
    description:
      - The release to go to, such as V(0.14.2).
      - V(latest) is the newest release that this collection knows. V(latest_patch) is the newest
        patch release of the oldest minor release that is in place.
    type: str
    required: true
  acknowledge:
    description:
      - The ids of findings that shall not block this run.
    type: list
    elements: str
    default: []
  suspended:
    description:
      - The names of clusters in which Argo CD or Flux is suspended for ARC.
    type: list
    elements: str
    default: []
  force_crds:
    description:
      - The names of clusters in which CRDs are taken over that another manager than Helm and kubectl has written, as
        O(arc.lifecycle.arc_crd#module:force) does it.
    type: list
    elements: str
    default: []
  gitops:
    description:
      - What a run does with objects of Argo CD and Flux that own ARC's and are at work.
      - With V(refuse) they block it; with V(suspend) they rest for its time, as
        M(arc.lifecycle.arc_gitops) does it, and block only where that cannot be.
    type: str
    choices: [refuse, suspend]
    default: refuse
  allow_downgrade:
    description:
      - Whether the target may be older than what is in place.
    type: bool
    default: false
  in_place:
    description:
      - Whether a cluster is changed in place, without being emptied, where the releases allow it.
        That is between patch releases of one minor release from 0.12.0 on.
    type: bool
    default: false
  ask_github:
    description:
      - Whether GitHub is asked, with the credentials in the Secret of each set, whether it takes
        them. That reads, and writes nothing. It takes the right to read these Secrets, and a way to
        GitHub from where this runs.
    type: bool
    default: false
  github_api_url:
    description:
      - The API of a GitHub Enterprise Server, such as V(https://github.example.com/api/v3).
        Credentials go to a server of your own only if it is named here.
    type: str
  github_ca_cert:
    description:
      - A file in PEM form with the authorities that sign for a GitHub Enterprise Server.
    type: path
  timeout:
    description:
      - The time limit of the whole task in seconds.
    type: int
    default: 120
  connect_timeout:
    description:
      - How long one attempt to connect to an API server may take, in seconds.
    type: int
    default: 5
  request_timeout:
    description:
      - How long an API server may be silent within one request, in seconds.
    type: int
    default: 30
extends_documentation_fragment:
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.info
requirements:
  - python >= 3.9
  - kubernetes >= 24.2.0
seealso:
  - module: arc.lifecycle.arc_info
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Say what an upgrade of two clusters would do
  arc.lifecycle.arc_plan:
    target: 0.14.2
    clusters:
      - name: east
        connection: {kubeconfig: ~/.kube/config, context: east}
      - name: west
        connection: {kubeconfig: ~/.kube/config, context: west}
  register: arc

- name: Stop where something stands in the way
  ansible.builtin.assert:
    that: not arc.is_blocked
    fail_msg: "{{ arc.blockers }}"
"""

RETURN = r"""
target:
  description: The release to go to.
  returned: success
  type: str
  sample: 0.14.2
back_to:
  description:
    - The one release that all clusters with work come from, where a rollback would go. Empty if
      they come from several.
  returned: success
  type: str
  sample: 0.9.3
order:
  description: The names of the clusters in the order in which they are taken.
  returned: success
  type: list
  elements: str
lines:
  description: The plan and what stands in its way, as lines that a person reads.
  returned: success
  type: list
  elements: str
is_anything_to_do:
  description: Whether any cluster needs work.
  returned: success
  type: bool
is_blocked:
  description: Whether a finding forbids the first write.
  returned: success
  type: bool
blockers:
  description: One line for each finding that forbids the first write.
  returned: success
  type: list
  elements: str
clusters:
  description: The plan of each cluster, in order.
  returned: success
  type: list
  elements: dict
  contains:
    cluster:
      description: The cluster, with its UID.
      type: dict
    from:
      description: The releases that were found, oldest first.
      type: list
      elements: str
    to:
      description: The release to go to.
      type: str
    method:
      description: One of V(none), V(in_place) and V(full_cycle).
      type: str
    is_anything_to_do:
      description: Whether this cluster needs work.
      type: bool
    is_resumed:
      description: Whether an earlier run did not end here.
      type: bool
    crds:
      description: Which CRDs are installed and which the target has.
      type: dict
    controllers:
      description: The controllers, and whether each is kept or replaced.
      type: list
      elements: dict
    scale_sets:
      description: The scale sets that have to be in place at the end, and their peers.
      type: list
      elements: dict
    steps:
      description: What is done, in order.
      type: list
      elements: str
    runners:
      description: Runners by state.
      type: dict
    orphaned_listeners:
      description:
        - Listeners that serve no scale set, or have the name of an older release's rule, as C(namespace/name). A full
          cycle deletes them.
      type: list
      elements: str
    suspends:
      description: Objects of Argo CD and Flux that rest while the run works, outermost first.
      type: list
      elements: dict
    hop:
      description: What is known of the way from release to release.
      type: dict
findings:
  description: Findings of all clusters and of the plan, as M(arc.lifecycle.arc_info) gives them.
  returned: success
  type: list
  elements: dict
acknowledged:
  description: The ids of O(acknowledge) that were found.
  returned: success
  type: list
  elements: str
acknowledged_not_found:
  description: The ids of O(acknowledge) that were not found.
  returned: success
  type: list
  elements: str
digest:
  description: A short digest of the plan; another plan has another one.
  returned: success
  type: str
  sample: 5f3a0c1b9d2e
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

import hashlib
import json
from typing import Any, Dict, List, Sequence

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    access,
    fleet_reading,
    gitops_reading,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Client
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.options import logins_of
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    gitops_hold,
    plan,
    reads,
    report_text,
    rights,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import (
    BadInput,
    LifecycleError,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.finding_table import Finding
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.objects import Cluster

FINDINGS_SHOWN = 500
OPTIONS = {
    "clusters": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": fleet_reading.CLUSTER_OPTIONS,
    },
    "target": {"type": "str", "required": True},
    "acknowledge": {"type": "list", "elements": "str", "default": []},
    "suspended": {"type": "list", "elements": "str", "default": []},
    "force_crds": {"type": "list", "elements": "str", "default": []},
    "gitops": {"type": "str", "choices": ["refuse", "suspend"], "default": "refuse"},
    "allow_downgrade": {"type": "bool", "default": False},
    "in_place": {"type": "bool", "default": False},
    "ask_github": {"type": "bool", "default": False},
    "github_api_url": {"type": "str"},
    "github_ca_cert": {"type": "path"},
    "timeout": {"type": "int", "default": 120},
    "connect_timeout": {"type": "int", "default": 5},
    "request_timeout": {"type": "int", "default": 30},
}


def check(options: Dict[str, Any]) -> None:
    """Raise BadInput, all problems of the options together."""
    problems = fleet_reading.problems_of("clusters", options["clusters"])
    if not options["clusters"]:
        problems.append(_wrong("clusters", "it is empty", "Name the clusters of the run"))
    for name in ("timeout", "connect_timeout", "request_timeout"):
        if options[name] <= 0:
            problems.append(_wrong(name, f"{options[name]} is no time limit",
                                   "Give a number of seconds above 0"))
    if problems:
        raise BadInput.together(problems)


def _wrong(option: str, cause: str, next_step: str) -> BadInput:
    return BadInput(cluster="", object=f"option {option}", cause=cause, next_step=next_step)


class Planner:
    """Reads the clusters side by side, plans, and asks for the rights that the plan needs."""

    def __init__(self, options: Dict[str, Any]) -> None:
        self._options = options
        self._deadline = Deadline(options["timeout"])

    def result(self) -> Dict[str, Any]:
        """Return the plan as plain data. Raises LifecycleError."""
        clients = fleet_reading.connect_each(self._options["clusters"], self._options)
        clusters = fleet_reading.read_each(clients, self._deadline)
        made = plan.plan_fleet(clusters, self._options["target"], plan.Options(
            # A survey that was left empty sends an empty text.
            acknowledge=tuple(filter(None, map(str.strip, self._options["acknowledge"]))),
            suspended=tuple(self._options["suspended"]),
            force_crds=tuple(self._options["force_crds"]),
            allow_downgrade=self._options["allow_downgrade"],
            in_place=self._options["in_place"],
            order=tuple(one["name"] for one in self._options["clusters"]),
            learnt=self._at_github(clients, clusters),
            owned=self._owned(clients, clusters),
            suspend_gitops=self._options["gitops"] == "suspend",
        ))
        by_name = dict(zip((one.id.name for one in clusters), clients))
        refused = fleet_reading.of_each(
            lambda one: (one.id.name, access.refused(
                by_name[one.id.name], rights.needed(one), self._deadline)),
            made.clusters,
        )
        made = made.with_findings([
            finding for name, ones in refused for finding in rights.missing(name, ones)
        ])
        return _told(made)

    def _owned(
        self, clients: Sequence[Client], clusters: Sequence[Cluster]
    ) -> Dict[str, gitops_hold.Ownership]:
        """Return what Argo CD and Flux have in hand, by name of the cluster."""
        pairs = [
            (client, one) for client, one in zip(clients, clusters)
            if any(part.managed_by != "helm"
                   for part in (*reads.seen(one.scale_sets), *reads.seen(one.controllers)))
        ]
        return dict(fleet_reading.of_each(
            lambda pair: (pair[1].id.name, gitops_reading.ownership(pair[0], self._deadline)),
            pairs,
        ))

    def _at_github(
        self, clients: Sequence[Client], clusters: Sequence[Cluster]
    ) -> Dict[str, List[Finding]]:
        """Return what GitHub says of the credentials, by name of the cluster."""
        if not self._options["ask_github"]:
            return {}
        # HTTP and cryptography cost a tenth of a second, which only those pay who ask GitHub.
        from ansible_collections.arc.lifecycle.plugins.module_utils._edge import github_check

        trust = {name: self._options[f"github_{name}"] for name in ("api_url", "ca_cert")}
        return dict(fleet_reading.of_each(
            lambda pair: (pair[1].id.name, github_check.findings_of(*pair, trust, self._deadline)),
            list(zip(clients, clusters)),
        ))


def _told(made: plan.Plan) -> Dict[str, Any]:
    result = made.as_dict()
    # What passes by itself (counts of runners) is no part of what was planned.
    lasting = [{**one, "runners": None} for one in result["clusters"]]
    text = json.dumps([result["target"], lasting, result["acknowledged"]], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return {
        **result,
        "changed": False,
        "lines": [*report_text.plan_lines(result), f"Digest of the plan: {digest}"],
        "blockers": [
            f"{one.id}: {_place(one)}: {one.reason}. {one.remedy}" for one in made.blockers
        ],
        "findings": result["findings"][:FINDINGS_SHOWN],
        "digest": digest,
    }


def _place(one: Finding) -> str:
    if one.object == f"cluster {one.cluster}":
        return one.object
    return f"{one.object} of cluster {one.cluster or '-'}"


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.no_log_values.update(fleet_reading.hidden_of(module.params["clusters"]))
    module.no_log_values.update(logins_of(module.params))
    try:
        check(module.params)
        result = Planner(module.params).result()
    except LifecycleError as error:
        module.fail_json(msg=str(error), error=error.as_dict(), changed=False)
    else:
        module.exit_json(**result)


if __name__ == "__main__":
    main()
