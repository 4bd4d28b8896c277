# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each finding appears for its cause, and a sound cluster has none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_set,
    findings,
    model,
    reads,
    releases,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def crds_of(release):
    name = releases.release(release).crd_set
    return crd_set.CrdState(crd_set.EXACT, name, crd_set.releases_of(name))


def found(parts, crds=None):
    cluster = model.read_cluster(b.snapshot(**parts))
    if crds is not None:
        cluster = replace(cluster, crds=crds)
    return {(one.id, one.severity): one for one in findings.findings_of(cluster)}


def change(part, number=0, **meta):
    """Return an edit that sets metadata of one object of the sound cluster."""
    def edit(parts):
        parts[part][number]["metadata"].update(meta)
    return edit


def drop(part):
    return lambda parts: parts.update({part: []})


def remake_set(**changes):
    def edit(parts):
        parts["autoscalingrunnersets"][0] = b.scale_set(**changes)
    return edit


def second_controller(**changes):
    return lambda parts: parts["deployments"].append(b.controller(name="second", **changes))


def remake_listener(**changes):
    def edit(parts):
        parts["autoscalinglisteners"][0] = b.listener(parts["autoscalingrunnersets"][0], **changes)
    return edit


def add_runner(pod=False, **changes):
    def edit(parts):
        group = parts["ephemeralrunnersets"][0]
        parts["ephemeralrunners"].append(b.runner(group, name="odd", **changes))
        if pod:
            parts["pods"].append(b.runner_pod(parts["ephemeralrunners"][-1]))
    return edit


def listener_pod(**changes):
    def edit(parts):
        parts["pods"][1] = b.listener_pod(parts["autoscalinglisteners"][0], **changes)
    return edit


def both(*edits):
    def edit(parts):
        for one in edits:
            one(parts)
    return edit


def put(part, *raws):
    return lambda parts: parts.update({part: list(raws)})


def secret(*keys):
    def edit(parts):
        parts["credentials"] = b.credentials(parts["autoscalingrunnersets"], *keys)
    return edit


def record(state, **notes):
    told = {"state": state, **notes} if state else {}
    marks = {f"arc.lifecycle/{key.replace('_', '-')}": value for key, value in told.items()}
    return {"metadata": b.meta("Secret", b.SYSTEMS, "record", annotations=marks)}


def paused(note="", **limits):
    before = note or '{"min": 1, "max": 5, "touched": 0, "listeners": [], "waiting": 0}'
    return remake_set(**{"min_runners": 0, "max_runners": 0, **limits},
                      annotations={"arc.lifecycle/limits-before": before})


def eventual(parts):
    parts["deployments"][0] = b.controller(strategy="eventual")
    parts["autoscalinglisteners"], parts["pods"][1:2] = [], []


CASES = [
    ("unread", "blocker", lambda p: p.update(pods=reads.Unread("forbidden", "list pods"))),
    ("arc-absent", "info", lambda p: p.update(autoscalingrunnersets=reads.KindAbsent())),
    ("controllers-overlap", "blocker", second_controller(release="0.9.1")),
    ("controller-absent", "blocker", drop("deployments")),
    ("controller-not-ready", "blocker", put("deployments", b.controller(ready=0))),
    ("controller-image-differs", "warning",
     put("deployments", b.controller(image=b.image_of("0.10.0")))),
    ("stray-controller-pod", "warning", drop("deployments")),
    ("release-unknown", "blocker", put("deployments", b.controller("dev"))),
    ("release-unknown", "blocker", remake_set(release="dev")),
    ("release-unknown", "blocker", remake_set(release=None)),
    ("gate-mismatch", "warning", remake_set(release="0.9.1")),
    ("set-vanished", "warning", drop("autoscalingrunnersets")),
    ("set-terminating", "warning", remake_set(deleting=1)),
    ("scale-set-id-missing", "warning", remake_set(scale_set_id=None)),
    ("outdated", "warning", remake_set(phase="Outdated")),
    ("limits-contradict", "warning", remake_set(min_runners=5, max_runners=2)),
    ("set-paused", "warning", paused()),
    ("secret-missing", "blocker", put("credentials")),
    ("secret-missing", "blocker", secret("token")),
    ("secret-missing", "blocker", secret("github_app_id", "github_app_installation_id")),
    ("kubernetes-mode", "info", remake_set(mode="kubernetes")),
    ("gitops-owned", "blocker", remake_set(labels={"argocd.argoproj.io/instance": "arc"})),
    ("gitops-owned", "blocker",
     change("deployments", labels={"helm.toolkit.fluxcd.io/name": "arc"})),
    ("experimental-chart", "blocker",
     put("helm", b.helm_release(chart="gha-runner-scale-set-experimental"))),
    ("helm-release-unfinished", "warning", put("helm", b.helm_release(status="pending-upgrade"))),
    ("stuck-deletion", "warning", remake_set(deleting=11)),
    ("stuck-deletion", "blocker", both(remake_set(deleting=11), drop("deployments"))),
    ("listener-missing", "warning", drop("autoscalinglisteners")),
    ("listener-ill", "warning", listener_pod(state="waiting")),
    ("listener-ill", "warning", listener_pod(state="terminated", exit_code=1)),
    ("listener-ill", "warning", listener_pod(ready=False)),
    ("listener-orphaned", "warning", remake_listener(name="web-0badc0de-listener")),
    ("listener-orphaned", "warning", drop("autoscalingrunnersets")),
    ("listener-stale-image", "warning", remake_listener(release="0.9.1")),
    ("listener-of-dead-runner-set", "warning", remake_listener(runner_set="web-gone")),
    ("listener-wrong-id", "warning", remake_set(scale_set_id=5)),
    ("eventual-deadlock", "warning", eventual),
    ("zombie-runners", "warning", add_runner(phase="Failed", reason="TooManyPodFailures")),
    ("zombie-runners", "warning", add_runner(phase="Running")),
    ("poisoned-failures", "warning", add_runner(pod=True, failures={"x": True})),
    ("orphan-runners", "warning", drop("autoscalingrunnersets")),
    ("helper-leftover", "blocker",
     put("roles", b.helper("Role", "old-gha-rs-manager", of="old", deleting=60))),
    ("helper-leftover", "warning",
     put("roles", b.helper("Role", "old-gha-rs-manager", of="old"))),
    ("run-unfinished", "warning", put("records", record("open"))),
    ("record-unreadable", "blocker", put("records", record(""))),
]


@pytest.mark.parametrize(
    "id, severity, edit", CASES, ids=[f"{n:02}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_finding_appears_for_its_cause(id, severity, edit):
    parts = b.sound()
    edit(parts)
    told = found(parts)
    assert (id, severity) in told
    one = told[(id, severity)]
    assert one.object and one.reason and one.remedy and one.cluster == "blue"


@pytest.mark.parametrize("release", [n for n in releases.SUPPORTED if n not in
                                     ("0.9.0", "0.9.1", "0.9.2")])
def test_sound_cluster_has_no_finding(release):
    assert found(b.sound(release, names=("web", "ci"), busy=1), crds_of(release)) == {}


@pytest.mark.parametrize("release", ["0.9.0", "0.9.1", "0.9.2"])
def test_slow_release_is_the_only_finding_of_a_sound_old_cluster(release):
    assert set(found(b.sound(release), crds_of(release))) == {("slow-release", "warning")}


@pytest.mark.parametrize(
    "state, expected",
    [
        (crds_of("0.12.0"), "crds-behind"),
        (crds_of("0.14.2"), "crds-ahead"),
        (crd_set.CrdState(crd_set.MIXED), "crds-mixed"),
        (crd_set.CrdState(crd_set.EDITED), "crds-edited"),
        (crd_set.CrdState(crd_set.UNKNOWN), "crds-unknown"),
        (crd_set.CrdState(crd_set.PARTIAL), "crds-partial"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.verdict,
)
def test_crds_that_do_not_fit_are_told(state, expected):
    assert set(found(b.sound("0.13.1"), state)) == {(expected, "warning")}


@pytest.mark.parametrize("edit", [
    secret("github_token", "more"),
    secret("github_app_id", "github_app_installation_id", "github_app_private_key"),
    put("credentials"), lambda parts: parts.update(credentials=reads.Unread("forbidden")),
], ids=["token", "app", "vault", "unread"])
def test_credentials_that_suffice_or_are_not_known_are_no_finding(edit, request):
    parts = b.sound()
    edit(parts)
    if "vault" in request.node.name:
        parts["autoscalingrunnersets"][0]["spec"]["vaultConfig"] = {"type": "azure_key_vault"}
    assert "secret-missing" not in {id for id, _severity in found(parts)}


def test_crd_in_terminating_blocks():
    match = crd_set.CrdMatch("autoscalingrunnersets.actions.github.com", "exact",
                             terminating=True)
    assert ("crd-terminating", "blocker") in found(
        b.sound(), replace(crds_of("0.9.3"), crds=(match,))
    )


def test_long_deletion_with_a_busy_runner_is_not_stuck():
    parts = b.sound(busy=1, deleting=120)
    assert "stuck-deletion" not in {id for id, _severity in found(parts)}


def test_poisoned_failures_block_where_the_controller_cannot_decode_them():
    parts = b.sound("0.14.2")
    add_runner(pod=True, failures={"x": True})(parts)
    one = found(parts)[("poisoned-failures", "blocker")]
    assert "stands still" in one.reason


def test_controller_that_serves_nothing_yet_is_a_warning_only():
    told = found({"deployments": [b.controller(ready=0)]})
    assert set(told) == {("controller-not-ready", "warning")}


def test_paused_set_is_told_with_its_limits_of_before_and_the_way_back():
    parts = b.sound()
    paused()(parts)
    one = found(parts)[("set-paused", "warning")]
    assert one.object == f"AutoscalingRunnerSet {b.RUNNERS}/web" and "minRunners 1, maxRunners 5" in one.reason
    assert f"arc.lifecycle.resume -e arc_drain_names={b.RUNNERS}/web" in one.remedy
    assert "-e arc_drain_all=true" in one.remedy
    unlimited = '{"min": null, "max": null, "touched": 0, "listeners": [], "waiting": null}'
    paused(unlimited)(parts)
    assert "minRunners unset, maxRunners unset" in found(parts)[("set-paused", "warning")].reason


@pytest.mark.parametrize("edit", [
    remake_set(min_runners=0, max_runners=0),
    paused(max_runners=3),
    paused("{broken"),
    paused('{"min": 1, "max": 0, "touched": 1, "listeners": [], "waiting": 0}', max_runners=1, min_runners=1),
    both(paused(), change("autoscalingrunnersets", deletionTimestamp=b.ago(1))),
], ids=["by-hand", "changed-since", "unreadable", "settling", "going"])
def test_set_that_no_pause_of_ours_holds_is_not_told_as_paused(edit):
    parts = b.sound()
    edit(parts)
    assert ("set-paused", "warning") not in found(parts)


@pytest.mark.parametrize("notes, said, unsaid", [
    ({"kind": "upgrade", "from_release": "0.9.3", "to_release": "0.14.2"},
     ["arc.lifecycle.upgrade -e arc_target=0.14.2 again", "arc.lifecycle.rollback goes back to 0.9.3"], []),
    ({"from_release": "dev", "to_release": "0.14.2"}, ["arc.lifecycle.upgrade -e arc_target=0.14.2"],
     ["rollback"]),
    ({"from_release": "0.14.2", "to_release": "0.14.2"}, ["arc.lifecycle.upgrade"], ["rollback"]),
    ({"kind": "rollback", "from_release": "0.14.2", "to_release": "0.9.3"},
     ["arc.lifecycle.rollback again"], ["upgrade"]),
    ({}, ["the same playbook again"], ["arc_target"]),
], ids=["upgrade", "from-unknown", "proof", "rollback", "bare"])
def test_remedy_of_an_open_record_is_the_next_safe_command(notes, said, unsaid):
    one = found({"records": [record("open", started="2026-01-31T12:00:00Z", **notes)]})[
        ("run-unfinished", "warning")]
    assert "2026-01-31T12:00:00Z" in one.reason
    assert all(text in one.remedy for text in said), one.remedy
    assert not [text for text in unsaid if text in one.remedy], one.remedy


def test_controllers_of_different_namespaces_do_not_overlap():
    parts = {"deployments": [b.controller(name="a", watch="team-a"),
                             b.controller(name="b", watch="team-b")]}
    assert found(parts) == {}


def test_missing_listener_of_an_outdated_set_is_not_told_twice():
    parts = b.sound("0.14.2", phase="Outdated", idle=0)
    parts["autoscalinglisteners"], parts["ephemeralrunnersets"] = [], []
    assert set(found(parts)) == {("outdated", "warning")}


def test_eventual_without_warm_runners_waits_and_is_no_deadlock():
    parts = b.sound(min_runners=0)
    eventual(parts)
    told = found(parts)
    assert "eventual" in told[("listener-missing", "warning")].reason
    assert ("eventual-deadlock", "warning") not in told


def test_deadlock_is_not_claimed_where_runners_were_not_read():
    parts = b.sound()
    eventual(parts)
    parts["ephemeralrunners"] = reads.Unread("forbidden")
    ids = {id for id, _severity in found(parts)}
    assert "eventual-deadlock" not in ids and "listener-missing" in ids


def test_absence_is_not_concluded_from_what_was_not_read():
    gap = reads.Unread("forbidden")
    blind = {part: gap for part in ("deployments", "autoscalinglisteners", "helm",
                                    "ephemeralrunnersets", "pods")}
    assert {id for id, _severity in found({**b.sound(), **blind})} == {"unread"}


@pytest.mark.parametrize("reason", ["forbidden", "the right to list pods is missing"])
def test_missing_right_is_said_once(reason):
    gap = {"pods": reads.Unread(reason, "list pods")}
    cluster = model.read_cluster(b.snapshot(**{**b.sound(), **gap}))
    (one,) = [one for one in findings.findings_of(cluster) if one.id == "unread"]
    assert one.reason.count("the right to list pods is missing") == 1


def test_runner_that_has_just_begun_is_no_zombie():
    parts = b.sound(idle=0)
    group = parts["ephemeralrunnersets"][0]
    parts["ephemeralrunners"] = [b.runner(group, name="young", created=1)]
    assert ("zombie-runners", "warning") not in found(parts)


def test_many_zombies_are_one_finding_of_bounded_size():
    parts = b.sound(idle=0)
    group = parts["ephemeralrunnersets"][0]
    parts["ephemeralrunners"] = [
        b.runner(group, name=f"dead-{number:04}", phase="Failed") for number in range(1000)
    ]
    one = found(parts)[("zombie-runners", "warning")]
    assert one.reason.startswith("1000 with") and one.reason.endswith("and 995 more")


def test_findings_come_gravest_first():
    parts = b.sound("0.9.1", mode="kubernetes")
    second_controller()(parts)
    severities = [one.severity for one in findings.findings_of(
        model.read_cluster(b.snapshot(**parts)))]
    assert severities == sorted(severities, key=("blocker", "warning", "info").index)
    assert set(severities) == {"blocker", "warning", "info"}


def test_table_is_complete_and_findings_are_plain_data():
    for kind in findings.FINDINGS.values():
        assert kind.severity in ("blocker", "warning", "info") and kind.meaning and kind.remedy
    one = findings.make("unread", "pods", "forbidden", cluster="blue")
    assert one.as_dict() == {
        "id": "unread", "severity": "blocker", "cluster": "blue", "object": "pods",
        "reason": "forbidden", "remedy": findings.FINDINGS["unread"].remedy,
    }
    with pytest.raises(KeyError):
        findings.make("no-such-id", "x", "y")


@settings(max_examples=50, deadline=None)
@given(st.sets(st.sampled_from(reads.PARTS), min_size=1))
def test_every_unread_part_is_a_blocker_that_names_the_right(unread):
    """Rule 1: a gap in sight is told, whichever it is, and breaks no other judgement."""
    gaps = {part: reads.Unread("forbidden", f"list {part}") for part in unread}
    cluster = model.read_cluster(b.snapshot(**{**b.sound(), **gaps}))
    told = [one for one in findings.findings_of(cluster) if one.id == "unread"]
    assert {one.object for one in told} == unread
    assert all(one.severity == "blocker" and f"list {one.object}" in one.reason for one in told)


@pytest.mark.parametrize("image, url, is_told", [
    ("ghcr.io/actions/actions-runner:2.334.0", "https://github.com/acme", True),
    ("ghcr.io/actions/actions-runner:v2.311.0", "https://github.com/acme/app", True),
    ("mirror.example.com/x/actions-runner:2.311.0@sha256:00", "https://acme.ghe.com/acme", True),
    ("ghcr.io/actions/actions-runner:2.335.0", "https://github.com/acme", False),
    ("ghcr.io/actions/actions-runner:latest", "https://github.com/acme", False),
    ("ghcr.io/actions/actions-runner@sha256:00", "https://github.com/acme", False),
    ("registry.example.com/acme/runner:1.0.0", "https://github.com/acme", False),
    ("ghcr.io/actions/actions-runner:2.311.0", "https://github.example.com/acme", False),
    ("ghcr.io/actions/actions-runner:2.311.0", "https://notgithub.com/acme", False),
])
def test_runner_that_github_refuses_is_told(image, url, is_told):
    parts = b.sound("0.14.2", url=url)
    pod = parts["autoscalingrunnersets"][0]["spec"]["template"]["spec"]
    pod["containers"] = [{"name": "dind", "image": "docker:1.0.0"}, {"name": "runner", "image": image}]
    assert (("runner-too-old", "blocker") in found(parts)) is is_told
