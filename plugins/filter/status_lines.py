# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: status_lines
short_description: Tell how clusters stand, as a table
version_added: 1.0.0
description:
  - Gives the lines that the role C(arc_status) prints.
options:
  _input:
    description: One entry for each cluster, of the filter P(arc.lifecycle.status_entry#filter).
    type: list
    elements: dict
    required: true
  drift:
    description: What the filter P(arc.lifecycle.status_drift#filter) gave.
    type: list
    elements: dict
    default: []
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Print a status that was kept as a file
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'arc-status.json') | from_json).clusters | arc.lifecycle.status_lines }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import status_text


class FilterModule:
    """The filter status_lines."""

    def filters(self):
        """Return the filters by name."""
        return {"status_lines": status_text.lines}
