# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `kubectl`."""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

from lab import toolchain
from lab.lab import Lab, state_of

HELP = "kubectl in a cluster of the lab, as its administrator"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cluster", help="name of a cluster; options of this command go before it")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed to kubectl unchanged")


def _say(line: str) -> None:
    # Standard output is the program's own.
    print(line, file=sys.stderr, flush=True)


def run(options: argparse.Namespace) -> NoReturn:
    cluster = Lab(state_of(options.dir)).cluster(options.cluster)
    binary = str(toolchain.controlplane(_say))
    # What it remembers of the API would lie in the user's home, for ports of long ago.
    own = {"KUBECONFIG": cluster.state.kubeconfig, "KUBECACHEDIR": cluster.state.folder / "kubectl"}
    environment = {**os.environ, **{name: str(path) for name, path in own.items()}}
    os.execve(binary, [binary, "kubectl", *options.arguments], environment)
