# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no combination of circumstances may lead to, and what a patch does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    errors,
    finalizer_proofs,
    finalizers,
    reads,
    releases,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import json_patches
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.abandoned import (
    abandoned,
    cluster_of,
    with_controller,
)

kinds = st.sampled_from(list(finalizer_proofs.NEEDED))


@given(kind=kinds, data=st.data())
def test_nothing_is_released_while_a_needed_part_is_unread(kind, data):
    """Rule 1: a failed read is no proof."""
    part = data.draw(st.sampled_from(finalizer_proofs.NEEDED[kind]))
    whole = cluster_of(abandoned())
    gap = reads.Unread("time-out", "list them", part)
    cluster = replace(whole, unread=(gap,))
    for one in finalizers.objects(whole):
        if one.ref.kind == kind or (kind == "helper" and hasattr(one, "role")):
            for finalizer in one.finalizers:
                verdict = finalizers.judge(cluster, one, finalizer, finalizers.Options(), b.NOW)
                assert (verdict.decision, verdict.code) == ("unknown", "unread")
                assert "list them" in verdict.detail


github = st.dictionaries(
    st.sampled_from([f"web-alive-runner-{n}" for n in range(3)]),
    st.sampled_from(["idle", "gone", "busy"]),
)


@settings(max_examples=150, deadline=None)
@given(
    busy=st.integers(0, 2), idle=st.integers(0, 2), pods=st.booleans(), said=github,
    deleting=st.sampled_from([0.1, 5, 60]), controller=st.sampled_from([None, 0, 1]),
    accept=st.booleans(),
)  # fmt: skip
def test_no_runner_that_is_or_may_be_busy_is_released_nor_anything_above_it(
    busy, idle, pods, said, deleting, controller, accept
):
    """Rule 2: no busy runner dies by our hand, and unknown is not idle."""
    assume(busy + idle)
    parts = abandoned(busy=busy, idle=idle, pods=pods, deleting=deleting)
    if controller is not None:
        with_controller(parts, ready=controller)
    orphans = {f"arc-runners/web-alive-runner-{n}" for n in range(3)} if accept else set()
    options = finalizers.Options(github=said, accept_orphans=frozenset(orphans))
    cluster = cluster_of(parts)
    (scale_set,) = cluster.scale_sets
    risky = {
        one.ref for one in scale_set.runners
        if said.get(one.ref.name) == "busy" or one.state.value == "busy"
        or (one.state.value == "unknown" and one.ref.name not in said)
    }  # fmt: skip
    for verdict in finalizers.judge_all(cluster, options, b.NOW):
        if verdict.decision != "release":
            continue
        assert verdict.ref not in risky
        assert not risky or verdict.ref.kind in ("EphemeralRunner", "AutoscalingListener")


names = st.lists(
    st.sampled_from([*releases.FINALIZERS, "foregroundDeletion", "example.com/a"]),
    min_size=1, max_size=5,
)  # fmt: skip


@given(present=names, data=st.data())
def test_patch_takes_exactly_one_entry_and_loses_every_race(present, data):
    """Rule 8: a write is narrow and has its precondition."""
    finalizer = data.draw(st.sampled_from(present))
    raw = {
        "metadata": {
            "name": "web", "uid": "u", "finalizers": present, "deletionTimestamp": b.ago(5),
            "resourceVersion": "7",
        }
    }  # fmt: skip
    patch = finalizers.json_patch(raw, finalizer)
    after = json_patches.applied(raw, patch)["metadata"]["finalizers"]
    index = present.index(finalizer)
    assert after == present[:index] + present[index + 1:]
    for change in ({"uid": "another"}, {"resourceVersion": "8"}):
        with pytest.raises(json_patches.TestFailed):
            json_patches.applied({"metadata": {**raw["metadata"], **change}}, patch)
    moved = {"metadata": {**raw["metadata"], "finalizers": ["new", *present]}}
    assume(moved["metadata"]["finalizers"][index] != finalizer)
    with pytest.raises(json_patches.TestFailed):
        json_patches.applied(moved, patch)


@pytest.mark.parametrize("meta, cause", [
    ({"finalizers": ["x"], "deletionTimestamp": b.ago(5)}, "it does not have"),
    ({"deletionTimestamp": b.ago(5)}, "it does not have"),
    ({"finalizers": [b.SET_FINALIZER]}, "it is not being deleted"),
], ids=["somebody-was-faster", "no-list", "not-going"])
def test_patch_of_an_object_that_changed_is_a_conflict(meta, cause):
    raw = {"metadata": {"name": "web", "namespace": "arc-runners", "uid": "u", **meta}}
    with pytest.raises(errors.Conflict) as caught:
        finalizers.json_patch(raw, b.SET_FINALIZER)
    assert cause in caught.value.cause and caught.value.object == "arc-runners/web"
