# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a run as a machine that dies would: SIGKILL to its process group when a task begins.

ARC_KILL_AT: which task of the run, counted from 1, or `new` for the first at which no run was killed
before. ARC_KILL_FILE: where the tasks that began are written, a line each. ARC_KILL_DONE: where the
places are kept at which a run was killed, a line each: file, line, and which time it is in this run.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: kill_at
type: aggregate
short_description: Kill the run when a task begins
description:
  - For tests only.
"""


class CallbackModule(CallbackBase):
    """Counts tasks."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "kill_at"

    def __init__(self):
        super().__init__()
        self._begun = 0
        self._passed = Counter()
        self._at = os.environ.get("ARC_KILL_AT")
        self._done = set()
        if self._at == "new":
            with open(os.environ["ARC_KILL_DONE"], encoding="utf-8") as told:
                self._done = set(told.read().splitlines())

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._begun += 1
        place = os.path.relpath(task.get_path())
        self._passed[place] += 1
        place = f"{place} {self._passed[place]}"
        with open(os.environ["ARC_KILL_FILE"], "a", encoding="utf-8") as told:
            told.write(f"{self._begun}\t{task.get_name()}\n")
        if self._at == "new" and place not in self._done:
            with open(os.environ["ARC_KILL_DONE"], "a", encoding="utf-8") as told:
                told.write(f"{place}\n")
            os.killpg(os.getpgrp(), signal.SIGKILL)
        if self._at == str(self._begun):
            os.killpg(os.getpgrp(), signal.SIGKILL)
