# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain remembers between slices, and what it tells at its end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    drain,
    drain_memory,
    drain_report,
    drain_request,
    drain_types,
    errors,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    WEB,
    decided,
    deleting,
    gone,
    view_of,
)


def later(seconds):
    return b.NOW + timedelta(seconds=seconds)


def story_of(*looks):
    """A drain that saw these looks, ten seconds apart."""
    story = drain_memory.Story(begun=b.NOW, targets=(WEB,))
    for number, parts in enumerate(looks):
        at = later(10 * number)
        decision = decided(parts, now=at, memory=story.timers)
        story = story.seen(view_of(parts), decision, at)
    return story, decision


def busy():
    return deleting(b.sound(busy=1, idle=1))


def test_story_survives_a_slice():
    parts = b.sound(busy=1, idle=0)
    parts["autoscalinglisteners"] = []
    story, decision = story_of(parts, parts)
    timers = drain.Memory(
        seen={("zombie", "x"): b.NOW}, settle_since={WEB.key: b.NOW},
        settled={WEB.key: drain_types.Settled(b.NOW, 2, frozenset({"a", "b"}))},
    )
    story = drain_memory.Story(**{**vars(story), "timers": timers, "told": "x"})
    story = story.did(decided(b.sound()).acts[0], b.NOW)
    plain = json.loads(json.dumps(drain_memory.to_plain(story)))
    assert drain_memory.from_plain(plain) == story
    assert decision.memory is not None


@pytest.mark.parametrize("data", [{}, {"begun": 3}, {"begun": "x", "targets": []}])
def test_memory_that_is_none_is_bad_input(data):
    with pytest.raises(errors.BadInput, match="option memory"):
        drain_memory.from_plain(data)


def test_durations_are_of_each_stage():
    story, _decision = story_of(busy(), busy(), gone(busy()))
    assert story.durations == {"listener": 20.0}
    assert story.stage == "drained"


def test_awaited_are_runners_that_were_seen_busy_with_job_and_end():
    story, decision = story_of(busy())
    (one,) = story.awaited.values()
    assert (one["scale_set"], one["ended"]) == ("web", None)
    assert one["job"]["repository"] == "acme/app"
    story, decision = story_of(busy(), gone(busy()))
    result = drain_report.result(story, decision, True)
    assert result["awaited"][0]["ended"] == later(10).isoformat()
    assert result["awaited_count"] == 1


def test_result_is_bounded():
    parts = deleting(b.sound(busy=300, idle=0))
    story, decision = story_of(parts)
    result = drain_report.result(story, decision, False)
    assert len(result["holders"]) == drain_report.MOST_HOLDERS
    assert result["holders_not_shown"] == len(decision.holders) - drain_report.MOST_HOLDERS
    assert (len(result["awaited"]), result["awaited_count"]) == (200, 300)


def test_news_is_a_stage_a_count_or_a_cause_but_no_time():
    one = drain_report.told(decided(busy()))
    assert one == drain_report.told(decided(busy(), now=later(5)))
    assert one != drain_report.told(decided(gone(busy())))
    assert one != drain_report.told(decided({**busy(), "deployments": []}))


def test_difference_shows_limits_and_deletions():
    (switch,) = decided(b.sound(busy=1)).acts
    shown = drain_report.difference(switch)
    assert "--update-strategy=eventual" in shown["after"].values()
    assert all("uid" not in key for key in shown["after"])
    (deletion,) = decided(b.sound()).acts
    shown = drain_report.difference(deletion)
    assert (shown["before"]["is_there"], shown["after"]) == (True, {"is_there": False})


OPTIONS = {"scale_sets": None, "namespace": "", "names": None, "label_selector": None,
           "controller": None, "all": False, "allow_none": False}
WEB_ITEM = {"namespace": "arc-runners", "name": "web"}


def begun(parts, **options):
    return drain_request.begin(view_of(parts), {**OPTIONS, **options}, b.NOW)


@pytest.mark.parametrize("options, names", [
    ({"all": True}, ["api", "web"]),
    ({"scale_sets": [WEB_ITEM]}, ["web"]),
    ({"names": ["web"], "namespace": "arc-runners"}, ["web"]),
    ({"label_selector": ["actions.github.com/scale-set-name=api"]}, ["api"]),
    ({"controller": "arc-gha-rs-controller"}, ["api", "web"]),
], ids=["all", "scale-sets", "names", "labels", "controller"])
def test_options_select(options, names):
    story = begun(b.sound(names=("web", "api")), **options)
    assert [one.name for one in story.targets] == names
    assert len(story.not_selected) == 2 - len(names) and story.missing == ()


@pytest.mark.parametrize("options, cause", [
    ({}, "it names nothing"),
    ({"names": ["bew"], "namespace": "arc-runners"}, "bew: there is no such set"),
    ({"names": ["bew", "web"]}, "bew: there is no such set"),
    ({"namespace": "elsewhere"}, "no set fits it"),
    ({"scale_sets": []}, "no set fits it"),
    ({"label_selector": ["team!=a"]}, "'team!=a' is not key=value"),
    ({"label_selector": ["team==a"]}, "'team==a' is not key=value"),
    ({"all": True, "names": ["web"]}, "so does names (arc_drain_names)"),
    ({"all": True, "scale_sets": [WEB_ITEM]}, "so does all (arc_drain_all)"),
], ids=["nothing", "slip", "half-a-slip", "empty", "empty-list", "not-equal", "twice-equal",
        "all-and-names", "all-and-list"])
def test_options_that_select_nothing_sure_are_refused(options, cause):
    with pytest.raises(errors.BadInput) as caught:
        begun(b.sound(), **options)
    assert cause in caught.value.cause and caught.value.next_step


@pytest.mark.parametrize("options, missing", [
    ({"names": ["bew", "web"]}, ("bew",)),
    ({"scale_sets": [{"namespace": "arc-runners", "name": "bew"}]}, ("arc-runners/bew",)),
    ({"scale_sets": []}, ()),
], ids=["names", "list", "empty-list"])
def test_absence_is_well_where_that_is_said(options, missing):
    assert begun(b.sound(), allow_none=True, **options).missing == missing


def test_set_of_which_something_is_left_is_no_slip():
    parts = {**b.sound(), "autoscalingrunnersets": []}
    story = begun(parts, scale_sets=[WEB_ITEM])
    assert [(one.name, one.uid) for one in story.targets] == [("web", "")]
    assert story.missing == ()
