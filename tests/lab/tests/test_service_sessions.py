# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformance with arc.md 8 C: what a listener asks, by the protocol of every release."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any, Dict, List

import pytest

from lab.tests.service_bench import Answer, Running, ask, service, until
from lab.tests.test_service_scale_sets import STATISTICS

__all__ = ["service"]
COMMON = {
    "messageType",
    "runnerRequestId",
    "repositoryName",
    "ownerName",
    "jobWorkflowRef",
    "jobDisplayName",
    "workflowRunId",
    "eventName",
    "requestLabels",
    "queueTime",
    "scaleSetAssignTime",
    "runnerAssignTime",
    "finishTime",
    "jobId",
}


def events(answer: Answer) -> List[Dict[str, Any]]:
    assert answer.status == 200, answer
    return list(json.loads(answer.body["body"]))


def test_8c_session(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    listener = arc.listen(number, "web-754b578d-listener")
    session = listener.session
    assert str(uuid.UUID(session["sessionId"])) == session["sessionId"]
    assert session["ownerName"] == "web-754b578d-listener"
    assert session["runnerScaleSet"]["id"] == number
    assert session["messageQueueUrl"].startswith(f"{service.url}/")
    assert set(session["statistics"]) == STATISTICS
    refreshed = listener.refresh()
    assert refreshed.status == 200 and refreshed.body["sessionId"] == session["sessionId"]
    assert refreshed.body["messageQueueAccessToken"] != session["messageQueueAccessToken"]
    assert listener.close().status == 204
    assert listener.refresh().status == 404 and listener.poll().status == 404


def test_8c_second_session_is_a_conflict_until_the_first_ends(service: Running) -> None:
    arc, peer = service.arc(), service.arc("green")
    number = arc.make_set()
    first = arc.listen(number, "web-754b578d-listener")
    refused = peer.sets("POST", f"/{number}/sessions", {"ownerName": "web-754b578d-listener"})
    assert refused.status == 409
    assert "RunnerScaleSetSessionConflictException" in refused.body["typeName"]
    assert "web-754b578d-listener already has an active session" in refused.body["message"]
    first.close()
    assert peer.listen(number)


def test_8c_session_that_falls_silent_expires(service: Running) -> None:
    service.admin.settings(session_silence_s=0.5)
    arc = service.arc()
    number = arc.make_set()
    listener = arc.listen(number)
    for _number in range(3):
        assert listener.poll().status == 202
    until(lambda: service.admin.scale_sets()[0]["session"] is None, "the session expires")
    assert listener.poll().status == 404
    assert arc.listen(number)


def test_8c_empty_poll_is_202_after_the_poll_time(service: Running) -> None:
    arc = service.arc()
    began = time.monotonic()
    answer = arc.listen(arc.make_set()).poll()
    assert answer.status == 202 and answer.body is None
    assert 0.45 <= time.monotonic() - began < 5


def test_8c_poll_ends_as_soon_as_there_is_a_message(service: Running) -> None:
    service.admin.settings(poll_s=30)
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    poll = service.later(listener.poll)
    until(lambda: service.admin.scale_sets()[0]["session"]["polls"], "the poll has begun")
    began = time.monotonic()
    service.admin.queue("web", duration_s=1)
    answer = poll.result(10)
    assert time.monotonic() - began < 5
    assert [e["messageType"] for e in events(answer)] == ["JobAvailable"]


def test_8c_message(service: Running) -> None:
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    jobs = service.admin.queue("web", 2, duration_s=1, repository="acme/web")
    answer = listener.poll()
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.body["messageId"] == 1
    assert answer.body["messageType"] == "RunnerScaleSetJobMessages"
    assert set(answer.body["statistics"]) == STATISTICS
    found = events(answer)
    assert [e["runnerRequestId"] for e in found] == jobs
    assert set(found[0]) == COMMON | {"acquireJobUrl"}
    assert (found[0]["ownerName"], found[0]["repositoryName"]) == ("acme", "web")
    assert found[0]["requestLabels"] == ["web"]


def test_8c_message_comes_again_until_it_is_deleted_or_passed(service: Running) -> None:
    service.admin.settings(offer_lapse_s=60)
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    service.admin.queue("web", duration_s=1)
    assert listener.poll().body["messageId"] == 1
    assert listener.poll().body["messageId"] == 1
    listener.last = 1
    assert listener.poll().status == 202
    listener.last = 0
    assert listener.delete(1).status == 204
    assert listener.poll().status == 202
    assert listener.delete(1).status == 204


def test_8c_acquire_then_delete_up_to_0_13_1(service: Running) -> None:
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    jobs = service.admin.queue("web", 3, duration_s=1)
    listener.poll()
    assert listener.acquire(jobs[:2] + [99]).body == {"count": 2, "value": jobs[:2]}
    assert listener.acquire(jobs[:1]).body["value"] == jobs[:1], "asked twice is taken once"
    listener.delete(1)
    listener.last = 1
    answer = listener.poll()
    assert [e["messageType"] for e in events(answer)] == ["JobAssigned"] * 2
    assert answer.body["statistics"]["totalAssignedJobs"] == 2
    assert service.admin.ledger(jobs=False)["assigned"] == 2


def test_8c_delete_then_acquire_from_0_14_1(service: Running) -> None:
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    jobs = service.admin.queue("web", 2, duration_s=1)
    listener.poll()
    assert listener.delete(1).status == 204
    assert listener.acquire(jobs).body["count"] == 2


def test_8c_0_14_0_never_acquires_and_gets_its_jobs_a_second_after_the_message(
    service: Running,
) -> None:
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    service.admin.queue("web", 2, duration_s=1)
    assert listener.poll().status == 200
    assert listener.delete(1).status == 204
    listener.last, began = 1, time.monotonic()
    until(lambda: listener.poll().status == 200, "the jobs are assigned")
    assert time.monotonic() - began >= 0.9
    assert service.admin.ledger(jobs=False)["assigned"] == 2


def test_8c_without_capacity_header_everything_is_offered_0_9_0(service: Running) -> None:
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    service.admin.queue("web", 4, duration_s=1)
    assert len(events(listener.poll(capacity=None))) == 4


def test_8c_capacity_header_limits_what_is_offered(service: Running) -> None:
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    service.admin.queue("web", 4, duration_s=1)
    assert listener.poll(0).status == 202
    assert len(events(listener.poll(2))) == 2
    listener.step(2)
    assert len(listener.acquired) == 2
    listener.step(2)
    assert len(listener.acquired) == 2, "two are assigned, so there is no room"
    ledger = service.admin.ledger(jobs=False)
    assert (ledger["queued"], ledger["assigned"]) == (2, 2)


def test_8c_offer_that_is_not_taken_goes_to_another(service: Running) -> None:
    service.admin.settings(offer_lapse_s=0.3)
    blue, green = service.arc("blue"), service.arc("green")
    silent = blue.listen(blue.make_set("web", 2))
    service.admin.queue("web", duration_s=1)
    assert silent.poll().status == 200
    taker = green.listen(green.make_set("web", 3))
    until(lambda: taker.step() and taker.acquired, "the other set gets the job")
    assert silent.acquire(taker.acquired).body == {"count": 0, "value": []}


@pytest.mark.parametrize("call", ["poll", "delete", "acquire"])
def test_8c_expired_queue_token_is_401_and_refresh_heals_it(service: Running, call: str) -> None:
    service.admin.settings(queue_token_life_s=0)
    arc = service.arc()
    listener = arc.listen(arc.make_set())

    def status() -> int:
        if call == "poll":
            return listener.poll().status
        return (listener.delete(1) if call == "delete" else listener.acquire([])).status

    assert status() == 401
    service.admin.settings(queue_token_life_s=60)
    listener.session = listener.refresh().body
    assert status() in (200, 202, 204)


def test_8c_queue_token_of_another_session_is_refused(service: Running) -> None:
    arc = service.arc()
    first, second = arc.listen(arc.make_set("a")), arc.listen(arc.make_set("b"))
    assert ask("GET", first.session["messageQueueUrl"], second.queue_auth).status == 401


def test_8c_poller_that_went_away_leaves_its_message(service: Running) -> None:
    service.admin.settings(poll_s=30)
    arc = service.arc()
    listener = arc.listen(arc.make_set())
    url = listener.session["messageQueueUrl"]
    with pytest.raises(OSError):
        ask("GET", url, listener.queue_auth, limit_s=0.3)
    service.admin.queue("web", duration_s=1)
    assert len(events(listener.poll())) == 1


def test_8c_jobs_come_in_by_name_and_place(service: Running) -> None:
    organisation = service.arc()
    repository = service.arc(scope="acme/app")
    enterprise = service.arc(scope="enterprises/lab")
    sets = {
        "organisation": organisation.listen(organisation.make_set("org", 1)),
        "repository": repository.listen(repository.make_set("repo", 1)),
        "enterprise": enterprise.listen(enterprise.make_set("all", 1)),
    }
    expected = [
        ("org", "acme/app", "organisation"),
        ("org", "other/x", None),
        ("repo", "acme/app", "repository"),
        ("repo", "acme/web", None),
        ("all", "other/x", "enterprise"),
        ("none", "acme/app", None),
    ]
    ids = {
        service.admin.queue(name, repository=where, duration_s=1)[0]: owner
        for name, where, owner in expected
    }
    for name, listener in sets.items():
        listener.step()
        assert listener.acquired == [job for job, owner in ids.items() if owner == name]


def test_8c_labels_of_a_set_bring_jobs_as_well(service: Running) -> None:
    arc = service.arc()
    labels = [{"name": "linux", "type": "System"}, {"name": "big", "type": "System"}]
    made = arc.sets("POST", "", {"name": "web", "runnerGroupId": 1, "labels": labels})
    listener = arc.listen(made.body["id"])
    jobs = service.admin.queue("big", duration_s=1)
    assert [e["runnerRequestId"] for e in events(listener.poll())] == jobs


def test_10_two_clusters_with_a_group_each_share_the_jobs(service: Running) -> None:
    blue, green = service.arc("blue"), service.arc("green")
    listeners = [blue.listen(blue.make_set("web", 2)), green.listen(green.make_set("web", 3))]
    for listener in listeners:
        assert listener.poll().status == 202
    service.admin.queue("web", 60, duration_s=1)
    for listener in listeners:
        listener.step()
    counts = [len(listener.acquired) for listener in listeners]
    assert sum(counts) == 60 and min(counts) > 10


def test_10_set_without_a_session_keeps_its_jobs_and_gets_no_more(service: Running) -> None:
    arc = service.arc()
    number = arc.make_set()
    first = service.admin.queue("web", duration_s=1)
    listener = arc.serve(number, jobs=1)
    listener.close()
    service.admin.queue("web", duration_s=1)
    ledger = service.admin.ledger()
    assert (ledger["assigned"], ledger["queued"]) == (1, 1)
    again = arc.listen(number)
    assert again.session["statistics"]["totalAssignedJobs"] == 1
    assert first == [job["id"] for job in ledger["jobs"] if job["state"] == "assigned"]
