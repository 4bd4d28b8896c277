# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the guide was said by the commands that stand above it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("transcripts", TOP / "tests" / "transcripts.py")
transcripts = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(transcripts)
GUIDE = transcripts.GUIDE.read_text(encoding="utf-8")
OUTPUT = """
TASK [Drain] ***
blue | drain | busy 3
blue | drain | busy 2
blue | drain | busy 1
green | drain | busy 0
ok: [blue]

TASK [What is out of order] ***
ok: [green] => {
    "msg": [
        "found: x"
    ]
}

TASK [The report] ***
ok: [blue] => {
    "msg": [
        "CLUSTER  RELEASE",
        "blue     0.9.3 -> \\"x\\""
    ]
}

PLAY RECAP *****
blue                       : ok=2    changed=0

""".replace("\\\\", "\\")


def test_waits_are_cut_and_lists_are_whole():
    assert transcripts.abridged(OUTPUT) == [
        "blue | drain | busy 3", "...", "green | drain | busy 0", "green: found: x", "CLUSTER  RELEASE",
        'blue     0.9.3 -> "x"',
    ]


def test_counts_of_tasks_end_a_run_that_may_write():
    assert transcripts.abridged(OUTPUT, with_end=True)[-1] == "blue : ok=2 changed=0"


def test_second_run_is_told_to_change_nothing():
    said = GUIDE.partition(".. transcript again\n")[2].partition(".. transcript end")[0]
    assert said.count("changed=0") == len(transcripts.CLUSTERS)


def test_region_is_replaced_and_a_missing_one_is_told():
    guide = "a\n\n.. transcript plan\n\nold\n\n.. transcript end\n\nb\n"
    found = transcripts.replaced(guide, "plan", ["new", "", "1 \\1"])
    assert found == (
        "a\n\n.. transcript plan\n\n.. code-block:: text\n\n  new\n\n  1 \\1\n\n.. transcript end\n\nb\n")
    with pytest.raises(ValueError, match="status"):
        transcripts.replaced(guide, "status", [])


@pytest.mark.parametrize("step", transcripts.STEPS, ids=lambda step: step.name)
def test_guide_shows_what_each_command_said(step):
    above, _mark, below = GUIDE.partition(f".. transcript {step.name}\n")
    said = below.partition(".. transcript end")[0]
    assert len(said.splitlines()) > 5, "run make transcripts"
    commands = re.findall(r"^  (ansible-playbook .*)$", above, re.MULTILINE)
    assert commands[-1] == step.command
    assert not re.search(r"(?<![\w:/.])/(?:home|root|tmp|work|var)/", said)
