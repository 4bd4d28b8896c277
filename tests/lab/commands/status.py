# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `status`."""

from __future__ import annotations

import argparse
import json
from typing import Any, Dict

from lab.lab import Lab, state_of

HELP = "what runs, whether it is ready, and how much memory it takes; exit code 1 if not all is"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def _row(name: str, part: Dict[str, Any]) -> str:
    state = "ready" if part["ready"] else ("not ready" if part["pid"] else "absent")
    pid = part["pid"] or "-"
    port = part["port"] or "-"
    return f"{name:28} {state:9} {pid:>8} {port:>6} {part['rss_kib'] / 1024:6.0f} MiB"


def run(options: argparse.Namespace) -> int:
    status = Lab(state_of(options.dir)).status()
    if options.json:
        print(json.dumps(status, indent=1))
    else:
        print(f"{'':28} {'':9} {'pid':>8} {'port':>6} {'memory':>10}")
        print(_row("service", status["service"]))
        for cluster, parts in status["clusters"].items():
            for name, part in parts.items():
                print(_row(f"{cluster} {name}", part))
        print(f"{'all':53} {status['rss_kib'] / 1024:6.0f} MiB")
        print(f"kubeconfig {status['kubeconfig']}; service {status['service']['url']}")
    return 0 if status["ready"] else 1
