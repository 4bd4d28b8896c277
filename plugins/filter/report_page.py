# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: report_page
short_description: Tell what an upgrade did, as a page
version_added: 1.0.0
description:
  - Gives one HTML page that needs no script and no other file, as the role C(arc_report) writes it.
options:
  _input:
    description: One entry for each cluster, as the role C(arc_report) writes them into its file.
    type: list
    elements: dict
    required: true
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Make a page of a report that was kept as a file
  ansible.builtin.copy:
    dest: arc-upgrade.html
    mode: "0644"
    content: "{{ (lookup('ansible.builtin.file', 'arc-upgrade.json') | from_json).clusters | arc.lifecycle.report_page }}"
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import report_page


class FilterModule:
    """The filter report_page."""

    def filters(self):
        """Return the filters by name."""
        return {"report_page": report_page.page}
