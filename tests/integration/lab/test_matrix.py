# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From each release to later ones and back, two clusters under load. The ledger is the judge.

Without ARC_MATRIX=all each release goes to the next one and to the last one only. A line for each
way stands in build/matrix.tsv too: several workers may run the starts side by side.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

RELEASES = ("0.9.0", "0.9.1", "0.9.3", "0.10.1", "0.11.0", "0.12.0", "0.12.1", "0.13.0", "0.13.1",
            "0.14.0", "0.14.2")
TABLE = Path(__file__).resolve().parents[3] / "build" / "matrix.tsv"
SETS = (ScaleSet("web", min_runners=1), ScaleSet("build", mode="kubernetes"))


def targets(start):
    """Later releases to go to."""
    later = RELEASES[RELEASES.index(start) + 1:]
    return later if os.environ.get("ARC_MATRIX") == "all" else sorted({*later[:1], *later[-1:]})


@pytest.mark.parametrize("start", RELEASES[:-1])
def test_up_and_back(start, tmp_path, capsys):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        run = Rehearsal(lab, tmp_path)
        run.install(start, SETS)
        run.load(SETS, every_s=4, durations_s=(2, 12))
        for target in targets(start):
            hop(run, capsys, start, target, "upgrade")
            hop(run, capsys, target, start, "rollback")
        assert_no_job_suffered(run.end_load())
    finally:
        lab.down()


def hop(run, capsys, start, target, playbook):
    """Go one way; everything is there at the end, and no name was without a listener."""
    since, before = time.time(), run.service.ledger()
    done = run.play(playbook, arc_target=target)
    assert done.code == 0, f"{start} -> {target}: {done.text[-4000:]}"
    for cluster in ("blue", "green"):
        path = path_of(await_arc.ARC, "autoscalingrunnersets")
        found = await_arc.items(run.state, cluster, path)
        assert {one["metadata"]["labels"]["app.kubernetes.io/version"] for one in found} == {
            target} and len(found) == len(SETS), f"{start} -> {target} in {cluster}"
    after = run.service.ledger()
    gaps = [one for one in run.service.coverage(since) if one["gaps"]]
    ended = after["completed"] - before["completed"]
    awaited = sum(one["jobs_awaited"] for one in done.report["clusters"])
    figures = (start, target, f"{done.seconds:.0f}", ended, awaited, after["lost"],
               after["stranded"], len(gaps))
    with open(TABLE, "a", encoding="utf-8") as table:
        table.write("\t".join(map(str, figures)) + "\n")
    with capsys.disabled():
        print("\nMEASURED {} -> {}: {} s, {} jobs ended, {} awaited, {} lost, {} stranded, {} gaps"
              .format(*figures), end="")
    assert gaps == [], f"{start} -> {target}"
    assert_no_job_suffered(after)


def assert_no_job_suffered(ledger):
    assert {key: ledger[key] for key in ("lost", "stranded", "failed")} == {
        "lost": 0, "stranded": 0, "failed": 0}
