# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: status_entry
short_description: Tell how one cluster stands
version_added: 1.0.0
description:
  - Gives what the role C(arc_status) tells of a cluster, also of one that could not be read.
positional: _input, info
options:
  _input:
    description: The name of the cluster.
    type: str
    required: true
  info:
    description: What M(arc.lifecycle.arc_info) returned, failed or not.
    type: dict
    required: true
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: How this cluster stands
  ansible.builtin.debug:
    msg: "{{ inventory_hostname | arc.lifecycle.status_entry(info=arc) }}"
"""

RETURN = r"""
_value:
  description: The entry of the cluster, with C(error), C(controllers), C(crds), C(scale_sets), C(counts) and C(findings).
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import status_text


class FilterModule:
    """The filter status_entry."""

    def filters(self):
        """Return the filters by name."""
        return {"status_entry": status_text.entry}
