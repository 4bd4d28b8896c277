# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: uninstall_work
short_description: Tell what an uninstallation of ARC takes away
version_added: 1.0.0
description:
  - Gives the lists that the role C(arc_uninstall) works on.
options:
  _input:
    description: What M(arc.lifecycle.arc_info) returned.
    type: dict
    required: true
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Look at the cluster
  arc.lifecycle.arc_info:
  register: arc

- name: What an uninstallation would take away
  ansible.builtin.debug:
    msg: "{{ arc | arc.lifecycle.uninstall_work }}"
"""

RETURN = r"""
_value:
  description: Lists of objects, each with C(namespace), C(name) and C(helm).
  type: dict
  contains:
    drain:
      description: Scale sets that are there.
      type: list
      elements: dict
    scale_sets:
      description: These, and Helm releases whose set has vanished.
      type: list
      elements: dict
    controllers:
      description: Controllers.
      type: list
      elements: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import work
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import LifecycleError


def uninstall_work(info):
    """Return the lists, or say what is missing."""
    try:
        return work.uninstall_of(info)
    except LifecycleError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter uninstall_work."""

    def filters(self):
        """Return the filters by name."""
        return {"uninstall_work": uninstall_work}
