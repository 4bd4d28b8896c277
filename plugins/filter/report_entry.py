# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_entry
short_description: Tell what an upgrade did in one cluster
version_added: 1.0.0
description:
  - Joins a cluster's part of the plan with what its tasks returned.
positional: _input, findings, phases, drained, verified, failure, written, peers_ill, gitops, left, restored, rehearsed
options:
  _input:
    description: A cluster's part of what M(arc.lifecycle.arc_plan) returned.
    type: dict
    required: true
  findings:
    description: The findings of the plan.
    type: list
    elements: dict
    default: []
  phases:
    description: When each phase began, as C(phase) and C(at) in epoch seconds; the last is V(end).
    type: list
    elements: dict
    default: []
  drained:
    description: What M(arc.lifecycle.arc_scaleset_drain) returned.
    type: dict
  verified:
    description: What M(arc.lifecycle.arc_scaleset_wait) returned.
    type: dict
  failure:
    description: The C(task) that failed, and its C(msg).
    type: dict
  written:
    description:
      - What other tasks wrote, in turn, each with C(releases) of M(arc.lifecycle.arc_helm), C(crds) of
        M(arc.lifecycle.arc_crd) and C(repaired) of M(arc.lifecycle.arc_repair).
    type: list
    elements: dict
    default: []
  peers_ill:
    description: Peers that did not serve any more when the cluster was back, each with the reason.
    type: list
    elements: str
    default: []
  gitops:
    description: What M(arc.lifecycle.arc_gitops) wrote (C(acts)), by its O(arc.lifecycle.arc_gitops#module:state).
    type: dict
  left:
    description: What stays suspended, as M(arc.lifecycle.arc_gitops) returned it in C(left).
    type: list
    elements: dict
    default: []
  restored:
    description: Whether the run was a rollback.
    type: bool
    default: false
  rehearsed:
    description: Whether the run was in check mode, so that it wrote nothing.
    type: bool
    default: false
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: What was done in this cluster
  ansible.builtin.debug:
    msg: "{{ arc_preflight_cluster | arc.lifecycle.report_entry(drained=arc_drain_result) }}"
"""

RETURN = r"""
_value:
  description: The entry of the cluster in the report.
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import report


class FilterModule:
    """The filter report_entry."""

    def filters(self):
        """Return the filters by name."""
        return {"report_entry": report.entry_of}
