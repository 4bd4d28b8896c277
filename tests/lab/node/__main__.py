# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m lab.node --state FOLDER --cluster NAME"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from typing import Any, Awaitable, Callable

from lab.errors import LabError
from lab.kube import Kube
from lab.node.agent import Agent
from lab.node.kubelet_api import serve
from lab.node.leftovers import stop_all
from lab.node.observer import Observer
from lab.node.provisioner import Provisioner
from lab.node.registration import Registration
from lab.state import LabState

AGAIN_S = 1.0
REQUESTS_AT_ONCE = 12


class NodeKube(Kube):
    """A client with few connections: a hundred pods that start together would otherwise make the
    agent twice its size for good, and not one of them would start earlier."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._lane = asyncio.Semaphore(REQUESTS_AT_ONCE)

    async def request(self, *arguments: Any, **more: Any) -> Any:
        async with self._lane:
            return await super().request(*arguments, **more)


async def _forever(name: str, part: Callable[[], Awaitable[Any]]) -> None:
    """Run a part of the agent; it must outlive whatever goes wrong in it."""
    while True:
        try:
            await part()
        except Exception as error:  # pylint: disable=broad-except
            print(f"{name}: {type(error).__name__}: {error}", flush=True)
        await asyncio.sleep(AGAIN_S)


async def _run(lab: LabState, cluster: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    state = lab.cluster(cluster)
    async with NodeKube.from_kubeconfig(state.node_kubeconfig) as kube:
        observer = Observer(kube, lab.service_url(), cluster)
        agent = Agent(lab, cluster, kube, observer.pod)
        # First of all, since it fails where another agent of this cluster is alive.
        server = await serve(state, agent)
        print(f"node {state.node_name}: sandbox {agent.machine.sandbox}", flush=True)
        node = Registration(kube, state.node_name, state.ports()["kubelet"])
        parts = {
            "node": node.run,
            "pods": agent.run,
            "claims": Provisioner(kube, agent.machine.claims).run,
            "scale sets": observer.follow_scale_sets,
            "facts": observer.report,
        }
        tasks = [asyncio.ensure_future(_forever(*part)) for part in parts.items()]
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.cleanup()
        stop_all(state.pods)


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.node")
    parser.add_argument("--state", required=True, help="state folder of the lab")
    parser.add_argument("--cluster", required=True)
    options = parser.parse_args()
    try:
        asyncio.run(_run(LabState(options.state), options.cluster))
    except (LabError, OSError) as error:
        print(f"node agent of cluster {options.cluster}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
