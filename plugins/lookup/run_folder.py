# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_folder
short_description: Name a folder on the control node that goes when the run ends
version_added: 1.0.0
description:
  - Returns the folder in which this run of Ansible keeps its own temporary files. Ansible removes it, with all that is in
    it, when the run ends, however it ends, unless it is killed.
  - It is the same in every task of a run.
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Make a folder for what is needed in this run only
  ansible.builtin.tempfile:
    state: directory
    path: "{{ lookup('arc.lifecycle.run_folder') }}"
"""

RETURN = r"""
_raw:
  description: The path of the folder.
  type: list
  elements: str
"""

from ansible import constants
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """The folder of this run."""

    def run(self, terms, variables=None, **kwargs):
        """Return one path; terms are of no use here."""
        # What the lookup config returns is another folder each time.
        return [constants.DEFAULT_LOCAL_TMP]
