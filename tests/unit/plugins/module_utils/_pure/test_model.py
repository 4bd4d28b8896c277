# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot becomes one cluster: everything joined, nothing unread taken for empty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import model, reads, summary
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.states import State
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

FORBIDDEN = reads.Unread("forbidden", "list it")


def read(**parts):
    return model.read_cluster(b.snapshot(**parts))


def states_of(cluster):
    return {r.ref.name: r.state for s in cluster.scale_sets for r in s.runners}


@pytest.mark.parametrize("release", ["0.9.0", "0.9.3", "0.12.1", "0.13.1", "0.14.2"])
def test_sound_cluster_is_joined(release):
    cluster = read(**b.sound(release, names=("web", "ci"), busy=2, idle=1))
    web = next(one for one in cluster.scale_sets if one.name == "web")
    assert [one.release for one in cluster.controllers] == [release]
    assert (web.release, web.group, web.min_runners, web.max_runners) == (release, "blue", 1, 5)
    assert [one.runner_set_name for one in web.listeners] == ["web-alive"]
    assert web.listeners[0].pod.is_running and web.listeners[0].release == release
    assert web.live_runner_set.replicas == 3
    assert web.counts.as_dict() == {
        "busy": 2, "idle": 1, "pending": 0, "finished": 0, "failed": 0, "unknown": 0,
    }
    assert (web.helm.name, web.managed_by, web.scale_set_id) == ("web", "helm", 1)
    assert cluster.controllers[0].helm.name == "arc"
    assert [pod.image for pod in cluster.controllers[0].pods] == [b.image_of(release)]
    nothing = (cluster.vanished, cluster.orphan_listeners, cluster.orphan_runners,
               cluster.orphan_runner_sets, cluster.stuck_helpers, cluster.unread,
               cluster.stray_controller_pods, cluster.kinds_absent)
    assert nothing == ((),) * 8
    assert summary.counts_of(cluster).total == 6


def test_job_is_read_from_the_runner():
    cluster = read(**b.sound("0.13.0", busy=1, idle=0))
    assert cluster.scale_sets[0].runners[0].job == model.Job(
        42, "job-42", "acme/app", "acme/app/.github/workflows/build.yml@refs/heads/main", 4711,
        "build",
    )


def test_absent_limits_are_zero_on_listener_and_runner_set_but_no_limit_on_the_set():
    of = b.scale_set(min_runners=None, max_runners=None)
    cluster = read(
        autoscalingrunnersets=[of], autoscalinglisteners=[b.listener(of)],
        ephemeralrunnersets=[b.runner_set(of, replicas=0)],
    )
    one = cluster.scale_sets[0]
    assert (one.min_runners, one.max_runners) == (0, None)
    assert (one.listeners[0].min_runners, one.listeners[0].max_runners) == (0, 0)
    assert one.runner_sets[0].replicas == 0


@pytest.mark.parametrize(
    "changes, expected",
    [
        pytest.param({}, State.IDLE, id="running"),
        pytest.param({"state": "waiting"}, State.PENDING, id="waiting"),
        pytest.param({"state": "", "phase": "Pending"}, State.PENDING, id="not-scheduled"),
        pytest.param({"state": "", "phase": "Running"}, State.UNKNOWN, id="no-container-state"),
        pytest.param({"state": "", "phase": "Unknown"}, State.UNKNOWN, id="node-lost"),
        pytest.param({"state": "", "phase": "Failed", "reason": "Evicted"}, State.PENDING,
                     id="evicted-without-job"),
        pytest.param({"state": "", "phase": "Succeeded"}, State.FINISHED, id="succeeded"),
        pytest.param({"state": "terminated"}, State.FINISHED, id="exit-0"),
        pytest.param({"state": "terminated", "phase": "Failed"}, State.FINISHED,
                     id="exit-0-side-car-failed"),
        pytest.param({"state": "terminated", "exit_code": 1}, State.PENDING, id="exit-1"),
    ],
)
def test_pod_decides_the_state_of_a_runner_without_job(changes, expected):
    parts = b.sound(idle=1)
    parts["pods"][-1] = b.runner_pod(parts["ephemeralrunners"][0], **changes)
    assert states_of(read(**parts)) == {"web-alive-runner-0": expected}


def test_listener_restarted_after_the_runner_was_made_leaves_it_unknown():
    parts = b.sound(idle=1)
    parts["pods"][1] = b.listener_pod(parts["autoscalinglisteners"][0], started=3)
    assert states_of(read(**parts)) == {"web-alive-runner-0": State.UNKNOWN}


@pytest.mark.parametrize("change", [{"deleting": 1}, {"state": "waiting"}, {"exit_code": 1,
                                    "state": "terminated"}])
def test_listener_that_does_not_serve_leaves_runners_unknown(change):
    parts = b.sound(idle=1)
    parts["pods"][1] = b.listener_pod(parts["autoscalinglisteners"][0], **change)
    assert states_of(read(**parts)) == {"web-alive-runner-0": State.UNKNOWN}


def test_either_of_two_listeners_can_have_watched():
    parts = b.sound("0.13.1", idle=1)
    of = parts["autoscalingrunnersets"][0]
    old = b.listener(of, release="0.13.0", rule="namespace")
    parts["autoscalinglisteners"].append(old)
    parts["pods"][1] = b.listener_pod(parts["autoscalinglisteners"][0], started=1)
    parts["pods"].append(b.listener_pod(old))
    cluster = read(**parts)
    assert len(cluster.scale_sets[0].listeners) == 2
    assert states_of(cluster) == {"web-alive-runner-0": State.IDLE}


def test_kubernetes_mode_job_pod_keeps_its_runner_busy():
    parts = b.sound(idle=1, mode="kubernetes")
    name = parts["ephemeralrunners"][0]["metadata"]["name"]
    parts["pods"][-1] = b.runner_pod(parts["ephemeralrunners"][0], state="terminated")
    parts["pods"].append(b.pod(f"{name}-workflow", container="job", labels={"runner-pod": name},
                               phase="Running", state=""))
    runner = read(**parts).scale_sets[0].runners[0]
    assert (runner.state, len(runner.job_pods)) == (State.BUSY, 1)


@pytest.mark.parametrize(
    "mode, expected",
    [(None, None), ("dind", "dind"), ("kubernetes", "kubernetes"),
     ("kubernetes-novolume", "kubernetes-novolume")],
)
def test_container_mode_is_told_from_what_the_chart_made(mode, expected):
    assert read(autoscalingrunnersets=[b.scale_set(mode=mode)]).scale_sets[0].container_mode == (
        expected
    )


def test_container_mode_is_told_from_cleanup_annotations_of_an_own_template():
    of = b.scale_set(mode="kubernetes")
    of["spec"]["template"]["spec"]["containers"][0].pop("env")
    assert read(autoscalingrunnersets=[of]).scale_sets[0].container_mode == "kubernetes"


@pytest.mark.parametrize(
    "marks, expected",
    [
        ({"labels": {"argocd.argoproj.io/instance": "arc"}}, "argocd"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "arc:x"}}, "argocd"),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "arc"}}, "flux"),
        ({}, "helm"),
        ({"helm": None}, "hand"),
    ],
)
def test_owner_is_told_from_marks(marks, expected):
    assert read(autoscalingrunnersets=[b.scale_set(**marks)]).scale_sets[0].managed_by == expected


@pytest.mark.parametrize(
    "group, annotation, expected",
    [("blue", None, "blue"), (None, "green", "green"), (None, None, "Default")],
)
def test_group_is_spec_then_annotation_then_default(group, annotation, expected):
    marks = {"actions.github.com/runner-group-name": annotation} if annotation else {}
    of = b.scale_set(group=group, annotations=marks)
    assert read(autoscalingrunnersets=[of]).scale_sets[0].group == expected


@pytest.mark.parametrize("number, expected", [("12", 12), ("x", None), (None, None)])
def test_scale_set_id_is_a_number_or_none(number, expected):
    of = b.scale_set(scale_set_id=None)
    if number:
        of["metadata"]["annotations"]["runner-scale-set-id"] = number
    assert read(autoscalingrunnersets=[of]).scale_sets[0].scale_set_id == expected


def test_controller_is_read_with_scope_strategy_and_what_is_ready():
    made = b.controller("0.14.2", watch="team-a", strategy="eventual", replicas=2, ready=1)
    one = read(deployments=[made]).controllers[0]
    assert (one.watch_namespace, one.update_strategy, one.desired, one.ready) == (
        "team-a", "eventual", 2, 1,
    )
    assert not one.is_ready and one.watches("team-a") and not one.watches("team-b")
    assert one.service_account == ("arc-systems", "arc-gha-rs-controller")


def test_controller_release_is_that_of_its_image_not_of_its_label():
    one = read(deployments=[b.controller("0.9.3", image=b.image_of("0.9.1"))]).controllers[0]
    assert (one.release, one.label_release) == ("0.9.1", "0.9.3")


def test_unfinished_rollout_is_not_ready():
    made = b.controller()
    made["metadata"]["generation"], made["status"]["observedGeneration"] = 2, 1
    assert not read(deployments=[made]).controllers[0].is_ready


def test_manager_pod_without_deployment_is_stray():
    made = b.controller()
    cluster = read(deployments=[], pods=[b.controller_pod(made, deleting=0)])
    assert [pod.ref.name for pod in cluster.stray_controller_pods] == [
        "arc-gha-rs-controller-abcde"
    ]


def test_vanished_set_is_one_that_helm_calls_deployed():
    cluster = read(
        autoscalingrunnersets=[
            b.scale_set("ci", helm="ci-release"), b.scale_set("hand", helm=None),
        ],
        helm=[b.helm_release("web"), b.helm_release("ci-release"), b.helm_release("hand"),
              b.helm_release("old", status="uninstalled"),
              b.helm_release("arc", chart="gha-runner-scale-set-controller")],
    )
    assert [(one.namespace, one.name, one.release) for one in cluster.vanished] == [
        ("arc-runners", "web", "0.9.3")
    ]


@pytest.mark.parametrize("status", ["failed", "pending-upgrade", "pending-rollback"])
@pytest.mark.parametrize("once_deployed", [True, False])
def test_set_that_went_with_an_upgrade_that_failed_has_vanished(status, once_deployed):
    """The controller deletes it whatever becomes of helm upgrade; what never was there is not missed."""
    one = {**b.helm_release("web", status=status, revision=2), "once_deployed": once_deployed}
    assert bool(read(helm=[one]).vanished) is once_deployed


def test_kind_absent_means_that_every_deployed_set_has_vanished():
    cluster = read(autoscalingrunnersets=reads.KindAbsent(), helm=[b.helm_release("web")])
    assert cluster.scale_sets == () and cluster.kinds_absent == ("autoscalingrunnersets",)
    assert [one.name for one in cluster.vanished] == ["web"]


def test_orphans_are_what_belongs_to_no_set():
    of = b.scale_set("gone")
    group = b.runner_set(of)
    cluster = read(
        autoscalingrunnersets=[b.scale_set("web")],
        autoscalinglisteners=[b.listener(of)],
        ephemeralrunnersets=[group],
        ephemeralrunners=[b.runner(group, name="gone-1", busy=True)],
    )
    assert [one.scale_set_name for one in cluster.orphan_listeners] == ["gone"]
    assert [one.ref.name for one in cluster.orphan_runner_sets] == ["gone-alive"]
    assert [one.ref.name for one in cluster.orphan_runners] == ["gone-1"]
    assert cluster.scale_sets[0].runners == ()
    assert summary.counts_of(cluster).total == 1


def test_reason_and_message_of_a_failed_runner_are_kept():
    of = b.scale_set()
    one = b.runner(b.runner_set(of), phase="Failed", reason="TooManyPodFailures",
                   failures={"a": True, "b": True})
    one["status"]["message"] = "Pod has failed to start more than 5 times"
    runner = read(autoscalingrunnersets=[of], ephemeralrunners=[one]).scale_sets[0].runners[0]
    assert (runner.reason, runner.message, runner.failure_count, runner.is_zombie) == (
        "TooManyPodFailures", "Pod has failed to start more than 5 times", 2, True,
    )


def test_runner_whose_runner_set_is_gone_stays_with_its_set():
    of = b.scale_set()
    cluster = read(autoscalingrunnersets=[of], ephemeralrunners=[b.runner(b.runner_set(of))])
    assert len(cluster.scale_sets[0].runners) == 1 and cluster.orphan_runners == ()


def test_helpers_are_joined_by_label_or_by_cleanup_annotation():
    cluster = read(
        autoscalingrunnersets=[b.scale_set()],
        roles=[b.helper("Role", "web-gha-rs-manager", of=None)],
        serviceaccounts=[b.helper("ServiceAccount", "web-gha-rs-no-permission")],
        secrets=[b.helper("Secret", "web-gha-rs-github-secret"),
                 b.helper("Secret", "unrelated", of=None, protected=False)],
        rolebindings=[b.helper("RoleBinding", "other-gha-rs-kube-mode", of="other", deleting=60)],
    )
    assert {one.ref.name: one.role for one in cluster.scale_sets[0].helpers} == {
        "web-gha-rs-manager": "manager-role",
        "web-gha-rs-no-permission": "no-permission-service-account",
        "web-gha-rs-github-secret": "github-secret",
    }
    assert [(one.ref.name, one.role) for one in cluster.stuck_helpers] == [
        ("other-gha-rs-kube-mode", "kubernetes-mode-role-binding")
    ]


def test_newest_living_runner_set_is_the_live_one():
    of = b.scale_set()
    sets = [b.runner_set(of, name="a", created=9), b.runner_set(of, name="b", created=5),
            b.runner_set(of, name="c", created=1, deleting=0)]
    cluster = read(autoscalingrunnersets=[of], ephemeralrunnersets=sets)
    assert cluster.scale_sets[0].live_runner_set.ref.name == "b"
    assert read(autoscalingrunnersets=[of]).scale_sets[0].live_runner_set is None


@pytest.mark.parametrize(
    "failures, expected",
    [(None, False), ({"a": "2026-06-01T11:00:00Z"}, False), ({"a": True}, True)],
)
def test_failures_that_are_no_times_are_poisoned(failures, expected):
    of = b.scale_set()
    group = b.runner_set(of)
    cluster = read(autoscalingrunnersets=[of], ephemeralrunnersets=[group],
                   ephemeralrunners=[b.runner(group, failures=failures)])
    assert cluster.scale_sets[0].runners[0].failures_poisoned is expected


@pytest.mark.parametrize(
    "notes, state, sets",
    [
        ({"state": "open", "scale-sets": '[{"namespace": "n", "name": "web"}]'}, "open",
         ({"namespace": "n", "name": "web", "helm": ""},)),
        ({"state": "closed", "kind": "rollback"}, "closed", ()),
        ({}, "unreadable", ()),
        ({"state": "open", "scale-sets": "{"}, "unreadable", ()),
        ({"state": "open", "scale-sets": '["web"]'}, "unreadable", ()),
    ],
    ids=["open", "closed", "no-state", "no-json", "wrong-shape"],
)
def test_record_of_an_earlier_run_is_read_from_annotations(notes, state, sets):
    marks = {f"arc.lifecycle/{key}": value for key, value in notes.items()}
    raw = {"metadata": b.meta("Secret", "arc-systems", "record", annotations=marks)}
    record = read(records=[raw]).records[0]
    assert (record.state, record.scale_sets, record.kind) == (state, sets, notes.get("kind", ""))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "Pending", "Running", "Succeeded", "Failed"]),
                  st.booleans(), st.sampled_from(["running", "waiting", "terminated", None])),
        max_size=8,
    )
)
def test_counts_cover_every_runner_once(runners):
    """Counts of the whole are those of its runners, none twice and none left out."""
    parts = b.sound(idle=0)
    group = parts["ephemeralrunnersets"][0]
    for number, (phase, busy, pod) in enumerate(runners):
        one = b.runner(group, name=f"r-{number}", busy=busy, phase=phase)
        parts["ephemeralrunners"].append(one)
        if pod:
            parts["pods"].append(b.runner_pod(one, state=pod))
    cluster = read(**parts)
    assert summary.counts_of(cluster).total == len(runners)
    assert cluster.scale_sets[0].counts.total == len(runners)


def test_live_runner_set_is_unread_where_runner_sets_are():
    cluster = read(autoscalingrunnersets=[b.scale_set()], ephemeralrunnersets=FORBIDDEN)
    assert cluster.scale_sets[0].live_runner_set.reason == "forbidden"


def test_reference_is_text_and_plain_data():
    ref = model.Ref("EphemeralRunner", "ns", "r", "u")
    assert str(ref) == "EphemeralRunner ns/r"
    assert ref.as_dict() == {"kind": "EphemeralRunner", "namespace": "ns", "name": "r",
                             "uid": "u"}


def test_times_are_aware_utc():
    cluster = read(**b.sound())
    created = cluster.scale_sets[0].created
    assert created.utcoffset() == timedelta(0)
    assert cluster.at - created == timedelta(minutes=60)
