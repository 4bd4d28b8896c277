# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a speaking task says and when, how it goes on, and what its result looks like."""

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock

import pytest

from ansible_collections.arc.lifecycle.plugins.plugin_utils import speaking

READ_FAILED = {"failed": True, "msg": "API server: no answer.",
               "error": {"class": "ReadFailed", "details": {"attempts": 3}}}
FORBIDDEN = {"failed": True, "msg": "the right is missing",
             "error": {"class": "ReadFailed", "details": {"missing_right_words": "list pods"}}}
DONE = {"finished": True, "changed": True, "line": "end",
        "invocation": {"module_args": {"timeout": 3, "slice": 9, "memory": {"a": 1}, "x": 1}}}


def part(line, told, **more):
    return {"finished": False, "line": line, "memory": {"told": told}, **more}


class Scripted(speaking.SpeakingAction):
    """The plugin with modules whose results are written down. `step_s`: what each slice takes."""

    def __init__(self, parts, clock, step_s=1.0, check=False, **arguments):
        self._task = SimpleNamespace(args=arguments, check_mode=check, async_val=0)
        self.given = []
        self._parts, self._clock, self._step_s = list(parts), clock, step_s

    def _execute_module(self, **given):
        self.given.append(given["module_args"])
        self._clock.at += self._step_s
        return dict(self._parts.pop(0))


class Clock:
    def __init__(self):
        self.at = 1000.0

    def monotonic(self):
        return self.at


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(speaking.time, "monotonic", found.monotonic)
    return found


@pytest.fixture
def shown(monkeypatch):
    lines = []
    monkeypatch.setattr(speaking.display, "display", lambda line, stderr: lines.append(line))
    return lines


def spoken(plugin, timeout=600, heartbeat=30):
    return plugin._speak(plugin._task.args, timeout, heartbeat, {})


def test_news_is_said_once_and_the_rest_is_silence(clock, shown):
    plugin = Scripted([part("a 1", "a"), part("a 2", "a"), part("b 3", "b"), DONE], clock)
    result = spoken(plugin)
    assert shown == ["a 1", "b 3"]
    assert [one["line"] for one in result["waited"]] == shown
    assert result["finished"] and result["changed"]


@pytest.mark.parametrize("callback, is_data", [("ansible.posix.json", True), ("jsonl", True), ("default", False)])
def test_output_that_a_program_reads_gets_no_line(clock, monkeypatch, callback, is_data):
    shown = mock.Mock()
    monkeypatch.setattr(speaking.display, "display", shown)
    monkeypatch.setattr(speaking.constants, "DEFAULT_STDOUT_CALLBACK", callback)
    spoken(Scripted([part("a 1", "a"), DONE], clock))
    shown.assert_called_once_with("a 1", stderr=is_data)


def test_heartbeat_is_kept_while_nothing_changes(clock, shown):
    parts = [part(f"a {number}", "a") for number in range(9)]
    spoken(Scripted([*parts, DONE], clock, step_s=10), heartbeat=30)
    assert shown == ["a 0", "a 3", "a 6"]


def test_each_slice_gets_the_memory_and_what_is_left_of_the_time(clock, shown):
    plugin = Scripted([part("a", "a"), part("b", "b"), DONE], clock, step_s=40, x=1)
    spoken(plugin, timeout=100, heartbeat=60)
    assert [one["timeout"] for one in plugin.given] == [100, 60, 20]
    assert [one["memory"] for one in plugin.given] == [{}, {"told": "a"}, {"told": "b"}]
    assert {one["slice"] for one in plugin.given} == {60 - speaking.LEAD_S}
    assert {one["x"] for one in plugin.given} == {1}


def test_last_slice_has_time_enough_to_say_who_holds(clock, shown):
    plugin = Scripted([part("a", "a"), DONE], clock, step_s=9.9)
    spoken(plugin, timeout=10)
    assert plugin.given[1]["timeout"] == speaking.LEAST_S


def test_worker_whose_run_has_ended_goes_on_no_more(clock, shown, monkeypatch):
    # Its parent would be this process here, and is another one.
    monkeypatch.setattr(speaking, "_starter", lambda: 1 + speaking.os.getppid())
    plugin = Scripted([part("a", "a"), DONE], clock)
    assert spoken(plugin)["finished"] is False
    assert len(plugin.given) == 1 and plugin.given[0]["starter"] and not shown


@pytest.mark.parametrize("in_background", [0, 60], ids=["foreground", "async"])
def test_module_that_is_run_once_knows_its_run_unless_it_may_outlive_it(
    clock, shown, monkeypatch, in_background
):
    monkeypatch.setattr(speaking, "_starter", lambda: 7)
    monkeypatch.setattr(speaking.ActionBase, "run", lambda *_: {})
    args = {"heartbeat": 0, "starter": 7}
    plugin = Scripted([{**DONE, "invocation": {"module_args": dict(args)}}], clock, heartbeat=0)
    plugin._task.async_val = in_background
    told = plugin.run(task_vars={})["invocation"]["module_args"]
    assert plugin.given == [{"heartbeat": 0} if in_background else args]
    assert told == {"heartbeat": 0}


def test_result_is_that_of_one_run(clock, shown):
    plugin = Scripted([part("a", "a"), DONE], clock, timeout="60")
    result = spoken(plugin, timeout=60)
    assert result["invocation"]["module_args"] == {"timeout": "60", "x": 1}
    assert "memory" not in result


def test_api_server_that_is_away_for_a_while_does_not_end_the_wait(clock, shown):
    plugin = Scripted([part("a", "a"), READ_FAILED, READ_FAILED, part("a", "a"), DONE], clock)
    result = spoken(plugin)
    assert result["finished"] and "failed" not in result
    assert shown == ["a", "API server: no answer. Trying again", "a"]


def test_api_server_that_goes_away_in_the_first_slice_does_not_end_the_wait_either(clock, shown):
    plugin = Scripted([{**READ_FAILED, "memory": {"told": "a"}}, DONE], clock)
    assert spoken(plugin)["finished"]
    assert plugin.given[1]["memory"] == {"told": "a"}


def test_slice_that_failed_loses_nothing_of_what_it_did(clock, shown):
    failed = {**READ_FAILED, "changed": True, "acts": ["b"], "memory": {"told": "b"}}
    plugin = Scripted([part("a", "a", acts=[]), failed, READ_FAILED, FORBIDDEN], clock)
    result = spoken(plugin)
    assert [one["memory"]["told"] for one in plugin.given[1:]] == ["a", "b", "b"]
    assert (result["changed"], result["acts"], result["finished"]) == (True, ["b"], False)
    assert result["msg"] == FORBIDDEN["msg"] and "memory" not in result


def test_failure_that_passed_leaves_no_trace_in_the_end(clock, shown):
    plugin = Scripted([part("a", "a"), READ_FAILED, {"finished": True, "changed": True}], clock)
    assert spoken(plugin) == {"finished": True, "changed": True, "waited": mock.ANY}


@pytest.mark.parametrize("given", [{}, {"cluster_uid": ""}, {"cluster_uid": "u"}])
def test_later_slices_are_bound_to_the_cluster_of_the_first(clock, shown, given):
    seen = {"cluster": {"uid": "u"}}
    done = {**DONE, "invocation": {"module_args": {"cluster_uid": "u"}}}
    plugin = Scripted([part("a", "a", **seen), part("b", "b", **seen), done], clock, **given)
    result = spoken(plugin)
    assert [one.get("cluster_uid") for one in plugin.given[1:]] == ["u", "u"]
    assert plugin.given[0].get("cluster_uid") == given.get("cluster_uid")
    assert result["invocation"]["module_args"] == {"cluster_uid": given.get("cluster_uid")}


@pytest.mark.parametrize("parts, step_s", [
    ([READ_FAILED], 1), ([part("a", "a"), FORBIDDEN], 1),
    ([part("a", "a"), *[READ_FAILED] * 3], 100),
], ids=["from-the-begin", "missing-right", "for-too-long"])
def test_failure_ends_the_task(clock, shown, parts, step_s):
    plugin = Scripted(parts, clock, step_s=step_s)
    result = spoken(plugin, timeout=6000)
    assert result["failed"] and result["msg"] == parts[-1]["msg"]
    assert plugin._parts == []


def test_line_and_lines_are_bounded(clock, shown):
    parts = [part(f"{number} " + "x" * 5000, str(number)) for number in range(300)]
    result = spoken(Scripted([*parts, DONE], clock), timeout=6000)
    assert len(result["waited"]) == speaking.MOST_LINES
    assert max(map(len, shown)) < speaking.LONGEST_LINE
    assert result["waited"][0]["line"].startswith("0 ")
    assert result["waited"][-1]["line"].startswith("299 ")


def test_lines_are_single_lines(clock, shown):
    spoken(Scripted([part("a\n  b", "a"), DONE], clock))
    assert shown == ["a b"]


def test_name_of_a_job_does_nothing_to_a_terminal(clock, shown):
    result = spoken(Scripted([part("job \x1b[2K\x9b1A\u202egnp\x07 caf\u00e9", "a"), DONE], clock))
    assert shown == ["job ?[2K?1A?gnp? caf\u00e9"] == [one["line"] for one in result["waited"]]


def test_warnings_of_all_slices_are_kept(clock, shown):
    plugin = Scripted([part("a", "a", warnings=["w"]), {**DONE, "warnings": ["w", "v"]}], clock)
    assert spoken(plugin)["warnings"] == ["w", "v"]


@pytest.mark.parametrize("arguments, check", [
    ({"timeout": "x"}, False), ({"timeout": -1}, False), ({"heartbeat": 0}, False),
    ({"slice": 3}, False), ({}, True),
], ids=["no-number", "negative", "no-heartbeat", "own-slices", "check-mode"])
def test_module_is_run_once(clock, shown, monkeypatch, arguments, check):
    plugin = Scripted([part("a", "a")], clock, check=check, **arguments)
    monkeypatch.setattr(speaking.ActionBase, "run", lambda *_: {})
    assert plugin.run(task_vars={})["finished"] is False
    assert plugin.given == [arguments] and shown == []
