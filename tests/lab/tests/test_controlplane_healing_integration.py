# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does `up` heal what is missing, and does `down` end all of it, whatever happened?

By the command itself, in folders that the tests may ill-treat: one lab for all that only break a
part of it (it is brought up again, as far as need be, for each), one of their own for the others.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

from lab.components import LINKS
from lab.mounts import mounts_below
from lab.processes import Processes
from lab.state import LabState
from lab.tests.live import pod, processes

TESTS = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0
PARTS = ["service", *(f"blue.{name}" for name in LINKS)]


class Folder:
    """A lab by its folder."""

    def __init__(self, folder: Path) -> None:
        self.state = LabState(folder)
        self.processes = Processes(self.state)
        self.blue = self.state.cluster("blue")

    def command(self, verb: str, *arguments: str) -> List[str]:
        return [sys.executable, "-m", "lab", verb, "--dir", str(self.state.folder), *arguments]

    def run(self, verb: str, *arguments: str, code: Optional[int] = 0) -> str:
        """What it printed; `code`: how it must end."""
        done = subprocess.run(
            self.command(verb, *arguments),
            cwd=TESTS,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert code is None or done.returncode == code, done.stdout
        return done.stdout

    def up(self, *arguments: str) -> List[str]:
        """What it started."""
        told = self.run("up", "--clusters", "blue", *arguments).splitlines()
        return sorted(line.split()[1] for line in told if line.startswith("  started "))

    def kubectl(self, *arguments: str, given: Optional[Dict[str, Any]] = None) -> str:
        done = subprocess.run(
            self.command("kubectl", "blue", *arguments),
            cwd=TESTS,
            input=json.dumps(given) if given else None,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pids(self) -> Dict[str, Optional[int]]:
        return {name: self.processes.running(name) for name in PARTS}

    def left(self) -> List[str]:
        """Processes and mounts of this lab."""
        folder = str(self.state.folder)
        found = [line for line in processes() if folder in line]
        return found + mounts_below(self.state.folder)


def ended(found: Folder) -> None:
    """Take it down; nothing of it may be left."""
    found.run("down")
    assert found.left() == []
    assert not found.state.folder.exists()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """A folder without a lab."""
    found = Folder(tmp_path / "lab")
    yield found
    ended(found)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """The folder of the lab that most tests share."""
    found = Folder(tmp_path_factory.mktemp("shared") / "lab")
    yield found
    ended(found)


@pytest.fixture
def lab(shared: Folder) -> Folder:
    """The shared lab, whole."""
    shared.up()
    assert None not in shared.pids().values()
    return shared


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + LIMIT_S
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def started_pod(lab: Folder, name: str) -> str:
    """A pod that runs; gives its uid."""
    until(lambda: "default" in lab.kubectl("get", "serviceaccounts", "-o", "name"))
    script = "trap '' TERM; while :; do sleep 0.2; done"
    lab.kubectl("create", "-f", "-", given=pod("default", name, script))
    lab.kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=20s")
    return lab.kubectl("get", "pod", name, "-o", "jsonpath={.metadata.uid}")


def test_second_up_starts_only_what_is_dead(lab: Folder) -> None:
    assert lab.up() == []
    before = lab.pids()
    for name in ("service", "blue.etcd", "blue.scheduler"):
        lab.processes.kill(name)
    assert lab.run("status", code=1)
    assert lab.up() == ["blue.etcd", "blue.scheduler", "service"]
    after = lab.pids()
    kept = {name for name in PARTS if after[name] == before[name]}
    assert kept == {"blue.apiserver", "blue.controller-manager", "blue.node"}
    assert lab.run("status")


def test_audit_log_is_switched_on_and_stays_on(lab: Folder) -> None:
    assert lab.up("--audit") == ["blue.apiserver"]
    lab.kubectl("get", "configmaps", "-n", "kube-system")
    entries = [json.loads(line) for line in lab.blue.audit_log.read_text().splitlines()]
    mine = [e for e in entries if e["user"]["username"] == "lab-admin"]
    assert [e for e in mine if e["verb"] == "list" and e["objectRef"]["resource"] == "configmaps"]
    assert {e["level"] for e in entries} == {"Metadata"}
    assert {e["stage"] for e in entries} <= {"ResponseComplete", "Panic"}
    assert lab.up() == []
    assert lab.up("--no-audit") == ["blue.apiserver"]


def test_taken_port_of_the_api_server_is_chosen_anew_everywhere(lab: Folder) -> None:
    uid = started_pod(lab, "p")
    old = lab.blue.ports()["apiserver"]
    lab.processes.kill("blue.apiserver")
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", old))
        stranger.listen()
        clients = ["blue.controller-manager", "blue.node", "blue.scheduler"]
        assert lab.up() == sorted(["blue.apiserver", *clients])
        assert lab.blue.ports()["apiserver"] != old
        for path in lab.blue.folder.glob("*kubeconfig"):
            assert f":{old}" not in path.read_text(), path
        assert lab.kubectl("get", "pod", "p", "-o", "jsonpath={.metadata.uid}") == uid
        # Its program was told the old port at its start, so it was ended.
        lab.kubectl("wait", "--for=jsonpath={.status.phase}=Failed", "pod/p", "--timeout=20s")


def test_kept_data_come_back_and_damaged_certificates_are_mended_while_nothing_runs(
    lab: Folder,
) -> None:
    lab.kubectl("create", "namespace", "kept")
    (lab.blue.pki / "ca.key").write_text("")
    assert "certificates" in lab.run("up", "--clusters", "blue", code=2)
    assert [name for name, pid in lab.pids().items() if pid is None] == []
    lab.run("down", "--keep")
    assert lab.left() == []
    assert lab.up() == sorted(PARTS)
    assert lab.run("status")
    assert lab.kubectl("get", "namespace", "kept", "-o", "name") == "namespace/kept\n"


def test_down_ends_a_stopped_process_and_pods_whose_agent_was_killed(lab: Folder) -> None:
    uid = started_pod(lab, "orphan")
    stopped = lab.pids()["blue.scheduler"]
    assert stopped
    os.kill(stopped, signal.SIGSTOP)
    for name in PARTS:
        if name != "blue.scheduler":
            lab.processes.kill(name)
    assert [line for line in lab.left() if uid in line], "the pod goes on without its agent"
    lab.run("down")
    assert lab.left() == []


def test_up_interrupted_by_sigterm_leaves_no_process(folder: Folder) -> None:
    with start_up(folder) as up:
        until(lambda: folder.processes.running("blue.apiserver"))
        up.terminate()
        assert up.wait(LIMIT_S) == 130
    assert folder.left() == []


def test_up_refuses_a_second_one_and_killed_half_way_is_healed_by_the_next(
    folder: Folder,
) -> None:
    with start_up(folder) as up:
        until(lambda: folder.processes.running("blue.apiserver"))
        assert "Another command is changing the lab" in folder.run("up", code=2)
        up.kill()
        assert up.wait(LIMIT_S) == -signal.SIGKILL, "it was under way all the time"
    assert folder.processes.running("blue.apiserver")
    assert not {"blue.etcd", "blue.apiserver"} & set(folder.up())
    assert folder.run("status")
    assert folder.state.cluster_names() == ["blue"]


def start_up(folder: Folder) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        folder.command("up", "--clusters", "blue"), cwd=TESTS, stdout=subprocess.DEVNULL
    )


def test_failed_start_tells_why_and_stops_the_rest(folder: Folder) -> None:
    (folder.state.folder / "clusters" / "blue").mkdir(parents=True)
    folder.state.write(LabState(folder.state.folder / "none").describe(["blue"], {}))
    # etcd finds a file where its folder should be.
    folder.blue.etcd.write_text("")
    told = folder.run("up", "--clusters", "blue", code=2)
    assert "lab: blue.etcd ended with exit code 1 before it was ready" in told
    assert "not a directory" in told
    assert f"The whole log: {folder.processes.log('blue.etcd')}" in told
    assert folder.left() == []
