# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are these Kubernetes clusters: rights, tokens, controllers, logs? On one that runs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Set

import pytest

from lab import build
from lab.components import LINKS, PORTS
from lab.kube import path_of
from lab.tests.live import LiveCluster, Pods, pod

TESTS = Path(__file__).resolve().parents[2]
LIMIT_S = 20.0


def lab(cluster: LiveCluster, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """python -m lab VERB … of the cluster's lab."""
    verb, *rest = arguments
    command = [sys.executable, "-m", "lab", verb, "--dir", str(cluster.lab.state.folder), *rest]
    return subprocess.run(
        command, cwd=TESTS, capture_output=True, text=True, timeout=60, check=False
    )


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + LIMIT_S
    while True:
        found = look()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def put(cluster: LiveCluster, namespace: str, api: str, plural: str, body: Dict[str, Any]) -> str:
    """Create an object; gives its path."""
    cluster.create(path_of(api, plural, namespace), {**body, "apiVersion": api})
    return path_of(api, plural, namespace, body["metadata"]["name"])


def named(name: str, **more: Any) -> Dict[str, Any]:
    return {"metadata": {"name": name}, **more}


def template(script: str, restart: str) -> Dict[str, Any]:
    """A pod template with the label app=t."""
    spec = pod("", "", script, restartPolicy=restart)["spec"]
    return {"metadata": {"labels": {"app": "t"}}, "spec": spec}


def test_version_is_the_stamped_one(one_cluster: LiveCluster) -> None:
    found = one_cluster.get("/version")
    assert found and found["gitVersion"] == f"v{build.KUBERNETES}"
    assert f"{found['major']}.{found['minor']}" == build.KUBERNETES.rpartition(".")[0]


def test_namespace_gets_its_account_and_root_ca_and_goes_away(
    one_cluster: LiveCluster, namespace: str
) -> None:
    found = one_cluster.get(path_of("v1", "configmaps", namespace, "kube-root-ca.crt"))
    assert found and found["data"]["ca.crt"] == (one_cluster.state.pki / "ca.crt").read_text()
    put(one_cluster, namespace, "v1", "configmaps", named("held", data={}))
    one_cluster.delete(f"/api/v1/namespaces/{namespace}")
    one_cluster.wait(f"/api/v1/namespaces/{namespace}", lambda item: item is None)


def test_token_of_an_account_is_known_and_has_no_rights(
    one_cluster: LiveCluster, namespace: str
) -> None:
    path = path_of("v1", "serviceaccounts", namespace, "default", "token")
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = one_cluster.create(path, body)["status"]["token"]
    account = f"system:serviceaccount:{namespace}:default"
    # Without a kubeconfig kubectl has nothing but the token.
    ports = one_cluster.state.ports()
    flags = ["--kubeconfig=/dev/null", f"--server=https://127.0.0.1:{ports['apiserver']}"]
    flags += [f"--certificate-authority={one_cluster.state.pki}/ca.crt", f"--token={token}"]
    who = one_cluster.kubectl("auth", "whoami", "-o", "json", *flags)
    assert json.loads(who.stdout)["status"]["userInfo"]["username"] == account
    refused = one_cluster.kubectl("get", "secrets", "-n", namespace, *flags)
    assert refused.returncode and f'User "{account}" cannot list' in refused.stderr
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    rbac = "rbac.authorization.k8s.io/v1"
    put(one_cluster, namespace, rbac, "roles", named("reader", rules=[rule]))
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    binding = named("reader", subjects=[subject], roleRef=role)
    put(one_cluster, namespace, rbac, "rolebindings", binding)

    def is_allowed() -> bool:
        return not one_cluster.kubectl("get", "secrets", "-n", namespace, *flags).returncode

    assert until(is_allowed)


def test_wrong_token_is_refused(one_cluster: LiveCluster) -> None:
    ports = one_cluster.state.ports()
    done = one_cluster.kubectl(
        "get",
        "namespaces",
        "--kubeconfig=/dev/null",
        f"--server=https://127.0.0.1:{ports['apiserver']}",
        f"--certificate-authority={one_cluster.state.pki}/ca.crt",
        "--token=made.up.token",
    )
    assert done.returncode and "Unauthorized" in done.stderr


def test_deployment_runs_its_pods_and_they_go_with_it(pods: Pods) -> None:
    cluster, namespace = pods.cluster, pods.namespace
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "t"}},
        "template": template("sleep 300", "Always"),
    }
    path = put(cluster, namespace, "apps/v1", "deployments", named("t", spec=spec))
    cluster.wait(path, lambda d: d and d["status"].get("availableReplicas") == 2)
    cluster.delete(path, propagation="Background")

    def is_empty() -> bool:
        sets = cluster.items(path_of("apps/v1", "replicasets", namespace))
        return not sets and not cluster.items(path_of("v1", "pods", namespace))

    assert until(is_empty), "the garbage collector follows from Deployment to pods"


def test_service_gets_its_endpoint_slice(one_cluster: LiveCluster, namespace: str) -> None:
    """Empty: Kubernetes allows no loopback address in one, and pods here have no other."""
    service = named("t", spec={"selector": {"app": "t"}, "ports": [{"port": 80}]})
    put(one_cluster, namespace, "v1", "services", service)
    path = path_of("discovery.k8s.io/v1", "endpointslices", namespace)
    label = {"labelSelector": "kubernetes.io/service-name=t"}
    assert until(lambda: one_cluster.items(path, **label))


def test_job_completes(pods: Pods) -> None:
    spec = {"template": template("echo done", "Never"), "backoffLimit": 0}
    path = put(pods.cluster, pods.namespace, "batch/v1", "jobs", named("t", spec=spec))
    pods.cluster.wait(path, lambda job: job and job["status"].get("succeeded") == 1)


def test_object_goes_with_its_owner(one_cluster: LiveCluster, namespace: str) -> None:
    owner = put(one_cluster, namespace, "v1", "configmaps", named("owner"))
    found = one_cluster.get(owner)
    assert found
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": "owner",
        "uid": found["metadata"]["uid"],
    }
    body = {"metadata": {"name": "owned", "ownerReferences": [reference]}}
    owned = put(one_cluster, namespace, "v1", "configmaps", body)
    one_cluster.delete(owner)
    one_cluster.wait(owned, lambda item: item is None)


def test_cluster_roles_are_aggregated(one_cluster: LiveCluster, namespace: str) -> None:
    label = f"of-{namespace}"
    rbac = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    selector = {"matchLabels": {label: "true"}}
    parts = [
        named(f"{namespace}-all", aggregationRule={"clusterRoleSelectors": [selector]}, rules=[]),
        {"metadata": {"name": f"{namespace}-part", "labels": {label: "true"}}, "rules": [rule]},
    ]
    try:
        for part in parts:
            kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
            one_cluster.create(rbac, {**kind, **part})
        one_cluster.wait(f"{rbac}/{namespace}-all", lambda r: r and r.get("rules") == [rule])
    finally:
        for part in parts:
            one_cluster.delete(f"{rbac}/{part['metadata']['name']}")


def test_logs_come_through_the_api_server_and_only_through_it(pods: Pods) -> None:
    pods.make("p", "echo hello")
    pods.phase("p", "Succeeded")
    assert pods.log("p") == "hello\n"
    port = pods.cluster.state.ports()["kubelet"]
    url = f"https://127.0.0.1:{port}/containerLogs/{pods.namespace}/p/main"
    done = subprocess.run(["curl", "-sk", url], capture_output=True, text=True, check=False)
    assert done.returncode and "hello" not in done.stdout, "no answer without a certificate"


def listening(pid: int) -> Set[str]:
    """Addresses (hexadecimal, as the kernel writes them) that a process listens on."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(str(link.readlink()))
        except FileNotFoundError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1])
    return found


def test_nothing_listens_but_on_loopback_and_on_its_own_port(one_cluster: LiveCluster) -> None:
    status = one_cluster.lab.status()
    parts = {"service": status["service"], **status["clusters"][one_cluster.name]}
    ports = one_cluster.state.ports()
    for name, part in parts.items():
        expected = {ports[port] for port, of in PORTS.items() if of == name} or {part["port"]}
        assert listening(part["pid"]) == {f"0100007F:{port:04X}" for port in expected}, name


def test_status_tells_what_runs(one_cluster: LiveCluster) -> None:
    done = lab(one_cluster, "status", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["ready"] is True
    assert set(found["clusters"][one_cluster.name]) == set(LINKS)
    parts = [found["service"], *found["clusters"][one_cluster.name].values()]
    assert all(part["pid"] and part["ready"] and part["rss_kib"] > 10000 for part in parts)
    assert sum(part["rss_kib"] for part in parts) == found["rss_kib"]


def test_kubectl_and_helm_verbs_are_the_cluster_s_administrator(one_cluster: LiveCluster) -> None:
    done = lab(one_cluster, "kubectl", one_cluster.name, "get", "nodes", "-o", "name")
    assert done.stdout == f"node/{one_cluster.state.node_name}\n", done.stderr
    missing = lab(one_cluster, "kubectl", one_cluster.name, "get", "pod", "none")
    assert missing.returncode == 1 and "NotFound" in missing.stderr
    done = lab(one_cluster, "helm", one_cluster.name, "list", "-A", "-o", "json")
    assert done.returncode == 0 and isinstance(json.loads(done.stdout), list), done.stderr


def test_kubeconfig_of_the_lab_has_the_cluster_as_a_context(one_cluster: LiveCluster) -> None:
    def asked(context: str) -> Optional[str]:
        command = [f"--kubeconfig={one_cluster.lab.state.kubeconfig}", "--context", context]
        done = one_cluster.kubectl("get", "nodes", "-o", "name", *command)
        return done.stdout.strip() or None

    assert asked(one_cluster.name) == f"node/{one_cluster.state.node_name}"
    assert asked("none") is None


@pytest.mark.parametrize("file", ["kubeconfig", "node.kubeconfig", "scheduler.kubeconfig"])
def test_kubeconfigs_are_for_their_owner_only(one_cluster: LiveCluster, file: str) -> None:
    assert (one_cluster.state.folder / file).stat().st_mode & 0o777 == 0o600
