# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task finds out that its run was killed, by real processes: run, worker, module."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge.starter import Starter

# The module of a worker that has a session of its own, as ansible-core starts it.
MODULE = """
import sys
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.starter import Starter
starter = Starter(int(sys.argv[1]))
print("there" if not starter.is_gone() else "gone", flush=True)
while not starter.is_gone():
    pass
print("gone", flush=True)
"""
WORKER = """
import subprocess, sys
sys.exit(subprocess.run([sys.executable, "-c", sys.argv[1], sys.argv[2]]).returncode)
"""
RUN = """
import os, subprocess, sys
worker = subprocess.Popen(
    [sys.executable, "-c", sys.argv[1], sys.argv[2], str(os.getpid())], start_new_session=True)
worker.wait()
"""


def test_run_that_is_killed_is_found_to_be_gone():
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", RUN, WORKER, MODULE], stdout=subprocess.PIPE,
                          text=True, env=environ) as run:
        assert run.stdout.readline() == "there\n"
        run.kill()
        assert run.stdout.readline() == "gone\n"


@pytest.mark.parametrize("pid", [0, 1, 4194305, os.getpid()], ids=["none", "init", "absent", "self"])
def test_process_that_is_not_above_this_one_is_never_gone(pid):
    assert Starter(pid).is_gone() is False


def test_process_above_this_one_is_there():
    assert Starter(os.getppid()).is_gone() is False
