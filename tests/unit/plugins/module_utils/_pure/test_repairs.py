# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be mended, on which proof, by which write, and what must be left alone."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    finding_table,
    reads,
    repair_table,
    repairs,
    vanished_sets,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    deleting,
    view_of,
)

SOUND = ["0.9.0", "0.9.3", "0.11.0", "0.12.1", "0.13.0", "0.13.1", "0.14.2"]


def found(parts, **options):
    return repairs.find(view_of(parts), repairs.Options(**options), b.NOW)


def orphaned(parts):
    parts["autoscalingrunnersets"].clear()
    parts["ephemeralrunnersets"].clear()
    parts["ephemeralrunners"].clear()


def old_name(parts):
    """As 0.13.0 named it, under a controller of 0.13.1 (#4629)."""
    raw = parts["autoscalinglisteners"][0]
    raw["metadata"]["name"] = "web-12345678-listener"


def old_image(parts):
    parts["autoscalinglisteners"][0]["spec"]["image"] = b.image_of("0.9.1")


def dead_runner_set(parts):
    parts["autoscalinglisteners"][0]["spec"]["ephemeralRunnerSetName"] = "web-gone"


def zombie(parts, **changes):
    group = parts["ephemeralrunnersets"][0]
    parts["ephemeralrunners"].append(
        b.runner(group, name="web-alive-runner-9", phase="Failed", reason="TooManyPodFailures",
                 **changes)
    )


def outdated(parts):
    parts["autoscalingrunnersets"][0]["status"]["phase"] = "Outdated"
    del parts["autoscalingrunnersets"][0]["metadata"]["annotations"]["runner-scale-set-id"]
    for part in ("autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners"):
        parts[part].clear()


def deadlock(parts):
    manager = parts["deployments"][0]["spec"]["template"]["spec"]["containers"][0]
    manager["args"].append("--update-strategy=eventual")
    parts["autoscalinglisteners"].clear()
    parts["ephemeralrunnersets"][0]["spec"]["replicas"] = 1


def hangs(parts):
    deleting(parts, minutes=5)
    for part in ("autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners"):
        parts[part].clear()


def poisoned(parts):
    parts["ephemeralrunners"][0]["status"]["failures"] = {"a": True}


def no_patch_id(parts):
    parts["ephemeralrunnersets"][0]["spec"].pop("patchID")


def bare(parts):
    parts["roles"] = [b.helper("Role", "web-gha-rs-manager")]
    parts["roles"][0]["metadata"]["finalizers"] = ["somebody.example/else"]


CASES = {
    "set is gone": ("0.9.3", orphaned, "orphaned-listener", "delete", "AutoscalingListener"),
    "name of before": ("0.13.1", old_name, "orphaned-listener", "delete", "AutoscalingListener"),
    "old image": ("0.9.3", old_image, "stale-listener", "delete", "AutoscalingListener"),
    "dead set": ("0.14.2", dead_runner_set, "stale-listener", "delete", "AutoscalingListener"),
    "zombie": ("0.9.3", zombie, "zombie-runner", "delete", "EphemeralRunner"),
    "parked": ("0.14.2", outdated, "outdated", "patch_status", "AutoscalingRunnerSet"),
    "deadlock": ("0.14.2", deadlock, "eventual-deadlock", "patch", "EphemeralRunnerSet"),
    "poisoned": ("0.12.1", poisoned, "poisoned-failures", "patch_status", "EphemeralRunner"),
    "no patchID": ("0.9.3", no_patch_id, "patch-id-missing", "patch", "EphemeralRunnerSet"),
    "bare role": ("0.14.2", bare, "unprotected-helper", "patch", "Role"),
}


def test_living_set_that_github_has_no_more_is_deleted_if_it_can_be_made_again():
    parts = b.sound("0.14.2")
    (one,) = found(parts, lost_at_github=("arc-runners/web",))
    assert one.id == "dead-at-github" and "nobody could make it again" in one.held
    body = {"metadata": {"name": "web", "namespace": "arc-runners"}}
    stored = vanished_sets.Stored((vanished_sets.Manifest(("arc-runners", "web"), body),))
    (one,) = found(parts, lost_at_github=("arc-runners/web",), stored=stored)
    assert (one.held, one.act.verb, one.ref.kind) == ("", "delete", "AutoscalingRunnerSet")
    assert found(parts, lost_at_github=("arc-runners/other",), stored=stored) == ()


def test_protected_helpers_are_in_order():
    parts = b.sound("0.14.2")
    parts["roles"] = [b.helper("Role", "web-gha-rs-manager")]
    # Another set's, and one of the same name elsewhere.
    parts["roles"].append(b.helper("Role", "web-gha-rs-manager", namespace="x", protected=False))
    parts["roles"].append(b.helper("Role", "y-gha-rs-manager", protected=False))
    assert found(parts) == ()


@pytest.mark.parametrize("release", SOUND)
def test_sound_cluster_has_nothing_to_mend(release):
    assert found(b.sound(release, busy=1)) == ()
    assert found(deleting(b.sound(release, busy=1), minutes=5)) == ()


@pytest.mark.parametrize("case", CASES)
def test_trouble_is_found_with_its_write(case):
    release, spoil, id, verb, kind = CASES[case]
    parts = b.sound(release)
    spoil(parts)
    (one,) = found(parts)
    assert (one.id, one.act.verb, one.ref.kind, one.held) == (id, verb, kind, "")
    assert one.proof and one.as_dict()["undo"]
    if verb == "delete":
        assert one.act.body["preconditions"] == {"uid": one.ref.uid}
    else:
        assert one.act.body[0] == {"op": "test", "path": "/metadata/uid", "value": one.ref.uid}
    assert repairs.chosen([one], [id]) == repairs.chosen([one], [one.key]) == (one,)
    assert repairs.chosen([one], ["another", f"{id}: EphemeralRunner a/b"]) == ()


@pytest.mark.parametrize("case", CASES)
def test_trouble_that_could_not_be_seen_leads_to_no_write(case):
    release, spoil, *_rest = CASES[case]
    parts = b.sound(release)
    spoil(parts)
    for part in ("autoscalingrunnersets", "deployments"):
        blind = {**parts, part: reads.Unread("forbidden", f"list {part}", part)}
        assert [one for one in found(blind) if not one.held] == []


def test_outdated_set_is_left_alone_until_its_runner_set_and_its_id_have_gone():
    for part in ("ephemeralrunnersets", "autoscalingrunnersets"):
        parts = b.sound("0.14.2", idle=0)
        kept = copy.deepcopy(parts[part])
        outdated(parts)
        parts[part] = kept
        parts["autoscalingrunnersets"][0]["status"]["phase"] = "Outdated"
        (one,) = found(parts)
        assert (one.id, bool(one.held)) == ("outdated", True)


@pytest.mark.parametrize("part", ["autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners"])
def test_outdated_set_of_which_not_all_was_read_is_left_alone(part):
    parts = b.sound("0.14.2")
    outdated(parts)
    assert found({**parts, part: reads.Unread("503")}) == ()


def test_zombie_with_a_job_and_a_young_one_are_left_alone():
    parts = b.sound()
    zombie(parts, busy=True)
    (one,) = found(parts)
    assert "cancel the run" in one.held and repairs.chosen([one], ["zombie-runner"]) == ()
    parts = b.sound()
    zombie(parts, created=1)
    assert found(parts) == ()


def test_orphaned_listener_without_a_controller_is_held():
    parts = b.sound()
    orphaned(parts)
    parts["deployments"].clear()
    (one,) = found(parts)
    assert one.held.startswith("no controller at work")


@pytest.mark.parametrize("is_bound", [True, False], ids=["alive", "dead-runner-set"])
@pytest.mark.parametrize("deleting", [None, 5])
def test_listener_of_an_older_rule_is_orphaned_whatever_else_ails_it_and_while_its_set_goes(is_bound, deleting):
    parts = b.sound("0.13.1", deleting=deleting)
    old_name(parts)
    if not is_bound:
        dead_runner_set(parts)
    assert [one.id for one in found(parts)] == ["orphaned-listener"]


def test_listener_of_a_set_that_goes_is_not_made_anew():
    parts = b.sound("0.13.1", deleting=5)
    old_image(parts)
    assert found(parts) == ()


def test_deletion_that_hangs_needs_the_word_of_somebody_who_knows():
    parts = b.sound()
    hangs(parts)
    (one,) = found(parts)
    assert one.id == "lost-at-github" and "jobs of another cluster" in one.held
    (one,) = found(parts, lost_at_github=("arc-runners/web",))
    assert one.held == ""
    assert one.act.body[-1] == {
        "op": "remove", "path": "/metadata/annotations/runner-scale-set-id"}


def test_failures_are_left_while_the_old_controller_writes_them():
    parts = b.sound("0.9.3")
    poisoned(parts)
    (one,) = found(parts)
    assert "when the old one is gone" in one.held


def test_failures_of_a_runner_without_a_set_are_mended_under_the_old_controller_too():
    parts = b.sound("0.9.3", idle=0)
    gone = b.runner_set(b.scale_set("gone", release="0.9.3"), replicas=1)
    parts["ephemeralrunners"].append(
        b.runner(gone, name="gone-1", failures={"x": True}, release="0.9.3"))
    (one,) = [each for each in found(parts) if each.id == "poisoned-failures"]
    assert one.held == ""


def test_deadlock_of_a_settling_drain_is_left_to_it():
    parts = b.sound("0.14.2")
    deadlock(parts)
    parts["autoscalingrunnersets"][0]["metadata"]["annotations"][
        "arc.lifecycle/limits-before"
    ] = '{"min": 1, "max": 4, "touched": 5, "listeners": [], "waiting": 0}'
    (one,) = found(parts)
    assert "state resumed" in one.held


def test_busy_runner_keeps_a_deadlock_from_being_one():
    parts = b.sound("0.14.2", busy=1)
    deadlock(parts)
    assert found(parts) == ()


def test_protection_is_added_to_the_finalizers_that_were_read():
    parts = b.sound("0.14.2")
    bare(parts)
    (one,) = found(parts)
    assert one.act.body[1:] == [
        {"op": "test", "path": "/metadata/finalizers", "value": ["somebody.example/else"]},
        {"op": "add", "path": "/metadata/finalizers",
         "value": ["somebody.example/else", b.CLEANUP_PROTECTION]},
    ]  # fmt: skip


def test_helper_that_never_had_a_finalizer_is_held_to_its_reading():
    parts = b.sound("0.14.2")
    parts["roles"] = [b.helper("Role", "web-gha-rs-manager", protected=False)]
    parts["roles"][0]["metadata"]["resourceVersion"] = "7"
    (one,) = found(parts)
    assert one.act.body[1] == {"op": "test", "path": "/metadata/resourceVersion", "value": "7"}


def test_helper_that_is_being_deleted_is_not_held_back():
    parts = b.sound("0.14.2")
    parts["roles"] = [b.helper("Role", "web-gha-rs-manager", protected=False, deleting=1)]
    assert found(parts) == ()


def test_listeners_go_first():
    parts = b.sound("0.14.2")
    zombie(parts)
    dead_runner_set(parts)
    assert [one.id for one in found(parts)] == ["stale-listener", "zombie-runner"]


def test_every_repair_says_what_it_is():
    for id, kind in repair_table.REPAIRS.items():
        assert all(kind), id
    # What mends a finding is found by looking for it in the table of findings.
    assert "outdated" in finding_table.FINDINGS and "eventual-deadlock" in finding_table.FINDINGS
