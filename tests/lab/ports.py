# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports do the processes of a lab listen on?

A lab keeps the ports it was given, and other labs of the same user leave them alone: a table in
the cache folder says whose they are. A port is given anew only when its owner does not run and a
stranger listens on it.
"""

from __future__ import annotations

import fcntl
import random
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Set

from lab.errors import LabError
from lab.state import LabState, cache_home, read_json, write_json

LOOPBACK = "127.0.0.1"
LOWEST = 20000
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def is_free(port: int) -> bool:
    """Whether nobody listens on the port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _candidates() -> List[int]:
    """Ports in random order. Those that the kernel gives to outgoing connections come last: one
    of these may hold a port just when its owner wants to listen again."""
    try:
        first = int(EPHEMERAL.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        first = 32768
    below, above = list(range(LOWEST, first)), list(range(max(first, LOWEST), 61000))
    random.shuffle(below)
    random.shuffle(above)
    return below + above


def _chosen(names: Iterable[str], taken: Set[int]) -> Dict[str, int]:
    candidates = iter(_candidates())
    found: Dict[str, int] = {}
    for name in names:
        port = next((p for p in candidates if p not in taken and is_free(p)), None)
        if port is None:
            raise LabError(
                f"No free port on {LOOPBACK} for {name}.",
                "End programs that hold many connections, then try again.",
            )
        found[name] = port
    return found


def free_ports(names: Iterable[str]) -> Dict[str, int]:
    """One free port per name, different ones, none of them a lab's."""
    return _chosen(names, {int(port) for port in _owners()})


def settled_ports(
    known: Dict[str, int], names: Iterable[str], running: Iterable[str], owner: LabState
) -> Dict[str, int]:
    """Ports for `names`, kept for the lab `owner`: known ones stay while their owner runs or
    they are free."""
    wanted, alive = list(names), set(running)
    kept = {
        name: known[name]
        for name in wanted
        if known.get(name) in range(1, 65536) and (name in alive or is_free(known[name]))
    }
    with _table() as owners:
        foreign = {int(port) for port, folder in owners.items() if folder != str(owner.folder)}
        kept = {name: port for name, port in kept.items() if name in alive or port not in foreign}
        taken = {int(port) for port in owners} | set(kept.values())
        found = {**_chosen((name for name in wanted if name not in kept), taken), **kept}
        owners.update({str(port): str(owner.folder) for port in found.values()})
    return found


def release_ports(owner: LabState) -> None:
    """Give back every port of a lab."""
    with _table() as owners:
        for port in [port for port, folder in owners.items() if folder == str(owner.folder)]:
            del owners[port]


def _owners() -> Dict[str, str]:
    """Port -> state folder of the lab that keeps it; folders without a lab are left out."""
    found = read_json(cache_home() / "ports.json")
    owners = found if isinstance(found, dict) else {}
    labs = {folder for folder in set(owners.values()) if LabState(folder).is_lab()}
    return {port: folder for port, folder in owners.items() if folder in labs}


@contextmanager
def _table() -> Iterator[Dict[str, str]]:
    """The table of owners, locked; changes made to it are kept."""
    lock = cache_home() / ".ports.lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = open(lock, "w", encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"The cache folder {lock.parent} cannot be used: {error.strerror}.",
            "Set XDG_CACHE_HOME to a folder that can be written.",
        ) from error
    with handle:
        # Held for milliseconds only; whoever has it neither waits nor asks.
        fcntl.flock(handle, fcntl.LOCK_EX)
        owners = _owners()
        yield owners
        write_json(cache_home() / "ports.json", owners)
