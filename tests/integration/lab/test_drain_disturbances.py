# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes by itself in the middle of a drain is waited out: no job is lost, it ends well."""

from __future__ import annotations

import time

import pytest

from ansible_collections.arc.lifecycle.tests.integration.lab.api_proxy import Proxy
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import DrainLab
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_slices import Slices

pytestmark = [pytest.mark.lab, pytest.mark.long]

CLUSTER = "green"
# One process of the module sees all of it.
WHOLE_S = 110


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with DrainLab(tmp_path_factory.mktemp("lab"), {CLUSTER: "0.14.2"}) as running:
        yield running


@pytest.fixture
def proxy(lab):
    with Proxy(lab.tls(CLUSTER)) as running:
        yield running


@pytest.fixture
def through(proxy, tmp_path):
    """Options that lead through the proxy."""
    return {"kubeconfig": proxy.kubeconfig(tmp_path / "kubeconfig", CLUSTER), "slice": WHOLE_S}


def begin(lab, duration_s):
    web = lab.install(CLUSTER)
    jobs = lab.service.queue(web["name"], 1, duration_s=duration_s)
    lab.wait_running(jobs, 1)
    return web, jobs


def ends_well(lab, running, jobs, what):
    result = running.wait_end(120)
    assert (result.get("finished"), result.get("failed")) == (True, None), result.get("msg")
    assert lab.service.ledger()["lost"] == 0
    (job,) = lab.jobs(jobs)
    assert job["state"] == "completed"
    late_s = time.time() - (time.monotonic() - result["at"]) - job["finished_at"]
    print(f"MEASURED {what}: ended {late_s:.1f} s after the last job")
    return late_s


def wait_until(is_true, what, limit_s=60):
    until = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def test_api_server_restarts(lab):
    web, jobs = begin(lab, 30)
    with Slices(lab, CLUSTER, web, settle="never") as running:
        running.wait_stage("busy")
        lab.kill_api_server(CLUSTER)
        time.sleep(8)
        lab.start_api_server(CLUSTER)
        assert ends_well(lab, running, jobs, "API server away for 8 s") < 20


def test_watches_expire(lab, proxy, through):
    web, jobs = begin(lab, 25)
    with Slices(lab, CLUSTER, web, settle="never", **through) as running:
        running.wait_stage("busy")
        wait_until(lambda: len(proxy.watches) >= 6, "no watches")
        proxy.expire()
        wait_until(lambda: proxy.too_old, "no watch was too old")
        assert ends_well(lab, running, jobs, "watches expired") < 10
    assert len(running.said) <= 4


def test_too_many_requests(lab, proxy, through):
    web, jobs = begin(lab, 25)
    with Slices(lab, CLUSTER, web, settle="never", **through) as running:
        running.wait_stage("busy")
        wait_until(lambda: len(proxy.watches) >= 6, "no watches")
        # It begins before the job ends, and outlasts it.
        (job,) = lab.jobs(jobs)
        time.sleep(max(0.0, job["started_at"] + 20 - time.time()))
        proxy.storm(12)
        assert ends_well(lab, running, jobs, "429 for 12 s") < 25
    # Seven watches and a look, each at most every second.
    assert 0 < len(proxy.refused) < 120
    print(f"MEASURED requests refused: {len(proxy.refused)}")
