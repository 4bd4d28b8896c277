# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pauses: where nobody can answer the run stops with nothing half done; at a terminal it goes on."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

OLD, NEW, LIMIT_S = "0.14.1", "0.14.2", 300
BOTH = {"arc_target": NEW, "arc_pause": "before_cluster,after_cluster"}


@pytest.fixture
def run(tmp_path):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        found = Rehearsal(lab, tmp_path)
        found.install(OLD, (ScaleSet("web", min_runners=1),))
        yield found
    finally:
        lab.down()


def releases_of(run):
    return {
        cluster: one["metadata"]["labels"]["app.kubernetes.io/version"]
        for cluster in ("blue", "green")
        for one in await_arc.items(run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))
    }


def at_terminal(run, answers, **variables):
    """Run an upgrade at a terminal; gives its exit code and what it printed.

    `answers`: (what a question begins with, what is typed then), in order.
    """
    command = run.command("upgrade", variables)
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(run.folder)
        os.execve(command[0], command, run.environment())
    text, left, typed, until = "", list(answers), "", time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 1)[0]:
            # What is typed before a question is ready to read is thrown away by it.
            os.write(terminal, typed.encode())
            continue
        try:
            text += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
        if left and re.search(left[0][0] + "[^:]*to stop here", text):
            typed = f"{left.pop(0)[1]}\r"
            os.write(terminal, typed.encode())
    _pid, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), text


def test_run_stops_where_nobody_answers_and_goes_on_where_somebody_does(run):
    stopped = run.play("upgrade", **BOTH)
    assert stopped.code != 0 and "Stopped before blue" in stopped.text, stopped.text[-3000:]
    assert releases_of(run) == {"blue": OLD, "green": OLD} and stopped.changed == 0

    code, text = at_terminal(run, [("Next is blue", "go"), ("blue is done", "no")], **BOTH)
    assert code != 0 and "Stopped after blue" in text, text[-3000:]
    assert releases_of(run) == {"blue": NEW, "green": OLD}
    code, text = at_terminal(run, [("Next is green", "go")], **BOTH)
    assert code == 0, text[-3000:]
    assert releases_of(run) == {"blue": NEW, "green": NEW}
