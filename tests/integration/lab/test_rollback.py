# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back: after an upgrade, in the middle of one, and by itself. The ledger is the judge."""

from __future__ import annotations

import base64
import json
import sys
import time
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

OLD, NEW = "0.9.3", "0.14.2"
SETS = (ScaleSet("web", min_runners=1), ScaleSet("build", mode="kubernetes"))
RECORD = path_of("v1", "secrets", "arc-systems", "arc-lifecycle-record")
CRD = path_of("apiextensions.k8s.io/v1", "customresourcedefinitions", "",
              "ephemeralrunners.actions.github.com")
PHASES = ("drain", "uninstall", "crds", "install", "proof", "end")


@pytest.fixture
def run(tmp_path):
    """Two clusters at the old release, under load."""
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        found = Rehearsal(lab, tmp_path)
        found.install(OLD, SETS)
        found.since = time.time()
        found.load(SETS, every_s=4, durations_s=(2, 12))
        yield found
    finally:
        lab.down()


def back(run, **variables):
    """Run the rollback with the old release's charts."""
    return run.play("rollback", **run.charts(OLD), **variables)


def failing(run, phase):
    """A hook that stops a run at the beginning of a phase."""
    path = run.folder / f"stop-before-{phase}.yml"
    path.write_text(yaml.safe_dump([
        {"name": "Stop here", "ansible.builtin.fail": {"msg": f"stopped before {phase}"}}]))
    return {f"before_{phase}": str(path)}


def crd_of(run, cluster):
    return run.lab.cluster(cluster).get(CRD)["spec"]["versions"]


def assert_back(run, crds):
    """Both clusters are at the old release, with its CRDs, and no record is open."""
    for cluster in ("blue", "green"):
        items = await_arc.items(run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))
        label = "app.kubernetes.io/version"
        assert {one["metadata"]["name"]: one["metadata"]["labels"][label] for one in items} == {
            "web": OLD, "build": OLD}
        assert crd_of(run, cluster) == crds[cluster]
        record = run.lab.cluster(cluster).get(RECORD)
        if record:
            assert record["metadata"]["annotations"]["arc.lifecycle/state"] == "closed"


def assert_no_job_suffered(run):
    ledger = run.end_load()
    assert {key: ledger[key] for key in ("lost", "stranded", "failed")} == {
        "lost": 0, "stranded": 0, "failed": 0}
    assert ledger["completed"] > 0
    assert [one for one in run.service.coverage(run.since) if one["gaps"]] == []


def test_rollback_after_an_upgrade_brings_back_release_values_and_crds(run):
    crds = {cluster: crd_of(run, cluster) for cluster in ("blue", "green")}
    up = run.play("upgrade", arc_target=NEW)
    assert up.code == 0, up.text[-4000:]
    assert crd_of(run, "blue") != crds["blue"]
    record = run.lab.cluster("blue").get(RECORD)
    journal = json.loads(base64.b64decode(record["data"]["journal.json"]))
    assert [one["phase"] for one in journal] == [
        "drain", "uninstall", "CRDs", "install", "proof", "end"]
    assert "crd-backups" in "".join(record["metadata"]["annotations"])
    done = back(run)
    assert done.code == 0, done.text[-4000:]
    assert_back(run, crds)
    assert {one["result"] for one in done.report["clusters"]} == {"gone back"}
    again = back(run, arc_target=OLD)
    assert (again.code, again.changed) == (0, 0), again.text[-4000:]
    nowhere = back(run)
    assert nowhere.code != 0 and "arc_target" in nowhere.text and nowhere.changed == 0
    assert_no_job_suffered(run)


def test_failed_upgrade_goes_back_by_itself_and_spares_the_peer(run):
    crds = {cluster: crd_of(run, cluster) for cluster in ("blue", "green")}
    charts = run.charts(OLD)
    done = run.play(
        "upgrade", arc_target=NEW, arc_on_failure="rollback",
        arc_cycle_hooks=failing(run, "proof"),
        arc_charts_back_controller=charts["arc_charts_controller"],
        arc_charts_back_scale_set=charts["arc_charts_scale_set"],
    )
    assert done.code != 0
    assert "stopped before proof" in done.text and "It is back at 0.9.3" in done.text
    assert_back(run, crds)
    told = {one["name"]: one["result"] for one in done.report["clusters"]}
    assert sorted(told.values()) == ["not reached", "rolled back"]
    assert_no_job_suffered(run)


def test_second_run_on_a_cluster_is_refused_and_changes_nothing(run):
    first = run.start("upgrade", arc_target=NEW)
    lease = path_of("coordination.k8s.io/v1", "leases", "arc-systems", "arc-lifecycle")
    await_arc.until(
        60, lambda: "" if any(run.lab.cluster(one).get(lease) for one in ("blue", "green"))
        else "nobody has it", "the first run to take a lease")
    log = (run.folder / "playbook.log")
    log.rename(run.folder / "first.log")
    second = run.play("upgrade", arc_target=NEW)
    assert second.code != 0 and "works on this cluster" in second.text, second.text[-3000:]
    assert f"(process {first.pid})" in second.text
    assert first.wait(300) == 0, (run.folder / "first.log").read_text()[-3000:]
    for cluster in ("blue", "green"):
        assert not run.lab.cluster(cluster).get(lease)["spec"].get("holderIdentity")
    assert_no_job_suffered(run)


def test_rollback_from_every_step(run):
    crds = {cluster: crd_of(run, cluster) for cluster in ("blue", "green")}
    for phase in PHASES:
        stopped = run.play("upgrade", arc_target=NEW, arc_cycle_hooks=failing(run, phase))
        assert stopped.code != 0 and f"stopped before {phase}" in stopped.text
        done = back(run)
        print(f"MEASURED back from before {phase}: {done.seconds:.0f} s")
        assert done.code == 0, f"{phase}: {done.text[-4000:]}"
        assert_back(run, crds)
    assert_no_job_suffered(run)


def test_rollback_that_is_stopped_goes_on(run):
    crds = {cluster: crd_of(run, cluster) for cluster in ("blue", "green")}
    up = run.play("upgrade", arc_target=NEW)
    assert up.code == 0, up.text[-4000:]
    half = back(run, arc_cycle_hooks=failing(run, "install"))
    assert half.code != 0 and "stopped before install" in half.text
    done = back(run)
    assert done.code == 0, done.text[-4000:]
    assert_back(run, crds)
    assert_no_job_suffered(run)
