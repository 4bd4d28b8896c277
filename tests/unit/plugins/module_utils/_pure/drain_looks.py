# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a cluster, and what a drain decides from it."""

from __future__ import annotations

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import drain, model
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

WEB = drain.Target("arc-runners", "web", "uid-AutoscalingRunnerSet-arc-runners-web")


def view_of(parts, **github):
    snapshot = b.snapshot(**parts)
    return drain.View(model.read_cluster(snapshot), snapshot, github)


def decided(parts, *, now=b.NOW, memory=None, github=None, **options):
    options = drain.Options(**{"targets": (WEB,), **options})
    view = view_of(parts, **(github or {}))
    return drain.decide(view, options, memory or drain.Memory(), now)


def gone(parts):
    """The set has gone and left nothing."""
    for part in ("autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets",
                 "ephemeralrunners", "pods"):
        parts[part] = []
    parts["pods"] = [b.controller_pod(parts["deployments"][0])]
    return parts


def deleting(parts, minutes=0.1):
    parts["autoscalingrunnersets"][0]["metadata"]["deletionTimestamp"] = b.ago(minutes)
    return parts
