# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A watch misses nothing, whatever becomes of its connection, and ends when it is told to."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.watch import ChangeKind, Watch
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.watch_many import (
    Heartbeat,
    watch_many,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
    listing,
    status,
)

PODS = places.PODS.at("ci")
PATH = "/api/v1/namespaces/ci/pods"


def event(kind, name, version):
    meta = {"name": name, "resourceVersion": str(version)}
    return {"type": kind, "object": {"metadata": meta}}


BOOKMARK = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "90"}}}
EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
LAST = Reply(events=(event("DELETED", "end", 99),), then="hangs")


def told(server, limit_s=8):
    """What a watch tells up to the object "end", as (kind, names)."""
    found = []
    watch = Watch(server.client(), PODS, Deadline(limit_s))
    for change in watch.changes():
        items = change.items if change.kind is ChangeKind.RELISTED else (change.object,)
        names = " ".join(item["metadata"]["name"] for item in items)
        found.append(f"{change.kind.name} {names}".strip())
        if names == "end":
            watch.stop()
    return found


def starts(server):
    """The resource versions from which watches were opened."""
    return [one.query["resourceVersion"] for one in server.requests if "watch" in one.query]


STREAMS = {
    "server-ends-the-watch": (
        [Reply(events=(event("ADDED", "b", 11),)), LAST], ["ADDED b"], ["10", "11"]),
    "connection-broken": (
        [Reply(events=(event("MODIFIED", "a", 12),), then="breaks"), LAST],
        ["MODIFIED a"], ["10", "12"]),
    "bookmark-carries-the-version": ([Reply(events=(BOOKMARK,)), LAST], [], ["10", "90"]),
    "410-as-an-event": (
        [Reply(events=(event("ADDED", "b", 11), EXPIRED)), LAST],
        ["ADDED b", "RELISTED a"], ["10", "10"]),
    "410-as-the-answer": ([status(410, "Expired"), LAST], ["RELISTED a"], ["10", "10"]),
    "429": ([status(429, "TooManyRequests"), LAST], [], ["10", "10"]),
    "503": ([status(503, "ServiceUnavailable"), LAST], [], ["10", "10"]),
    "401-once": ([status(401, "Unauthorized"), LAST], [], ["10", "10"]),
    "half-an-event": (
        [Reply(events=(event("ADDED", "b", 11), b'{"type":'), then="breaks"), LAST],
        ["ADDED b"], ["10", "11"]),
}


@pytest.mark.parametrize("replies, between, opened", STREAMS.values(), ids=STREAMS.keys())
def test_watch_goes_on_where_it_was(server, replies, between, opened):
    _script(server, replies)
    assert told(server) == ["RELISTED a", *between, "DELETED end"]
    assert starts(server) == opened


def _script(server, watch_replies):
    """Lists and watches of one path differ only in the query."""
    lists, watches = listing("a", version="10"), list(watch_replies)

    def reply(seen):
        with server._lock:
            server.requests.append(seen)
            if "watch" not in seen.query:
                return lists
            return watches.pop(0) if len(watches) > 1 else watches[0]

    server.reply = reply


def test_watch_asks_for_bookmarks_and_an_end(server):
    _script(server, [LAST])
    told(server)
    query = server.requests[-1].query
    assert query["allowWatchBookmarks"] == "true" and 1 <= int(query["timeoutSeconds"]) <= 9


@pytest.mark.parametrize("refusal, kind", [
    (status(403, "Forbidden", 'User "ann" cannot watch resource "pods" in API group "" in the '
            'namespace "ci"'), errors.ReadFailed),
    (Reply(404, "404 page not found"), errors.ReadFailed),
    (status(400, "BadRequest"), errors.ReadFailed),
], ids=["forbidden", "kind-gone", "bad-request"])
def test_watch_that_can_never_work_raises(server, refusal, kind):
    _script(server, [refusal])
    with pytest.raises(kind):
        told(server)


def test_watch_without_events_ends_at_its_deadline(server):
    _script(server, [Reply(events=(), then="hangs")])
    start = time.monotonic()
    assert told(server, 0.6) == ["RELISTED a"]
    assert 0.4 < time.monotonic() - start < 2


def test_watch_that_always_breaks_does_not_storm(server):
    _script(server, [Reply(cut_after=0)])
    assert told(server, 1.5) == ["RELISTED a"]
    assert len(starts(server)) <= 8


def test_watch_many_tells_changes_and_heartbeats(server):
    _script(server, [Reply(events=(event("ADDED", "b", 11),), then="hangs")])
    seen = []
    for item in watch_many(server.client(), [PODS], Deadline(5), heartbeat_s=0.2):
        seen.append(item)
        if isinstance(item, Heartbeat):
            break
    assert [one.kind for one in seen[:-1]] == [ChangeKind.RELISTED, ChangeKind.ADDED]
    assert seen[-1].waited_s >= 0.2


def test_watch_many_stopped_leaves_no_thread(server):
    _script(server, [Reply(events=(), then="hangs")])
    before = threading.active_count()
    watched = watch_many(server.client(), [PODS] * 3, Deadline(60), heartbeat_s=60)
    for _attempt in range(3):
        assert next(watched).kind is ChangeKind.RELISTED
    _until(lambda: len(starts(server)) == 3)
    start = time.monotonic()
    watched.close()
    assert time.monotonic() - start < 2
    server.closing.set()
    _until(lambda: threading.active_count() <= before)


def test_watch_many_ends_at_the_deadline(server):
    _script(server, [Reply(events=(), then="hangs")])
    start = time.monotonic()
    found = list(watch_many(server.client(), [PODS], Deadline(0.5), heartbeat_s=60))
    assert len(found) == 1 and time.monotonic() - start < 3


def test_watch_many_raises_the_error_of_a_watch(server):
    _script(server, [status(403, "Forbidden", "cannot")])
    with pytest.raises(errors.ReadFailed):
        list(watch_many(server.client(), [PODS], Deadline(5), heartbeat_s=60))


def _until(holds, limit_s=5.0):
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, "did not get there in time"
        time.sleep(0.01)
