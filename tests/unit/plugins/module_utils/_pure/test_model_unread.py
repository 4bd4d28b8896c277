# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule 1 in the model: what could not be read is nowhere taken for empty, zero or idle."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import model, reads, summary
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

FORBIDDEN = reads.Unread("forbidden", "list it")


def read(**parts):
    return model.read_cluster(b.snapshot(**parts))


FIELDS_BY_PART = {
    "autoscalingrunnersets": ("scale_sets", "vanished", "orphan_listeners", "orphan_runners",
                              "orphan_runner_sets", "stuck_helpers"),
    "autoscalinglisteners": ("orphan_listeners",),
    "ephemeralrunnersets": ("orphan_runner_sets",),
    "ephemeralrunners": ("orphan_runners",),
    "pods": ("stray_controller_pods",),
    "deployments": ("controllers", "stray_controller_pods"),
    "secrets": ("stuck_helpers",),
    "roles": ("stuck_helpers",),
    "rolebindings": ("stuck_helpers",),
    "serviceaccounts": ("stuck_helpers",),
    "helm": ("vanished", "helm_releases"),
    "crds": ("crds",),
    "records": ("records",),
    "leases": (),
    "credentials": ("credentials",),
}


@pytest.mark.parametrize("part", reads.PARTS)
def test_unread_part_leaves_no_field_looking_empty(part):
    """Rule 1, field by field."""
    parts = {**b.sound(busy=1), part: FORBIDDEN}
    cluster = read(**parts)
    assert [one.part for one in cluster.unread] == [part]
    for field in FIELDS_BY_PART[part]:
        assert getattr(cluster, field).reason == "forbidden"
    if part == "pods":
        assert isinstance(cluster.controllers[0].pods, reads.Unread)
        assert isinstance(cluster.scale_sets[0].listeners[0].pod, reads.Unread)


@settings(max_examples=60, deadline=None)
@given(
    unread=st.sets(st.sampled_from(reads.PARTS), min_size=1),
    busy=st.integers(0, 3),
    idle=st.integers(0, 3),
)
def test_unread_never_gives_zero_or_idle(unread, busy, idle):
    """Rule 1: whatever is unread, no count says less work than there is."""
    parts = {**b.sound(busy=busy, idle=idle), **{part: FORBIDDEN for part in unread}}
    counts = summary.counts_of(read(**parts))
    if unread & {"autoscalingrunnersets", "ephemeralrunners"}:
        assert not counts.is_known and counts.as_dict()["busy"] is None
    else:
        assert counts.busy == busy
        assert counts.total == busy + idle
        if unread & {"autoscalinglisteners", "pods"}:
            assert counts.idle == 0 and counts.unknown == idle
