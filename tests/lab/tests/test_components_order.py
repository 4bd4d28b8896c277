# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the descriptions of a cluster's processes say what they must?"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import pytest

from lab.cluster import stop_order
from lab.components import LINKS, PORTS, Component, components, service_range, start_order
from lab.state import LabState

STATE = LabState("/lab")
NUMBERS = {port: 20000 + index for index, port in enumerate(PORTS)}


def described(index: int = 0, audit: bool = False) -> Dict[str, Component]:
    return components(STATE.cluster("blue"), NUMBERS, index, STATE.folder, audit)


def flags(component: Component) -> Dict[str, str]:
    pairs = (argument[2:].split("=", 1) for argument in component.arguments)
    return dict(pairs)


def test_start_order_follows_the_links() -> None:
    assert start_order(LINKS) == [
        ["etcd"],
        ["apiserver"],
        ["controller-manager", "scheduler", "node"],
    ]


@pytest.mark.parametrize(
    "links, left",
    [
        ({"a": ["b"], "b": ["a"], "c": []}, "a, b"),
        ({"a": ["a"]}, "a"),
        ({"a": ["nowhere"], "b": []}, "a"),
    ],
    ids=["circle", "itself", "leads nowhere"],
)
def test_links_without_an_order_are_an_error_that_names_them(
    links: Dict[str, List[str]], left: str
) -> None:
    with pytest.raises(ValueError, match=f"no order for: {left}$"):
        start_order(links)


def test_stop_order_is_the_reverse_over_all_clusters() -> None:
    assert stop_order(["blue", "green"]) == [
        [
            f"{c}.{n}"
            for c in ("blue", "green")
            for n in ("controller-manager", "scheduler", "node")
        ],
        ["blue.apiserver", "green.apiserver"],
        ["blue.etcd", "green.etcd"],
    ]


def test_every_link_is_described_and_every_port_is_somebody_s() -> None:
    assert set(described()) == set(LINKS)
    assert set(PORTS.values()) == set(LINKS)


def test_everything_listens_on_loopback_only() -> None:
    found = described()
    for name in ("apiserver", "controller-manager", "scheduler"):
        assert flags(found[name])["bind-address"] == "127.0.0.1"
    for name in ("client-url", "peer-url"):
        assert flags(found["etcd"])[name].startswith("http://127.0.0.1:")
    assert all(c.ready.split("//")[1].startswith("127.0.0.1:") for c in found.values())


def test_each_port_is_given_to_exactly_one_component() -> None:
    for port, owner in PORTS.items():
        number = str(NUMBERS[port])
        users = {
            name
            for name, component in described().items()
            if number in component.ready or any(number in a for a in component.arguments)
        }
        # The API server is told where etcd is.
        assert users == ({owner, "apiserver"} if port == "etcd" else {owner})


def test_rights_are_checked_and_pods_get_tokens() -> None:
    found = flags(described()["apiserver"])
    assert found["authorization-mode"] == "Node,RBAC"
    assert found["service-account-signing-key-file"] == "/lab/clusters/blue/pki/sa.key"
    assert found["kubelet-client-certificate"].startswith("/lab/clusters/blue/pki/")
    assert found["kubelet-certificate-authority"] == "/lab/clusters/blue/pki/ca.crt"
    assert found["kubelet-preferred-address-types"] == "InternalIP"


def test_controllers_are_those_arc_and_helm_rest_on() -> None:
    found = set(flags(described()["controller-manager"])["controllers"].split(","))
    assert found >= {
        "garbage-collector-controller",
        "namespace-controller",
        "serviceaccount-controller",
        "serviceaccount-token-controller",
        "deployment-controller",
        "replicaset-controller",
        "job-controller",
        "endpointslice-controller",
        "root-ca-certificate-publisher-controller",
        "clusterrole-aggregation-controller",
    }
    assert "daemonset-controller" not in found


def test_clusters_of_a_lab_have_their_own_service_ranges() -> None:
    ranges = [service_range(index) for index in range(20)]
    assert len(set(ranges)) == len(ranges)
    assert flags(described(index=1)["apiserver"])["service-cluster-ip-range"] == ranges[1]


def test_audit_log_is_written_only_on_request() -> None:
    assert not [flag for flag in flags(described()["apiserver"]) if flag.startswith("audit")]
    found = flags(described(audit=True)["apiserver"])
    assert found["audit-log-path"] == "/lab/clusters/blue/audit.log"
    assert found["audit-policy-file"] == "/lab/clusters/blue/audit-policy.yaml"


def test_node_agent_is_told_its_lab_and_cluster() -> None:
    assert described()["node"].arguments == ("--state", str(Path("/lab")), "--cluster", "blue")
