# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for sets to be at work or gone, on real API servers, and the task that speaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Query
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    CONTROLLER,
    RELEASES,
    DrainLab,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]
CLUSTERS = pytest.mark.parametrize("cluster", list(RELEASES), ids=list(RELEASES.values()))
# The folder that holds ansible_collections/arc/lifecycle/plugins/module_utils/_edge/connect.py.
TREE = Path(connect.__file__).parents[6]

PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Drain
      arc.lifecycle.arc_scaleset_drain:
        kubeconfig: "{{ kubeconfig }}"
        context: green
        scale_sets: "{{ scale_sets }}"
        grace: "5"
        timeout: "{{ limit }}"
        heartbeat: 4
      register: drained
    - name: Tell
      ansible.builtin.copy:
        content: "{{ drained | to_json }}"
        dest: "{{ told }}"
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with DrainLab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def green(lab):
    client = connect.connect({"kubeconfig": lab.kubeconfig, "context": "green"}, environ={})
    yield client
    client.close()


def wait(lab, cluster, *scale_sets, **options):
    return lab.run("arc_scaleset_wait", cluster, scale_sets=list(scale_sets),
                   **{"timeout": 90, **options})


def listener_of(client, scale_set):
    query = Query(labels=f"actions.github.com/scale-set-name={scale_set['name']}")
    (found,) = client.list(places.LISTENERS.at(CONTROLLER[0]), Deadline(10), query).items
    return found


@CLUSTERS
def test_new_sets_are_healthy_and_after_uninstall_nothing_is_left(lab, cluster):
    sets = [lab.install(cluster, min_runners=1, wait=False),
            lab.install(cluster, mode="kubernetes", wait=False)]
    code, result = wait(lab, cluster, *sets, release=RELEASES[cluster], settle_time=3)
    assert (code, result["finished"]) == (0, True), result.get("msg")
    # 0.14.2 may bind a new listener to a dead runner set; then the cure was needed.
    assert result["changed"] is bool(result["cured"])
    code, early = wait(lab, cluster, *sets, state="absent", helpers=True, timeout=2)
    assert code == 1 and early["error"]["class"] == "DeadlineReached"
    assert "AutoscalingRunnerSet" in early["sets"][0]["not_yet_because"][0]
    for one in sets:
        lab.uninstall(cluster, one)
    code, result = wait(lab, cluster, *sets, state="absent", helpers=True)
    assert (code, result["finished"], result["changed"]) == (0, True, False), result.get("msg")
    assert [one["not_yet_because"] for one in result["sets"]] == [[], []]


def test_helper_object_that_is_left_holds_the_wait_and_is_named(lab, green):
    web = lab.install("green")
    code, _result = lab.run("arc_scaleset_drain", "green", scale_sets=[web], timeout=60)
    assert code == 0
    code, result = wait(lab, "green", web, state="absent", timeout=20)
    assert (code, result["finished"]) == (0, True), result.get("msg")
    code, result = wait(lab, "green", web, state="absent", helpers=True, timeout=3)
    assert code == 1
    assert f"Role {web['namespace']}/{web['name']}-gha-rs-manager is there" in str(result["sets"])
    lab.uninstall("green", web)
    code, result = wait(lab, "green", web, state="absent", helpers=True)
    assert (code, result["finished"]) == (0, True), result.get("msg")


def test_listener_of_a_dead_runner_set_is_cured_with_its_uid(lab, green):
    web = lab.install("green", min_runners=1)
    assert wait(lab, "green", web, settle_time=1)[0] == 0
    lab.scale_controller("green", 0)
    stale = listener_of(green, web)
    meta = stale["metadata"]
    green.merge_patch(places.LISTENERS.at(meta["namespace"], meta["name"]),
                      {"spec": {"ephemeralRunnerSetName": f"{web['name']}-dead0"}}, Deadline(10))
    lab.scale_controller("green", 1)
    code, result = wait(lab, "green", web, cure=False, timeout=5)
    assert code == 1 and "dead0" in result["msg"] and result["cured"] == []
    assert listener_of(green, web)["metadata"]["uid"] == meta["uid"]
    code, result = wait(lab, "green", web, settle_time=2)
    assert (code, result["finished"], result["changed"]) == (0, True, True), result.get("msg")
    assert result["cured"][0]["object"]["uid"] == meta["uid"]
    assert "dead0" in result["cured"][0]["evidence"]["seen"][0]
    assert listener_of(green, web)["metadata"]["uid"] != meta["uid"]
    jobs = lab.service.queue(web["name"], 1, duration_s=1)
    lab.service.wait(lambda ledger: [one for one in ledger["jobs"] if one["id"] in jobs
                                     and one["state"] == "completed"], what="the job to run")


def test_jobs_are_seen_through(lab):
    web = lab.install("green")
    code, early = wait(lab, "green", web, settle_time=0, jobs=1, timeout=8)
    assert code == 1 and "0 of 1 jobs were seen to end well, 0 run" in early["msg"]
    jobs = lab.service.queue(web["name"], 3, duration_s=6)
    code, result = wait(lab, "green", web, settle_time=0, jobs=3)
    assert (code, result["sets"][0]["jobs"]) == (0, 3), result.get("msg")
    assert {one["state"] for one in lab.jobs(jobs)} == {"completed"}


def test_set_that_nobody_made_is_named_at_the_deadline(lab):
    code, result = wait(lab, "blue", {"namespace": "arc-runners", "name": "nobody"}, timeout=3)
    assert code == 1 and result["error"]["class"] == "DeadlineReached"
    assert "arc-runners/nobody" in result["msg"]
    assert "there is no AutoscalingRunnerSet of this name" in result["msg"]


def play(lab, tmp_path, scale_set, limit):
    """Start ansible-playbook; gives the process and the file that gets the task's result."""
    playbook, told = tmp_path / "play.yml", tmp_path / "told.json"
    playbook.write_text(PLAYBOOK, encoding="utf-8")
    given = {"kubeconfig": lab.kubeconfig, "scale_sets": [scale_set], "limit": limit,
             "told": str(told), "ansible_connection": "local",
             "ansible_python_interpreter": sys.executable}
    environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "east,",
               str(playbook), "-e", json.dumps(given)]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**environ, "ANSIBLE_COLLECTIONS_PATH": str(TREE), "ANSIBLE_NOCOLOR": "1",
             "PYTHONUNBUFFERED": "1"},
    )
    return process, told


def lines_of(process, limit_s):
    """Read until the end; gives (seconds since the start, line)."""
    started = time.monotonic()
    guard = threading.Timer(limit_s, process.kill)
    guard.start()
    try:
        found = [(time.monotonic() - started, line.rstrip()) for line in process.stdout]
    finally:
        guard.cancel()
    return found, process.wait(10)


def test_task_speaks_while_it_waits(lab, tmp_path):
    web = lab.install("green")
    jobs = lab.service.queue(web["name"], 1, duration_s=22)
    lab.wait_running(jobs, 1)
    process, told = play(lab, tmp_path, web, limit=120)
    lines, code = lines_of(process, 150)
    text = "\n".join(line for _at, line in lines)
    assert code == 0, text
    spoken = [(at, line) for at, line in lines if line.startswith("green | drain")]
    busy = [(at, line) for at, line in spoken if "busy 1" in line]
    end = max(at for at, _line in lines)
    # While it waited, not at its end.
    assert len(busy) >= 2 and end - busy[0][0] > 5, text
    assert all("left" in line and len(line) < 1000 for _at, line in spoken)
    result = json.loads(told.read_text(encoding="utf-8"))
    assert result["finished"] is True and result["changed"] is True
    assert [one["line"] for one in result["waited"]] == [line for _at, line in spoken]
    assert "memory" not in result and result["sets"][0]["stage"] == "drained"
    assert lab.service.ledger()["stranded"] == 0


def test_task_fails_at_its_time_limit_and_names_the_holder(lab, tmp_path):
    web = lab.install("green")
    jobs = lab.service.queue(web["name"], 1, duration_s=25)
    lab.wait_running(jobs, 1)
    process, told = play(lab, tmp_path, web, limit=8)
    lines, code = lines_of(process, 60)
    text = "\n".join(line for _at, line in lines)
    assert code == 2 and not told.exists(), text
    assert f"EphemeralRunner arc-runners/{web['name']}-" in text and "it runs a job" in text
    assert "DeadlineReached" in text
    process, told = play(lab, tmp_path, web, limit=120)
    lines, code = lines_of(process, 150)
    assert code == 0, "\n".join(line for _at, line in lines)
