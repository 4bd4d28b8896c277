# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run puts into its folder is there in each of its tasks, and gone when it has ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Make it
      ansible.builtin.tempfile:
        state: directory
        path: "{{ lookup('arc.lifecycle.run_folder') }}"
      register: made
    - name: Tell of it
      ansible.builtin.copy:
        content: "{{ made.path }} {{ made.path is ansible.builtin.directory
          and made.path.startswith(lookup('arc.lifecycle.run_folder')) }}"
        dest: "{{ told }}"
        mode: "0600"
    - name: End
      ansible.builtin.command: "{{ ending }}"
"""


@pytest.mark.parametrize("ending", ["true", "false"], ids=["well", "failed"])
def test_folder_goes_with_the_run(tmp_path, ending):
    (tmp_path / "play.yml").write_text(PLAY, encoding="utf-8")
    told = tmp_path / "told"
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "play.yml", "-e", f"told={told}", "-e", f"ending={ending}"],
        cwd=tmp_path, env={**os.environ, "ANSIBLE_LOCALHOST_WARNING": "false"}, capture_output=True, text=True,
        timeout=120, check=False)
    assert (done.returncode == 0) is (ending == "true"), done.stdout + done.stderr
    path, was_there = told.read_text(encoding="utf-8").split()
    assert was_there == "True" and not Path(path).exists()
