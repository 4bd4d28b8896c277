# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: upgrade_unserved
short_description: Tell which scale sets nobody serves while a batch of clusters is upgraded
version_added: 1.0.0
description:
  - Gives the sets of a cluster that only clusters of the same batch serve, so that all who serve them would go at once.
positional: _input, batch, may_be_down
options:
  _input:
    description: A cluster's part of what M(arc.lifecycle.arc_plan) returned.
    type: dict
    required: true
  batch:
    description: The clusters that are upgraded at the same time, as C(ansible_play_batch) has them.
    type: list
    elements: str
    required: true
  may_be_down:
    description: Sets for which that is well, each C(name) or C(namespace/name), with C(*) and C(?).
    type: list
    elements: str
    default: []
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Refuse a batch that leaves sets to nobody
  ansible.builtin.assert:
    that: arc_preflight_cluster | arc.lifecycle.upgrade_unserved(ansible_play_batch) | length == 0
"""

RETURN = r"""
_value:
  description: The sets, as C(namespace/name).
  type: list
  elements: str
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import work


class FilterModule:
    """The filter upgrade_unserved."""

    def filters(self):
        """Return the filters by name."""
        return {"upgrade_unserved": work.unserved_in}
