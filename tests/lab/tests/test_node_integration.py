# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node agent on a real API server, part one: what a pod finds, and what its status says.

The statuses are the ones ARC's controllers decide by (arc.md, section 9; section 1, table of what
the runner's controller does with its pod; section 4 for termination).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Dict, List

import pytest

from lab.kube import path_of
from lab.ports import free_ports
from lab.tests.live import Pods, is_ready, is_waiting, main, processes

WHOAMI = """
import json, os, ssl, urllib.request
folder = "/var/run/secrets/kubernetes.io/serviceaccount"
folder = os.environ.get("LAB_SERVICEACCOUNT_DIR", folder)
token = open(folder + "/token").read()
host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
request = urllib.request.Request(
    f"https://{host}:{port}/apis/authentication.k8s.io/v1/selfsubjectreviews",
    data=b'{"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}',
    headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
trust = ssl.create_default_context(cafile=folder + "/ca.crt")
answer = json.load(urllib.request.urlopen(request, context=trust))
print(answer["status"]["userInfo"]["username"], open(folder + "/namespace").read())
"""


VOLUMES: List[Dict[str, Any]] = [
    {"name": "s", "secret": {"secretName": "s", "items": [{"key": "file", "path": "x/f"}]}},
    {"name": "w", "emptyDir": {}},
    {
        "name": "d",
        "downwardAPI": {
            "items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]
        },
    },
]
READER: Dict[str, Any] = {
    "env": [
        {"name": "T", "valueFrom": {"secretKeyRef": {"name": "s", "key": "token"}}},
        {"name": "N", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "BOTH", "value": "$(T)-$(N)"},
    ],
    "envFrom": [{"prefix": "C_", "configMapRef": {"name": "c"}}],
    "volumeMounts": [
        {"name": "s", "mountPath": "/etc/secret", "readOnly": True},
        {"name": "w", "mountPath": "/data", "subPath": "below"},
        {"name": "d", "mountPath": "/etc/pod"},
    ],
    "args": ["$(T)"],
}


def test_environment_and_volumes_reach_the_program(pods: Pods) -> None:
    pods.put("secrets", "s", {"token": "t0p", "file": "deep"})
    pods.put("configmaps", "c", {"a": "1"})
    init = {
        "name": "first",
        "image": "lab.invalid/host",
        "command": ["sh", "-c", "mkdir /all/below; echo left > /all/below/note"],
        "volumeMounts": [{"name": "w", "mountPath": "/all"}],
    }
    script = (
        'echo "$BOTH $C_a $HOSTNAME $0"; cat /etc/secret/x/f; echo; cat /data/note /etc/pod/labels'
    )
    pods.make("p", script, container=READER, volumes=VOLUMES, initContainers=[init])
    found = pods.phase("p", "Succeeded", "Failed")
    lines = [f"t0p-{pods.namespace} 1 p t0p", "deep", "left", 'of="test"']
    assert pods.log("p", "-c", "main").splitlines() == lines
    assert found["status"]["phase"] == "Succeeded"
    assert found["status"]["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0


def test_token_at_its_real_path_is_who_the_pod_says(pods: Pods) -> None:
    account = {"metadata": {"name": "runner"}}
    pods.cluster.create(path_of("v1", "serviceaccounts", pods.namespace), account)
    container = {"command": ["python3", "-c", WHOAMI]}
    pods.make("p", "", container=container, serviceAccountName="runner")
    pods.phase("p", "Succeeded", "Failed")
    expected = f"system:serviceaccount:{pods.namespace}:runner {pods.namespace}\n"
    assert pods.log("p") == expected


@pytest.mark.parametrize("code, phase", [(0, "Succeeded"), (1, "Failed"), (7, "Failed")])
def test_exit_code_of_a_runner_is_in_the_status(pods: Pods, code: int, phase: str) -> None:
    """arc.md, section 9: the state of the container named `runner`; 7 means `Outdated`."""
    pods.make("p", f"exit {code}", container={"name": "runner"})
    found = pods.phase("p", "Succeeded", "Failed")
    assert found["status"]["phase"] == phase
    assert main(found)["name"] == "runner"
    assert main(found)["state"]["terminated"]["exitCode"] == code
    assert not is_ready(found)


def test_failed_init_container_fails_the_pod(pods: Pods) -> None:
    """arc.md, section 1: 0.14.2 looks at initContainerStatuses."""
    init = {"name": "first", "image": "lab.invalid/host", "command": ["sh", "-c", "exit 9"]}
    pods.make("p", "exit 0", initContainers=[init])
    found = pods.phase("p", "Failed")
    state = found["status"]["initContainerStatuses"][0]["state"]
    assert state["terminated"]["exitCode"] == 9
    assert main(found)["state"] == {"waiting": {"reason": "PodInitializing"}}


def test_restart_comes_at_once_and_then_backs_off(pods: Pods) -> None:
    pods.make("p", "exit 3", restartPolicy="Always")
    found = pods.wait("p", is_waiting("CrashLoopBackOff"))
    assert main(found)["restartCount"] == 1
    assert main(found)["lastState"]["terminated"]["exitCode"] == 3
    assert found["status"]["phase"] == "Running"
    pods.wait("p", lambda p: main(p)["restartCount"] == 2, limit_s=15)
    begun = time.monotonic()
    pods.delete("p")
    pods.gone("p")
    assert time.monotonic() - begun < 3, "nothing ran, so there was nothing to wait for"


def test_sidecar_runs_beside_the_others_and_ends_after_them(pods: Pods) -> None:
    """arc.md, section 6: dind is a native sidecar since 0.12.0."""
    sidecar = {
        "name": "dind",
        "image": "docker:dind",
        "restartPolicy": "Always",
        "args": ["dockerd"],
    }
    pods.make("p", "sleep 0.5; exit 0", initContainers=[sidecar])
    pods.wait("p", lambda p: is_ready(p) and p["status"]["initContainerStatuses"][0]["ready"])
    found = pods.phase("p", "Succeeded", "Failed")
    assert found["status"]["phase"] == "Succeeded"
    assert found["status"]["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0


@pytest.mark.parametrize(
    "script, grace, code, least_s, most_s",
    [
        pytest.param("trap 'exit 4' TERM; echo up; while :; do sleep 0.05; done", 20, 4, 0, 3,
                     id="listens-to-term"),
        pytest.param("trap '' TERM; echo up; while :; do sleep 0.05; done", 2, 137, 2, 5,
                     id="killed-after-grace"),
    ],
)
def test_deletion_ends_the_program(
    pods: Pods, script: str, grace: int, code: int, least_s: float, most_s: float
) -> None:
    """SIGTERM, the grace period, SIGKILL; the last status is written before the object goes."""
    pods.make("p", script, terminationGracePeriodSeconds=grace)
    # Before it says so, the shell may not have set its trap.
    pods.said("p", "up")
    watched = pods.cluster.last_seen(path_of("v1", "pods", pods.namespace), "p")
    begun = time.monotonic()
    pods.delete("p")
    pods.gone("p")
    assert least_s <= time.monotonic() - begun < most_s
    last = watched.result(10)
    assert last["metadata"]["deletionTimestamp"]
    assert main(last)["state"]["terminated"]["exitCode"] == code
    assert last["status"]["phase"] == "Failed"


def test_deletion_leaves_no_process_no_file_and_no_mount(pods: Pods) -> None:
    made = pods.make("p", "sleep 300 & sleep 301")
    pods.phase("p", "Running")
    folder = pods.cluster.state.pods / made["metadata"]["uid"]
    assert folder.is_dir()
    pods.delete("p")
    pods.gone("p")
    deadline = time.monotonic() + 5
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not folder.exists()
    assert str(pods.cluster.lab.state.folder) not in Path("/proc/self/mounts").read_text()
    assert not [p for p in processes() if made["metadata"]["uid"] in p]


def test_deletion_of_an_old_pod_spares_its_successor(pods: Pods) -> None:
    """The same name, another uid: the listener's pod is made again at once (arc.md, section 9)."""
    pods.make("p", "sleep 300")
    pods.phase("p", "Running")
    pods.delete("p", grace_s=0)
    pods.gone("p")
    second = pods.make("p", "echo second; sleep 300")
    found = pods.phase("p", "Running")
    assert found["metadata"]["uid"] == second["metadata"]["uid"]
    assert pods.log("p") == "second\n"
    assert main(found)["restartCount"] == 0


def test_logs_by_tail_by_follow_and_of_the_previous_run(pods: Pods) -> None:
    script = "for n in 1 2 3; do echo $n; done; sleep 1; echo end; exit 1"
    pods.make("p", script, restartPolicy="OnFailure")
    pods.phase("p", "Running")
    assert pods.log("p", "-f").splitlines() == ["1", "2", "3", "end"]
    pods.wait("p", lambda p: main(p)["restartCount"] == 1)
    assert pods.log("p", "--previous", "--tail=2").splitlines() == ["3", "end"]
    refused = pods.cluster.kubectl("logs", "-n", pods.namespace, "p", "--timestamps")
    assert "the lab keeps no time per line" in refused.stderr


@pytest.mark.parametrize(
    "probe",
    [
        pytest.param({"exec": {"command": ["test", "-e", "/tmp/here"]}}, id="exec"),
        pytest.param({"tcpSocket": {"port": "PORT"}}, id="tcp"),
        pytest.param({"httpGet": {"port": "PORT", "path": "/"}}, id="http"),
    ],
)
def test_readiness_follows_the_probe(pods: Pods, probe: Dict[str, Any], free_port: int) -> None:
    for part in probe.values():
        if "port" in part:
            part["port"] = free_port
    serve = f"python3 -m http.server {free_port} --bind 127.0.0.1"
    gate = pods.cluster.lab.state.folder / f"gate-{free_port}"
    script = f"while [ ! -e {gate} ]; do sleep 0.05; done; touch /tmp/here; exec {serve}"
    pods.make("p", script, container={"readinessProbe": {**probe, "periodSeconds": 1}})
    found = pods.phase("p", "Running")
    assert not is_ready(found) and not main(found)["ready"]
    gate.touch()
    found = pods.wait("p", is_ready)
    assert main(found)["ready"]


@pytest.fixture
def free_port() -> int:
    return free_ports(["one"])["one"]


def test_missing_secret_holds_the_container_until_it_comes(pods: Pods) -> None:
    env = [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "late", "key": "t"}}}]
    pods.make("p", 'echo "$T"', container={"env": env})
    found = pods.wait("p", is_waiting("CreateContainerConfigError"))
    assert main(found)["state"]["waiting"]["message"] == 'secret "late" not found'
    assert found["status"]["phase"] == "Pending"
    pods.put("secrets", "late", {"t": "here"})
    pods.phase("p", "Succeeded")
    assert pods.log("p") == "here\n"


def test_missing_secret_volume_holds_the_pod_until_it_comes(pods: Pods) -> None:
    volumes = [{"name": "s", "secret": {"secretName": "late"}}]
    mounts = [{"name": "s", "mountPath": "/etc/late"}]
    pods.make("p", "cat /etc/late/t", volumes=volumes, container={"volumeMounts": mounts})
    found = pods.wait("p", lambda p: p["status"].get("containerStatuses"))
    state = main(found)["state"]["waiting"]
    assert state == {"reason": "ContainerCreating", "message": 'secret "late" not found'}
    pods.put("secrets", "late", {"t": "here"})
    pods.phase("p", "Succeeded")


def test_service_account_that_is_gone_holds_the_pod_until_it_is_back(pods: Pods) -> None:
    """observed.md, f2: a ServiceAccount that vanished under its scale set."""
    accounts = path_of("v1", "serviceaccounts", pods.namespace)
    pods.cluster.create(accounts, {"metadata": {"name": "runner"}})
    pods.make("p", "sleep 300", serviceAccountName="runner", schedulerName="nobody")
    pods.cluster.delete(f"{accounts}/runner")
    node = pods.cluster.state.node_name
    binding = {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": node}}
    pods.cluster.create(pods.path("p") + "/binding", binding)
    found = pods.wait("p", lambda p: p["status"].get("containerStatuses"))
    message = main(found)["state"]["waiting"]["message"]
    assert message.startswith('failed to fetch token for serviceaccount "runner": 404')
    pods.cluster.create(accounts, {"metadata": {"name": "runner"}})
    pods.phase("p", "Running")


def test_deadline_ends_the_pod_as_failed(pods: Pods) -> None:
    pods.make("p", "sleep 300", activeDeadlineSeconds=1)
    found = pods.phase("p", "Failed")
    assert found["status"]["reason"] == "DeadlineExceeded"
