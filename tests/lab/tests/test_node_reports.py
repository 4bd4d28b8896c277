# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the node tells others: facts for the ledger, log tails for kubectl, its own state."""

from __future__ import annotations

import asyncio
import io
from typing import Any, Dict, List

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from lab.kube import Kube
from lab.node.agent import base_environment
from lab.node.kubelet_api import tail_offset
from lab.node.observer import Observer, runs_manager
from lab.node.registration import is_ready

IMAGE = "ghcr.io/actions/gha-runner-scale-set-controller:0.14.2"


def manager(uid: str = "m-1", phase: str = "Running", **meta: Any) -> Dict[str, Any]:
    container = {"image": IMAGE, "command": ["/manager"]}
    return {
        "metadata": {"uid": uid, **meta},
        "spec": {"containers": [container]},
        "status": {"phase": phase},
    }


@pytest.mark.parametrize(
    "pod, expected",
    [
        pytest.param(manager(), True, id="running"),
        pytest.param(manager(phase="Pending"), False, id="pending"),
        pytest.param(manager(phase="Failed"), False, id="failed"),
        pytest.param(manager(deletionTimestamp="2026-01-01T00:00:00Z"), False, id="terminating"),
        pytest.param(
            {**manager(), "spec": {"containers": [{"image": IMAGE, "command": ["/ghalistener"]}]}},
            False,
            id="listener",
        ),
    ],
)
def test_runs_manager(pod: Dict[str, Any], expected: bool) -> None:
    assert runs_manager(pod) is expected


def test_report_goes_out_on_each_change_of_the_controllers() -> None:
    """The service must not believe in a controller that has gone (contract: within 2 s)."""
    assert asyncio.run(_reports()) == [0, 1, 2, 1]


async def _reports() -> List[int]:
    seen: List[int] = []
    arrived = asyncio.Event()

    async def facts(request: web.Request) -> web.Response:
        seen.append((await request.json())["controllers"])
        arrived.set()
        return web.Response()

    app = web.Application()
    app.add_routes([web.put("/lab/clusters/blue/facts", facts)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    observer = Observer(Kube("https://127.0.0.1:1"), f"http://127.0.0.1:{port}", "blue")
    report = asyncio.ensure_future(observer.report())
    for change in (
        None,
        ("ADDED", manager("a")),
        ("ADDED", manager("b")),
        ("DELETED", manager("a")),
    ):
        arrived.clear()
        if change:
            observer.pod(*change)
        await asyncio.wait_for(arrived.wait(), 1.5)
    report.cancel()
    await runner.cleanup()
    return seen


def test_facts_name_the_sets_that_are_being_deleted() -> None:
    observer = Observer(Kube("https://127.0.0.1:1"), "http://127.0.0.1:1", "blue")
    observer._deleting = {
        "1": {
            "namespace": "ns",
            "name": "web",
            "annotations": {"runner-scale-set-id": "3"},
        },
        "2": {"namespace": "ns", "name": "app"},
    }
    assert observer.facts() == {
        "controllers": 0,
        "deleting": ["ns/app", "ns/web"],
        "scale_set_ids_deleting": [3],
    }


@given(
    lines=st.lists(st.binary(max_size=40000).map(lambda b: b.replace(b"\n", b" ")), max_size=6),
    is_whole=st.booleans(),
    wanted=st.integers(min_value=0, max_value=8),
)
def test_tail_offset_begins_the_last_lines(lines: Any, is_whole: bool, wanted: int) -> None:
    """`kubectl logs --tail N` gives the last N lines, the unfinished one included."""
    text = b"".join(line + b"\n" for line in lines)
    if not is_whole and text:
        text = text[:-1]
    kept = text.splitlines(keepends=True) if b"\r" not in text else None
    if kept is None:
        parts = text.split(b"\n")
        kept = [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
    expected = b"".join(kept[-wanted:]) if wanted else b""
    assert text[tail_offset(io.BytesIO(text), wanted) :] == expected


def test_base_environment_leads_to_the_cluster_and_to_the_lab() -> None:
    env = base_environment(6443, {"PATH": "/bin", "PYTHONPATH": "/extra", "SECRET": "x"})
    assert env["KUBERNETES_SERVICE_HOST"] == "127.0.0.1"
    assert env["KUBERNETES_SERVICE_PORT"] == env["KUBERNETES_SERVICE_PORT_HTTPS"] == "6443"
    assert env["PYTHONPATH"].split(":")[1:] == ["/extra"]
    assert "SECRET" not in env


@pytest.mark.parametrize(
    "conditions, expected",
    [
        ([{"type": "Ready", "status": "True"}], True),
        ([{"type": "Ready", "status": "Unknown"}], False),
        ([{"type": "DiskPressure", "status": "True"}], False),
        ([], False),
    ],
)
def test_node_is_ready(conditions: Any, expected: bool) -> None:
    assert is_ready({"status": {"conditions": conditions}}) is expected
