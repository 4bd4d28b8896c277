# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request survives what passes, gives up on what does not, and is never sent twice in doubt."""

from __future__ import annotations

import random
import socket
import time
from datetime import datetime, timezone

import pytest
import urllib3

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import answers, places, retry
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Client
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.transport import (
    Transport,
    broken,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.watch import ChangeKind, Watch
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
    listing,
    status,
)

PODS = places.PODS.at("ci")
POD = places.PODS.at("ci", "one")
PATH = "/api/v1/namespaces/ci/pods"
DONE = Reply(body={"kind": "Pod", "metadata": {"name": "one"}})
BUSY = status(429, "TooManyRequests", headers=(("Retry-After", "0"),))

PASSING = {
    "429": BUSY,
    "503": status(503, "ServiceUnavailable"),
    "502-of-a-proxy": Reply(502, "<html>bad gateway</html>"),
    "504": status(504, "Timeout"),
    "500-etcd": status(500, "InternalError", "etcdserver: leader changed"),
    "reset-before-the-answer": Reply(cut_after=0),
    "reset-in-mid-body": Reply(body={"kind": "Pod", "filler": "x" * 5000}, cut_after=100),
    "hangs": Reply(hangs=True),
    "half-a-document": Reply(body='{"kind": "Pod", "meta'),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_get_after_a_passing_fault_gives_the_object(server, fault):
    server.answer("GET", f"{PATH}/one", fault, DONE)
    assert server.client().get(POD, Deadline(10))["metadata"]["name"] == "one"
    assert len(server.requests) == 2


SAFE = {name: PASSING[name] for name in ("429", "503")}
IN_DOUBT = {name: one for name, one in PASSING.items() if name not in SAFE}


@pytest.mark.parametrize("fault", SAFE.values(), ids=SAFE.keys())
def test_create_is_sent_again_when_it_was_surely_not_done(server, fault):
    server.answer("POST", PATH, fault, Reply(201, {"metadata": {"name": "one"}}))
    server.client().create(PODS, {}, Deadline(10))
    assert len(server.requests) == 2


@pytest.mark.parametrize("place, dry_run", [(PODS, True), (places.ACCESS_REVIEWS.at(), False)])
def test_create_that_leaves_nothing_behind_is_sent_again(server, place, dry_run):
    for fault in ("502-of-a-proxy", "reset-before-the-answer"):
        server.answer("POST", place.path, PASSING[fault], Reply(201, {"metadata": {"name": "one"}}))
        server.client().create(place, {}, Deadline(10), dry_run=dry_run)
    assert len(server.requests) == 4


@pytest.mark.parametrize("fault", IN_DOUBT.values(), ids=IN_DOUBT.keys())
def test_create_in_doubt_is_not_sent_again(server, fault):
    server.answer("POST", PATH, fault, Reply(201, {"metadata": {"name": "one"}}))
    with pytest.raises(errors.WriteFailed) as caught:
        server.client().create(PODS, {}, Deadline(10))
    assert len(server.requests) == 1
    assert caught.value.details["may_have_acted"] is True
    assert "Read the object again" in caught.value.next_step


@pytest.mark.parametrize("steps, requests", [
    ([{"op": "test", "path": "/a", "value": 1}, {"op": "remove", "path": "/a"}], 2),
    ([{"op": "add", "path": "/a/-", "value": 1}], 1),
], ids=["with-test", "without-test"])
def test_json_patch_in_doubt_is_sent_again_only_with_a_test(server, steps, requests):
    server.answer("PATCH", f"{PATH}/one", Reply(cut_after=0), DONE)
    client = server.client()
    if requests == 1:
        with pytest.raises(errors.WriteFailed):
            client.json_patch(POD, steps, Deadline(10))
    else:
        client.json_patch(POD, steps, Deadline(10))
    assert len(server.requests) == requests


def test_delete_whose_answer_was_lost_finds_it_gone(server):
    gone = status(404, "NotFound", 'pods "one" not found', details={"name": "one"})
    server.answer("DELETE", f"{PATH}/one", Reply(cut_after=0), gone)
    assert server.client().delete(POD, Deadline(10), uid="u1") is False
    assert len(server.requests) == 2


def test_500_that_does_not_pass_is_told_after_a_few_attempts(server):
    server.answer("GET", f"{PATH}/one", status(500, "InternalError", "webhook broke"))
    with pytest.raises(errors.ReadFailed, match="500 to get: webhook broke"):
        server.client().get(POD, Deadline(60))
    assert len(server.requests) == 6


def test_retry_after_is_honoured(server):
    busy = status(429, "TooManyRequests", headers=(("Retry-After", "1"),))
    server.answer("GET", f"{PATH}/one", busy, DONE)
    start = time.monotonic()
    server.client().get(POD, Deadline(10))
    assert 1.0 <= time.monotonic() - start < 2.0


def test_retry_after_beyond_the_deadline_is_not_waited_for(server):
    busy = status(429, "TooManyRequests", headers=(("Retry-After", "3600"),))
    server.answer("GET", f"{PATH}/one", busy)
    start = time.monotonic()
    with pytest.raises(errors.ReadFailed, match="429 TooManyRequests"):
        server.client().get(POD, Deadline(5))
    assert time.monotonic() - start < 1.0


def test_last_attempt_comes_when_the_time_is_nearly_over(server, monkeypatch):
    """Pauses double: without it most of the time that is left would be given away."""
    monkeypatch.setattr(retry, "back_off_s", lambda attempt: 0.2 if attempt < 3 else 10.0)
    begun = time.monotonic()
    with pytest.raises(errors.ReadFailed) as caught:
        server.answer("GET", f"{PATH}/one", *[BUSY] * 9)
        server.client().get(POD, Deadline(4))
    assert 2.5 < time.monotonic() - begun < 4
    assert caught.value.details["attempts"] == len(server.requests) == 4


def test_hanging_server_costs_no_more_than_the_deadline(server):
    server.answer("GET", f"{PATH}/one", Reply(hangs=True))
    start = time.monotonic()
    with pytest.raises(errors.ReadFailed, match="did not answer in time"):
        server.client().get(POD, Deadline(1.0))
    assert time.monotonic() - start < 2.0


def test_refused_connection_is_tried_until_the_deadline(server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    configuration = server.configuration()
    configuration.host = f"http://127.0.0.1:{port}"
    client = Client(Transport(lambda: configuration), "east", (0.5, 0.5))
    with pytest.raises(errors.WriteFailed, match="cannot be reached.*refused") as caught:
        client.create(PODS, {}, Deadline(1.0))
    assert caught.value.details["attempts"] > 1
    assert caught.value.details["may_have_acted"] is False


def test_kept_connection_that_went_stale_is_replaced(server):
    server.answer("GET", f"{PATH}/one", Reply(body=DONE.body, closes=True), DONE)
    client = server.client()
    for _attempt in range(2):
        client.get(POD, Deadline(10))
    assert len(server.requests) == 2


def test_401_loads_the_credentials_again_once(server):
    server.answer("GET", f"{PATH}/one", status(401, "Unauthorized"), DONE)
    tokens = iter(["old", "new"])
    client = server.client(lambda: server.configuration(next(tokens)))
    client.get(POD, Deadline(10))
    sent = [one.header("authorization") for one in server.requests]
    assert sent == [["Bearer old"], ["Bearer new"]]


EXPIRED = urllib3.exceptions.SSLError(
    "[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired (_ssl.c:1006)")


def expire(monkeypatch, client, is_for_ever=False):
    """Have the certificate of a client refused until it is loaded again."""
    link, send, loaded = client.transport, client.transport.send, []

    def sent(request, limits):
        if is_for_ever or not loaded:
            raise broken(EXPIRED, link.server)
        return send(request, limits)

    monkeypatch.setattr(link, "send", sent)
    monkeypatch.setattr(link, "renew", loaded.append)
    return loaded


def test_certificate_that_has_expired_is_loaded_again_once(server, monkeypatch):
    server.answer("GET", f"{PATH}/one", DONE)
    server.answer("POST", PATH, Reply(201, {"metadata": {"name": "one"}}))
    client = server.client()
    loaded = expire(monkeypatch, client)
    assert client.get(POD, Deadline(10))["metadata"]["name"] == "one"
    loaded.clear()
    assert client.create(PODS, {}, Deadline(10)) and len(loaded) == 1


def test_certificate_that_is_refused_again_is_told(server, monkeypatch):
    client = server.client()
    loaded = expire(monkeypatch, client, is_for_ever=True)
    with pytest.raises(errors.BadInput, match="certificate expired"):
        client.get(POD, Deadline(10))
    assert len(loaded) == 1


def test_watch_loads_a_certificate_that_has_expired_again(server, monkeypatch):
    gone = {"type": "DELETED", "object": {"metadata": {"name": "one", "resourceVersion": "11"}}}
    server.answer("GET", PATH, listing("one"), Reply(events=(gone,), then="hangs"))
    client = server.client()
    changes = Watch(client, PODS, Deadline(8)).changes()
    assert next(changes).kind is ChangeKind.RELISTED
    loaded = expire(monkeypatch, client)
    assert next(changes).kind is ChangeKind.DELETED and len(loaded) == 1


def test_401_with_new_credentials_too_is_told(server):
    server.answer("GET", f"{PATH}/one", status(401, "Unauthorized"))
    with pytest.raises(errors.ReadFailed, match="refuses the credentials"):
        server.client().get(POD, Deadline(10))
    assert len(server.requests) == 2


def test_list_410_starts_from_the_first_page(server):
    server.answer(
        "GET", PATH, listing("a", "b", token="t1"), status(410, "Expired"),
        listing("a", "c", token="t2"), listing("d", version="7"),
    )
    found = server.client().list(PODS, Deadline(10))
    assert [one["metadata"]["name"] for one in found.items] == ["a", "c", "d"]
    assert found.resource_version == "7"
    assert [one.query.get("continue") for one in server.requests] == [None, "t1", None, "t2"]


def test_list_410_for_ever_fails(server):
    server.answer("GET", PATH, *[listing("a", token="t"), status(410, "Expired")] * 9)
    with pytest.raises(errors.ReadFailed, match="410"):
        server.client().list(PODS, Deadline(10))


@pytest.mark.parametrize("attempt, low, high", [(1, 0.1, 0.2), (3, 0.4, 0.8), (50, 5.0, 10.0)])
def test_back_off_doubles_up_to_its_limit(attempt, low, high):
    random.seed(7)
    delays = [retry.back_off_s(attempt) for _number in range(200)]
    assert low <= min(delays) < max(delays) <= high


NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("text, seconds", [
    ("3", 3.0), ("Fri, 01 May 2026 12:00:05 GMT", 5.0), ("Fri, 01 May 2026 11:00:00 GMT", 0.0),
    ("soon", None), ("", None), ("-1", None),
])
def test_retry_after_is_read_in_both_forms(text, seconds):
    assert retry.retry_after_s({"Retry-After": text}, NOW) == seconds


def test_kind_and_object_not_there_differ(server):
    server.answer("GET", f"{PATH}/gone", status(
        404, "NotFound", 'pods "gone" not found', details={"name": "gone", "kind": "pods"}))
    with pytest.raises(answers.ObjectNotFound):
        server.client().get(places.PODS.at("ci", "gone"), Deadline(5))
    with pytest.raises(answers.KindNotServed):
        server.client().get(places.RUNNERS.at("ci", "one"), Deadline(5))
