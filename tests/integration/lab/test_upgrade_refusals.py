# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a playbook must not do, asked of two real clusters; and a rollback to another release."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import crd_set

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab
START, BETWEEN, TARGET = "0.11.0", "0.12.1", "0.13.0"
SETS = (ScaleSet("web", max_runners=4),)
RECORD = path_of("v1", "secrets", "arc-systems", "arc-lifecycle-record")
CRDS = path_of("apiextensions.k8s.io/v1", "customresourcedefinitions")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two clusters that serve the same name."""
    folder = tmp_path_factory.mktemp("refusals")
    lab = Lab(LabState(folder / "lab"))
    lab.up(["blue", "green"])
    try:
        rehearsal = Rehearsal(lab, folder)
        rehearsal.install(START, SETS)
        yield rehearsal
    finally:
        lab.down()


def state_of(run, cluster):
    """What a scale set is, as far as a playbook could have changed it."""
    (raw,) = await_arc.items(run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))
    meta = raw["metadata"]
    return (meta["uid"], meta["labels"]["app.kubernetes.io/version"], raw["spec"]["maxRunners"])


def crds_of(run, cluster):
    return crd_set.recognise(await_arc.items(run.state, cluster, CRDS))


@pytest.mark.parametrize("playbook, given, says", [
    ("drain", {"arc_drain_all": True, "arc_hosts": "blue"}, "green cannot be asked"),
    ("drain", {"arc_drain_all": True, "arc_serial": 2}, "cannot be asked"),
    ("upgrade", {"arc_target": TARGET, "arc_serial": 2}, "only clusters of the same batch serve"),
    ("upgrade", {"arc_target": TARGET, "arc_drain_mode": "wait_only"}, "arc_drain_mode to wait_only"),
    ("upgrade", {"arc_target": TARGET, "arc_drain_on_deadline": "report"},
     "arc_drain_on_deadline to report"),
    ("uninstall", {"arc_uninstall_confirm": True, "arc_drain_mode": "pause"},
     "arc_drain_mode to pause"),
    ("uninstall", {"arc_uninstall_confirm": True, "arc_uninstall_helm": "no-helm"},
     "there is no such program"),
    ("upgrade", {"arc_target": TARGET, "arc_install_helm": "no-helm"}, "there is no such program"),
    ("upgrade", {"arc_target": TARGET, "arc_on_failure": "rolback"}, "one of: stop, rollback"),
    ("upgrade", {"arc_target": TARGET, "arc_pause": "befor_cluster"}, "before_cluster"),
    ("upgrade", {"arc_target": TARGET, "arc_cycle_hooks": {"before_crds": "/no/such.yml"}},
     "before_crds: there is no file /no/such.yml"),
    ("upgrade", {"arc_target": TARGET, "arc_cycle_hooks": {"before_drian": "/no/such.yml"}},
     "there is no hook before_drian"),
    ("upgrade", {"arc_target": TARGET, "arc_cycle_hooks": {"after_drain": "such.yml"}},
     "such.yml is no absolute path"),
])
def test_refused_before_anything_is_changed(run, playbook, given, says):
    before = {name: state_of(run, name) for name in ("blue", "green")}
    done = run.play(playbook, **given)
    assert done.code not in (0, None), done.text[-3000:]
    assert says in " ".join(done.text.split()), done.text[-3000:]
    assert {name: state_of(run, name) for name in ("blue", "green")} == before
    assert run.lab.cluster("blue").get(RECORD) is None


def test_rollback_to_another_release_takes_its_crds_and_the_values_of_then(run):
    there = run.play("upgrade", arc_target=TARGET)
    assert there.code == 0, there.text[-3000:]
    pinned = run.play("rollback", arc_target=TARGET)
    assert pinned.code not in (0, None)
    assert f"go back there with -e arc_target={START}" in " ".join(pinned.text.split()), pinned.text[-3000:]
    await_arc.delete(run.state, "green", RECORD)
    before = {name: state_of(run, name) for name in ("blue", "green")}
    refused = run.play("rollback")
    assert refused.code not in (0, None)
    assert "green: no record tells" in " ".join(refused.text.split()), refused.text[-3000:]
    assert {name: state_of(run, name) for name in ("blue", "green")} == before
    back = run.play("rollback", arc_target=BETWEEN,
                    arc_install_values={"arc-runners/web": {"maxRunners": 77}})
    assert back.code == 0, back.text[-3000:]
    for name in ("blue", "green"):
        assert state_of(run, name)[1:] == (BETWEEN, 4)
        assert crds_of(run, name).fits(BETWEEN), crds_of(run, name)
