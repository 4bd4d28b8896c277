# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARC's controller as the lab plays it: `python -m lab.arc.manager`, flags and env of `manager`.

LAB_ARC_RELEASE says which release it is; LAB_ARC_STALE_LISTENER (0 to 1) how often a new set ends
up with a listener bound to a dead runner set (observed h).

Not modelled: metrics and profiling servers, client rate limits, key vaults, proxies and their
Secrets, events, the JIT configuration asked for twice when GitHub answers within 5 ms (observed a,
side find), owner references with empty kinds (0.11.0 to 0.14.1), panics on labels-only metadata
blocks (0.14), multi-label scale sets.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import aiohttp

from lab.arc.log import Log
from lab.arc.manager import options as settings
from lab.arc.manager.controller import Controller
from lab.arc.manager.election import lead
from lab.arc.manager.github import Clients
from lab.arc.manager.health import serve
from lab.arc.manager.world import World
from lab.kube import Kube


async def run(options: settings.Options, log: Log) -> int:
    """Until SIGTERM or SIGINT, or until the lease is lost; the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    kube = Kube.from_kubeconfig(options.kubeconfig) if options.kubeconfig else Kube.in_cluster()
    async with kube, aiohttp.ClientSession() as session:
        world = World(options, kube, Clients(session, options.facts.error_style), log)
        log.named("setup").info("starting manager", version=options.facts.name)
        health = await serve(options.health_address)
        main = asyncio.create_task(_main(options, kube, world, log))
        waiting = asyncio.create_task(stop.wait())
        done, _pending = await asyncio.wait({main, waiting}, return_when=asyncio.FIRST_COMPLETED)
        for task in (main, waiting):
            task.cancel()
        await asyncio.gather(main, waiting, return_exceptions=True)
        if health:
            health.close()
        if main in done and not main.cancelled():
            problem = main.exception() or "leader election lost"
            log.named("setup").error(problem, "problem running manager")
            return 1
    return 0


async def _main(options: settings.Options, kube: Kube, world: World, log: Log) -> None:
    controller = Controller(world)
    if not options.leader_election:
        await controller.run()
        return
    await lead(kube, options.namespace, options.leader_election_id, controller.run, log)


def main() -> int:
    try:
        options, ignored = settings.parse(sys.argv[1:], os.environ)
    except (KeyError, ValueError) as error:
        Log("setup").error(error, "the manager cannot start: check its env and flags")
        return 1
    log = Log(level=options.log_level, style=options.log_format)
    log = log.named("", version=options.facts.name)
    if ignored:
        log.named("setup").info("flags without effect in the lab", flags=ignored)
    return asyncio.run(run(options, log))


if __name__ == "__main__":
    sys.exit(main())
