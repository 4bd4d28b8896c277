# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_record learns who runs the playbook: only the control node knows."""

from __future__ import annotations

import getpass
import os
import socket
from typing import Any, Dict, Optional

from ansible.plugins.action import ActionBase

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import leasing
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.lease import Holder

AUTO = "auto"


class ActionModule(ActionBase):
    """Runs the module of the same name."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Return what the module returns."""
        result = super().run(tmp, task_vars)
        del tmp
        arguments = dict(self._task.args)
        if arguments.get("holder") == AUTO:
            arguments["holder"] = str(_this_run())
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars))
        return result


def _this_run() -> Holder:
    """Name the run; a task is worked on by a child of the process that a user sees and kills."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return Holder(
        user.replace(" ", "_"), socket.gethostname(), os.getppid(), leasing.boot_mark()
    )
