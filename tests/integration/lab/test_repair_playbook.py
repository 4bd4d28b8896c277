# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/repair.yml as a user runs it: a controller comes back for a moment and cleans up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc, install  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]
RELEASE = "0.9.3"
KINDS = ("autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners")


@pytest.fixture
def run(tmp_path):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue"])
    try:
        yield Rehearsal(lab, tmp_path)
    finally:
        lab.down()


def left(run):
    return [one["metadata"]["name"] for kind in KINDS
            for one in await_arc.items(run.state, "blue", path_of(await_arc.ARC, kind))]


def test_controller_is_brought_back_for_a_moment_and_leaves_nothing(run):
    run.install(RELEASE, (ScaleSet("web", min_runners=1, max_runners=4),))
    run.service.wait(lambda _ledger: len(left(run)) == 4, what="an idle runner")
    install.uninstall_controller(run.state, "blue")
    await_arc.wait_controller_absent(run.state, "blue", install.SYSTEMS)
    install.uninstall_scale_set(run.state, "blue", "web")
    charts = run.charts(RELEASE)
    back = {
        "release": RELEASE, "chart": charts["arc_charts_controller"],
        "namespace": install.SYSTEMS, "helm": install.CONTROLLER,
    }
    asked = {"arc_repair_bring_back": back, "arc_repair_helm": charts["arc_install_helm"]}
    told = run.play("repair")
    assert told.code == 0, told.text[-4000:]
    assert len(left(run)) == 4 and told.changed == 0
    half = run.play("repair", arc_repair_bring_back={"release": RELEASE})
    assert half.code != 0 and "needs release and chart" in half.text
    done = run.play("repair", **asked)
    assert done.code == 0, done.text[-4000:]
    assert left(run) == []
    # Nothing is left at GitHub, and no controller stays.
    assert run.service.scale_sets() == []
    await_arc.wait_controller_absent(run.state, "blue", install.SYSTEMS)
    again = run.play("repair", **asked)
    assert (again.code, again.changed) == (0, 0), again.text[-4000:]
