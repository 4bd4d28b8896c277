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
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import (
    builders as b,
    drain_pictures as p,
)

WEB = drain.Target("arc-runners", "web", "uid-AutoscalingRunnerSet-arc-runners-web")


def look(parts, memory=drain.Memory(), now=b.NOW, github=None, **options):
    snapshot = b.snapshot(**parts)
    view = drain.View(model.read_cluster(snapshot), snapshot, github or {})
    asked = drain.Options((WEB,), stuck_after_s=45, **options)
    return drain.decide(view, asked, memory, now)


@pytest.mark.parametrize("picture, cause", p.AT_ONCE, ids=lambda one: getattr(one, "__name__", one))
def test_sure_cause_is_told_at_once(picture, cause):
    assert [one.id for one in look(picture()).causes] == [cause]


@pytest.mark.parametrize(
    "picture, cause", p.AFTER_A_WHILE, ids=lambda one: getattr(one, "__name__", one)
)
def test_passing_state_is_told_within_a_minute_and_not_before(picture, cause):
    first = look(picture())
    assert first.causes == ()
    second = look(picture(), first.memory, b.NOW + timedelta(seconds=50))
    assert [one.id for one in second.causes] == [cause]
    assert second.causes[0].since == b.NOW
    assert second.causes[0].as_dict()["remedy"] == drain_causes.REMEDIES[cause]


@pytest.mark.parametrize("picture, cause", p.AFTER_A_WHILE[:1])
def test_state_that_passed_meanwhile_begins_anew(picture, cause):
    first = look(picture())
    between = look(p.going(), first.memory, b.NOW + timedelta(seconds=20))
    last = look(picture(), between.memory, b.NOW + timedelta(seconds=50))
    assert last.causes == ()


@pytest.mark.parametrize("release", ["0.9.0", "0.9.3", "0.14.2"])
def test_busy_set_in_deletion_has_no_cause_however_long_it_takes(release):
    first = look(p.going(release))
    last = look(p.going(release), first.memory, b.NOW + timedelta(hours=5))
    assert last.causes == ()


def test_secret_of_a_vault_is_not_missed():
    parts = p.secret_gone()
    parts["autoscalingrunnersets"][0]["spec"]["vaultConfig"] = {"type": "azure_key_vault"}
    assert look(parts).causes == ()


def test_unread_secrets_prove_nothing():
    parts = {**p.going(), "secrets": reads.Unread("403")}
    assert look(parts).causes == ()


def test_reason_of_a_controller_in_trouble_names_its_pod():
    parts = p.crash_loop()
    first = look(parts)
    (cause,) = look(parts, first.memory, b.NOW + timedelta(minutes=1)).causes
    assert "CrashLoopBackOff, 7 restarts" in cause.reason


def at(seconds):
    return b.NOW + timedelta(seconds=seconds)


def crashing(at_s, up_s):
    """One look at a manager that has restarted before and has been up for so long."""
    parts = p.going()
    now = b.NOW + timedelta(seconds=at_s)
    status = parts["pods"][0]["status"]["containerStatuses"][1]
    started = (now - timedelta(seconds=up_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    status.update(restartCount=2, state={"running": {"startedAt": started}})
    return parts, now


def test_controller_in_a_crash_loop_is_told_although_it_is_ready_between_two_crashes():
    memory, told = drain.Memory(), {}
    for at_s in range(0, 60, 5):
        is_up = at_s % 20 >= 15
        parts, now = crashing(at_s, 2) if is_up else (p.crash_loop(), at(at_s))
        decision = look(parts, memory, now)
        memory = decision.memory
        told.update({one.id: at_s for one in decision.causes if one.id not in told})
    assert told == {"controller-not-ready": 45}


def test_controller_that_restarted_once_is_no_cause():
    memory = drain.Memory()
    for at_s in range(0, 120, 5):
        decision = look(*(crashing(at_s, at_s)[:1]), memory, at(at_s))
        assert decision.causes == ()
        memory = decision.memory


def test_silence_begins_anew_with_each_change():
    memory = drain.Memory()
    for number in range(5):
        parts = p.runner_set_stays()
        parts["ephemeralrunnersets"][0]["metadata"]["resourceVersion"] = str(number)
        decision = look(parts, memory, at(30 * number))
        assert decision.causes == ()
        memory = decision.memory
    assert [one.id for one in look(parts, memory, at(170)).causes] == ["controller-silent"]


def test_silence_beside_a_more_specific_sign_is_not_told():
    for picture, expected in (
        (lambda: {**p.runner_set_stays(), "secrets": []}, ["credentials-missing"]),
        (lambda: {**p.runner_set_stays(), "roles": []}, ["rbac-missing"]),
        (lambda: {**p.runner_set_stays(), "deployments": []}, ["controller-absent"]),
        (p.idle_stays, ["github-refuses"]),
    ):
        first = look(picture())
        assert [one.id for one in look(picture(), first.memory, at(300)).causes] == expected


def test_listener_pod_with_time_left_is_no_silence():
    parts = p.listener_whose_pod_is_left_alone()
    parts["pods"][-1]["metadata"]["deletionTimestamp"] = b.ago(-1)
    first = look(parts)
    assert look(parts, first.memory, at(50)).causes == ()


@pytest.mark.parametrize("mode", [drain.RETIRE, drain.WAIT_ONLY])
def test_account_that_goes_under_a_job_is_told_in_every_mode_with_the_moment(mode):
    (cause,) = look(p.account_going(), mode=mode).causes
    assert (cause.id, cause.object) == (
        "serviceaccount-going", f"ServiceAccount arc-runners/{p.KUBE_MODE}")
    # Six seconds ago, and a minute from then.
    assert "from 12:00:54 UTC on; 1 running job needs it" in cause.reason


@pytest.mark.parametrize("picture", [
    lambda: p.kube_mode(Role={"deleting": 1}, RoleBinding={"deleting": 1}),
    lambda: {**p.kube_mode(ServiceAccount=None), "serviceaccounts": reads.Unread("403")},
    lambda: {**p.account_gone(), "ephemeralrunners": [], "ephemeralrunnersets": []},
    lambda: {**p.going(), "roles": reads.Unread("403")},
    lambda: {**p.all_gone_but_the_set(), "roles": [], "rolebindings": []},
], ids=["protected-roles-still-grant", "accounts-unread", "no-job", "roles-unread",
        "nothing-needs-them"])
def test_helpers_that_harm_nobody_are_no_cause(picture):
    assert look(picture()).causes == ()


def test_account_of_the_user_is_not_looked_for():
    parts = p.account_gone()
    parts["pods"][-1]["spec"]["serviceAccountName"] = "my-own"
    assert look(parts).causes == ()


@pytest.mark.parametrize("github, said", [({}, "does not let it go"), (
    {"web-alive-runner-0": "busy"}, "GitHub says that it runs a job")])
def test_job_that_lives_at_github_only_is_told_whoever_says_so(github, said):
    first = look(p.pod_gone(), github=github)
    (cause,) = look(p.pod_gone(), first.memory, at(50), github).causes
    assert (cause.id, said in cause.reason) == ("busy-without-pod", True)


def test_runner_with_a_job_and_without_pod_is_no_zombie_while_its_set_stays():
    parts = p.sound()
    parts["pods"] = parts["pods"][:-1]
    first = look(parts, mode=drain.WAIT_ONLY)
    (cause,) = look(parts, first.memory, at(50), mode=drain.WAIT_ONLY).causes
    assert cause.id == "busy-without-pod"


def test_pod_that_its_own_kubelet_calls_unready_is_on_no_silent_node():
    parts = p.runner_of_silent_node()
    parts["pods"][-1]["status"]["conditions"][0]["reason"] = "ReadinessGatesNotReady"
    assert look(parts).causes == ()


def test_every_cause_has_a_remedy_and_every_remedy_a_cause():
    told = {cause for _picture, cause in p.AT_ONCE + p.AFTER_A_WHILE}
    elsewhere = {"unread", "gitops", "set-came-back", "runner-unclear"}
    assert told | elsewhere == set(drain_causes.REMEDIES)


def test_idle_runner_that_stays_without_its_listener_is_told_as_unclear():
    before = look(p.sound(busy=0, idle=2))
    first = look(p.going(busy=0, idle=2), before.memory, at(5))
    assert first.causes == () and first.counts.unknown == 2
    told = look(p.going(busy=0, idle=2), first.memory, at(51)).causes
    assert [(one.id, one.object[-1]) for one in told] == [
        ("runner-unclear", "0"), ("runner-unclear", "1")]


def test_runner_that_nobody_saw_idle_may_run_a_job_for_as_long_as_it_likes():
    before = look(p.sound(busy=1, idle=0))
    first = look(p.going(busy=0, idle=1), before.memory, at(5))
    assert look(p.going(busy=0, idle=1), first.memory, at(3600)).causes == ()


def test_runner_that_github_calls_idle_and_does_not_let_go_is_told_as_refused():
    github = {"web-alive-runner-0": "idle"}
    first = look(p.going(busy=0, idle=1), github=github)
    (cause,) = look(p.going(busy=0, idle=1), first.memory, at(50), github).causes
    assert cause.id == "github-refuses"
