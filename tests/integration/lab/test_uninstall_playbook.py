# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/status.yml and uninstall.yml as a user runs them: a job ends first, nothing is left."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc.helm import helm  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab


@pytest.fixture
def run(tmp_path):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue"])
    try:
        yield Rehearsal(lab, tmp_path)
    finally:
        lab.down()


def test_arc_is_taken_away_when_its_job_has_ended(run):
    run.install("0.14.2", (ScaleSet("web", max_runners=4),))
    job = run.service.queue("web", 1, duration_s=20)
    run.service.wait(lambda ledger: ledger["running"] == 1, what="the job to run")
    seen = run.play("status", arc_status_fail_on="warning")
    assert "1 of 1 serve" in seen.text and "drift release" not in seen.text, seen.text[-4000:]
    changed = run.play("status", arc_status_release="0.14.1", arc_status_fail_on_drift="true")
    assert changed.code != 0 and "drift release-drift: controllers of blue" in changed.text
    asked = {"arc_uninstall_helm": run.charts("0.14.2")["arc_remove_helm"]}
    refused = run.play("uninstall", **asked)
    assert refused.code != 0 and "arc_uninstall_confirm" in refused.text
    assert run.service.ledger()["running"] == 1
    done = run.play("uninstall", arc_uninstall_confirm=True, **asked)
    assert done.code == 0, done.text[-4000:]
    assert "Nothing of ARC is left but its CRDs" in done.text
    ledger = run.service.ledger()
    assert [one["state"] for one in ledger["jobs"] if one["id"] in job] == ["completed"]
    assert (ledger["lost"], ledger["stranded"], run.service.scale_sets()) == (0, 0, [])
    assert helm(run.state, "blue", "list", "--all-namespaces", "--short").strip() == ""
    again = run.play("uninstall", arc_uninstall_confirm=True, **asked)
    assert (again.code, again.changed) == (0, 0), again.text[-4000:]
    after = run.play("status", arc_status_fail_on="blocker")
    assert "none" in after.text and "serve" not in after.text, after.text[-3000:]
