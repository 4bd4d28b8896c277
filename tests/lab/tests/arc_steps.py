# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What do the tests of the stand-in on a real API server do again and again?"""

from __future__ import annotations

from typing import Any, Dict, List

from lab.tests.arc_bench import KINDS, Bench

SETS, LISTENERS, RUNNER_SETS, RUNNERS = KINDS


def states(bench: Bench, jobs: List[int]) -> List[str]:
    return sorted(j["state"] for j in bench.service.ledger()["jobs"] if j["id"] in jobs)


def queue(bench: Bench, count: int, duration_s: float) -> List[int]:
    return bench.service.queue(bench.set_name("web"), count, scope="acme", duration_s=duration_s)


def running(bench: Bench) -> List[Dict[str, Any]]:
    return [r for r in bench.all(RUNNERS) if (r.get("status") or {}).get("phase") == "Running"]


def up(bench: Bench, release: str, *flags: str, **spec: Any) -> Any:
    """A manager and a set of the release, with its listener's session and its idle runners."""
    bench.use_crds(release)
    manager = bench.start(release, *flags)
    bench.install(release, **spec)
    bench.until(bench.serves, "session")
    wanted = spec.get("minRunners", 0)
    bench.until(lambda: len(running(bench)) == wanted, f"{wanted} idle runners")
    return manager


def delete_set(bench: Bench) -> None:
    bench.cluster.delete(bench.path(SETS, bench.set_name("web")))


def until_gone(bench: Bench, limit_s: float = 20.0) -> None:
    bench.until(lambda: not any(bench.all(kind) for kind in KINDS), "all four kinds gone", limit_s)
