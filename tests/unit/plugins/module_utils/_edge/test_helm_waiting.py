# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Helm did is remembered over the slices of the wait behind it, one that fails among them."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    helm_releases,
    helm_waiting,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.helm_binary import Said
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import helm_work
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import (
    ReadFailed,
    Refused,
)
from ansible_collections.arc.lifecycle.plugins.modules.arc_helm import OPTIONS
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
    status,
)

DONE = {"changed": True, "releases": []}
CONTROLLER = {
    "state": "absent", "kind": "controller", "slice": 2,
    "wait_for": [{"namespace": b.SYSTEMS, "name": None}],
}  # fmt: skip


def test_slice_that_fails_does_not_forget_what_helm_did(begun):
    with ScriptedCluster(b.sound()) as cluster:
        task = begun(cluster, OPTIONS, **CONTROLLER)
        denied = status(403, "Forbidden", "no")
        cluster.fault("GET", ".*/deployments", denied, query="watch")
        with pytest.raises(ReadFailed):
            helm_waiting.work_and_wait(task, lambda _task: DONE)
        assert task.partial["changed"] is True
        later = begun(cluster, OPTIONS, **CONTROLLER, memory=task.memory())
        result = helm_waiting.work_and_wait(later, lambda _task: pytest.fail("Helm works again"))
    assert (result["changed"], result["finished"]) == (True, False)
    assert "is still there" in result["memory"]["told"]


def test_lease_is_renewed_while_helm_works(monkeypatch):
    monkeypatch.setattr(helm_releases, "_LEASE_LOOK_S", 0.01)
    renewed = threading.Event()
    task = SimpleNamespace(
        is_check=False, options={"parallel": 1}, partial={}, deadline=Deadline(20),
        require_starter=lambda: None, renew_lease=renewed.set)
    seen = []

    def install(_release):
        seen.append(renewed.wait(3))
        return Said(0, "", "")

    release = helm_work.Wanted("arc-runners", "web", {})
    helm_releases._side_by_side(
        task, [release], {release.key: helm_work.INSTALL}, install, "gha-runner-scale-set-0.14.2")
    assert seen == [True]


def test_lease_that_is_lost_leaves_alone_what_has_not_begun(monkeypatch):
    monkeypatch.setattr(helm_releases, "_LEASE_LOOK_S", 0.01)
    may_end = threading.Event()

    def renew():
        may_end.set()
        raise Refused(cluster="blue", object="Lease", cause="taken over", next_step="Wait")

    task = SimpleNamespace(
        is_check=False, options={"parallel": 1}, partial={}, deadline=Deadline(20),
        require_starter=lambda: None, renew_lease=renew)
    begun = []

    def uninstall(release):
        begun.append(release.name)
        may_end.wait(3)
        time.sleep(0.2)
        return Said(0, "", "")

    wanted = [helm_work.Wanted("ci", name) for name in ("a", "b", "c")]
    acts = {one.key: helm_work.UNINSTALL for one in wanted}
    with pytest.raises(Refused, match="taken over"):
        helm_releases._side_by_side(task, wanted, acts, uninstall, "")
    assert begun == ["a"]
    assert task.partial["changed"] is True
    assert [one["action"] for one in task.partial["releases"]] == ["uninstalled"]
