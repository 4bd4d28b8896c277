# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain selects, does, refuses and says, look by look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    drain,
    drain_text,
    drain_types,
    errors,
    reads,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.gitops import Verdict
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.states import Counts
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    WEB,
    decided,
    deleting,
    gone,
    view_of,
)


def named(selection):
    return [one.name for one in selection.targets]


@pytest.mark.parametrize("selector, names", [
    (drain.Selector(names=("web",)), ["web"]),
    (drain.Selector(names=("arc-runners/api",)), ["api"]),
    (drain.Selector(names=("elsewhere/api",)), ["api"]),
    (drain.Selector(namespaces=("arc-runners",)), ["api", "web"]),
    (drain.Selector(namespaces=("elsewhere",)), []),
    (drain.Selector(labels={"actions.github.com/scale-set-name": "web"}), ["web"]),
    (drain.Selector(labels={"team": "a"}), []),
    (drain.Selector(controller="arc-systems/arc-gha-rs-controller"), ["api", "web"]),
    (drain.Selector(everything=True), ["api", "web"]),
], ids=[
    "by-name", "by-namespace-and-name", "named-elsewhere-is-gone-already", "by-namespace",
    "empty-namespace", "by-label", "label-that-none-has", "all-of-a-controller", "all",
])  # fmt: skip
def test_select_names_the_sets_and_says_why_not(selector, names):
    cluster = view_of(b.sound(names=("web", "api"))).cluster
    selection = drain.select(cluster, selector)
    assert named(selection) == names
    there = {one.name for one in selection.targets if one.uid}
    assert {ref.name for ref, _why in selection.skipped} == {"web", "api"} - there
    assert all(why for _ref, why in selection.skipped)


def test_select_of_a_name_nobody_has_tells_it_missing():
    selection = drain.select(view_of(b.sound()).cluster, drain.Selector(names=("bew",)))
    assert (selection.targets, selection.missing) == ((), ("bew",))


def test_select_leaves_out_sets_that_the_controller_does_not_watch():
    parts = b.sound()
    parts["deployments"] = [b.controller(watch="elsewhere")]
    selector = drain.Selector(controller="arc-gha-rs-controller")
    selection = drain.select(view_of(parts).cluster, selector)
    assert named(selection) == []
    assert "does not watch namespace arc-runners" in selection.skipped[0][1]


@pytest.mark.parametrize("selector, cause", [
    (drain.Selector(), "it names nothing"),
    (drain.Selector(controller="a/b"), "no controller of this name is in the cluster"),
], ids=["empty-selection", "controller-unknown"])
def test_select_refuses_what_says_nothing(selector, cause):
    with pytest.raises(errors.BadInput) as caught:
        drain.select(view_of(b.sound()).cluster, selector)
    assert caught.value.cause == cause


def test_select_fails_where_sets_were_not_read():
    parts = {**b.sound(), "autoscalingrunnersets": reads.Unread("403")}
    with pytest.raises(errors.ReadFailed):
        drain.select(view_of(parts).cluster, drain.Selector(everything=True))


@given(
    part=st.sampled_from(drain_types.NEEDED),
    busy=st.integers(0, 2),
    mode=st.sampled_from([drain.RETIRE, drain.WAIT_ONLY]),
    begun=st.booleans(),
)
def test_no_act_and_no_end_while_a_read_is_unread(part, busy, mode, begun):
    """Rule 1: unknown is not zero."""
    parts = b.sound(busy=busy)
    if begun:
        deleting(parts)
    decision = decided({**parts, part: reads.Unread("time-out", "list it")}, mode=mode)
    assert (decision.acts, decision.finished, decision.stage) == ((), False, "unknown")
    assert [one.id for one in decision.causes] == ["unread"]
    assert decision.counts.busy is None and decision.sets[0].assigned.waiting is None
    assert "busy ?" in decision.line and "missing right: list it" in decision.causes[0].reason


@pytest.mark.parametrize("part", drain_types.HELPERS)
def test_drain_is_not_finished_while_helpers_are_unread(part):
    parts = {**gone(b.sound()), part: reads.Unread("403")}
    decision = decided(parts)
    assert (decision.finished, decision.stage) == (False, "helpers")
    assert decision.holders[0].state == "unknown"
    assert decided(parts, wait_for_helpers=False).finished


def test_idle_set_is_deleted_by_uid_and_the_evidence_stands_beside_it():
    (act,) = decided(b.sound(idle=2)).acts
    assert (act.verb, act.ref.name) == ("delete", "web")
    assert act.body["preconditions"] == {"uid": WEB.uid}
    assert act.evidence["settled"] == "nothing ran, so there was nothing to settle"
    assert act.evidence["counts"]["idle"] == 2
    assert act.as_dict()["object"]["uid"] == WEB.uid


def remove_controller(parts):
    parts["deployments"] = []


def unready_controller(parts):
    parts["deployments"] = [b.controller(ready=0)]


@pytest.mark.parametrize("change", [remove_controller, unready_controller])
def test_nothing_is_deleted_without_a_controller_that_can_release_it(change):
    """Rule 3: the one who releases stays alive."""
    parts = b.sound()
    change(parts)
    decision = decided(parts)
    assert (decision.acts, decision.stage) == ((), "delete")


@pytest.mark.parametrize("marks, owner", [
    ({"argocd.argoproj.io/tracking-id": "x"}, "argocd"),
    ({"kustomize.toolkit.fluxcd.io/name": "x"}, "flux"),
])  # fmt: skip
def test_set_of_a_git_operator_is_refused_unless_it_is_suspended(marks, owner):
    parts = b.sound(annotations=marks)
    decision = decided(parts)
    assert decision.acts == ()
    assert [(one.id, one.reason) for one in decision.refused] == [
        ("gitops", f"it belongs to {owner}")
    ]
    assert decided(parts, gitops_suspended=True).acts
    assert decided(parts, mode=drain.WAIT_ONLY).refused == ()


def test_after_the_deadline_nothing_more_is_changed():
    decision = decided(b.sound(), deadline=b.NOW - timedelta(seconds=1))
    assert (decision.acts, decision.finished) == ((), False)
    assert decision.line.endswith("| 0 s left")


def test_controller_of_two_sets_is_switched_once():
    parts = b.sound(names=("web", "api"), busy=1)
    api = drain.Target("arc-runners", "api", "uid-AutoscalingRunnerSet-arc-runners-api")
    decision = decided(parts, targets=(WEB, api))
    assert [act.ref.kind for act in decision.acts] == ["Deployment"]


def with_listener(parts):
    return deleting(parts)


def without_listener(parts):
    parts["autoscalinglisteners"] = []
    return deleting(parts)


def idle_left(parts):
    without_listener(parts)
    parts["ephemeralrunners"][1]["status"] = {"phase": "Pending"}
    parts["pods"] = parts["pods"][:3]
    return parts


def busy_alone(parts):
    without_listener(parts)
    parts["ephemeralrunners"] = parts["ephemeralrunners"][:1]
    return parts


def no_runner(parts):
    without_listener(parts)
    parts["ephemeralrunners"] = []
    return parts


def no_runner_set(parts):
    no_runner(parts)
    parts["ephemeralrunnersets"] = []
    return parts


def helpers_only(parts):
    gone(parts)
    parts["secrets"] = [b.helper("Secret", "web-gha-rs-github-secret")]
    return parts


@pytest.mark.parametrize("change, stage, first", [
    (with_listener, "listener", "listener"),
    (idle_left, "idle", "busy"),
    (busy_alone, "busy", "busy"),
    (no_runner, "runner-sets", "runner-set"),
    (no_runner_set, "set", "scale-set"),
    (helpers_only, "helpers", "helper"),
], ids=["listener", "idle", "busy", "runner-sets", "set", "helpers"])
def test_stage_is_the_first_thing_that_has_not_gone(change, stage, first):
    decision = decided(change(b.sound(busy=1, idle=1)))
    assert (decision.stage, decision.finished, decision.acts) == (stage, False, ())
    assert decision.holders[0].state == first
    assert decision.holders[0].as_dict()["reason"]


def test_set_is_drained_when_nothing_of_it_is_left():
    decision = decided(gone(b.sound()))
    assert (decision.stage, decision.finished, decision.holders) == ("drained", True, ())


@pytest.mark.parametrize("part", [
    "autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners",
])  # fmt: skip
@pytest.mark.parametrize("uid", [WEB.uid, ""], ids=["seen-going", "gone-before"])
def test_set_is_not_drained_while_something_of_it_is_left(part, uid):
    left = b.sound()[part]
    parts = gone(b.sound())
    parts[part] = left
    target = drain.Target("arc-runners", "web", uid)
    decision = decided(parts, targets=(target,))
    assert not decision.finished
    assert len(decision.holders) == len(left)


def test_set_that_somebody_made_again_is_not_touched():
    parts = b.sound()
    decision = decided(parts, targets=(drain.Target("arc-runners", "web", "another"),))
    assert (decision.acts, decision.finished) == ((), False)
    assert [one.id for one in decision.causes] == ["set-came-back"]


@pytest.mark.parametrize("busy, replicas, github, finished", [
    (0, 1, {}, True),
    (1, 2, {}, False),
    (0, 3, {}, False),
], ids=["idle", "busy", "assigned-without-runner"])
def test_wait_only_ends_when_no_job_runs_or_waits(busy, replicas, github, finished):
    parts = b.sound(busy=busy, idle=1)
    parts["ephemeralrunnersets"][0]["spec"]["replicas"] = replicas
    decision = decided(parts, mode=drain.WAIT_ONLY, github=github)
    assert (decision.acts, decision.finished) == ((), finished)


@pytest.mark.parametrize("said, finished", [
    ("", False), ("busy", False), ("idle", True), ("gone", True),
])  # fmt: skip
def test_wait_only_holds_unknown_runner_until_github_settles_it(said, finished):
    parts = b.sound(idle=1)
    parts["autoscalinglisteners"] = []
    decision = decided(
        parts, mode=drain.WAIT_ONLY, github={"web-alive-runner-0": said} if said else {}
    )
    assert decision.finished is finished


def test_github_never_makes_a_busy_runner_idle():
    decision = decided(
        b.sound(busy=1, idle=0), mode=drain.WAIT_ONLY, github={"web-alive-runner-0": "idle"}
    )
    assert not decision.finished


def test_progress_line_names_the_longest_job_and_the_time_left():
    parts = busy_alone(b.sound(busy=1, idle=0))
    decision = decided(parts, deadline=b.NOW + timedelta(minutes=18, seconds=1))
    assert decision.line == (
        "blue | drain | busy 1, idle 0, pending 0, unknown 0"
        " | web-alive-runner-0, 9 min, acme/app build.yml build run 4711 | 18 min left"
    )


@pytest.mark.parametrize("seconds, text", [
    (0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (12000, "3 h 20 min"),
])  # fmt: skip
def test_span_is_what_people_say(seconds, text):
    assert drain_text.span(seconds) == text


def test_line_without_holders_has_counts_only():
    line = drain_text.progress_line("east", "drain", Counts(), (), b.NOW, None)
    assert line == "east | drain | busy 0, idle 0, pending 0, unknown 0"


@pytest.mark.parametrize("state, remedy, refused", [
    ("suspended", "", None),
    ("active", "flux suspend helmrelease web -n arc-runners", "HelmRelease arc-runners/web: why"),
    ("unread", "Grant the right", "HelmRelease arc-runners/web: why"),
])
def test_owner_that_was_read_says_whether_a_set_would_be_put_back(state, remedy, refused):
    parts = b.sound(annotations={"argocd.argoproj.io/tracking-id": "x"})
    verdict = Verdict("HelmRelease arc-runners/web", state, "why", remedy)
    decision = decided(parts, gitops={WEB.key: verdict})
    assert [(one.id, one.reason, one.remedy) for one in decision.refused] == (
        [("gitops", refused, remedy)] if refused else [])
    assert bool(decision.acts) is (refused is None)


@pytest.mark.parametrize("state, settles", [("suspended", True), ("active", False)])
def test_controller_of_a_git_operator_is_switched_only_if_that_is_suspended(state, settles):
    parts = b.sound(busy=1)
    key = ("arc-systems", "arc-gha-rs-controller")
    verdict = Verdict("Application argocd/arc", state, "why", "how")
    decision = decided(parts, gitops_controllers={key: verdict})
    assert (decision.stage == "settle-controller") is settles
    if not settles:
        assert "belongs to Application argocd/arc" in decision.sets[0].note
