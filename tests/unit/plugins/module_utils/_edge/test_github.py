# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub is asked seldom, believed exactly, and its silence neither says nor stops anything."""

from __future__ import annotations

import json

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import github
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.github_server import (
    RUNNERS,
    TOKEN,
    evidence,
    named,
    page,
    queries,
    refused,
)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Clock:
    def __init__(self) -> None:
        self.now = 1800000000.0

    def __call__(self) -> float:
        return self.now


def test_without_the_option_nobody_is_asked(server):
    found = github.Evidence(None, Deadline(10))
    assert found.of(named(server, "web-a")) == {} and found.problems() == []
    assert not server.requests


@pytest.mark.parametrize("reply, verdict", [
    (page("web-a busy"), "busy"), (page("web-a"), "idle"), (page(), "gone"),
], ids=["busy", "idle", "gone"])
def test_one_runner_is_asked_for_by_name(server, reply, verdict):
    server.answer("GET", RUNNERS, reply)
    found = evidence(server)
    assert found.of(named(server, "web-a")) == {"web-a": verdict}
    assert queries(server) == ["name=web-a"] and found.problems() == []
    (request,) = server.requests
    assert request.header("Authorization") == [f"Bearer {TOKEN}"]
    assert request.header("Accept") == ["application/vnd.github+json"]


@pytest.mark.parametrize("place, path", [
    ("acme", "orgs/acme"), ("acme/app", "repos/acme/app"), ("enterprises/big", "enterprises/big"),
])
def test_each_kind_of_place_has_its_listing(server, place, path):
    server.answer("GET", f"/api/v3/{path}/actions/runners", page("web-a busy"))
    assert evidence(server).of(named(server, "web-a", place=place)) == {"web-a": "busy"}


def test_several_runners_cost_one_page(server):
    server.answer("GET", RUNNERS, page("web-a busy", "web-b", "other"))
    wanted = {"web-a": "busy", "web-b": "idle", "web-c": "gone"}
    assert evidence(server).of(named(server, "web-a", "web-b", "web-c")) == wanted
    assert queries(server) == ["page=1"]


def test_runner_that_is_on_no_page_of_several_is_gone_only_after_it_was_asked_for(server):
    """Rule 1: between two pages the list moves, and a busy runner may be on neither."""
    first, rest = [f"x-{n}" for n in range(100)], ("web-a busy", "web-b", "web-c", "web-d")
    server.answer("GET", RUNNERS, page(*first, total=106), page(*rest, total=106),
                  page("web-e busy"), page())
    found = evidence(server).of(named(server, *(f"web-{n}" for n in "abcdef")))
    assert found == {"web-a": "busy", "web-b": "idle", "web-c": "idle", "web-d": "idle",
                     "web-e": "busy", "web-f": "gone"}
    assert queries(server) == ["page=1", "page=2", "name=web-e", "name=web-f"]


def test_few_runners_among_very_many_are_asked_for_by_name(server):
    first = [f"x-{n}" for n in range(99)] + ["web-a"]
    server.answer("GET", RUNNERS, page(*first, total=5000), page("web-b busy"), page())
    found = evidence(server).of(named(server, "web-a", "web-b", "web-c"))
    assert found == {"web-a": "idle", "web-b": "busy", "web-c": "gone"}
    assert queries(server) == ["page=1", "name=web-b", "name=web-c"]


def test_server_that_does_not_look_for_names_says_nothing_of_absence(server):
    everything = page(*(f"x-{n}" for n in range(100)), total=300)
    server.answer("GET", RUNNERS, everything)
    found = evidence(server)
    assert found.of(named(server, "web-a")) == {}
    assert "nothing certain of web-a" in found.problems()[0]


def test_answer_counts_for_ten_seconds(server):
    server.answer("GET", RUNNERS, page("web-a busy"), page("web-a"))
    clock = Clock()
    found = evidence(server, clock=clock)
    for _look in range(10):
        assert found.of(named(server, "web-a")) == {"web-a": "busy"}
        clock.now += 0.99
    assert len(server.requests) == 1
    clock.now += 0.11
    assert found.of(named(server, "web-a")) == {"web-a": "idle"}
    assert len(server.requests) == 2


def test_new_runner_is_asked_for_beside_kept_answers(server):
    server.answer("GET", RUNNERS, page("web-a busy"), page("web-b"))
    found = evidence(server)
    found.of(named(server, "web-a"))
    assert found.of(named(server, "web-a", "web-b")) == {"web-a": "busy", "web-b": "idle"}
    assert queries(server) == ["name=web-a", "name=web-b"]


def test_next_process_goes_on_with_the_memory_and_gets_no_secret(server):
    server.answer("GET", RUNNERS, page("web-a busy"))
    server.answer("GET", "/api/v3/orgs/other/actions/runners", refused(404))
    runners = named(server, "web-a") + named(server, "web-b", place="other")
    first = evidence(server)
    first.of(runners)
    memory = json.dumps(first.memory())
    second = evidence(server, memory=json.loads(memory))
    assert second.of(runners) == {"web-a": "busy"} and second.problems() == first.problems()
    assert len(server.requests) == 2 and TOKEN not in memory


FAILURES = {
    "401": (refused(401, "Bad credentials"), "refuses the credentials"),
    "403": (refused(403, "Resource not accessible"), "lack the right"),
    "404": (refused(404, "Not Found"), "404 to both"),
    "422": (refused(422), "answers 422"),
    # The last of several attempts has little time left, and may fail for want of it.
    "500": (refused(500), "no answer in"),
    "503": (refused(503), "no answer in"),
    "reset": (Reply(cut_after=0), "no answer in"),
    "half-an-answer": (Reply(body={"runners": [], "x": "y" * 5000}, cut_after=99),
                       "no answer in"),
    "hangs": (Reply(hangs=True), "in time"),
    "page-of-a-proxy": (Reply(200, "<html>log in</html>"), "no answer in"),
    "no-list": (Reply(200, {"message": "hello"}), "no list of runners"),
    "a-list-of-nothing-known": (Reply(200, []), "no list of runners"),
    "what-nobody-thought-of": (Reply(200, "[" * 200000), "RecursionError"),
    "redirect-to-nowhere": (refused(302), "another server"),
}  # fmt: skip


@pytest.mark.parametrize("reply, words", FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("names", [("web-a",), ("web-a", "web-b", "web-c")], ids=["one", "many"])
def test_failure_gives_no_verdict_a_text_and_a_pause(server, reply, words, names):
    server.answer("GET", RUNNERS, reply)
    clock = Clock()
    found = evidence(server, 2.8, clock=clock)
    assert found.of(named(server, *names)) == {}
    (problem,) = found.problems()
    assert words in problem and TOKEN not in problem and "acme" in problem
    asked = len(server.requests)
    found = evidence(server, clock=clock, memory=found.memory())
    assert found.of(named(server, *names)) == {} and found.problems() == [problem]
    assert len(server.requests) == asked
    clock.now += 10
    server.answer("GET", RUNNERS, page(*(f"{name} busy" for name in names)), first=True)
    assert set(found.of(named(server, *names)).values()) == {"busy"}
    assert found.problems() == []


def test_failure_takes_a_part_of_the_time_of_the_one_who_asks(server):
    server.answer("GET", RUNNERS, Reply(hangs=True))
    deadline = Deadline(4)
    found = github.Evidence({"token": TOKEN, "api_url": f"{server.url}/api/v3"}, deadline)
    assert found.of(named(server, "web-a")) == {}
    assert deadline.remaining_s() > 1.5


def test_failure_of_the_second_question_keeps_the_first_answer(server):
    server.answer("GET", RUNNERS, page("web-a busy"), refused(404))
    found = evidence(server)
    assert found.of(named(server, "web-a", "web-b")) == {"web-a": "busy"}
    assert len(found.problems()) == 1


def test_place_that_is_refused_does_not_hide_another(server):
    server.answer("GET", RUNNERS, page("web-a busy"))
    found = evidence(server)
    runners = [("web-b", "nonsense"), *named(server, "web-c", place="none"),
               *named(server, "web-a")]
    assert found.of(runners) == {"web-a": "busy"}
    assert len(found.problems()) == 2


def test_nothing_is_asked_when_the_time_is_over(server):
    found = evidence(server, 0.0)
    assert found.of(named(server, "web-a")) == {}
    assert "no time left" in found.problems()[0] and not server.requests


PASSING = {
    "429": refused(429, Retry_After="0"),
    "403-secondary-limit": refused(403, "secondary rate limit", Retry_After="0"),
    "502": Reply(502, "<html>bad gateway</html>"),
    "503": refused(503, Retry_After="0"),
    "reset": Reply(cut_after=0),
}


@pytest.mark.parametrize("reply", PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_asked_again(server, reply):
    server.answer("GET", RUNNERS, reply, page("web-a busy"))
    found = evidence(server)
    assert found.of(named(server, "web-a")) == {"web-a": "busy"} and found.problems() == []
    assert len(server.requests) == 2


@pytest.mark.parametrize("code", [403, 429])
def test_used_up_limit_leaves_the_whole_api_alone_until_it_is_reset(server, code):
    clock = Clock()
    limits = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(clock.now) + 900)}
    server.answer("GET", "/api/v3/.*", refused(code, "API rate limit exceeded", **limits))
    found = evidence(server, clock=clock)
    runners = named(server, "web-a") + named(server, "web-b", place="other")
    for _look in range(3):
        assert found.of(runners) == {}
        assert "rate limit is used up" in found.problems()[0]
        assert "2027-01-15T08:15:00Z" in found.problems()[0]
        clock.now += 299
    assert len(server.requests) == 1
    clock.now += 4
    server.answer("GET", "/api/v3/.*", page("web-a", "web-b busy"), first=True)
    assert found.of(runners) == {"web-a": "idle", "web-b": "busy"} and found.problems() == []


def test_problems_are_bounded(server):
    found = evidence(server)
    found.of([("web-a", f"https://github.com/a/b/{number}") for number in range(50)])
    assert len(found.problems()) == 5
