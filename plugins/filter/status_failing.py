# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: status_failing
short_description: Tell why a status is bad enough to fail
version_added: 1.0.0
description:
  - Gives the clusters that could not be looked at, and those with findings that are grave enough.
positional: _input, fail_on
options:
  _input:
    description: One entry for each cluster, of the filter P(arc.lifecycle.status_entry#filter).
    type: list
    elements: dict
    required: true
  fail_on:
    description: The least grave severity that counts; V(never) for none.
    type: str
    choices: [blocker, warning, info, never]
    required: true
  drift:
    description: What the filter P(arc.lifecycle.status_drift#filter) gave, where it shall count.
    type: list
    elements: dict
    default: []
  ignore:
    description: Ids of findings that do not count.
    type: list
    elements: str
    default: []
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Whether somebody has to be called
  ansible.builtin.assert:
    that: arc_status_clusters | arc.lifecycle.status_failing(fail_on='blocker') | length == 0
"""

RETURN = r"""
_value:
  description: The reasons, none if all is well.
  type: list
  elements: str
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import status_text


class FilterModule:
    """The filter status_failing."""

    def filters(self):
        """Return the filters by name."""
        return {"status_failing": status_text.failing}
