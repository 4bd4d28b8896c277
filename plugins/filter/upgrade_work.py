# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: upgrade_work
short_description: Tell which objects each phase of an upgrade is about
version_added: 1.0.0
description:
  - Joins a cluster's part of a plan with what was remembered on that cluster, and gives the lists
    that the roles of the upgrade take.
positional: _input, releases
options:
  _input:
    description: A cluster's part of what M(arc.lifecycle.arc_plan) returned.
    type: dict
    required: true
  releases:
    description: The releases of the record that M(arc.lifecycle.arc_record) returned.
    type: list
    elements: dict
    required: true
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: The scale sets to take away
  ansible.builtin.debug:
    msg: "{{ (arc_preflight_cluster | arc.lifecycle.upgrade_work(arc_record_releases)).drain }}"
"""

RETURN = r"""
_value:
  description: Lists of objects, each with C(namespace), C(name) and C(helm).
  type: dict
  contains:
    drain:
      description: Scale sets to take away.
      type: list
      elements: dict
    scale_sets:
      description: Scale sets to uninstall and install.
      type: list
      elements: dict
    controllers:
      description: Controllers to uninstall and install.
      type: list
      elements: dict
    expected:
      description: Every scale set that has to take jobs at the end.
      type: list
      elements: dict
    peers:
      description: Scale sets of other clusters that serve meanwhile, with C(cluster) for C(helm).
      type: list
      elements: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import work


class FilterModule:
    """The filter upgrade_work."""

    def filters(self):
        """Return the filters by name."""
        return {"upgrade_work": work.work_of}
