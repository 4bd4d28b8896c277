# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/drain.yml and resume.yml as a user and as AWX run them, on two clusters under load."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import ansible_runner
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import Rehearsal  # noqa: E402

from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab
SETS = (ScaleSet("web", min_runners=1, max_runners=4),)


@pytest.fixture
def run(tmp_path):
    """Two clusters with ARC 0.14.2 that serve the same name."""
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        rehearsal = Rehearsal(lab, tmp_path)
        rehearsal.install("0.14.2", SETS)
        yield rehearsal
    finally:
        lab.down()


def limits_of(run, cluster):
    (raw,) = await_arc.items(run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))
    return raw["spec"].get("minRunners"), raw["spec"].get("maxRunners")


def test_one_cluster_is_paused_and_comes_back_while_the_other_serves(run):
    since = time.time()
    run.load(SETS, every_s=3, durations_s=(2, 8))
    asked = {"arc_drain_names": "web", "arc_drain_mode": "pause"}
    paused = run.play("drain", arc_drain_hosts="blue", **asked)
    assert paused.code == 0, paused.text[-4000:]
    assert (limits_of(run, "blue"), limits_of(run, "green")) == ((0, 0), (1, 4))
    again = run.play("drain", arc_drain_hosts="blue", **asked)
    assert (again.code, again.changed) == (0, 0), again.text[-4000:]
    seen = run.play("status", arc_status_fail_on="warning")
    assert seen.code != 0 and "0 of 1 serve" in seen.text, seen.text[-4000:]
    assert "blue: warning set-paused: AutoscalingRunnerSet arc-runners/web" in seen.text
    assert "arc.lifecycle.resume -e arc_drain_names=arc-runners/web" in seen.text
    # Now nobody would serve the name: the other cluster stays as it is.
    refused = run.play("drain", arc_drain_hosts="green", **asked)
    assert refused.code != 0
    assert "served by no peer (blue: its maxRunners is 0, so it takes no job)" in refused.text
    assert limits_of(run, "green") == (1, 4)
    back = run.play("resume", arc_drain_all=True)
    assert back.code == 0, back.text[-4000:]
    assert limits_of(run, "blue") == (1, 4)
    retired = run.play("drain", arc_drain_hosts="blue", arc_drain_names="web")
    assert retired.code == 0, retired.text[-4000:]
    back = run.play("resume", arc_drain_all=True)
    assert back.code == 0, back.text[-4000:]
    idle = run.play("resume", arc_drain_all=True)
    assert (idle.code, idle.changed) == (0, 0), idle.text[-4000:]
    assert limits_of(run, "blue") == (1, 4)
    ledger = run.end_load()
    assert {key: ledger[key] for key in ("lost", "stranded", "failed")} == {
        "lost": 0, "stranded": 0, "failed": 0}
    assert [one for one in run.service.coverage(since) if one["gaps"]] == []


@pytest.mark.long
def test_long_wait_outlives_an_idle_time_limit_shorter_than_it(run, tmp_path, capsys):
    """As AWX runs it: whoever says nothing for so long is killed."""
    run.service.queue("web", 2, duration_s=45)
    run.service.wait(lambda ledger: ledger["running"] == 2, what="two running jobs")
    runners = path_of(await_arc.ARC, "ephemeralrunners")
    busy = next(
        one for one in ("blue", "green")
        if any(raw["status"].get("jobRequestId") for raw in await_arc.items(run.state, one, runners))
    )
    environ = run.environment()
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    (tmp_path / "runner").mkdir()
    played = ansible_runner.run(
        private_data_dir=str(tmp_path / "runner"), playbook="arc.lifecycle.drain",
        inventory=str(run.inventory), envvars=environ, quiet=True,
        settings={"idle_timeout": 20},
        extravars={"arc_drain_names": "web", "arc_drain_hosts": busy, "arc_drain_heartbeat": 10},
    )
    events = [one for one in played.events if one.get("stdout")]
    with capsys.disabled():
        print()
        for event in events:
            for line in event["stdout"].splitlines():
                print(f"    {event['event']:22} {line}")
    assert (played.status, played.rc) == ("successful", 0)
    spoken = [one for one in events if f"{busy} | drain" in one["stdout"]]
    assert len(spoken) >= 3
    assert max(len(json.dumps(one)) for one in played.events) < 1_000_000
