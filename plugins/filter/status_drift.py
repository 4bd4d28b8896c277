# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: status_drift
short_description: Tell where clusters have come apart
version_added: 1.0.0
description:
  - Compares the releases, CRDs and scale sets of clusters with each other, and the limits of each set
    with those that Helm was told.
positional: _input
options:
  _input:
    description: One entry for each cluster, of the filter P(arc.lifecycle.status_entry#filter).
    type: list
    elements: dict
    required: true
  release:
    description: The release that every controller should be of; empty asks only that all are alike.
    type: str
    default: ""
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Whether the clusters are alike
  ansible.builtin.assert:
    that: arc_status_clusters | arc.lifecycle.status_drift(release='0.14.2') | length == 0
"""

RETURN = r"""
_value:
  description: Each difference with C(id), C(clusters), C(object) and C(reason); none if all are alike.
  type: list
  elements: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import status_drift


class FilterModule:
    """The filter status_drift."""

    def filters(self):
        """Return the filters by name."""
        return {"status_drift": status_drift.drift}
