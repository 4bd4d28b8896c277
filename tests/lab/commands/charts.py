# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `charts`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Dict

from lab import toolchain
from lab.arc import charts, releases
from lab.lab import state_of
from lab.state import LabState

HELP = "the lab's charts of a release, as variables for Ansible"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--release", required=True, choices=sorted(releases.RELEASES), metavar="RELEASE",
        help="of ARC, e.g. 0.14.2",
    )


def variables(state: LabState, release: str) -> Dict[str, str]:
    """The variables of the roles that name charts and Helm."""
    helm = toolchain.helm(lambda line: print(line, file=sys.stderr, flush=True))
    return {
        "arc_charts_controller": str(charts.chart(state, release, "controller")),
        "arc_charts_scale_set": str(charts.chart(state, release, "scale-set")),
        **{f"arc_{role}_helm": helm for role in ("charts", "install", "remove", "repair", "setup", "uninstall")},
    }


def run(options: argparse.Namespace) -> int:
    print(json.dumps(variables(state_of(options.dir), options.release), indent=1))
    return 0
