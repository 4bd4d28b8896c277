# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRDs that would be refused in the gap are found before a cluster is emptied."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import crd_set, plan
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_plan import (
    cluster,
    crds_of,
)


def managed(manager="argocd-controller", release="0.9.3"):
    """The CRDs of a release, one of which somebody else has written."""
    match = crd_set.CrdMatch("autoscalinglisteners.actions.github.com", crd_set.EXACT, managers=(manager,))
    return replace(cluster(release=release), crds=replace(crds_of(release), crds=(match,)))


@pytest.mark.parametrize("target, options, severity", [
    ("0.14.2", plan.Options(), "blocker"),
    ("0.14.2", plan.Options(acknowledge=("crd-managed",)), "blocker"),
    ("0.14.2", plan.Options(force_crds=("blue",)), "warning"),
    ("0.14.2", plan.Options(force_crds=("green",)), "blocker"),
    # These CRDs are the target's too, and stay as they are.
    ("0.10.1", plan.Options(), None),
])
def test_crds_that_another_writes_block_before_the_cluster_is_empty(target, options, severity):
    made = plan.plan_fleet([managed()], target, options)
    found = {one.id: one.severity for one in made.findings}
    assert found.get("crd-managed") == severity
