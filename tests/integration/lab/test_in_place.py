# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patch releases in place, without emptying a cluster. The ledger is the judge."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402
from test_matrix import assert_no_job_suffered  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

SETS = (ScaleSet("web", min_runners=1), ScaleSet("build", mode="kubernetes"))


@pytest.mark.parametrize("start, end", [
    ("0.12.0", "0.12.1"), ("0.13.0", "0.13.1"), ("0.14.0", "0.14.2")])
def test_patch_release_in_place(start, end, tmp_path, capsys):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        run = Rehearsal(lab, tmp_path)
        run.install(start, SETS)
        run.load(SETS, every_s=4, durations_s=(2, 12))
        done = run.play("upgrade", arc_target=end, arc_preflight_in_place=True)
        assert done.code == 0, done.text[-4000:]
        with capsys.disabled():
            print(f"\nMEASURED in place {start} -> {end}: {done.seconds:.0f} s")
        assert {one["method"] for one in done.report["clusters"]} == {"in_place"}
        for cluster in ("blue", "green"):
            listeners = await_arc.items(
                run.state, cluster, path_of(await_arc.ARC, "autoscalinglisteners"))
            assert len(listeners) == len(SETS)
            assert {one["spec"]["image"].rpartition(":")[2] for one in listeners} == {end}
        again = run.play("upgrade", arc_target=end, arc_preflight_in_place=True)
        assert (again.code, again.changed) == (0, 0), again.text[-4000:]
        assert_no_job_suffered(run.end_load())
    finally:
        lab.down()
