# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordered faults, settings and orders for jobs: what they do, and what is refused."""

from __future__ import annotations

import time
from typing import Any, Dict

import pytest

from lab.errors import LabError
from lab.service.streams import BadOrder, Order
from lab.service_client import Service
from lab.tests.service_bench import Running, ask, runner, service, until

__all__ = ["service"]
AGENTS = "distributedtask/pools/0/agents"


def test_status_fault_comes_so_many_times(service: Running) -> None:
    arc = service.arc()
    fault = service.admin.fault({"status": 500}, "DELETE", "/agents/", times=2)
    assert [arc.agents("DELETE", "/1").status for _attempt in range(3)] == [500, 500, 204]
    assert arc.agents("GET", "?agentName=x").status == 200
    found = service.admin.faults()[0]
    assert (found["id"], found["left"], found["used"]) == (fault, 0, 2)


def test_fault_with_a_body(service: Running) -> None:
    body = {"typeName": "Own", "message": "told"}
    service.admin.fault({"status": 418, "body": body}, path="runnergroups", times=1)
    answer = service.arc().call("GET", "runtime/runnergroups/")
    assert (answer.status, answer.body) == (418, body)


def test_fault_for_one_cluster_only(service: Running) -> None:
    blue, green = service.arc("blue"), service.arc("green")
    service.admin.fault({"status": 503}, cluster="blue")
    assert blue.agents("GET").status == 503 and green.agents("GET").status == 200
    assert service.rest("GET", "/user", "blue").status == 503
    service.admin.clear_faults()
    assert blue.agents("GET").status == 200


def test_slow_answer(service: Running) -> None:
    arc = service.arc()
    service.admin.fault({"delay_s": 0.4}, path=AGENTS)
    began = time.monotonic()
    assert arc.agents("GET").status == 200
    assert time.monotonic() - began >= 0.4


def test_hanging_call_ends_with_the_fault(service: Running) -> None:
    arc = service.arc()
    fault = service.admin.fault({"hang": True}, "GET", AGENTS)
    call = service.later(arc.agents, "GET")
    until(lambda: service.admin.faults()[0]["used"], "the call hangs")
    assert not call.done()
    service.admin.remove_fault(fault)
    assert call.result(5).status == 200


def test_expired_token_on_the_queue_makes_a_listener_refresh(service: Running) -> None:
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    service.admin.fault({"expired_token": True}, "GET", "^/_messages/", times=1)
    assert listener.poll().status == 401
    assert listener.refresh().status == 200 and listener.poll().status == 202


def test_busy_that_never_ends(service: Running) -> None:
    arc = service.arc()
    made = arc.jit(arc.make_set(), "web-a")["runner"]
    fault = service.admin.fault({"busy_forever": True}, "DELETE", f"/agents/{made['id']}$")
    refused = arc.agents("DELETE", f"/{made['id']}")
    assert refused.status == 400 and "JobStillRunningException" in refused.body["typeName"]
    one = f"/orgs/acme/actions/runners/{made['id']}"
    assert service.rest("GET", one).body["busy"] is True
    service.admin.remove_fault(fault)
    assert service.rest("GET", one).body["busy"] is False
    assert arc.agents("DELETE", f"/{made['id']}").status == 204


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"action": {"nothing": 1}},
        {"action": {"status": 500}, "times": 0},
        {"action": {"status": 500}, "match": {"path": "("}},
        {"action": {"status": 500}, "match": {"verb": "GET"}},
    ],
    ids=["empty", "no-action", "no-times", "bad-regex", "bad-match"],
)
def test_bad_fault_is_refused(service: Running, order: Dict[str, Any]) -> None:
    answer = ask("POST", f"{service.url}/lab/faults", body=order)
    assert answer.status == 400 and answer.body["error"]
    assert service.admin.faults() == []


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"no_such": 1}, "no_such is not a setting"),
        ({"answer_delay_s": -1}, "answer_delay_s is -1"),
        ({"runner_exit": 3}, "wanted: 0 or 7"),
        ({"assignment_lapse_s": "x"}, "seconds or null"),
        ({"groups": ["blue"]}, "begins with Default"),
    ],
)
def test_bad_setting_is_refused_and_nothing_is_changed(
    service: Running, changes: Dict[str, Any], told: str
) -> None:
    before = service.admin.settings()
    with pytest.raises(LabError, match=told):
        service.admin.settings(poll_s=7, **changes)
    assert service.admin.settings() == before


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"scale_set": ""}, "scale_set is missing"),
        ({"count": 0}, "count is 0"),
        ({"duration_s": -1}, "durations_s"),
        ({"durations_s": [5, 1]}, "durations_s"),
        ({"durations_s": 5}, "durations_s"),
        ({"result": "great"}, "result is 'great'"),
        ({"repository": "app"}, "wanted: owner/name"),
        ({"rate_per_s": "often"}, "are numbers"),
        ({"every_s": 0}, "0.001 s apart"),
    ],
)
def test_bad_order_for_jobs_is_refused(changes: Dict[str, Any], told: str) -> None:
    with pytest.raises(BadOrder, match=told):
        Order({"scale_set": "web", **changes}, {})


@pytest.mark.parametrize(
    "content, place",
    [
        ({}, ("acme", "acme/app")),
        ({"scope": "acme/web"}, ("acme/web", "acme/web")),
        ({"scope": "other"}, ("other", "other/app")),
        ({"scope": "acme", "repository": "acme/web"}, ("acme", "acme/web")),
    ],
)
def test_place_of_jobs(content: Dict[str, Any], place: Any) -> None:
    order = Order({"scale_set": "web", **content}, {"acme": ["app", "web"], "other": []})
    assert (order.scope, order.repository) == place


def test_durations_by_chance_are_the_same_for_the_same_seed(service: Running) -> None:
    for _attempt in range(2):
        service.admin.queue("web", 5, durations_s=[5, 60], seed=3)
    spans = [job["duration_s"] for job in service.admin.ledger()["jobs"]]
    assert spans[:5] == spans[5:] and len(set(spans)) > 1
    assert all(5 <= span <= 60 for span in spans)


def test_jobs_at_a_rate_come_one_after_another(service: Running) -> None:
    jobs = service.admin.queue("web", 4, duration_s=1, rate_per_s=10)
    assert len(jobs) == 4 and service.admin.ledger(jobs=False)["queued"] < 4
    ledger = service.admin.wait(lambda found: found["queued"] == 4)
    times = [job["queued_at"] for job in ledger["jobs"]]
    assert [job["id"] for job in ledger["jobs"]] == jobs
    assert times == sorted(times) and times[-1] - times[0] >= 0.25
    assert service.admin.streams() == []


def test_stream_goes_on_until_it_is_stopped(service: Running) -> None:
    stream = service.admin.stream("web", 0.05, duration_s=1)
    service.admin.wait(lambda ledger: ledger["queued"] >= 5)
    service.admin.stop_stream(stream)
    count = service.admin.ledger(jobs=False)["queued"]
    with pytest.raises(LabError):
        service.admin.stop_stream(stream)
    with pytest.raises(LabError, match="Waited"):
        service.admin.wait(lambda ledger: ledger["queued"] > count, timeout_s=0.3)


def test_stream_without_a_rate_is_refused(service: Running) -> None:
    answer = ask("POST", f"{service.url}/lab/streams", body={"scale_set": "web"})
    assert answer.status == 400 and "how often" in answer.body["error"]


def test_requests_are_kept_for_those_who_look(service: Running) -> None:
    arc = service.arc("green")
    arc.agents("DELETE", "/5")
    last = service.admin.requests()[-1]
    assert (last["method"], last["status"], last["cluster"]) == ("DELETE", 204, "green")
    assert last["path"].endswith("/agents/5")
    assert service.admin.requests(since=time.time() + 1) == []


def test_everything_but_a_known_path_is_404(service: Running) -> None:
    for path in ("/", "/lab/none", "/_services/acme/_apis/none"):
        assert ask("GET", f"{service.url}{path}").status == 404


def test_service_that_is_away_is_told_with_the_next_step() -> None:
    with pytest.raises(LabError, match="does not answer") as error:
        Service("http://127.0.0.1:9").ledger()
    assert "lab up" in error.value.remedy


def test_runner_version_that_is_refused_exits_7(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    with runner(arc.jit(number, "web-a")["encodedJITConfig"]) as idle:
        until(lambda: service.admin.scale_sets()[0]["runners"][0]["online"], "online")
        service.admin.settings(runner_exit=7)
        out, _errors = idle.communicate(timeout=10)
        assert idle.returncode == 7
        assert "is deprecated and cannot receive messages." in out
    with runner(arc.jit(number, "web-b")["encodedJITConfig"]) as new:
        assert new.wait(10) == 7
    service.admin.settings(runner_exit=0)
    assert len(service.admin.scale_sets()[0]["runners"]) == 2, "registrations stay"
