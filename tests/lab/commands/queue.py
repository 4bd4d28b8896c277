# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `queue`."""

from __future__ import annotations

import argparse
import math
from typing import Any, Dict, List, Optional

from lab.errors import LabError
from lab.lab import state_of
from lab.service_client import Service

HELP = "give the Actions service jobs, at once or in a steady stream; prints their ids"
RESULTS = ("succeeded", "failed", "canceled")
EXAMPLE = "For example: --scale-set web --count 4 --duration 20, or --scale-set web --every 2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scale-set", metavar="NAME", help="what the jobs ask for (runs-on)")
    parser.add_argument("--count", type=int, metavar="N", help="how many (default 1)")
    long = parser.add_mutually_exclusive_group()
    long.add_argument("--duration", type=float, metavar="S", help="seconds of each (default 10)")
    long.add_argument(
        "--durations", type=float, nargs=2, metavar=("A", "B"), help="seconds, random from A to B"
    )
    parser.add_argument("--seed", type=int, help="of the random durations; the same give the same")
    parser.add_argument("--scope", help="organisation or owner/repository (default acme)")
    parser.add_argument("--repository", metavar="OWNER/NAME", help="where the workflow is")
    parser.add_argument("--rate", type=float, metavar="R", help="not at once, but R per second")
    parser.add_argument("--result", choices=RESULTS, help="how they end (default succeeded)")
    parser.add_argument("--every", type=float, metavar="S", help="one every S seconds until --stop")
    parser.add_argument("--stop", metavar="ID", help="stop that stream, or all; its jobs stay")


def order(options: argparse.Namespace) -> Dict[str, Any]:
    """The order as the service takes it. Raises LabError that names the wrong option."""
    if not options.scale_set:
        raise LabError("--scale-set is missing: the name that the jobs ask for.", EXAMPLE)
    for wrong, why in _problems(options):
        if wrong:
            raise LabError(f"{why}.", EXAMPLE)
    given = {
        "scale_set": options.scale_set,
        "count": options.count,
        "duration_s": options.duration,
        "durations_s": options.durations,
        "seed": options.seed,
        "scope": options.scope,
        "repository": options.repository,
        "rate_per_s": options.rate,
        "result": options.result,
        "every_s": options.every,
    }
    return {name: value for name, value in given.items() if value is not None}


def _problems(options: argparse.Namespace) -> List[Any]:
    low, high = options.durations or (0.0, 0.0)
    return [
        (
            options.every is not None and not (options.count is None and options.rate is None),
            "--every is a stream without an end: it goes with neither --count nor --rate",
        ),
        (options.count is not None and options.count < 1, f"--count {options.count} is below 1"),
        (_is_bad(options.duration), f"--duration {options.duration} is no span of time"),
        (_is_bad(low) or _is_bad(high) or low > high, f"--durations {low:g} {high:g} is no range"),
        (options.seed is not None and not options.durations, "--seed goes with --durations only"),
        (_is_bad(options.rate) or options.rate == 0, f"--rate {options.rate} is no rate"),
        (_is_bad(options.every) or options.every == 0, f"--every {options.every} is no pause"),
    ]


def _is_bad(span: Optional[float]) -> bool:
    return span is not None and not (math.isfinite(span) and span >= 0)


def stop(service: Service, wanted: str) -> List[int]:
    """Stop one stream, or `all`; gives their ids. Raises LabError for one that there is not."""
    known = [int(stream["id"]) for stream in service.streams()]
    if wanted != "all" and wanted not in map(str, known):
        told = ", ".join(map(str, known)) or "none"
        raise LabError(f"There is no stream {wanted!r}.", f"Streams under way: {told}.")
    stopped = [number for number in known if wanted in ("all", str(number))]
    for number in stopped:
        service.stop_stream(number)
    return stopped


def run(options: argparse.Namespace) -> int:
    content = None
    if options.stop is None:
        content = order(options)
    elif options.scale_set:
        raise LabError("--stop stops a stream; it queues nothing for --scale-set.", EXAMPLE)
    service = Service(state_of(options.dir).service_url())
    if content is None:
        stopped = stop(service, options.stop)
        print(f"stopped {' '.join(map(str, stopped)) or 'nothing: no stream was under way'}")
    elif options.every is not None:
        number = service.stream(**content)
        print(f"stream {number}; stop it with: python -m lab queue --stop {number}")
    else:
        print(" ".join(map(str, service.queue(**content))))
    return 0
