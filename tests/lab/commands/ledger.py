# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `ledger`."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from typing import Any, Dict, List, Optional

from lab.errors import LabError
from lab.lab import state_of
from lab.service_client import Ledger, Service

HELP = "what became of every job; exit code 1 if any was lost or stranded"
COUNTS = ("queued", "assigned", "running", "completed", "failed", "lost", "stranded")
UNFINISHED = ("queued", "assigned", "running")
HEADS = ("ID", "SCALE SET", "CLUSTER", "STATE", "WAITED", "RAN", "STRANDED", "RUNNER")
ROW = "{:>5}  {:16} {:10} {:9} {:>8} {:>8} {:>8}  {}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the same as JSON, with each history")
    parser.add_argument(
        "--wait",
        type=float,
        metavar="SECONDS",
        help="first wait until every job has ended; exit code 1 if some have not by then",
    )


def _span(start: Optional[float], end: Optional[float]) -> str:
    return "-" if start is None or end is None else f"{end - start:.1f} s"


def row(job: Dict[str, Any], now: float) -> str:
    """One line; a span that has not ended yet goes up to `now` (epoch seconds)."""
    started, finished = job["started_at"], job["finished_at"]
    return ROW.format(
        job["id"],
        job["scale_set"],
        job["cluster"] or "-",
        job["state"],
        _span(job["queued_at"], started or finished or now),
        _span(started, finished or now),
        f"{job['stranded_s']:.1f} s" if job["stranded_s"] else "-",
        job["runner"] or "-",
    ).rstrip()


def table(ledger: Ledger, now: float) -> List[str]:
    """Jobs in the order of their ids, then the counts."""
    lines = [ROW.format(*HEADS)] + [row(job, now) for job in ledger["jobs"]]
    return (lines if ledger["jobs"] else []) + [counts(ledger)]


def counts(ledger: Ledger) -> str:
    return ", ".join(f"{ledger[name]} {name}" for name in COUNTS)


def verdict(ledger: Ledger, must_have_ended: bool) -> int:
    """The exit code: 1 for a job lost or stranded, or not ended where that was waited for."""
    is_open = must_have_ended and any(ledger[name] for name in UNFINISHED)
    return 1 if ledger["lost"] or ledger["stranded"] or is_open else 0


def run(options: argparse.Namespace) -> int:
    wait_s = options.wait
    if wait_s is not None and not (math.isfinite(wait_s) and wait_s >= 0):
        raise LabError(f"--wait {wait_s:g} is no span of time.", "For example: --wait 60")
    service = Service(state_of(options.dir).service_url())
    if wait_s is not None:
        _await_end(service, wait_s)
    ledger = service.ledger()
    if options.json:
        print(json.dumps({**{name: ledger[name] for name in COUNTS}, "jobs": ledger["jobs"]}))
    else:
        print("\n".join(table(ledger, time.time())))
    return verdict(ledger, wait_s is not None)


def _await_end(service: Service, wait_s: float) -> None:
    if not service.is_up():
        # Tells who does not answer; the wait below would only tell that it was in vain.
        service.ledger(jobs=False)
    try:
        service.wait(
            lambda ledger: not any(ledger[name] for name in UNFINISHED),
            wait_s,
            "every job to end",
            jobs=False,
        )
    except LabError as error:
        print(f"lab: {error.problem}", file=sys.stderr)
