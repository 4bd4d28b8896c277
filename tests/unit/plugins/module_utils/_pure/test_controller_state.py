# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When is a controller ready, alone, or gone?"""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    controller_state,
    model,
    reads,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

NAME = "arc-gha-rs-controller"


def holding(deployments, pods, state="ready", name=NAME, release=""):
    cluster = model.read_cluster(b.snapshot(deployments=deployments, pods=pods))
    return controller_state.holding(cluster, b.SYSTEMS, name, state, release)


def one(**changes):
    deployment = b.controller("0.14.2", **changes)
    return deployment, b.controller_pod(deployment)


def test_ready_with_its_one_pod():
    deployment, pod = one()
    assert holding([deployment], [pod]) == ()
    assert holding([deployment], [pod], name="") == ()
    assert holding([deployment], [pod], release="0.14.2") == ()


def unobserved(deployment):
    deployment["metadata"]["generation"] = deployment["status"]["observedGeneration"] + 1


def outdated(deployment):
    deployment["status"]["updatedReplicas"] = 0


@pytest.mark.parametrize("change", [unobserved, outdated])
def test_what_the_deployment_says_of_an_older_generation_does_not_count(change):
    deployment, pod = one()
    deployment["status"].update(observedGeneration=1, updatedReplicas=1, readyReplicas=1)
    deployment["metadata"]["generation"] = 1
    change(deployment)
    (why,) = holding([deployment], [pod])
    assert "0 of 1 pods ready" in why


def test_an_older_pod_that_is_ready_still_acts():
    deployment, pod = one()
    older = b.controller_pod(deployment, suffix="older")
    why = holding([deployment], [pod, older])
    assert why and "has 2" in why[0] and older["metadata"]["name"] in why[0]


def test_an_ending_pod_still_acts():
    deployment, pod = one()
    ending = b.controller_pod(deployment, suffix="older", deleting=1)
    assert any("still ending" in text for text in holding([deployment], [pod, ending]))


def test_what_an_eviction_left_acts_no_more():
    deployment, pod = one()
    evicted = b.controller_pod(deployment, suffix="older")
    evicted["status"] = {"phase": "Failed", "reason": "Evicted"}
    assert holding([deployment], [pod, evicted]) == ()


def test_a_deployment_that_says_ready_without_a_pod_is_not_believed():
    deployment, _pod = one()
    assert holding([deployment], [])


def test_scaled_to_zero_is_never_ready_and_another_release_is_named():
    deployment, pod = one(replicas=0)
    assert holding([deployment], [])
    deployment, pod = one()
    (why,) = holding([deployment], [pod], release="0.9.3")
    assert "0.14.2, not 0.9.3" in why


def test_absent_needs_the_last_pod_gone():
    deployment, pod = one()
    assert holding([], [], "absent") == ()
    assert any("Deployment" in why for why in holding([deployment], [], "absent"))
    (why,) = holding([], [pod], "absent")
    assert pod["metadata"]["name"] in why
    ending = b.controller_pod(deployment, deleting=1)
    (why,) = holding([], [ending], "absent")
    assert "ending" in why


def test_another_controller_of_the_namespace_does_not_hold_by_name():
    deployment, pod = one(name="other-gha-rs-controller")
    assert holding([deployment], [pod], "absent") == ()
    assert holding([deployment], [pod], "absent", name="")
    (why,) = holding([deployment], [pod])
    assert f"no controller {NAME}" in why


def test_what_was_not_read_holds():
    gap = reads.Unread("forbidden", "list pods")
    snapshot = b.snapshot(deployments=[], pods=[])
    blind = reads.Snapshot(snapshot.at, snapshot.cluster, {**snapshot.reads, "pods": gap})
    cluster = model.read_cluster(blind)
    (why,) = controller_state.holding(cluster, b.SYSTEMS, NAME, "absent")
    assert "could not be read: forbidden" in why
