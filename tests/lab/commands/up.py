# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `up`."""

from __future__ import annotations

import argparse
import re
import signal
import time
from typing import Any

from lab.errors import LabError
from lab.lab import Lab, state_of

HELP = "start the clusters and the Actions service, or whatever of them is missing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clusters", default="blue,green", help="names, by comma (blue,green)")
    parser.add_argument(
        "--audit",
        action=argparse.BooleanOptionalAction,
        help="write every API request to clusters/NAME/audit.log (kept until switched off)",
    )


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def run(options: argparse.Namespace) -> int:
    names = [name.strip() for name in options.clusters.split(",") if name.strip()]
    wrong = [name for name in names if not re.fullmatch(r"[a-z][a-z0-9-]{0,20}", name)]
    if wrong or not names or len(set(names)) != len(names):
        raise LabError(
            f"--clusters {options.clusters!r}: a name is made of small letters, digits and "
            "hyphens, and used once.",
            "For example: --clusters blue,green",
        )
    # What was started so far is stopped again, as after Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    started = time.monotonic()
    lab = Lab(state_of(options.dir), say=lambda line: print(line, flush=True))
    print(f"lab in {lab.state.folder}")
    lab.up(names, options.audit)
    state = lab.state
    print(
        f"ready after {time.monotonic() - started:.1f} s: "
        f"{', '.join(state.cluster_names())}; Actions service {state.service_url()}\n"
        f"\n  export KUBECONFIG={state.kubeconfig}\n"
        f"  kubectl --context {names[0]} get pods -A    (or: python -m lab kubectl {names[0]} …)\n"
        "  python -m lab install-arc --release 0.9.0 --set web\n"
        "  python -m lab down"
    )
    return 0
