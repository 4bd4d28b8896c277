# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job templates and the workflow of AWX, its cancel among them, on two clusters under load."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402
from runner_lab import Controller, answers  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]
# Its token stands in the values of the Helm release.
SETS = (ScaleSet("web", min_runners=1, max_runners=4, inline=True),)
CLEAN = {"lost": 0, "stranded": 0, "failed": 0}


@pytest.fixture(name="awx")
def _awx(tmp_path):
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        rehearsal = Rehearsal(lab, tmp_path)
        rehearsal.install("0.13.1", SETS)
        yield Controller(rehearsal, tmp_path)
    finally:
        lab.down()


def _sets(awx, cluster):
    return await_arc.items(awx.rehearsal.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))


def _limits(awx, cluster):
    (raw,) = _sets(awx, cluster)
    return raw["spec"].get("minRunners"), raw["spec"].get("maxRunners")


def _verdict(awx):
    ledger = awx.rehearsal.end_load()
    return {key: ledger[key] for key in CLEAN}


def _busy(awx, duration_s):
    """Queue jobs that take a while; gives a cluster in which one runs."""
    service = awx.rehearsal.service
    service.queue("web", 2, duration_s=duration_s)
    service.wait(lambda ledger: ledger["running"] == 2, what="two running jobs")
    runners = path_of(await_arc.ARC, "ephemeralrunners")
    return next(
        one for one in ("blue", "green")
        if any(raw["status"].get("jobRequestId") for raw in await_arc.items(awx.rehearsal.state, one, runners))
    )


def test_workflow_runs_the_plan_that_was_approved(awx, capsys):
    jobs = {}
    awx.rehearsal.load(SETS, every_s=3, durations_s=(2, 8))
    asked = answers("workflow")
    taken = {key: value for key, value in asked.items() if key in answers("plan")}
    jobs["plan"] = awx.launch("plan", **taken)
    assert jobs["plan"].code == 0, jobs["plan"].text[-4000:]
    digest = jobs["plan"].artifacts["arc_preflight_digest"]
    other = awx.launch("upgrade", **{**asked, "arc_preflight_digest": "0" * len(digest)})
    assert other.code != 0 and f"The plan has the digest {digest}, approved is 000" in other.text
    jobs["check"] = awx.launch("upgrade", job_type="check", **asked, arc_preflight_digest=digest)
    assert jobs["check"].code == 0, jobs["check"].text[-4000:]
    jobs["upgrade"] = awx.launch("upgrade", **asked, arc_preflight_digest=digest)
    assert jobs["upgrade"].code == 0, jobs["upgrade"].text[-4000:]
    told = {one["name"]: one for one in jobs["upgrade"].artifacts["arc_report"]}
    assert set(told) == {"blue", "green"}
    jobs["status"] = awx.launch("status", **jobs["plan"].artifacts)
    assert jobs["status"].code == 0, jobs["status"].text[-4000:]
    jobs["repair"] = awx.launch("repair")
    assert jobs["repair"].code == 0, jobs["repair"].text[-4000:]
    jobs["uninstall"] = awx.launch("uninstall", arc_hosts="blue")
    assert jobs["uninstall"].code != 0 and "Nothing was changed" in jobs["uninstall"].text
    jobs["rollback"] = awx.launch("rollback", job_type="check")
    assert _verdict(awx) == CLEAN
    with capsys.disabled():
        print()
        for name, job in jobs.items():
            print(f"    {name:10} {job.status:11} {job.seconds:6.1f} s {len(job.events):5} events,"
                  f" the longest has {job.longest_event} characters")


def test_cancel_in_mid_drain_leaves_what_resume_brings_back(awx):
    awx.rehearsal.service.settings(runner_online_s=1)
    busy = _busy(awx, 40)
    cancelled = awx.launch(
        "drain", until=lambda: _limits(awx, busy) == (0, 0), arc_drain_hosts=busy,
        arc_drain_names="web", arc_drain_mode="pause", arc_drain_timeout="600",
    )
    assert cancelled.status == "canceled"
    assert _limits(awx, busy) == (0, 0)
    back = awx.launch("resume", arc_drain_all="true")
    assert back.code == 0, back.text[-4000:]
    # Nothing of the run that was cancelled is left to take that back: jobs run in both clusters.
    served = awx.rehearsal.service.queue("web", 8, duration_s=3)
    awx.rehearsal.service.wait(
        lambda ledger: {one["state"] for one in ledger["jobs"] if one["id"] in served} == {"completed"},
        what="jobs after the resume",
    )
    assert _limits(awx, busy) == (1, 4)
    assert _verdict(awx) == CLEAN


def test_sigterm_in_mid_drain_leaves_what_resume_brings_back(awx):
    """As a pod is stopped with its node: SIGTERM first."""
    busy = _busy(awx, 30)
    asked = {**answers("drain"), "arc_drain_hosts": busy, "arc_drain_names": "web"}
    process = awx.rehearsal.start("drain", **asked)
    awx.rehearsal.service.wait(
        lambda _ledger: any(raw["metadata"].get("deletionTimestamp") for raw in _sets(awx, busy)),
        what="the deletion of the set",
    )
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) != 0
    back = awx.launch("resume", arc_drain_all="true")
    assert back.code == 0, back.text[-4000:]
    assert _limits(awx, busy) == (1, 4)
    assert _verdict(awx) == CLEAN
