# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trimming saves memory and changes no judgement."""

from __future__ import annotations

import json

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import model, trim
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def every_kind_of_runner(release):
    parts = b.sound(release, mode="kubernetes", busy=1, idle=1)
    group = parts["ephemeralrunnersets"][0]
    odd = {"waiting": {"state": "waiting"}, "over": {"state": "terminated", "exit_code": 7},
           "evicted": {"state": "", "phase": "Failed", "reason": "Evicted"}}
    for name, pod in odd.items():
        one = b.runner(group, name=name, failures={"x": True})
        parts["ephemeralrunners"].append(one)
        parts["pods"].append(b.runner_pod(one, **pod))
    parts["pods"].append(b.pod("web-workflow", container="job", state="", phase="Running",
                               labels={"runner-pod": "over"}))
    return parts


@pytest.mark.parametrize("release", ["0.9.3", "0.14.2"])
def test_trimmed_objects_give_the_same_cluster(release):
    parts = every_kind_of_runner(release)
    trimmed = {part: [trim.trim(part, raw) for raw in raws] for part, raws in parts.items()}
    assert model.read_cluster(b.snapshot(**trimmed)) == model.read_cluster(b.snapshot(**parts))


@pytest.mark.parametrize("part", ["pods", "ephemeralrunners", "ephemeralrunnersets"])
def test_templates_field_owners_and_secrets_are_dropped(part):
    raw = b.sound()[part][0]
    raw["metadata"]["managedFields"] = [{"manager": "x" * 1000}]
    raw["spec"]["ephemeralRunnerSpec"] = raw["spec"]["volumes"] = {"x": "y" * 1000}
    raw["status"]["runnerJITConfig" if part == "ephemeralrunners" else "x"] = "jit-token"
    told = json.dumps(trim.trim(part, raw))
    assert "xxxx" not in told and "yyyy" not in told
    assert part == "ephemeralrunnersets" or "jit-token" not in told


def test_other_parts_are_left_whole():
    raw = b.scale_set()
    assert trim.trim("autoscalingrunnersets", raw) is raw


def test_nothing_of_a_secret_is_kept_but_its_keys():
    meta = {"name": "arc-github", "namespace": "arc-runners", "uid": "u1",
            "annotations": {"last-applied": "bm9ib2R5J3M="}}
    kept = trim.trim("credentials", {"metadata": meta, "data": {"github_token": "bm9ib2R5J3M="}})
    assert "bm9ib2R5J3M=" not in json.dumps(kept)
    assert list(kept["data"]) == ["github_token"] and kept["metadata"]["name"] == "arc-github"
