# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: name_list
short_description: Make a list of names of what people give
version_added: 1.0.0
description:
  - Inventories give names as a list; C(-e) and the surveys of AWX give a text with commas, or nothing.
options:
  _input:
    description: A list, a text with commas, or nothing.
    type: raw
    required: true
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Tell whether a set is a canary
  ansible.builtin.debug:
    msg: "{{ 'web' in (arc_verify_canaries | arc.lifecycle.name_list) }}"
"""

RETURN = r"""
_value:
  description: The names, without spaces around them, and without empty ones.
  type: list
  elements: str
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import name_list


class FilterModule:
    """The filter name_list."""

    def filters(self):
        """Return the filters by name."""
        return {"name_list": name_list.name_list}
