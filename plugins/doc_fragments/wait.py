# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the time limits; twin of module_utils/_edge/options.WAIT_OPTIONS."""

from __future__ import annotations


class ModuleDocFragment:

    DOCUMENTATION = r"""
options:
  timeout:
    description:
      - The time limit of the whole task in seconds, with all its requests, repetitions and waits.
      - At the limit the task changes nothing more and fails with what it knows so far.
    type: int
    default: 600
  connect_timeout:
    description:
      - How long one attempt to connect to the API server may take, in seconds.
    type: int
    default: 5
  request_timeout:
    description:
      - How long the API server may be silent within one request, in seconds. A request that
        fails for a passing reason (status 429 or 5xx, a broken connection) is repeated until
        O(timeout).
    type: int
    default: 30
  heartbeat:
    description:
      - After how many seconds without a change the task says what it is waiting for.
    type: int
    default: 30
"""
