# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clusters mean for each other."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import fleet, model, reads
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b


def cluster(name, uid="", **changes):
    return model.read_cluster(b.snapshot(name=name, uid=uid, **b.sound(**changes)))


@pytest.mark.parametrize(
    "green, ids",
    [
        pytest.param({"group": "green"}, [], id="own-group"),
        pytest.param({"group": "blue"}, ["same-name-and-group"], id="same-group"),
        pytest.param({"group": "BLUE"}, ["same-name-and-group"], id="case-does-not-matter"),
        pytest.param({"group": "blue", "names": ("ci",)}, [], id="other-name"),
        pytest.param({"group": "blue", "url": "https://github.com/b"}, [], id="other-url"),
        pytest.param({"group": "blue", "url": b.URL + "/"}, ["same-name-and-group"],
                     id="slash-does-not-matter"),
    ],
)
def test_same_name_in_two_clusters(green, ids):
    found = fleet.findings_of([cluster("blue"), cluster("green", **green)])
    assert [one.id for one in found] == ids


def test_two_hosts_of_one_cluster_are_told_once_and_not_as_shared_sets():
    found = fleet.findings_of([cluster("a", uid="same"), cluster("b", uid="same")])
    assert [(one.id, one.cluster) for one in found] == [("two-hosts-one-cluster", "b")]
    assert "host a" in found[0].reason


def test_two_sets_of_one_cluster_can_share_a_set_at_github():
    parts = b.sound()
    b.add_set(parts, b.scale_set(namespace="other"), release="0.9.3", busy=0, idle=0)
    found = fleet.findings_of([model.read_cluster(b.snapshot(**parts))])
    assert [one.id for one in found] == ["same-name-and-group"]


def test_peers_are_sets_of_the_same_name_with_what_is_wrong_with_them():
    blue, green = cluster("blue"), cluster("green", group="green")
    red = model.read_cluster(b.snapshot(name="red", **{**b.sound(group="red"), "pods": []}))
    peers = fleet.peers_of(blue, blue.scale_sets[0], [blue, green, red])
    assert [(peer.cluster, peer.group, peer.serves) for peer in peers] == [
        ("green", "green", True), ("red", "red", False),
    ]
    assert "it has no pod" in peers[1].trouble
    assert peers[0].as_dict() == {
        "cluster": "green", "scale_set": "AutoscalingRunnerSet arc-runners/web",
        "namespace": "arc-runners", "name": "web", "group": "green", "serves": True, "trouble": [],
    }


def test_set_is_unserved_where_no_peer_of_its_own_group_serves_and_the_reason_is_told():
    blue = cluster("blue")
    gap = reads.Unread("forbidden", "list autoscalingrunnersets", "autoscalingrunnersets")
    silent = model.read_cluster(b.snapshot(name="red", **{**b.sound(), "autoscalingrunnersets": gap}))
    same = cluster("green", group=blue.scale_sets[0].group)
    ((one, why),) = fleet.unserved(blue, blue.scale_sets, [same, silent], ["grey: no route"])
    assert one.ref.name == "web"
    assert why == "grey: no route; red: forbidden"
    assert fleet.unserved(blue, blue.scale_sets, [cluster("green", group="green"), silent]) == ()
