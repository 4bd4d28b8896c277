# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `node`."""

from __future__ import annotations

import argparse

from lab.lab import Lab, state_of
from lab.node.leftovers import stop_all

HELP = "lose the node of a cluster (its agent and all pods die at once), or bring it back"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", choices=("kill", "restore"))
    parser.add_argument("cluster")


def kill(lab: Lab, name: str) -> int:
    """SIGKILL to the agent and to every pod; gives how many containers died. The API server goes
    on showing the pods as it saw them last, and after some 8 s the node as not ready."""
    cluster = lab.cluster(name)
    lab.processes.kill(cluster.process_name("node"))
    return len(stop_all(cluster.state.pods, grace_s=0))


def restore(lab: Lab, name: str) -> bool:
    """Start the agent again and wait until the node is ready; False where it never was away."""
    node = lab.cluster(name).node_spec()
    is_started = lab.processes.start(node)
    lab.processes.wait_ready(node)
    return is_started


def run(options: argparse.Namespace) -> int:
    lab = Lab(state_of(options.dir))
    if options.act == "kill":
        ended = kill(lab, options.cluster)
        print(f"node of {options.cluster} is gone, with {ended} running containers")
        print(f"bring it back with: python -m lab node restore {options.cluster}")
    elif restore(lab, options.cluster):
        print(f"node of {options.cluster} is back")
    else:
        print(f"node of {options.cluster} was there all the time")
    return 0
