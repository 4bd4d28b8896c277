#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_controller_wait
short_description: Wait until a controller of Actions Runner Controller is ready, or gone
version_added: 1.0.0
description:
  - Waits for a Deployment of the controller and all its pods. Two managers alive at once delete
    each other's scale sets, so a pod that is ending still counts as there.
  - At O(timeout) the task fails and names what it waited for.
options:
  namespace:
    description:
      - The namespace of the controller.
    type: str
    required: true
  name:
    description:
      - The name of its Deployment; without it, every controller of the namespace is meant.
    type: str
  state:
    description:
      - V(ready) waits until its pods, and no older ones, are there and ready.
      - V(absent) waits until the Deployment and the last pod have gone.
    type: str
    choices: [ready, absent]
    default: ready
  release:
    description:
      - The release that has to be ready, such as V(0.14.2).
    type: str
extends_documentation_fragment:
  - arc.lifecycle.auth
  - arc.lifecycle.wait
  - arc.lifecycle.wait.speak
  - arc.lifecycle.attributes
  - arc.lifecycle.attributes.info
  - arc.lifecycle.attributes.group
author:
  - arc.lifecycle contributors (@arc-lifecycle)
"""

EXAMPLES = r"""
- name: Wait until the old manager has gone
  arc.lifecycle.arc_controller_wait:
    namespace: arc-systems
    state: absent
"""

RETURN = r"""
cluster:
  description: The cluster that answered.
  returned: once the cluster has answered
  type: dict
finished:
  description: Whether the controller is as wanted.
  returned: once the cluster was read
  type: bool
not_yet_because:
  description: What is still missing, or still there.
  returned: once the cluster was read
  type: list
  elements: str
waited_s:
  description: Seconds since the wait began.
  returned: once the cluster was read
  type: float
line:
  description: The last progress line.
  returned: once the cluster was read
  type: str
waited:
  description: The progress lines with their times, at most 200.
  returned: by the action plugin
  type: list
  elements: dict
memory:
  description: What the next slice needs to know.
  returned: with O(slice), unless RV(finished)
  type: dict
error:
  description: The error as data, with its class, object, cause and next step.
  returned: failure
  type: dict
"""

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    controller_wait,
    options,
    task,
)

OPTIONS = {
    "namespace": {"type": "str", "required": True},
    "name": {"type": "str"},
    "state": {"type": "str", "choices": ["ready", "absent"], "default": "ready"},
    "release": {"type": "str"},
    **options.SPEAK_OPTIONS,
}


def main() -> None:
    task.run(OPTIONS, controller_wait.wait_for_controller)


if __name__ == "__main__":
    main()
