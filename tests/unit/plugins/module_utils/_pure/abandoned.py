# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters whose controller went first: the scale set is going, and nobody releases it."""

from __future__ import annotations

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import model
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

HELPERS = {
    "serviceaccounts": ("ServiceAccount", "web-gha-rs-no-permission"),
    "secrets": ("Secret", "web-gha-rs-github-secret"),
    "roles": ("Role", "web-gha-rs-manager"),
    "rolebindings": ("RoleBinding", "web-gha-rs-manager"),
}
RUNNER = "web-alive-runner-0"


def abandoned(*, busy=0, idle=1, deleting=5, pods=False, release="0.9.3"):
    """The controller was removed first, then the set: only set and helpers know it."""
    parts = b.sound(release, busy=busy, idle=idle)
    parts["deployments"] = []
    parts["autoscalingrunnersets"][0]["metadata"]["deletionTimestamp"] = b.ago(deleting)
    if not pods:
        parts["pods"] = []
        for raw in parts["ephemeralrunners"]:
            if "jobRequestId" not in raw["status"]:
                raw["status"] = {"phase": "Failed", "runnerId": 7}
    else:
        parts["pods"] = parts["pods"][1:]
    for part, (kind, name) in HELPERS.items():
        parts[part] = [b.helper(kind, name, deleting=deleting)]
    return parts


def left_behind(**changes):
    """The set has gone, its helpers are still there."""
    parts = abandoned(**changes)
    for part in ("autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets",
                 "ephemeralrunners", "pods"):
        parts[part] = []
    return parts


def cluster_of(parts):
    return model.read_cluster(b.snapshot(**parts))


def with_controller(parts, release="0.9.3", **changes):
    deployment = b.controller(release, **changes)
    parts["deployments"] = [deployment]
    if changes.get("replicas", 1) and changes.get("ready", 1):
        parts["pods"] = [b.controller_pod(deployment), *parts["pods"]]
    return parts
