# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node agent on a real API server, part two: volumes of claims, and everything that dies.

Lost nodes, crashes and evictions are what the tables of arc.md (sections 1, 4 and 9) are about;
the agent's own death must harm no job.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Dict, List

import pytest

from lab.commands import crash, node
from lab.errors import LabError
from lab.kube import path_of
from lab.tests.live import Pods, is_ready, main

CLAIM_SPEC = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
LOST_S = 25.0


def claim_mount(volume: Dict[str, Any]) -> Dict[str, Any]:
    mounts = [{"name": "work", "mountPath": "/data"}]
    return {"volumes": [{"name": "work", **volume}], "container": {"volumeMounts": mounts}}


def test_claim_is_bound_and_keeps_what_is_written(pods: Pods) -> None:
    claims = path_of("v1", "persistentvolumeclaims", pods.namespace)
    made = pods.cluster.create(claims, {"metadata": {"name": "c"}, "spec": CLAIM_SPEC})
    assert made["spec"]["storageClassName"] == "lab", "the class is the default one"
    bound = pods.cluster.wait(f"{claims}/c", lambda c: c["status"].get("phase") == "Bound")
    volume = {"persistentVolumeClaim": {"claimName": "c"}}
    pods.make("writer", "echo kept > /data/note", **claim_mount(volume))
    pods.phase("writer", "Succeeded")
    pods.make("reader", "cat /data/note", **claim_mount(volume))
    pods.phase("reader", "Succeeded")
    assert pods.log("reader") == "kept\n"
    for name in ("writer", "reader"):
        pods.delete(name)
    pods.cluster.delete(f"{claims}/c")
    pods.cluster.wait(f"{claims}/c", lambda c: c is None)
    volume_path = path_of("v1", "persistentvolumes", None, bound["spec"]["volumeName"])
    pods.cluster.wait(volume_path, lambda v: v is None)


def test_ephemeral_volume_lives_and_goes_with_its_pod(pods: Pods) -> None:
    """arc.md, section 4: kubernetes mode, one claim per runner pod, owned by the pod."""
    template = {"spec": {**CLAIM_SPEC, "storageClassName": "lab"}}
    volume = {"ephemeral": {"volumeClaimTemplate": template}}
    pods.make("p", "echo x > /data/note; sleep 300", **claim_mount(volume))
    pods.phase("p", "Running")
    claim = path_of("v1", "persistentvolumeclaims", pods.namespace, "p-work")
    owner = pods.cluster.get(claim)["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["name"]) == ("Pod", "p")
    pods.delete("p")
    pods.gone("p")
    pods.cluster.wait(claim, lambda c: c is None)


def test_crash_is_an_exit_by_signal(pods: Pods) -> None:
    pods.make("p", "sleep 300", restartPolicy="Always")
    pods.phase("p", "Running")
    name = f"{pods.namespace}/p"
    crash.crash(pods.cluster.lab, pods.cluster.name, name)
    found = pods.wait("p", lambda p: main(p)["restartCount"] == 1)
    assert main(found)["lastState"]["terminated"]["exitCode"] == 137
    with pytest.raises(LabError, match="There is no pod .*/nope in cluster blue"):
        crash.crash(pods.cluster.lab, pods.cluster.name, f"{pods.namespace}/nope")


def test_eviction_fails_the_pod_with_its_reason(pods: Pods) -> None:
    """arc.md, section 1: up to 0.12.x only `Evicted` counts for a pod that failed as such."""
    pods.make("p", "sleep 300")
    pods.phase("p", "Running")
    crash.evict(pods.cluster.lab, pods.cluster.name, f"{pods.namespace}/p")
    found = pods.phase("p", "Failed")
    assert found["status"]["reason"] == "Evicted"


def start_agent(cluster: Any) -> None:
    assert node.restore(cluster.lab, cluster.name), "it was not away"


def test_agent_killed_and_started_again_takes_its_pods_over(pods: Pods) -> None:
    gate = pods.cluster.lab.state.folder / f"gate-{pods.namespace}"
    wait_then = f"while [ ! -e {gate} ]; do sleep 0.05; done"
    scripts = {
        "ends-later": f"{wait_then}; sleep 2; exit 5",
        "ends-meanwhile": f"{wait_then}; exit 6",
        "deleted-meanwhile": "sleep 300",
        "vanished-meanwhile": "sleep 300",
    }
    done = pods.make("done-before", "echo done")
    pods.phase("done-before", "Succeeded")
    uids = {name: pods.make(name, text)["metadata"]["uid"] for name, text in scripts.items()}
    for name in scripts:
        pods.phase(name, "Running")
    agent = pods.cluster.lab.processes
    agent.kill(f"{pods.cluster.name}.node")
    gate.touch()
    pods.delete("deleted-meanwhile")
    pods.delete("vanished-meanwhile", grace_s=0)
    exit_file = pods.cluster.state.pods / uids["ends-meanwhile"] / "main" / "0.exit"
    deadline = time.monotonic() + 10
    while not exit_file.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    start_agent(pods.cluster)
    codes = {
        name: main(pods.phase(name, "Failed"))["state"]["terminated"]["exitCode"]
        for name in ("ends-meanwhile", "ends-later")
    }
    assert codes == {"ends-meanwhile": 6, "ends-later": 5}
    pods.gone("deleted-meanwhile")
    assert pods.log("done-before") == "done\n"
    pods.delete("done-before")
    pods.gone("done-before")
    folders = [
        pods.cluster.state.pods / uid
        for uid in (uids["vanished-meanwhile"], done["metadata"]["uid"])
    ]
    deadline = time.monotonic() + 10
    while any(folder.exists() for folder in folders) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [folder for folder in folders if folder.exists()]


def test_agent_killed_and_started_again_goes_on_counting_restarts(pods: Pods) -> None:
    pods.make("p", "sleep 300", restartPolicy="Always")
    pods.phase("p", "Running")
    crash.crash(pods.cluster.lab, pods.cluster.name, f"{pods.namespace}/p")
    before = pods.wait("p", lambda p: main(p)["restartCount"] == 1 and is_ready(p))
    pods.cluster.lab.processes.kill(f"{pods.cluster.name}.node")
    # As the controller manager does when a node is silent for longer.
    doubt = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    pods.cluster.patch(pods.path("p") + "/status", doubt)
    start_agent(pods.cluster)
    after = pods.wait("p", is_ready)
    assert main(after)["restartCount"] == 1
    assert main(after)["state"] == main(before)["state"]


def test_agent_started_again_renews_the_tokens_of_its_pods(pods: Pods) -> None:
    token = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    script = (
        f'while :; do now=$(cat {token}); [ "$now" = "$old" ] || echo new; old=$now; '
        "sleep 0.1; done"
    )
    made = pods.make("p", script)
    pods.phase("p", "Running")
    log = pods.cluster.state.pods / made["metadata"]["uid"] / "main" / "0.log"
    for expected in ("new\n", "new\nnew\n"):
        deadline = time.monotonic() + 10
        while log.read_text() != expected and time.monotonic() < deadline:
            time.sleep(0.02)
        assert log.read_text() == expected
        pods.cluster.lab.processes.kill(f"{pods.cluster.name}.node")
        start_agent(pods.cluster)


def test_without_mounts_the_lab_s_programs_are_told_where_to_look(
    pods: Pods, monkeypatch: Any
) -> None:
    """Not root: the contract is LAB_ROOT and LAB_SERVICEACCOUNT_DIR."""
    agent = pods.cluster.lab.processes
    monkeypatch.setenv("LAB_SANDBOX", "none")
    agent.kill(f"{pods.cluster.name}.node")
    start_agent(pods.cluster)
    try:
        pods.put("secrets", "s", {"config.json": "{}"})
        mounts = [{"name": "s", "mountPath": "/etc/gha-listener"}]
        volumes = [{"name": "s", "secret": {"secretName": "s"}}]
        script = (
            'test ! -e /etc/gha-listener; cat "$LAB_ROOT/etc/gha-listener/config.json";'
            ' cat "$LAB_SERVICEACCOUNT_DIR/namespace"'
        )
        pods.make("p", script, volumes=volumes, container={"volumeMounts": mounts})
        pods.phase("p", "Succeeded", "Failed")
        assert pods.log("p") == "{}" + pods.namespace
    finally:
        monkeypatch.delenv("LAB_SANDBOX")
        agent.kill(f"{pods.cluster.name}.node")
        start_agent(pods.cluster)


def test_frozen_agent_makes_its_pods_ready_again(pods: Pods) -> None:
    """The controller manager marks the pods of a silent node as not ready."""
    pods.make("p", "sleep 300")
    pods.wait("p", is_ready)
    pid = pods.cluster.lab.processes.running(f"{pods.cluster.name}.node")
    os.kill(pid, signal.SIGSTOP)
    try:
        pods.wait("p", lambda p: not is_ready(p), LOST_S)
    finally:
        os.kill(pid, signal.SIGCONT)
    found = pods.wait("p", is_ready)
    assert main(found)["restartCount"] == 0


def test_lost_node_hangs_its_pods_until_it_is_back(pods: Pods) -> None:
    """arc.md, section 4: "listener pod stuck Terminating (node lost)"."""
    cluster = pods.cluster
    pods.make("runs", "sleep 300")
    pods.make("deleted", "sleep 300")
    pods.make("restarts", "sleep 300", restartPolicy="Always")
    for name in ("runs", "deleted", "restarts"):
        pods.phase(name, "Running")
    assert node.kill(cluster.lab, cluster.name) >= 3
    try:
        pods.delete("deleted")
        pods.wait("runs", lambda p: not is_ready(p), LOST_S)
        path = path_of("v1", "nodes", None, cluster.state.node_name)
        conditions = {c["type"]: c["status"] for c in cluster.get(path)["status"]["conditions"]}
        assert conditions["Ready"] == "Unknown"
        found = cluster.get(pods.path("deleted"))
        assert found and found["metadata"]["deletionTimestamp"], "nobody is there to remove it"
        assert cluster.get(pods.path("runs"))["status"]["phase"] == "Running"
    finally:
        start_agent(cluster)
    pods.gone("deleted")
    assert main(pods.phase("runs", "Failed"))["state"]["terminated"]["exitCode"] == 137
    again = pods.wait("restarts", lambda p: main(p)["restartCount"] == 1 and is_ready(p))
    assert main(again)["lastState"]["terminated"]["exitCode"] == 137
    pods.make("new", "exit 0")
    pods.phase("new", "Succeeded", limit_s=LOST_S)


def test_many_pods_start_and_go(pods: Pods) -> None:
    names = [f"p-{number}" for number in range(30)]
    for name in names:
        pods.make(name, "sleep 300")
    pending: List[str] = names
    deadline = time.monotonic() + 60
    while pending and time.monotonic() < deadline:
        items = pods.cluster.items(path_of("v1", "pods", pods.namespace))
        pending = [p["metadata"]["name"] for p in items if p["status"]["phase"] != "Running"]
    assert not pending
    pods.cluster.kubectl("delete", "pods", "-n", pods.namespace, "--all", "--timeout=30s")
    assert pods.cluster.items(path_of("v1", "pods", pods.namespace)) == []
