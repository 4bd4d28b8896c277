# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the time limits; twin of module_utils/_edge/options (WAIT, SPEAK)."""

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
  cluster_uid:
    description:
      - The UID of the namespace C(kube-system) of the cluster that is meant. The task fails,
        before anything is written, if another cluster answers.
    type: str
  lease:
    description:
      - The Lease under which a run works on the cluster, as M(arc.lifecycle.arc_record) returns
        it. It is renewed. The task fails, before anything is written, if another run has taken
        it over.
    type: dict
    suboptions:
      namespace:
        description: The namespace of the Lease C(arc-lifecycle).
        type: str
        required: true
      holder:
        description: Who has it.
        type: str
        required: true
"""

    # Modules that wait. Use as `arc.lifecycle.wait.speak`.
    SPEAK = r"""
options:
  heartbeat:
    description:
      - After how many seconds without a change the task says what it is waiting for.
    type: int
    default: 30
  slice:
    description:
      - Return after so many seconds, or at the first change, although the wait is not over;
        RV(ignore:finished) tells. V(0) waits until the end.
      - The action plugin of the same name sets it, so that the task can speak while it waits. A
        playbook has no need of it.
    type: int
    default: 0
  memory:
    description:
      - What the slice before returned as RV(ignore:memory). Losing it costs time, never a job.
    type: dict
    default: {}
  starter:
    description:
      - The process of the run. A task that finds on its own machine that it has ended, as it was
        cancelled or killed, changes nothing more. Set by the action plugin too.
    type: int
    default: 0
"""
