# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is released, what is held and what stays unknown, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    finalizer_proofs,
    finalizers,
    reads,
    releases,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.finalizer_verdicts import (
    REASONS,
    REMEDIES,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.abandoned import (
    HELPERS,
    RUNNER,
    abandoned,
    cluster_of,
    left_behind,
    with_controller,
)


def verdicts(parts, now=b.NOW, **options):
    found = finalizers.judge_all(cluster_of(parts), finalizers.Options(**options), now)
    return {(one.ref.kind, one.finalizer.rpartition("/")[2]): one for one in found}


def said(parts, kind, finalizer="finalizer", **options):
    one = verdicts(parts, **options)[kind, finalizer]
    return one.decision, one.code


def test_abandoned_set_is_judged_leaf_by_leaf_in_the_controllers_order():
    found = finalizers.judge_all(
        cluster_of(abandoned()), finalizers.Options(github={RUNNER: "gone"}), b.NOW
    )
    assert [(one.ref.kind, one.decision, one.code) for one in found] == [
        ("EphemeralRunner", "release", "proven"),
        ("EphemeralRunner", "release", "proven"),
        ("EphemeralRunnerSet", "hold", "children-first"),
        ("AutoscalingListener", "release", "proven"),
        ("AutoscalingRunnerSet", "hold", "children-first"),
        ("RoleBinding", "hold", "children-first"),
        ("Role", "hold", "children-first"),
        ("ServiceAccount", "hold", "children-first"),
        ("Secret", "hold", "children-first"),
    ]
    assert found[0].finalizer.endswith("runner-registration-finalizer")
    assert "Bring a controller of release 0.9.3 back" in found[0].remedy
    assert found[0].evidence["github"] == "gone" and found[0].effects == ()


def test_what_was_never_told_is_deleted_first_and_the_listener_before_all():
    """Where a controller went first only the set has a deletionTimestamp."""
    found = finalizers.judge_all(
        cluster_of(abandoned()), finalizers.Options(github={RUNNER: "gone"}), b.NOW
    )
    assert [one.ref.kind for one in finalizers.deletions(found)] == [
        "AutoscalingListener", "EphemeralRunner",
    ]


def go(parts, *left_out):
    for part in left_out:
        parts[part] = []
    return parts


CHAIN = ("ephemeralrunners", "ephemeralrunnersets", "autoscalinglisteners")


@pytest.mark.parametrize("gone, kind", [
    (CHAIN[:1], "EphemeralRunnerSet"),
    (CHAIN, "AutoscalingRunnerSet"),
], ids=["runner-set-without-runners", "set-without-children"])  # fmt: skip
def test_parent_is_released_when_its_children_have_gone(gone, kind):
    assert said(go(abandoned(), *gone), kind) == ("release", "proven")


@pytest.mark.parametrize("part", list(HELPERS))
def test_helper_is_released_when_its_set_has_gone(part):
    kind, _name = HELPERS[part]
    assert said(left_behind(), kind, "cleanup-protection") == ("release", "proven")
    # No controller ever looks at it again, so one at work changes nothing.
    parts = with_controller(left_behind())
    assert said(parts, kind, "cleanup-protection") == ("release", "proven")
    assert verdicts(parts)[kind, "cleanup-protection"].remedy == ""


@pytest.mark.parametrize("part", list(HELPERS))
def test_helper_is_held_while_its_set_refers_to_it(part):
    kind, _name = HELPERS[part]
    parts = go(abandoned(), *CHAIN)
    assert said(parts, kind, "cleanup-protection") == ("hold", "set-refers-to-it")


def test_helper_of_another_namespace_is_not_referred_to():
    parts = left_behind()
    parts["autoscalingrunnersets"] = [b.scale_set(namespace="elsewhere")]
    assert said(parts, "Secret", "cleanup-protection")[0] == "release"


def test_service_account_is_held_while_a_runner_of_another_set_uses_it():
    parts = left_behind()
    other = b.scale_set("api")
    group = b.runner_set(other)
    runner = b.runner(group, name="api-1")
    pod = b.runner_pod(runner)
    pod["spec"]["serviceAccountName"] = "web-gha-rs-no-permission"
    parts.update(autoscalingrunnersets=[other], ephemeralrunnersets=[group],
                 ephemeralrunners=[runner], pods=[pod])
    assert said(parts, "ServiceAccount", "cleanup-protection") == ("hold", "account-in-use")
    assert said(parts, "Role", "cleanup-protection") == ("release", "proven")
    pod["spec"]["serviceAccountName"] = "default"
    assert said(parts, "ServiceAccount", "cleanup-protection") == ("release", "proven")


def test_helper_is_held_while_a_runner_set_of_the_gone_set_is_left():
    parts = left_behind()
    parts["ephemeralrunnersets"] = [b.runner_set(b.scale_set())]
    assert said(parts, "Secret", "cleanup-protection") == ("hold", "children-first")


@pytest.mark.parametrize("changes, github, expected", [
    ({"busy": 1, "idle": 0, "pods": True}, {}, ("hold", "busy")),
    ({"busy": 1, "idle": 0, "pods": True}, {RUNNER: "idle"}, ("hold", "busy")),
    ({"busy": 1, "idle": 0}, {}, ("unknown", "may-be-busy")),
    ({"busy": 1, "idle": 0}, {RUNNER: "busy"}, ("hold", "busy")),
    ({"busy": 1, "idle": 0}, {RUNNER: "gone"}, ("release", "proven")),
    ({"pods": True}, {}, ("unknown", "may-be-busy")),
    ({"pods": True}, {RUNNER: "gone"}, ("release", "proven")),
    ({}, {}, ("release", "proven")),
], ids=[
    "busy", "busy-whatever-github-says", "job-without-pod", "job-without-pod-github-busy",
    "job-without-pod-github-gone", "idle-with-live-pod", "idle-with-live-pod-github-gone",
    "failed-without-pod",
])  # fmt: skip
def test_runner_is_released_only_when_no_job_can_die_of_it(changes, github, expected):
    assert said(abandoned(**changes), "EphemeralRunner", github=github) == expected


@pytest.mark.parametrize("kind", ["EphemeralRunnerSet", "AutoscalingRunnerSet", "Secret"])
@pytest.mark.parametrize("pods, expected", [
    (True, ("hold", "busy-beneath")), (False, ("unknown", "may-be-busy-beneath")),
])  # fmt: skip
def test_nothing_is_released_above_a_runner_that_is_or_may_be_busy(kind, pods, expected):
    parts = abandoned(busy=1, idle=0, pods=pods)
    finalizer = "cleanup-protection" if kind == "Secret" else "finalizer"
    assert said(parts, kind, finalizer) == expected


@pytest.mark.parametrize("options, runner_id, expected, effect", [
    ({}, 7, "unknown", None),
    ({"github": {RUNNER: "gone"}}, 7, "release", ()),
    ({"github": {RUNNER: "idle"}}, 7, "release",
     (f"runner {RUNNER} (id 7) stays registered at GitHub",)),
    ({"accept_orphans": frozenset({f"arc-runners/{RUNNER}"})}, 7, "release",
     (f"runner {RUNNER} (id 7) stays registered at GitHub",)),
    ({"accept_orphans": frozenset({"arc-runners/another"})}, 7, "unknown", None),
    ({}, None, "release", ()),
], ids=["nobody-asked", "gone", "not-busy", "accepted", "another-accepted", "never-registered"])
def test_registration_is_released_on_evidence_or_by_name(options, runner_id, expected, effect):
    parts = abandoned()
    parts["ephemeralrunners"][0]["status"]["runnerId"] = runner_id
    one = verdicts(parts, **options)["EphemeralRunner", "runner-registration-finalizer"]
    assert one.decision == expected
    assert effect is None or one.effects == effect
    assert one.code in ("proven", "registration")


def scaled_down(parts):
    return with_controller(parts, replicas=0)


def not_ready(parts):
    return with_controller(parts, ready=0)


def elsewhere(parts):
    return with_controller(parts, watch="elsewhere")


def stray(parts):
    deployment = b.controller()
    parts["pods"].append(b.controller_pod(deployment))
    return parts


def ready(parts):
    return with_controller(parts)


def unready_but_running(parts):
    deployment = b.controller(ready=0)
    parts["deployments"] = [deployment]
    parts["pods"].append(b.controller_pod(deployment))
    return parts


@pytest.mark.parametrize("change, expected", [
    (scaled_down, ("release", "proven")),
    (not_ready, ("release", "proven")),
    (elsewhere, ("release", "proven")),
    (stray, ("hold", "manager-alive")),
    (ready, ("hold", "controller-at-work")),
    (unready_but_running, ("hold", "controller-at-work")),
])  # fmt: skip
def test_controller_that_could_do_it_holds(change, expected):
    parts = change(go(abandoned(), *CHAIN))
    assert said(parts, "AutoscalingRunnerSet") == expected


def lease(age_s, name="arc-gha-rs-controller"):
    renewed = (b.NOW - timedelta(seconds=age_s)).isoformat()
    return {"metadata": {"name": name}, "spec": {"renewTime": renewed}}


@pytest.mark.parametrize("leases, expected", [
    ((lease(5),), ("hold", "leader-alive")),
    ((lease(500),), ("release", "proven")),
    ((lease(5, "something-else"),), ("release", "proven")),
    (({"metadata": {"name": "arc-gha-rs-controller"}},), ("release", "proven")),
    (reads.Unread("403", "list leases"), ("unknown", "unread")),
], ids=["renewed", "old", "of-others", "never-renewed", "unread"])
def test_leader_lease_tells_of_a_controller_that_was_not_seen(leases, expected):
    assert said(go(abandoned(), *CHAIN), "AutoscalingRunnerSet", leases=leases) == expected


def test_leader_of_a_controller_of_another_namespace_is_nobody_who_could_do_it():
    parts = go(abandoned(), *CHAIN)
    other = b.controller(name="b-gha-rs-controller", namespace="b-systems", watch="b-runners")
    parts["deployments"] = [other]
    parts["pods"].append(b.controller_pod(other))
    one = lease(5, "b-gha-rs-controller")
    one["metadata"]["namespace"] = "b-systems"
    assert said(parts, "AutoscalingRunnerSet", leases=(one,)) == ("release", "proven")
    one["metadata"]["name"] = "c-gha-rs-controller"
    assert said(parts, "AutoscalingRunnerSet", leases=(one,)) == ("hold", "leader-alive")


def test_controller_that_works_is_called_unable_where_github_never_lets_the_runner_go():
    """#4585: JobStillRunning for ever, and the pod has gone."""
    parts = with_controller(abandoned(busy=1, idle=0, deleting=20))
    assert said(parts, "EphemeralRunner", github={RUNNER: "gone"}) == ("release", "proven")
    parts = with_controller(abandoned(busy=1, idle=0, deleting=3))
    assert said(parts, "EphemeralRunner", github={RUNNER: "gone"}) == (
        "hold", "controller-at-work",
    )


def test_controller_that_works_is_called_unable_where_the_credentials_have_gone():
    secret = ("arc-runners", "web-gha-rs-github-secret")
    parts = with_controller(go(abandoned(deleting=20), *CHAIN))
    assert said(parts, "AutoscalingRunnerSet") == ("hold", "controller-at-work")
    assert said(
        parts, "AutoscalingRunnerSet", missing_secrets=frozenset({secret})
    ) == ("release", "proven")


def test_without_credentials_a_runner_that_github_calls_idle_is_released_too():
    secret = ("arc-runners", "web-gha-rs-github-secret")
    parts = with_controller(abandoned(deleting=20, pods=True))
    wish = {"github": {RUNNER: "idle"}}
    assert said(parts, "EphemeralRunner", **wish) == ("hold", "controller-at-work")
    wish["missing_secrets"] = frozenset({secret})
    assert said(parts, "EphemeralRunner", **wish) == ("release", "proven")
    assert said(parts, "EphemeralRunner", missing_secrets=frozenset({secret}))[0] == "unknown"


@pytest.mark.parametrize(("release", "word"), [
    ("0.9.3", "Bring Deployment arc-systems/"),
    # It would delete the set that does not fit, and has no other use here.
    ("0.14.2", ""),
], ids=["fits", "does-not-fit"])
def test_controller_that_is_down_is_the_first_remedy(release, word):
    parts = with_controller(go(abandoned(), *CHAIN), release, replicas=0, ready=0)
    (one,) = [one for key, one in verdicts(parts).items() if key[0] == "AutoscalingRunnerSet"]
    assert (one.decision, one.code) == ("release", "proven")
    assert one.remedy.startswith(word) and bool(one.remedy) == bool(word)


def test_one_undecodable_runner_is_named_instead_of_clearing_the_rest():
    """#4156: nothing is reconciled, although the controller is ready."""
    parts = with_controller(abandoned(release="0.14.2"), "0.14.2")
    parts["ephemeralrunners"][0]["status"]["failures"] = {"x": True}
    one = verdicts(parts)["AutoscalingListener", "finalizer"]
    assert (one.decision, one.code) == ("hold", "runner-undecodable")
    assert "failures to null" in one.remedy


@pytest.mark.parametrize("finalizer, release, expected", [
    (finalizer_proofs.RUNNER_SET_NEW, "0.14.2", "release"),
    (finalizer_proofs.RUNNER_SET_OLD, "0.14.2", "hold"),
    (finalizer_proofs.RUNNER_SET_NEW, "0.15.0", "hold"),
    (finalizer_proofs.RUNNER_SET_OLD, "0.15.0", "release"),
], ids=["new-name-old-controller", "old-name", "new-name", "old-name-new-controller"])
def test_runner_set_whose_finalizer_no_controller_knows_is_released(finalizer, release, expected):
    parts = go(with_controller(abandoned(), release), "ephemeralrunners")
    parts["ephemeralrunnersets"][0]["metadata"]["finalizers"] = [finalizer]
    assert said(parts, "EphemeralRunnerSet")[0] == expected


@pytest.mark.parametrize("minutes, expected", [
    (0.5, ("hold", "grace")), (5, ("release", "proven")),
])  # fmt: skip
def test_deletion_of_a_moment_ago_is_left_alone(minutes, expected):
    parts = go(abandoned(deleting=minutes), *CHAIN)
    assert said(parts, "AutoscalingRunnerSet") == expected


def test_object_that_is_not_going_is_held():
    cluster = cluster_of(b.sound())
    (scale_set,) = cluster.scale_sets
    one = finalizers.judge(cluster, scale_set, b.SET_FINALIZER, finalizers.Options(), b.NOW)
    assert (one.decision, one.code) == ("hold", "not-deleted")
    assert finalizers.judge_all(cluster, finalizers.Options(), b.NOW) == ()


@pytest.mark.parametrize("finalizer, code", [
    ("foregroundDeletion", "foreign-finalizer"),
    ("example.com/backup", "foreign-finalizer"),
    (b.RUNNER_FINALIZER, "foreign-finalizer"),
])  # fmt: skip
def test_foreign_finalizer_is_never_touched(finalizer, code):
    parts = go(abandoned(), *CHAIN)
    parts["autoscalingrunnersets"][0]["metadata"]["finalizers"] = [finalizer]
    (one,) = [
        one
        for one in finalizers.judge_all(cluster_of(parts), finalizers.Options(), b.NOW)
        if one.ref.kind == "AutoscalingRunnerSet"
    ]
    assert (one.decision, one.code, one.remedy) == ("hold", code, "")


def test_finalizer_that_the_object_does_not_have_is_held():
    cluster = cluster_of(go(abandoned(), *CHAIN))
    scale_set = replace(cluster.scale_sets[0], finalizers=())
    one = finalizers.judge(cluster, scale_set, b.SET_FINALIZER, finalizers.Options(), b.NOW)
    assert (one.decision, one.code) == ("hold", "not-there")


def test_what_an_orphaned_listener_leaves_is_said():
    parts = left_behind()
    parts["autoscalinglisteners"] = [b.listener(b.scale_set())]
    one = verdicts(parts)["AutoscalingListener", "finalizer"]
    assert (one.decision, one.delete_first) == ("release", True)
    assert one.effects[0].startswith("Role arc-runners/web-")
    assert f"release {releases.LATEST}" in one.remedy


def test_only_the_chosen_objects_are_judged():
    cluster = cluster_of(left_behind())
    chosen = [one for one in cluster.stuck_helpers if one.ref.kind == "Secret"]
    found = finalizers.judge_all(cluster, finalizers.Options(), b.NOW, chosen)
    assert [one.ref.kind for one in found] == ["Secret"]


def test_verdict_is_plain_data_with_every_text():
    for one in verdicts(abandoned()).values():
        data = one.as_dict()
        assert data["reason"] == one.reason and data["code"] in REASONS
    assert set(REMEDIES) <= set(REASONS)
