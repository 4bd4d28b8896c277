# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cause of a hang is told for its picture, in time, and not before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    drain,
    drain_causes,
    model,
    reads,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

WEB = drain.Target("arc-runners", "web", "uid-AutoscalingRunnerSet-arc-runners-web")
SECRET = "web-gha-rs-github-secret"


def sound(release="0.9.3", **changes):
    parts = b.sound(release, **{"busy": 1, "idle": 0, **changes})
    parts["secrets"] = [b.helper("Secret", SECRET)]
    return parts


def going(release="0.9.3", **changes):
    """A set in deletion whose listener has gone."""
    parts = sound(release, **changes)
    parts["autoscalingrunnersets"][0]["metadata"]["deletionTimestamp"] = b.ago(0.1)
    parts["autoscalinglisteners"] = []
    return parts


def no_controller():
    return {**going(), "deployments": []}


def scaled_to_zero():
    return {**going(), "deployments": [b.controller(replicas=0)]}


def crash_loop():
    parts = going()
    parts["deployments"] = [b.controller(ready=0)]
    parts["pods"][0]["status"]["containerStatuses"][1].update(
        restartCount=7, state={"waiting": {"reason": "CrashLoopBackOff"}}
    )
    return parts


def two_controllers():
    parts = going()
    parts["deployments"].append(b.controller("0.14.2", name="second"))
    return parts


def other_label():
    parts = sound(idle=1)
    parts["deployments"] = [b.controller("0.14.2")]
    return parts


def poisoned():
    parts = going("0.14.2")
    parts["ephemeralrunners"][0]["status"]["failures"] = {"x": True}
    return parts


def secret_gone():
    return {**going(), "secrets": []}


def idle_stays():
    parts = going(busy=0, idle=1)
    pod = parts["pods"][-1]
    pod["status"]["containerStatuses"][1]["state"] = {"terminated": {"exitCode": 0}}
    return parts


def listener_of_lost_node():
    parts = going()
    listener = b.listener(parts["autoscalingrunnersets"][0], deleting=0.5)
    parts["autoscalinglisteners"] = [listener]
    parts["pods"] = [parts["pods"][0], b.listener_pod(listener, deleting=0.1, reason="NodeLost")]
    return parts


def listener_for_long():
    parts = going()
    listener = b.listener(parts["autoscalingrunnersets"][0], deleting=2)
    parts["autoscalinglisteners"] = [listener]
    return parts


def listener_untouched():
    parts = going()
    parts["autoscalinglisteners"] = [b.listener(parts["autoscalingrunnersets"][0])]
    return parts


def runner_pod_overdue():
    parts = going()
    parts["pods"][-1]["metadata"]["deletionTimestamp"] = b.ago(1)
    return parts


def pod_gone():
    parts = going()
    parts["pods"] = parts["pods"][:1]
    return parts


def zombie():
    parts = sound()
    parts["ephemeralrunners"][0]["status"] = {"phase": "Failed", "reason": "TooManyPodFailures"}
    parts["pods"] = parts["pods"][:-1]
    return parts


def outdated():
    return sound("0.14.2", phase="Outdated")


def all_gone_but_the_set():
    parts = going()
    parts["ephemeralrunnersets"], parts["ephemeralrunners"] = [], []
    return parts


def helper_left():
    parts = all_gone_but_the_set()
    parts["autoscalingrunnersets"] = []
    return parts


AT_ONCE = [
    (no_controller, "controller-absent"),
    (scaled_to_zero, "controller-absent"),
    (two_controllers, "controllers-several"),
    (other_label, "version-gate"),
    (poisoned, "runner-undecodable"),
    (secret_gone, "credentials-missing"),
    (listener_of_lost_node, "listener-stuck"),
    (listener_for_long, "listener-stuck"),
    (runner_pod_overdue, "runner-pod-stuck"),
    (outdated, "outdated"),
]
AFTER_A_WHILE = [
    (crash_loop, "controller-not-ready"),
    (idle_stays, "github-refuses"),
    (listener_untouched, "listener-stays"),
    (pod_gone, "busy-without-pod"),
    (zombie, "zombie"),
    (all_gone_but_the_set, "held-at-github"),
    (helper_left, "helper-left"),
]


def look(parts, memory=drain.Memory(), now=b.NOW):
    snapshot = b.snapshot(**parts)
    view = drain.View(model.read_cluster(snapshot), snapshot)
    return drain.decide(view, drain.Options((WEB,), stuck_after_s=45), memory, now)


@pytest.mark.parametrize("picture, cause", AT_ONCE, ids=lambda one: getattr(one, "__name__", one))
def test_sure_cause_is_told_at_once(picture, cause):
    assert [one.id for one in look(picture()).causes] == [cause]


@pytest.mark.parametrize(
    "picture, cause", AFTER_A_WHILE, ids=lambda one: getattr(one, "__name__", one)
)
def test_passing_state_is_told_within_a_minute_and_not_before(picture, cause):
    first = look(picture())
    assert first.causes == ()
    second = look(picture(), first.memory, b.NOW + timedelta(seconds=50))
    assert [one.id for one in second.causes] == [cause]
    assert second.causes[0].since == b.NOW
    assert second.causes[0].as_dict()["remedy"] == drain_causes.REMEDIES[cause]


@pytest.mark.parametrize("picture, cause", AFTER_A_WHILE[:1])
def test_state_that_passed_meanwhile_begins_anew(picture, cause):
    first = look(picture())
    between = look(going(), first.memory, b.NOW + timedelta(seconds=20))
    last = look(picture(), between.memory, b.NOW + timedelta(seconds=50))
    assert last.causes == ()


@pytest.mark.parametrize("release", ["0.9.0", "0.9.3", "0.14.2"])
def test_busy_set_in_deletion_has_no_cause_however_long_it_takes(release):
    first = look(going(release))
    last = look(going(release), first.memory, b.NOW + timedelta(hours=5))
    assert last.causes == ()


def test_secret_of_a_vault_is_not_missed():
    parts = secret_gone()
    parts["autoscalingrunnersets"][0]["spec"]["vaultConfig"] = {"type": "azure_key_vault"}
    assert look(parts).causes == ()


def test_unread_secrets_prove_nothing():
    parts = {**going(), "secrets": reads.Unread("403")}
    assert look(parts).causes == ()


def test_reason_of_a_controller_in_trouble_names_its_pod():
    parts = crash_loop()
    first = look(parts)
    (cause,) = look(parts, first.memory, b.NOW + timedelta(minutes=1)).causes
    assert "CrashLoopBackOff, 7 restarts" in cause.reason
