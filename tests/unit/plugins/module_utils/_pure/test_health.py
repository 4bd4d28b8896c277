# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scale set is healthy on proof only, and a listener that waiting cannot cure is named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import health, model, reads
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

WEB = (b.RUNNERS, "web")
SETTLE = timedelta(seconds=60)
FORBIDDEN = reads.Unread("forbidden")


def look(parts, later_s=0):
    snapshot = b.snapshot(**parts)
    at = snapshot.at + timedelta(seconds=later_s)
    return model.read_cluster(reads.Snapshot(at, snapshot.cluster, snapshot.reads))


def judge(parts, release="0.14.2", looks=(0, 60)):
    """Judge after several looks at the same objects; `looks`: seconds."""
    memory, cluster = {}, None
    for later_s in looks:
        cluster = look(parts, later_s)
        memory = health.remember(memory, cluster)
    return health.judge_sets(cluster, [WEB], release, memory, SETTLE)[WEB]


def test_sound_set_is_healthy_after_the_settle_time():
    assert judge(b.sound("0.14.2")) == health.Healthy(60.0)


@pytest.mark.parametrize(
    "looks, reason",
    [((0,), "steady for 0 of 60 s"), ((0, 59), "steady for 59 of 60 s")],
)
def test_sound_set_is_not_healthy_before_the_settle_time(looks, reason):
    assert judge(b.sound("0.14.2"), looks=looks) == health.NotYet(
        (f"its listener has been {reason}",)
    )


def test_release_without_phase_needs_none():
    assert judge(b.sound("0.13.1"), "0.13.1").is_healthy


def test_crashing_listener_never_settles():
    parts, memory = b.sound("0.14.2"), {}
    for number in range(5):
        parts["pods"][1]["metadata"]["uid"] = f"pod-{number}"
        cluster = look(parts, number * 60)
        memory = health.remember(memory, cluster)
    verdict = health.judge_sets(cluster, [WEB], "0.14.2", memory, SETTLE)[WEB]
    assert verdict == health.NotYet(("its listener has been steady for 0 of 60 s",))


def test_restarted_container_of_the_same_pod_starts_anew():
    parts = b.sound("0.14.2")
    memory = health.remember({}, look(parts))
    parts["pods"][1]["status"]["containerStatuses"][1]["restartCount"] = 1
    assert health.remember(memory, look(parts, 60))[WEB].restarts == 1
    assert health.remember(memory, look(parts, 60))[WEB].since == b.NOW + SETTLE


def test_a_break_in_readiness_is_forgotten_and_counts_anew():
    parts = b.sound("0.14.2")
    memory = health.remember({}, look(parts))
    parts["pods"][1] = b.listener_pod(parts["autoscalinglisteners"][0], ready=False)
    assert health.remember(memory, look(parts, 30)) == {}


def swap_set(**changes):
    def edit(parts):
        parts["autoscalingrunnersets"][0] = b.scale_set(release="0.14.2", **changes)
    return edit


def swap_pod(**changes):
    def edit(parts):
        parts["pods"][1] = b.listener_pod(parts["autoscalinglisteners"][0], **changes)
    return edit


def add(part, make):
    return lambda parts: parts.setdefault(part, []).append(make(parts["autoscalingrunnersets"][0]))


def controllers(*made):
    return lambda parts: parts.update(deployments=list(made))


def unread(part):
    return lambda parts: parts.update({part: FORBIDDEN})


@pytest.mark.parametrize(
    "edit, reason",
    [
        pytest.param(swap_set(scale_set_id=None), "it has no id at GitHub yet", id="no-id"),
        pytest.param(swap_set(phase="Pending"), "its phase is Pending", id="phase"),
        pytest.param(swap_set(deleting=1), "it is being deleted", id="terminating"),
        pytest.param(swap_set(scale_set_id=9), "it serves id 1, the scale set has id 9",
                     id="other-id"),
        pytest.param(lambda p: p["autoscalinglisteners"].clear(), "it has 0 listeners",
                     id="no-listener"),
        pytest.param(lambda p: p["ephemeralrunnersets"].clear(), "it has no runner set",
                     id="no-runner-set"),
        pytest.param(add("ephemeralrunnersets", lambda s: b.runner_set(s, name="b")),
                     "2 runner sets are alive: b, web-alive", id="two-runner-sets"),
        pytest.param(add("ephemeralrunnersets", lambda s: b.runner_set(s, name="b", deleting=1)),
                     "runner set b is being deleted", id="dying-runner-set"),
        pytest.param(add("serviceaccounts", lambda s: b.helper("ServiceAccount", "sa",
                                                               deleting=1)),
                     "ServiceAccount arc-runners/sa is being deleted: Helm took it over from"
                     " before", id="terminating-helper-was-adopted"),
        pytest.param(lambda p: p["pods"].pop(1), "it has no pod", id="no-pod"),
        pytest.param(swap_pod(state="waiting", reason="ImagePullBackOff"),
                     "its pod web-56895fb6-listener does not run yet (ImagePullBackOff)",
                     id="pod-waiting"),
        pytest.param(swap_pod(ready=False), "its pod web-56895fb6-listener is not ready",
                     id="pod-not-ready"),
        pytest.param(swap_pod(deleting=1), "its pod web-56895fb6-listener is being deleted",
                     id="pod-deleting"),
        pytest.param(swap_pod(state="terminated", exit_code=1),
                     "its pod web-56895fb6-listener has ended with exit code 1", id="pod-ended"),
        pytest.param(swap_pod(state="", phase="Failed"),
                     "its pod web-56895fb6-listener has ended", id="pod-evicted"),
        pytest.param(controllers(), "0 controllers watch namespace arc-runners",
                     id="no-controller"),
        pytest.param(controllers(b.controller("0.14.2"), b.controller("0.14.2", name="b")),
                     "2 controllers watch namespace arc-runners", id="two-controllers"),
        pytest.param(controllers(b.controller("0.14.2", ready=0)),
                     "Deployment arc-systems/arc-gha-rs-controller is not ready (0 of 1)",
                     id="controller-not-ready"),
        pytest.param(unread("deployments"), "controllers could not be read: forbidden",
                     id="controllers-unread"),
        pytest.param(unread("autoscalingrunnersets"), "scale sets could not be read: forbidden",
                     id="sets-unread"),
        pytest.param(unread("autoscalinglisteners"), "listeners could not be read: forbidden",
                     id="listeners-unread"),
        pytest.param(unread("ephemeralrunnersets"), "runner sets could not be read: forbidden",
                     id="runner-sets-unread"),
        pytest.param(unread("pods"), "pods could not be read: forbidden", id="pods-unread"),
        pytest.param(unread("roles"), "helper objects could not be read: forbidden",
                     id="helpers-unread"),
        pytest.param(lambda p: p["autoscalingrunnersets"].clear(),
                     "there is no AutoscalingRunnerSet of this name", id="vanished"),
    ],
)
def test_not_yet_says_why(edit, reason):
    parts = b.sound("0.14.2")
    edit(parts)
    verdict = judge(parts)
    assert isinstance(verdict, health.NotYet) and not verdict.is_healthy
    assert reason in verdict.reasons


def test_set_of_another_release_is_not_healthy_for_the_target():
    assert judge(b.sound("0.14.1"), "0.14.2").reasons == (
        "Deployment arc-systems/arc-gha-rs-controller is of release 0.14.1",
        "its version label says 0.14.1",
    )
    assert judge(b.sound("0.14.1"), None).is_healthy


@pytest.mark.parametrize(
    "changes, fault",
    [
        ({"runner_set": "web-gone"}, "listener-of-dead-runner-set"),
        ({"release": "0.14.1"}, "listener-stale-image"),
        ({"rule": "namespace"}, "listener-orphaned"),
    ],
)
def test_listener_that_waiting_cannot_cure_is_named_for_deletion(changes, fault):
    parts = b.sound("0.14.2")
    stale = b.listener(parts["autoscalingrunnersets"][0], **changes)
    parts["autoscalinglisteners"][0] = stale
    verdict = judge(parts)
    assert isinstance(verdict, health.StaleListener)
    assert (verdict.fault, verdict.listener.name, verdict.listener.uid) == (
        fault, stale["metadata"]["name"], stale["metadata"]["uid"],
    )


def test_old_listener_beside_the_new_one_is_the_one_to_delete():
    """0.13.0 -> 0.13.1 in place: the old one works, the new one never can (#4629)."""
    parts = b.sound("0.13.1")
    old = b.listener(parts["autoscalingrunnersets"][0], release="0.13.0", rule="namespace")
    parts["autoscalinglisteners"].append(old)
    parts["pods"].append(b.listener_pod(old))
    verdict = judge(parts, "0.13.1")
    assert isinstance(verdict, health.StaleListener)
    assert verdict.listener.name == "web-754b578d-listener"


@pytest.mark.parametrize(
    "edit",
    [
        swap_set(deleting=1),
        controllers(b.controller("0.14.2", ready=0)),
        controllers(),
        lambda p: p["autoscalinglisteners"][0]["metadata"].update(deletionTimestamp=b.ago(0)),
        lambda p: p["ephemeralrunnersets"].clear(),
    ],
    ids=["set-deleting", "controller-not-ready", "no-controller", "deleted-already",
         "no-living-runner-set"],
)
def test_no_listener_is_named_for_deletion_while_things_are_in_flux(edit):
    parts = b.sound("0.14.2")
    parts["autoscalinglisteners"][0] = b.listener(parts["autoscalingrunnersets"][0],
                                                  runner_set="web-gone")
    edit(parts)
    assert isinstance(judge(parts), health.NotYet)


def test_mirrored_image_of_the_same_release_is_no_fault():
    parts = b.sound("0.14.2")
    parts["autoscalinglisteners"][0]["spec"]["image"] = "mirror.example.com/arc:0.14.2"
    assert judge(parts).is_healthy


def test_images_without_release_are_compared_as_text():
    parts = b.sound("0.14.2")
    parts["deployments"][0] = b.controller("0.14.2", image="arc@sha256:aa")
    parts["autoscalinglisteners"][0]["spec"]["image"] = "arc@sha256:bb"
    assert judge(parts).fault == "listener-stale-image"
    parts["autoscalinglisteners"][0]["spec"]["image"] = "arc@sha256:aa"
    assert judge(parts).is_healthy
    parts["autoscalinglisteners"][0]["spec"]["image"] = b.image_of("0.14.2")
    assert judge(parts).fault == "listener-stale-image"


def test_controller_of_unreadable_release_gives_no_name_to_expect():
    parts = b.sound("0.14.2")
    parts["deployments"][0] = b.controller("dev", image="arc:dev")
    parts["autoscalinglisteners"][0]["spec"]["image"] = "arc:dev"
    assert judge(parts, None).is_healthy
