# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what every module promises: check mode, diff, idempotence, action group."""

from __future__ import annotations


class ModuleDocFragment:

    # A module adds `support` (and `details` where it is "partial") to each of these.
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Predicts with the API server's dry run what a run would do, and changes nothing.
  diff_mode:
    description: Shows what differs before and after, without secrets.
  idempotent:
    description: A second run with the same options on an unchanged cluster changes nothing.
"""

    # For modules that only read. Use as `arc.lifecycle.attributes.info`.
    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Predicts with the API server's dry run what a run would do, and changes nothing.
    support: full
    details:
      - The module only reads.
  diff_mode:
    description: Shows what differs before and after, without secrets.
    support: N/A
    details:
      - The module only reads.
  idempotent:
    description: A second run with the same options on an unchanged cluster changes nothing.
    support: full
    details:
      - The module only reads.
  facts:
    description: Returns C(ansible_facts) that change the variables of the host.
    support: none
"""

    # Every module that connects. Use as `arc.lifecycle.attributes.group`.
    GROUP = r"""
options: {}
attributes:
  action_group:
    description: Takes its connection from C(module_defaults) of the action group.
    support: full
    membership:
      - arc.lifecycle.arc
"""
