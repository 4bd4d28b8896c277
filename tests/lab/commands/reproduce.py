# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `reproduce`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List

from lab.errors import LabError
from lab.lab import Lab, state_of
from lab.reproduce.scenario import Scenario, perform, scenarios
from lab.state import LabState

HELP = "play what goes wrong with ARC, and judge it by what real releases do"
CLUSTERS = ["blue", "green"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="scenarios (default: all)")
    parser.add_argument("--list", action="store_true", help="only show what there is")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object per scenario, each on a line"
    )
    parser.add_argument(
        "--releases", metavar="A[,B]", help="play one scenario with other releases of ARC"
    )


def chosen(names: List[str], releases: str) -> List[Scenario]:
    """The scenarios of these names, all for none. Raises LabError for an unknown one."""
    known = scenarios()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LabError(
            f"There is no scenario {', '.join(unknown)}.", f"There are: {', '.join(known)}."
        )
    if releases and len(names) != 1:
        raise LabError(
            "--releases goes with one scenario.",
            "For example: reproduce controller-first --releases 0.9.0",
        )
    return [known[name] for name in names or known]


def told(scenario: Scenario) -> str:
    """One line of --list."""
    releases = " -> ".join(scenario.releases)
    return f"{scenario.name:21} {releases:16} {scenario.title} ({', '.join(scenario.observed)})"


@contextmanager
def ground(folder: Any, say: Any) -> Iterator[LabState]:
    """The lab that is up, else one in a folder of its own that goes with its content."""
    state = state_of(folder)
    if state.exists():
        if Lab(state).status()["ready"]:
            yield state
            return
        raise LabError(
            f"The lab in {state.folder} is not ready.",
            "Heal it with: python -m lab up, or end it with: python -m lab down",
        )
    with tempfile.TemporaryDirectory(prefix="arc-lab-") as own:
        lab = Lab(LabState(Path(own) / "lab"), say)
        say("no lab is up: this one is brought up for the scenarios and taken down after them")
        try:
            lab.up(CLUSTERS)
            yield lab.state
        finally:
            lab.down()


def run(options: argparse.Namespace) -> int:
    wanted = chosen(options.names, options.releases or "")
    if options.list:
        print("\n".join(map(told, wanted)))
        return 0
    releases = [part.strip() for part in (options.releases or "").split(",") if part.strip()]
    # With --json standard output is for the results alone.
    out = sys.stderr if options.json else sys.stdout

    def say(line: str) -> None:
        print(line, file=out, flush=True)

    # What was begun is taken away again, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    results: List[Dict[str, Any]] = []
    with ground(options.dir, say) as state:
        for scenario in wanted:
            say(f"{scenario.name}: {scenario.title}")
            result = perform(scenario, state, state.cluster_names(), say, releases)
            results.append(result)
            if options.json:
                print(json.dumps(result), flush=True)
            else:
                print("\n".join(summary(result)), flush=True)
    return 0 if all(result["as_expected"] for result in results) else 1


def summary(result: Dict[str, Any]) -> List[str]:
    """What a person wants to know after the timeline."""
    facts = [f"    {name}: {_short(value)}" for name, value in result["outcome"].items()]
    verdict = "as expected" if result["as_expected"] else "NOT as expected"
    lines = [*facts, f"  {verdict}, after {result['took_s']:.1f} s"]
    return lines + [f"    {told_one}" for told_one in result["differences"]]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 300 else f"{text[:297]}…"
