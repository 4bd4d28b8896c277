# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drain remembers of the clusters that serve its sets meanwhile."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import drain_peers, objects
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.drain_types import Act

AT = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def a_set(name):
    ref = objects.Ref("AutoscalingRunnerSet", "arc-runners", name, f"uid-{name}")
    return objects.ScaleSet(ref, None, name, "blue", "https://github.com/acme")


def seen(peers, minute, **ill):
    found = tuple((one, ill[one.name]) for one in peers.sets if one.name in ill)
    return peers.seen(found, AT + timedelta(minutes=minute))


def test_losses_begin_last_and_end():
    peers = seen(drain_peers.Peers((a_set("web"), a_set("api"))), 0)
    assert (peers.losses, peers.words(AT), peers.told()) == ((), "", "")
    peers = seen(peers, 1, web="no pod")
    peers = seen(peers, 2, web="not ready", api="no pod")
    words = peers.words(AT + timedelta(minutes=4))
    assert "AutoscalingRunnerSet arc-runners/web and 1 more for 3 min (not ready)" in words
    peers = seen(peers, 3, api="no pod")
    assert peers.told() == "AutoscalingRunnerSet arc-runners/api"
    peers = seen(seen(peers, 4), 5, web="again")
    assert [(one.object[-3:], one.reason, one.since[14:16], one.until[14:16]) for one in peers.losses] == [
        ("web", "not ready", "01", "03"), ("api", "no pod", "02", "04"), ("web", "again", "05", ""),
    ]


def test_memory_goes_through_json():
    peers = seen(drain_peers.Peers((a_set("web"),)), 1, web="no pod")
    assert drain_peers.from_plain(json.loads(json.dumps(drain_peers.to_plain(peers)))) == peers
    fresh = drain_peers.Peers((a_set("web"),))
    assert drain_peers.from_plain(drain_peers.to_plain(fresh)) == fresh


@pytest.mark.parametrize("patterns, left", [
    ((), ["web", "api"]), (("w*",), ["api"]), (("arc-runners/???",), []), (("other/web",), ["web", "api"]),
])
def test_sets_that_may_be_down_are_left_out(patterns, left):
    assert [one.name for one in drain_peers.without([a_set("web"), a_set("api")], patterns)] == left


@pytest.mark.parametrize("verb, kind, body, is_stop", [
    ("delete", "AutoscalingRunnerSet", {}, True),
    ("delete", "AutoscalingListener", {}, False),
    ("patch", "AutoscalingRunnerSet", [{"op": "replace", "path": "/spec/maxRunners", "value": 0}], True),
    ("patch", "AutoscalingRunnerSet", [{"op": "replace", "path": "/spec/maxRunners", "value": 4}], False),
    ("patch", "AutoscalingRunnerSet", [{"op": "test", "path": "/spec/maxRunners", "value": 0}], False),
    ("patch", "Deployment", [{"op": "replace", "path": "/spec/maxRunners", "value": 0}], False),
    ("store", "AutoscalingRunnerSet", {"spec": {}}, False),
])
def test_what_stops_a_set(verb, kind, body, is_stop):
    act = Act(verb, objects.Ref(kind, "arc-runners", "web"), body, "a reason", {})
    assert drain_peers.is_stop(act) is is_stop
