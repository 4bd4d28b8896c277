# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: the main job on the lab, from 0.9.0 by 0.9.3 to 0.14.2, while jobs run."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

from rehearsal import Played, Rehearsal

# rehearsal has put the lab on the path.
from lab.errors import LabError
from lab.lab import Lab
from lab.state import LabState

HOPS = ("0.9.3", "0.14.2", "0.14.2")


def options_of(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the lab up at the end")
    parser.add_argument("--every", type=float, default=10.0, metavar="SECONDS",
                        help="a job for each scale set after so long (10)")
    return parser.parse_args(arguments)


def main(arguments: List[str]) -> int:
    options = options_of(arguments)
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="arc-demo-"))
    lab = Lab(LabState(folder / "lab"), say=lambda line: print(f"    {line}", flush=True))
    try:
        say("two clusters, real API servers, without a container runtime")
        lab.up(["blue", "green"])
        is_well = rehearse(Rehearsal(lab, folder), options.every)
    except LabError as error:
        print(f"demo: {error.problem}\n      {error.remedy}", file=sys.stderr)
        is_well = False
    finally:
        if options.keep:
            print(f"the lab is still up: python -m lab --help, --dir {lab.state.folder}")
        else:
            lab.down()
    say(f"whole run {time.monotonic() - begun:.0f} s; reports and logs in {folder}")
    return 0 if is_well else 1


def rehearse(run: Rehearsal, every_s: float) -> bool:
    """Install, load, upgrade step by step, and judge. True if no job was lost or stranded."""
    say("ARC 0.9.0 with four scale sets in both")
    run.install("0.9.0")
    run.load(every_s=every_s)
    since = time.time()
    played = []
    for target in HOPS:
        say(f"ansible-playbook arc.lifecycle.upgrade -e arc_target={target}")
        played.append(run.play("upgrade", echo=True, arc_target=target))
        if played[-1].code:
            break
    say("the last jobs end")
    ledger = run.end_load()
    return told(played, ledger, [one for one in run.service.coverage(since) if one["gaps"]])


def told(played: List[Played], ledger: Dict[str, Any], gaps: List[Dict[str, Any]]) -> bool:
    """Print the verdict; True if all is well."""
    for target, one in zip(HOPS, played):
        print(f"  to {target}: exit code {one.code}, {one.changed} changed, {one.seconds:.0f} s")
        for cluster in one.report.get("clusters", []):
            phases = ", ".join(f"{p['phase']} {p['seconds']:.0f} s" for p in cluster["phases"])
            print(f"    {cluster['name']}: {cluster['result']}; {phases}")
    counts = {key: value for key, value in ledger.items() if key != "jobs"}
    print(f"  ledger: {', '.join(f'{key} {value}' for key, value in counts.items())}")
    for one in gaps:
        print(f"  {one['scope']}/{one['name']} had no listener: {one['gaps']}")
    whole = len(played) == len(HOPS) and all(one.code == 0 for one in played)
    is_quiet = whole and played[-1].changed == 0
    is_clean = not (counts["lost"] or counts["stranded"] or counts["failed"])
    print(f"  verdict: {'no job was lost' if is_clean else 'JOBS WERE LOST'};"
          f" {'every name was served all the time' if not gaps else 'THERE WERE GAPS'};"
          f" {'the third run changed nothing' if is_quiet else 'THE THIRD RUN IS NOT QUIET'}")
    return whole and is_quiet and is_clean and not gaps


def say(text: str) -> None:
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
