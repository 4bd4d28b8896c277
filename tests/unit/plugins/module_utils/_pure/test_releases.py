# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of releases against what ARC's own sources and tests say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    errors,
    release_facts,
    releases,
)

NAMES = st.sampled_from(sorted(releases.RELEASES))


@pytest.mark.parametrize(
    "label, build, kept",
    [
        # ARC API/version_test.go at 0.12.0; builds outside the table follow the present rule.
        ("0.11.0", "dev", True),
        ("dev", "0.12.0", False),
        ("0.11.0", "NA", False),
        ("0.12.0", "1.12.0", False),
        ("0.12.0", "0.13.0", False),
        ("0.12.1", "0.12.0", True),
        ("abc", "abc", True),
        # API/version.go: text after the patch digits is ignored, a leading v is not.
        ("0.12.1-rc1", "0.12.0", True),
        ("v0.12.1", "0.12.1", False),
        ("", "0.12.1", False),
        (None, "0.12.1", False),
        ("0.12", "0.12.1", True),
        ("0", "0.0.1", True),
        ("0.12.x", "0.12.1", False),
        ("0.012.1", "0.12.1", False),
        ("0.12.01", "0.12.1", False),
        ("0.12.0-", "0.12.1", True),
        ("0.14.2", "canary-abc1234", True),
        ("0.14.2", "0.15.0", False),
        # Up to 0.11.0 the label must be equal.
        ("0.9.0", "0.9.1", False),
        ("0.9.1", "0.9.1", True),
        ("0.11.0", "0.11.0", True),
        ("0.10.0", "0.10.1", False),
        ("dev", "0.9.1", False),
        # 0.4.0 has no gate.
        ("0.5.0", "0.4.0", True),
        (None, "0.4.0", True),
    ],
)
def test_gate_keeps_or_deletes_as_the_controller_does(label, build, kept):
    assert releases.gate_allows(label, build) is kept


@pytest.mark.parametrize(
    "start, end, kind, crds_change",
    [
        ("0.9.0", "0.9.1", "full_cycle", False),
        ("0.9.3", "0.14.2", "full_cycle", True),
        ("0.10.1", "0.11.0", "full_cycle", True),
        ("0.9.0", "0.10.1", "full_cycle", False),
        ("0.11.0", "0.12.0", "full_cycle", True),
        ("0.12.0", "0.12.1", "in_place", False),
        ("0.13.0", "0.13.1", "in_place", False),
        ("0.13.1", "0.14.0", "full_cycle", True),
        ("0.14.0", "0.14.2", "in_place", False),
        ("0.14.2", "0.14.2", "none", False),
        ("0.4.0", "0.5.0", "full_cycle", False),
    ],
)
def test_hop_kind_and_crds(start, end, kind, crds_change):
    hop = releases.hop(start, end)
    assert (hop.kind, hop.crds_change, hop.downgrade) == (kind, crds_change, False)


def test_hop_notes_name_what_is_crossed():
    assert releases.hop("0.13.0", "0.13.1").notes == ("listener-name",)
    assert releases.hop("0.13.1", "0.14.2").notes == ("runner-image-age",)
    assert "failures-type" in releases.hop("0.12.0", "0.11.0").notes
    assert releases.hop("0.13.0", "0.13.1").as_dict()["notes"] == ["listener-name"]


@given(NAMES, NAMES)
def test_hop_there_and_back_differs_in_direction_only(one, other):
    """A hop is judged alike in both directions; just one of them is a downgrade."""
    there, back = releases.hop(one, other), releases.hop(other, one)
    assert (there.kind, there.crds_change, there.notes) == (
        back.kind, back.crds_change, back.notes,
    )
    assert there.downgrade + back.downgrade == (one != other)
    assert (there.kind == releases.NONE) == (one == other)


@given(NAMES, NAMES)
def test_hop_in_place_only_where_both_gates_keep_the_sets(one, other):
    """Rule 4: live sets survive a hop only if neither controller deletes them."""
    if releases.hop(one, other).kind == releases.IN_PLACE:
        assert releases.gate_allows(one, other) and releases.gate_allows(other, one)
        assert releases.release(one).crd_set == releases.release(other).crd_set


@given(st.text(max_size=12), st.text(max_size=12))
def test_gate_never_fails_on_any_text(label, build):
    """A label is whatever somebody wrote there."""
    assert releases.gate_allows(label, build) in (True, False)


@pytest.mark.parametrize(
    "rule, expected",
    [("namespace", "web-754b578d-listener"), ("namespace@group@url", "web-")],
    ids=["up-to-0.13.0-as-seen", "from-0.13.1"],
)
def test_listener_name_is_hashed_as_arc_does(rule, expected):
    name = releases.listener_name(
        rule, namespace="arc-runners", scale_set="web", group="blue", url="https://github.com/a"
    )
    assert name.startswith(expected) and name.endswith("-listener")


def test_listener_name_depends_on_group_and_url_only_from_0_13_1():
    def names(release):
        rule = releases.release(release).listener_hash
        return {
            releases.listener_name(rule, namespace="n", scale_set="s", group=group, url=url)
            for group in ("", "blue") for url in ("u", "v")
        }

    assert (len(names("0.13.0")), len(names("0.13.1"))) == (1, 4)


@pytest.mark.parametrize(
    "image, expected",
    [
        ("ghcr.io/actions/gha-runner-scale-set-controller:0.9.3", "0.9.3"),
        ("127.0.0.1:5000/arc:0.14.2", "0.14.2"),
        ("127.0.0.1:5000/arc", None),
        ("arc:0.9.3@sha256:0123", "0.9.3"),
        ("arc@sha256:0123", None),
        ("arc:latest", None),
        ("arc:v0.9.3", None),
        ("arc:0.15.0", "0.15.0"),
        ("", None),
    ],
)
def test_release_of_image_is_its_tag(image, expected):
    assert releases.release_of_image(image) == expected


@pytest.mark.parametrize("name", ["0.9", "v0.9.3", "0.9.4", "0.15.0", "latest", ""])
def test_unknown_release_is_bad_input_that_names_the_choices(name):
    with pytest.raises(errors.BadInput, match="Give one of 0.9.0, 0.9.1") as caught:
        releases.hop(name, "0.14.2")
    assert repr(name) in str(caught.value)
    assert not releases.is_known(name)


@pytest.mark.parametrize(
    "name, expected",
    [("0.15.0", "0.14.2"), ("0.12.7", "0.12.1"), ("0.9.0", "0.9.0"), ("0.3.0", None),
     ("dev", None), (None, None)],
)
def test_nearest_is_the_newest_known_that_is_not_newer(name, expected):
    found = releases.nearest(name)
    assert (found.name if found else None) == expected


@pytest.mark.parametrize(
    "field, values",
    [
        ("gate", {"0.4.0": "none", "0.11.0": "exact", "0.12.0": "minor"}),
        ("has_capacity_header", {"0.9.0": False, "0.9.1": True}),
        ("acquires", {"0.9.0": "all", "0.13.1": "offered", "0.14.0": "none",
                      "0.14.1": "offered"}),
        ("helper_pace", {"0.9.2": "one_per_pass", "0.9.3": "all_in_one_pass"}),
        ("failures_type", {"0.11.0": "boolean", "0.12.0": "date-time"}),
        ("has_update_strategy", {"0.4.0": False, "0.5.0": True}),
        ("scale_set_phases", {"0.13.1": (), "0.14.0": ("Pending", "Running", "Outdated")}),
        ("controller_job_field", {"0.12.1": "jobRequestId", "0.13.0": "jobId"}),
        ("dind_minimum_kubernetes", {"0.11.0": None, "0.12.0": (1, 29)}),
        ("jit_config", {"0.12.1": "status", "0.13.0": "secret"}),
        ("is_supported", {"0.8.3": False, "0.9.0": True}),
        ("advice", {"0.9.2": ("slow-release",), "0.9.3": ()}),
    ],
)
def test_fact_changes_at_its_release(field, values):
    assert {name: getattr(releases.release(name), field) for name in values} == values


def test_bugs_are_known_from_first_to_last():
    def has(bug):
        return [n for n, one in releases.RELEASES.items() if bug in one.known_bugs]

    assert has("novolume-service-account") == ["0.13.0", "0.13.1", "0.14.0", "0.14.1"]
    assert has("concurrency-flag-key") == ["0.10.0"]
    assert has("slow-helper-cleanup")[-1] == "0.9.2"


def test_every_fact_begins_at_a_release_and_has_a_source():
    for facts in release_facts.FACTS.values():
        numbers = [releases.parse(fact.since) for fact in facts]
        assert facts[0].since == releases.OLDEST and numbers == sorted(numbers)
        assert all(fact.source and fact.since in releases.RELEASES for fact in facts)
    for span in release_facts.KNOWN_BUGS + release_facts.ADVICE:
        assert {span.first, span.last} <= set(releases.RELEASES) and span.source and span.text


def test_source_of_a_fact_is_that_of_its_release():
    assert "#2521" in releases.fact_source("gate", "0.11.0")
    assert "#4080" in releases.fact_source("gate", "0.14.2")


def test_busy_fields_are_those_of_all_releases():
    assert {"jobRequestId", "workflowRunId", "jobId"} <= set(releases.BUSY_FIELDS)


@pytest.mark.parametrize(
    "release, mode, expected",
    [("0.12.0", "dind", (1, 29)), ("0.11.0", "dind", None), ("0.14.2", "kubernetes", None)],
)
def test_minimum_kubernetes(release, mode, expected):
    assert releases.minimum_kubernetes(release, mode) == expected


def test_releases_are_in_order_and_the_last_is_the_latest():
    numbers = [one.number for one in releases.RELEASES.values()]
    assert numbers == sorted(numbers)
    assert (releases.OLDEST, releases.LATEST, releases.SUPPORTED[0]) == (
        "0.4.0", "0.14.2", "0.9.0",
    )
