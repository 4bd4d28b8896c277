# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `inventory`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Dict

import yaml

from lab.lab import state_of
from lab.state import LabState, write_file

HELP = "an Ansible inventory of the clusters, group arc_clusters"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", metavar="FILE", help="write it there instead of printing it")


def inventory(state: LabState) -> Dict[str, Any]:
    """One host per cluster; `context` is the cluster's name."""
    kubeconfig = str(state.kubeconfig)
    names = state.cluster_names()
    return {
        "arc_clusters": {
            "hosts": {name: {"kubeconfig": kubeconfig, "context": name} for name in names},
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "ansible_pipelining": True,
            },
        }
    }


def run(options: argparse.Namespace) -> int:
    text = yaml.safe_dump(inventory(state_of(options.dir)), sort_keys=False)
    if options.output:
        write_file(Path(options.output), text.encode())
    else:
        print(text, end="")
    return 0
