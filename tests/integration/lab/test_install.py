# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARC comes into empty clusters, takes jobs, and goes again. The ledger is the judge."""

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

WEB = ScaleSet("web", inline=True, min_runners=1)


@pytest.fixture
def run(tmp_path):
    """Two clusters without ARC."""
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        yield Rehearsal(lab, tmp_path)
    finally:
        lab.down()


def test_install_takes_jobs_is_idempotent_and_goes_without_a_trace(run):
    values = install.values_of(run.state, "blue", WEB)
    given = {
        "arc_hosts": "blue", "arc_target": "0.14.2",
        "arc_setup_helm": run.charts("0.14.2")["arc_charts_helm"],
        "arc_setup_scale_sets": [
            {"helm": "web", "namespace": "arc-runners", "values": values}],
    }
    first = run.play("install", **given)
    assert first.code == 0, first.text[-4000:]
    assert str(values["githubConfigSecret"]["github_token"]) not in first.text
    jobs = run.service.queue("web", 2, scope="acme", duration_s=2)
    run.service.wait(lambda ledger: {
        one["state"] for one in ledger["jobs"] if one["id"] in jobs} == {"completed"},
        what="the jobs to end")
    second = run.play("install", **given)
    assert (second.code, second.changed) == (0, 0), second.text[-4000:]
    other = run.play("install", **{**given, "arc_target": "0.13.1"})
    assert other.code != 0 and "use arc.lifecycle.upgrade" in other.text
    assert other.changed == 0
    asked = {"arc_hosts": "blue", "arc_uninstall_confirm": True, "arc_uninstall_crds": True,
             "arc_uninstall_helm": given["arc_setup_helm"]}
    gone = run.play("uninstall", **asked)
    assert gone.code == 0, gone.text[-4000:]
    crds = path_of("apiextensions.k8s.io/v1", "customresourcedefinitions")
    assert [one["metadata"]["name"] for one in await_arc.items(run.state, "blue", crds)
            if one["spec"]["group"] == "actions.github.com"] == []
    again = run.play("uninstall", **asked)
    assert (again.code, again.changed) == (0, 0), again.text[-4000:]
