# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the examples playbooks that Ansible takes, with variables that are there?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent / "roles"))

# pylint: disable=wrong-import-position
import role_files  # noqa: E402

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((TOP / "examples").glob("*.yml"))
OF_PLAYBOOKS = {"arc_target", "arc_hosts", "arc_serial", "arc_drain_hosts"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_ansible_takes_it(path):
    paths = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(Path(os.environ["PYTHONPATH"].split(os.pathsep)[0]))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "--syntax-check", "-i", "east,", str(path)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": paths}, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_sets_variables_that_are_there(path):
    known = OF_PLAYBOOKS | {name for role in role_files.ROLES for name in role_files.options(role)}
    given = {
        name
        for play in yaml.safe_load(path.read_text(encoding="utf-8"))
        for task in [play, *play.get("tasks", [])]
        for name in task.get("vars", {})
        if name.startswith("arc_")
    }
    assert given <= known


def test_readme_tells_each_of_them():
    text = (TOP / "examples" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \[(\w+\.yml)\]", text, re.MULTILINE)) == {path.name for path in EXAMPLES}
