# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that is killed and comes back: the ledger, jobs under way, coverage, streams."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from lab.tests.service_bench import (
    ENV,
    RunningProcess,
    runner,
    service_process,
    until,
)

__all__ = ["service_process"]


def test_ledger_and_running_jobs_survive_a_kill(service_process: RunningProcess) -> None:
    service = service_process
    arc = service.arc()
    number = arc.make_set()
    service.admin.queue("web", 3, duration_s=3)
    listener = arc.serve(number, jobs=2, capacity=2)
    with runner(arc.jit(number, "web-a")["encodedJITConfig"]) as process:
        service.admin.wait(lambda ledger: ledger["running"] == 1)
        before = service.admin.ledger()
        service.again()
        after = service.admin.ledger()
        assert (after["queued"], after["assigned"], after["running"]) == (1, 1, 1)
        assert [job["history"] for job in after["jobs"]] == [
            job["history"] for job in before["jobs"]
        ]
        assert process.wait(15) == 0
    assert service.admin.ledger(jobs=False)["completed"] == 1
    assert service.admin.scale_sets()[0]["session"] is None
    assert listener.poll().status == 404, "sessions are not remembered"
    assert arc.listen(number).session["statistics"]["totalAssignedJobs"] == 1
    assert service.admin.settings()["poll_s"] == 0.5


def test_runner_that_waits_outlives_a_kill_of_the_service(
    service_process: RunningProcess,
) -> None:
    service = service_process
    arc = service.arc()
    number = arc.make_set()
    with runner(arc.jit(number, "web-a")["encodedJITConfig"]) as process:
        until(lambda: service.admin.scale_sets()[0]["runners"][0]["online"], "online")
        service.again()
        service.admin.queue("web", duration_s=0.1)
        arc.serve(number, jobs=1)
        assert process.wait(20) == 0
    assert service.admin.ledger(jobs=False)["completed"] == 1


def test_stream_goes_on_after_a_kill(service_process: RunningProcess) -> None:
    service_process.admin.stream("web", 0.1, duration_s=1)
    service_process.admin.wait(lambda ledger: ledger["queued"] >= 2)
    service_process.again()
    count = service_process.admin.ledger(jobs=False)["queued"]
    service_process.admin.wait(lambda ledger: ledger["queued"] >= count + 3)


def test_coverage_has_each_gap_and_remembers_it(service_process: RunningProcess) -> None:
    service = service_process
    arc, peer = service.arc("blue"), service.arc("green")
    blue, green = arc.make_set("web", 2), peer.make_set("web", 3)
    assert service.admin.coverage() == []
    first, second = arc.listen(blue), peer.listen(green)
    first.close()
    assert service.admin.coverage()[0]["gaps"] == [], "the peer listens"
    second.close()
    began = time.time()
    until(lambda: time.time() > began + 0.5, "half a second passes")
    third = arc.listen(blue)
    found = service.admin.coverage()[0]
    assert (found["scope"], found["scale_set"], found["sessions"]) == ("acme", "web", 1)
    assert len(found["gaps"]) == 1 and 0.5 <= found["gap_s"] < 3
    assert service.admin.coverage(since=time.time())[0]["gaps"] == []
    third.close()
    assert len(service.admin.coverage()[0]["gaps"]) == 2, "one that goes on counts"
    service.again()
    again = service.admin.coverage()[0]
    assert again["gaps"][0] == found["gaps"][0] and again["sessions"] == 0


def test_session_open_at_the_kill_is_a_gap_from_then_on(
    service_process: RunningProcess,
) -> None:
    arc = service_process.arc()
    number = arc.make_set()
    arc.listen(number)
    service_process.again()
    found = service_process.admin.coverage()[0]
    assert found["sessions"] == 0 and found["gap_s"] > 0
    arc.listen(number)
    assert len(service_process.admin.coverage()[0]["gaps"]) == 1


@pytest.mark.parametrize(
    "below, port, told",
    [("other", 0, "address already in use"), ("", 1, "another service uses this folder")],
    ids=["port", "folder"],
)
def test_what_is_taken_is_told(
    service_process: RunningProcess, below: str, port: int, told: str
) -> None:
    service_process.admin.queue("web", duration_s=1)
    argv = [sys.executable, "-m", "lab.service", "--state", str(service_process.folder / below)]
    argv += ["--port", str(service_process.port + port)]
    done = subprocess.run(argv, env=ENV, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1 and told in done.stderr
    assert "Traceback" not in done.stderr
    service_process.again()
    assert service_process.admin.ledger(jobs=False)["queued"] == 1
