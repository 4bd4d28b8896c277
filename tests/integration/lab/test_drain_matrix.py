# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every release, mode and container mode: jobs running and assigned, the drain, the ledger.

Prints a line for each with the seconds of each stage.
"""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import releases
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import ONLINE_S, DrainLab

pytestmark = [pytest.mark.lab, pytest.mark.long]
# Each set's jobs: long ones that run, then a short one that is assigned and has no runner yet.
LONG_S, SHORT_S = 12, 2
CONTAINER_MODES = (None, "dind", "kubernetes")


@pytest.fixture(scope="module", params=releases.SUPPORTED)
def lab(request, tmp_path_factory):
    with DrainLab(tmp_path_factory.mktemp("lab"), {"blue": request.param}) as running:
        yield running


@pytest.mark.parametrize("mode", ["retire", "pause", "wait_only"])
def test_no_job_is_lost_or_stranded(lab, mode, capsys):
    release = lab.releases["blue"]
    sets = [
        lab.install("blue", mode=container, min_runners=1, max_runners=4)
        for container in CONTAINER_MODES
    ]
    jobs = [job for one in sets for job in lab.service.queue(one["name"], 2, duration_s=LONG_S)]
    lab.wait_running(jobs, len(jobs))
    jobs += [job for one in sets for job in lab.service.queue(one["name"], 2, duration_s=SHORT_S)]
    lab.wait_assigned(jobs)
    code, result = lab.run(
        "arc_scaleset_drain", "blue", scale_sets=sets, mode=mode, timeout=120,
        grace=int(ONLINE_S) + 2,
    )
    with capsys.disabled():
        tell(release, mode, sets, code, result)
    if mode == "pause" and not releases.release(release).has_capacity_header:
        assert (code, result["error"]["class"], result["changed"]) == (1, "Refused", False)
        refused = result["error"]["details"]["refused"]
        assert {one["id"] for one in refused} == {"pause-unsafe"}
    else:
        assert (code, result["finished"]) == (0, True), result.get("msg")
    if mode == "pause" and code == 0:
        code, result = lab.run("arc_scaleset_drain", "blue", scale_sets=sets, state="resumed")
        assert (code, result["finished"], result["changed"]) == (0, True, True), result.get("msg")
    lab.service.wait(
        lambda ledger: all(one["state"] == "completed" for one in ledger["jobs"]),
        what="every job to be completed",
    )
    ledger = lab.service.ledger()
    assert (ledger["lost"], ledger["stranded"], ledger["failed"]) == (0, 0, 0)
    assert [one["stranded_s"] for one in lab.jobs(jobs)] == [0.0] * len(jobs)
    lab.run("arc_scaleset_drain", "blue", scale_sets=sets, allow_none=True, keep_copy=False)


def tell(release, mode, sets, code, result):
    """Print a line for each set."""
    spent = {one["name"]: one["durations"] for one in result["sets"]}
    for one, container in zip(sets, CONTAINER_MODES):
        stages = {key: round(value, 1) for key, value in spent[one["name"]].items()}
        word = "ok" if code == 0 else result["error"]["class"]
        print(f"\n{release:7} {mode:9} {container or 'none':10} {word:8} {stages}", end="")
