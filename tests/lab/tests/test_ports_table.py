# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports is a lab given, and when does it keep them?"""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest

from lab.ports import free_ports, is_free, release_ports, settled_ports
from lab.state import LabState

NAMES = ("etcd", "apiserver", "kubelet")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def made(tmp_path: Path, name: str) -> LabState:
    state = LabState(tmp_path / name)
    state.claim()
    state.write(state.describe([], {}))
    return state


@contextmanager
def stranger(port: int) -> Iterator[None]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield


def test_ports_are_free_and_different(tmp_path: Path) -> None:
    found = settled_ports({}, NAMES, [], made(tmp_path, "one"))
    assert set(found) == set(NAMES)
    assert len(set(found.values())) == len(NAMES)
    assert all(is_free(port) for port in found.values())


def test_known_ports_are_kept(tmp_path: Path) -> None:
    lab = made(tmp_path, "one")
    first = settled_ports({}, NAMES, [], lab)
    assert settled_ports(first, NAMES, [], lab) == first


def test_port_of_a_running_owner_is_kept_though_in_use(tmp_path: Path) -> None:
    lab = made(tmp_path, "one")
    first = settled_ports({}, NAMES, [], lab)
    with stranger(first["etcd"]):
        assert settled_ports(first, NAMES, ["etcd"], lab) == first


def test_port_taken_by_a_stranger_is_chosen_anew(tmp_path: Path) -> None:
    lab = made(tmp_path, "one")
    first = settled_ports({}, NAMES, [], lab)
    with stranger(first["etcd"]):
        second = settled_ports(first, NAMES, [], lab)
    assert second["etcd"] != first["etcd"]
    assert {**second, "etcd": 0} == {**first, "etcd": 0}


@pytest.mark.parametrize("known", [{"etcd": "abc"}, {"etcd": None}, {"etcd": -1}], ids=str)
def test_nonsense_on_disk_is_no_port(tmp_path: Path, known: dict) -> None:
    found = settled_ports(known, NAMES, [], made(tmp_path, "one"))
    assert all(1024 < port < 65536 for port in found.values())


def test_labs_that_start_together_share_no_port(tmp_path: Path) -> None:
    labs = [made(tmp_path, f"lab{number}") for number in range(8)]
    many = [f"port{number}" for number in range(40)]
    with ThreadPoolExecutor(len(labs)) as pool:
        found = list(pool.map(lambda lab: settled_ports({}, many, [], lab), labs))
    ports = [port for of_lab in found for port in of_lab.values()]
    assert len(set(ports)) == len(labs) * len(many)
    assert not set(free_ports(many).values()) & set(ports)


def test_port_of_another_lab_is_not_kept(tmp_path: Path) -> None:
    one, two = made(tmp_path, "one"), made(tmp_path, "two")
    first = settled_ports({}, NAMES, [], one)
    assert not set(settled_ports(first, NAMES, [], two).values()) & set(first.values())


def test_ports_are_given_back(tmp_path: Path) -> None:
    one, two = made(tmp_path, "one"), made(tmp_path, "two")
    first = settled_ports({}, NAMES, [], one)
    release_ports(one)
    assert settled_ports(first, NAMES, [], two) == first


def test_ports_of_a_removed_lab_are_free_again(tmp_path: Path) -> None:
    one, two = made(tmp_path, "one"), made(tmp_path, "two")
    first = settled_ports({}, NAMES, [], one)
    one.file.unlink()
    assert settled_ports(first, NAMES, [], two) == first


def test_ports_lie_below_those_of_outgoing_connections(tmp_path: Path) -> None:
    limit = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="utf-8").split()
    if int(limit[0]) <= 20100:
        pytest.skip("this machine leaves hardly a port below its ephemeral ones")
    found = settled_ports({}, NAMES, [], made(tmp_path, "one"))
    assert max(found.values()) < int(limit[0])
