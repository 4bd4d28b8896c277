# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `build`."""

from __future__ import annotations

import argparse

from lab import toolchain

HELP = "build the control plane and fetch Helm, unless the cache has them; `up` does it by itself"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    del parser


def _say(line: str) -> None:
    print(line, flush=True)


def run(options: argparse.Namespace) -> int:
    del options
    print(f"control plane: {toolchain.controlplane(_say)}")
    print(f"helm: {toolchain.helm(_say)}")
    return 0
