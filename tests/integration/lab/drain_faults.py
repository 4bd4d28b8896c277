# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of hanging drains share: faults that are taken back, and how a drain must end."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import threading
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List

from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.places import Place, Resource
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import DrainLab
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_slices import Slices

CLUSTER = "green"
# Of the server: what an object cannot be created with again.
_OWN = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "deletionTimestamp",
        "deletionGracePeriodSeconds")


def limit() -> Deadline:
    return Deadline(30)


def drain(lab: DrainLab, *scale_sets: Dict[str, str], **options: Any) -> Slices:
    return Slices(lab, CLUSTER, *scale_sets, **{"settle": "never", **options})


def running_job(lab: DrainLab, scale_set: Dict[str, str], duration_s: float) -> List[int]:
    jobs = lab.service.queue(scale_set["name"], 1, duration_s=duration_s)
    lab.wait_running(jobs, 1)
    return jobs


def ends_well(
    lab: DrainLab, running: Slices, jobs: Iterable[int] = (), limit_s: float = 240
) -> None:
    """The drain finishes, every job completed, and the ledger has no lost one."""
    result = running.wait_end(limit_s)
    assert (result.get("finished"), result.get("failed")) == (True, None), result.get("msg")
    assert lab.service.ledger()["lost"] == 0
    assert {one["state"] for one in lab.jobs(list(jobs))} <= {"completed"}


def items(client: Any, resource: Resource, namespace: str, prefix: str) -> List[Dict[str, Any]]:
    """The objects of a namespace whose names begin so."""
    found = client.list(resource.at(namespace), limit()).items
    return [one for one in found if one["metadata"]["name"].startswith(prefix)]


def take_away(client: Any, place: Place, cure: contextlib.ExitStack) -> None:
    """Delete an object although a finalizer protects it; `cure` puts it back."""
    found = client.get(place, limit())
    kept = copy.deepcopy(found)
    for key in _OWN:
        kept["metadata"].pop(key, None)
    collection = dataclasses.replace(place, name="")
    if found["metadata"].get("finalizers"):
        client.merge_patch(place, {"metadata": {"finalizers": None}}, limit())
    client.delete(place, limit())
    cure.callback(lambda: client.create(collection, kept, limit()))


def eventually(is_true: Callable[[], Any], what: str, limit_s: float = 60) -> None:
    until = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < until, what
        time.sleep(0.2)


@contextlib.contextmanager
def repeated(act: Callable[[], None], pause_s: float) -> Iterator[None]:
    """Do something again and again until the block ends."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(pause_s):
            act()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
