# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/status.yml and uninstall.yml as a user runs them: a job ends first, nothing is left."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, leasing, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import lease, record

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


HOME, RECORD = "arc-systems", "arc-lifecycle-record"


@pytest.fixture
def client(run):
    found = connect.connect({"kubeconfig": str(run.state.kubeconfig), "context": "blue"}, environ={})
    yield found
    found.close()


def test_no_other_run_works_meanwhile_and_what_had_not_ended_is_closed(run, client):
    run.install("0.14.2", (ScaleSet("web"),))
    # Of an upgrade that was killed when it had begun.
    unfinished = record.secret_of(HOME, [], {
        "state": "open", "from-release": "0.14.2", "to-release": "0.14.2", "started": "", "kind": "upgrade"})
    client.apply(places.SECRETS.at(HOME, RECORD), unfinished, Deadline(20), force=True)
    other = str(lease.Holder("ops", "here", os.getpid(), leasing.boot_mark()))
    leasing.take(client, Deadline(20), HOME, other, False)
    asked = {"arc_uninstall_confirm": True,
             "arc_uninstall_helm": run.charts("0.14.2")["arc_remove_helm"]}
    refused = run.play("uninstall", **asked)
    assert refused.code != 0 and refused.changed == 0, refused.text[-3000:]
    assert f"(process {os.getpid()}) works on this cluster" in " ".join(refused.text.split())
    assert len(run.service.scale_sets()) == 1
    leasing.give_back(client, Deadline(20), HOME, other)
    done = run.play("uninstall", **asked)
    assert done.code == 0, done.text[-4000:]
    marks = client.get(places.SECRETS.at(HOME, RECORD), Deadline(20))["metadata"]["annotations"]
    assert marks["arc.lifecycle/state"] == "closed"
    assert not client.get(places.LEASES.at(HOME, lease.NAME), Deadline(20))["spec"].get("holderIdentity")
    after = run.play("status", arc_status_fail_on="warning")
    assert after.code == 0 and "run-unfinished" not in after.text, after.text[-3000:]
    again = run.play("uninstall", **asked)
    assert (again.code, again.changed) == (0, 0), again.text[-4000:]


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
