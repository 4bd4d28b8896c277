# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One runner with failure marks of an old release, and a controller that was upgraded naively.

The upgrade refuses before its first write and names the runner; the repair mends it when it is
told to; then the upgrade goes through. The ledger is the judge.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc, install  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

SETS = (ScaleSet("web", min_runners=1), ScaleSet("build", mode="kubernetes"))
OLD, NEW = "0.9.3", "0.14.2"


@pytest.fixture
def run(tmp_path):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        yield Rehearsal(lab, tmp_path)
    finally:
        lab.down()


@pytest.fixture
def client(run):
    link = connect.connect(
        {"kubeconfig": str(run.state.kubeconfig), "context": "blue"}, environ={})
    yield link
    link.close()


def found(run, plural):
    return await_arc.items(run.state, "blue", path_of(await_arc.ARC, plural))


def releases_of(run, cluster):
    sets = await_arc.items(run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))
    return {one["metadata"]["name"]: one["metadata"]["labels"]["app.kubernetes.io/version"]
            for one in sets}


def test_it_is_found_named_mended_and_then_upgraded(run, client):
    run.install(OLD, SETS)
    run.service.wait(lambda _ledger: len(found(run, "ephemeralrunners")) == 1, what="an idle runner")
    (runner,) = found(run, "ephemeralrunners")
    meta = runner["metadata"]
    status = places.RUNNERS.at(meta["namespace"], meta["name"], "status")
    client.merge_patch(status, {"status": {"failures": {"x": True}}}, Deadline(20))
    # What people do: only the controller, and Helm leaves the CRDs as they are.
    install.install_controller(run.state, "blue", NEW)

    before = run.service.ledger()
    checked = run.play("plan", arc_target=NEW)
    assert checked.code == 0 and "poisoned-failures" in checked.text, checked.text[-4000:]
    refused = run.play("upgrade", arc_target=NEW)
    assert refused.code != 0 and refused.changed == 0
    assert "poisoned-failures" in refused.text and meta["name"] in refused.text
    assert releases_of(run, "blue") == releases_of(run, "green") == {"web": OLD, "build": OLD}

    told = run.play("repair", arc_hosts="blue")
    assert (told.code, told.changed) == (0, 0) and "poisoned-failures" in told.text
    mended = run.play("repair", arc_hosts="blue", arc_repair_repairs=["poisoned-failures"])
    assert mended.code == 0 and mended.changed == 1, mended.text[-4000:]
    # The controller works again, and its gate takes the sets away that it stood still before.
    await_arc.until(90, lambda: ", ".join(releases_of(run, "blue")), "the gate to take the sets")

    run.load(SETS, every_s=5, durations_s=(2, 8))
    done = run.play("upgrade", arc_target=NEW)
    assert done.code == 0, done.text[-4000:]
    ledger = run.end_load()
    for cluster in ("blue", "green"):
        assert releases_of(run, cluster) == {"web": NEW, "build": NEW}
    assert (ledger["lost"], ledger["stranded"], ledger["failed"]) == (0, 0, 0)
    assert ledger["completed"] > before["completed"]
    again = run.play("upgrade", arc_target=NEW)
    assert (again.code, again.changed) == (0, 0), again.text[-4000:]
