# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `down`."""

from __future__ import annotations

import argparse

from lab.lab import Lab, state_of

HELP = "end every process of the lab and remove its files"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="keep the files (data, logs)")


def run(options: argparse.Namespace) -> int:
    state = state_of(options.dir)
    if not state.is_lab():
        print(f"there is no lab in {state.folder}")
        return 0
    ended = Lab(state).down(options.keep)
    print(f"ended {len(ended)} processes" if ended else "nothing was running")
    return 0
