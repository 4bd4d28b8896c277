# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the scale set's chart render what the facts say, for every release and container mode?

Sections named here are those of the reference on ARC (`arc.md`).
"""

from __future__ import annotations

import re
from typing import Any, Dict, Set

import pytest

from lab.tests.charts_bench import (
    BASE,
    EVERY,
    MODES,
    SET,
    ChartBench,
    Objects,
    Refused,
    annotations,
    at_least,
    container,
    pod_spec,
)

PROTECTION = "actions.github.com/cleanup-protection"
PREFIX = "actions.github.com/cleanup-"
MANAGER = {"manager-role-binding": "web-gha-rs-manager", "manager-role-name": "web-gha-rs-manager"}
KUBE_MODE = {
    "kubernetes-mode-role-binding-name": "web-gha-rs-kube-mode",
    "kubernetes-mode-role-name": "web-gha-rs-kube-mode",
    "kubernetes-mode-service-account-name": "web-gha-rs-kube-mode",
}
NO_PERMISSION = {"no-permission-service-account-name": "web-gha-rs-no-permission"}
ALWAYS = {"Role web-gha-rs-manager", "RoleBinding web-gha-rs-manager", SET}
KUBE_KINDS = ("Role", "RoleBinding", "ServiceAccount")
KUBE_OBJECTS = {f"{kind} web-gha-rs-kube-mode" for kind in KUBE_KINDS}
PLAIN_ACCOUNT = {"ServiceAccount web-gha-rs-no-permission"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> ChartBench:
    return ChartBench(tmp_path_factory.mktemp("charts"))


def cleanup(objects: Objects) -> Dict[str, str]:
    found = annotations(objects, SET).items()
    return {key[len(PREFIX) :]: value for key, value in found if key.startswith(PREFIX)}


def values_hash(objects: Objects) -> str:
    return annotations(objects, SET)["actions.github.com/values-hash"]


@pytest.mark.parametrize("release", EVERY)
@pytest.mark.parametrize("mode", list(MODES))
def test_helper_objects_and_the_annotations_that_name_them(
    bench: ChartBench, release: str, mode: str
) -> None:
    """Sections 2 and 6. Novolume is no mode before 0.13.0, and leaves an account until 0.14.1."""
    objects = bench.mode(release, mode)
    is_known = mode != "kubernetes-novolume" or at_least(release, "0.13.0")
    is_kube = mode.startswith("kubernetes") and is_known
    expected: Set[str] = ALWAYS | (KUBE_OBJECTS if is_kube else PLAIN_ACCOUNT)
    if mode == "kubernetes-novolume" and is_kube and not at_least(release, "0.14.2"):
        expected |= PLAIN_ACCOUNT
    assert set(objects) == expected
    assert cleanup(objects) == {**MANAGER, **(KUBE_MODE if is_kube else NO_PERMISSION)}
    protected = {key for key, item in objects.items() if item["metadata"].get("finalizers")}
    assert protected == expected - {SET}
    assert all(objects[key]["metadata"]["finalizers"] == [PROTECTION] for key in protected)
    account = "web-gha-rs-kube-mode" if is_kube else "web-gha-rs-no-permission"
    assert pod_spec(objects)["serviceAccountName"] == account


@pytest.mark.parametrize("release", EVERY)
def test_labels_and_values_hash(bench: ChartBench, release: str) -> None:
    """Section 6, labels; section 5, values-hash."""
    objects = bench.mode(release, "default")
    expected = {
        "helm.sh/chart": f"gha-rs-{release}",
        "app.kubernetes.io/name": "web",
        "app.kubernetes.io/instance": "web",
        "app.kubernetes.io/version": release,
        "app.kubernetes.io/part-of": "gha-rs",
        "app.kubernetes.io/managed-by": "Helm",
        "actions.github.com/scale-set-name": "web",
        "actions.github.com/scale-set-namespace": "arc-runners",
    }
    component = {"app.kubernetes.io/component": "autoscaling-runner-set"}
    assert objects[SET]["metadata"]["labels"] == {**expected, **component}
    for item in objects.values():
        assert expected.items() <= item["metadata"]["labels"].items()
        assert item["metadata"]["namespace"] == "arc-runners"
    assert re.fullmatch("[0-9a-f]{63}", values_hash(objects))
    assert values_hash(bench.set(release, maxRunners=7)) != values_hash(objects)


@pytest.mark.parametrize("release", EVERY)
def test_spec_and_binding_carry_what_was_given(bench: ChartBench, release: str) -> None:
    objects = bench.set(release, runnerGroup="blue", minRunners=0, maxRunners=3)
    spec = objects[SET]["spec"]
    assert spec["githubConfigUrl"] == "http://127.0.0.1:1/acme"
    assert (spec["githubConfigSecret"], spec["runnerGroup"]) == ("arc-github", "blue")
    # An explicit 0 is not the same as nothing (section 5, patching min/max).
    assert (spec["minRunners"], spec["maxRunners"]) == (0, 3)
    assert not {"minRunners", "maxRunners"} & set(bench.set(release)[SET]["spec"])
    binding = objects["RoleBinding web-gha-rs-manager"]
    subject = {"kind": "ServiceAccount", **BASE["controllerServiceAccount"]}
    assert binding["subjects"] == [subject]
    assert pod_spec(objects)["restartPolicy"] == "Never"
    assert container(objects)["command"] == ["/home/runner/run.sh"]


@pytest.mark.parametrize("release", EVERY)
def test_manager_role_lets_the_manager_do_its_work(bench: ChartBench, release: str) -> None:
    """Section 4: pods, secrets, listener's role and binding, helpers whose finalizer goes."""
    rules = bench.mode(release, "default")["Role web-gha-rs-manager"]["rules"]
    granted = {(res, verb) for rule in rules for res in rule["resources"] for verb in rule["verbs"]}
    for resource in ("secrets", "serviceaccounts", "roles", "rolebindings"):
        for verb in ("create", "delete", "get", "patch", "update"):
            assert (resource, verb) in granted
    assert {("pods", "create"), ("pods", "delete"), ("pods", "get")} <= granted
    assert ("configmaps", "get") not in granted
    tls = {"certificateFrom": {"configMapKeyRef": {"name": "ca", "key": "ca.crt"}}}
    more = bench.set(release, githubServerTLS=tls)["Role web-gha-rs-manager"]["rules"]
    assert any("configmaps" in rule["resources"] for rule in more)


@pytest.mark.parametrize("release", EVERY)
def test_secret_is_made_from_credentials_in_the_values(bench: ChartBench, release: str) -> None:
    objects = bench.set(release, githubConfigSecret={"github_token": "t"})
    secret = objects["Secret web-gha-rs-github-secret"]
    assert secret["data"] == {"github_token": "dA=="}
    assert secret["metadata"]["finalizers"] == [PROTECTION]
    assert cleanup(objects)["github-secret-name"] == "web-gha-rs-github-secret"
    assert objects[SET]["spec"]["githubConfigSecret"] == "web-gha-rs-github-secret"


@pytest.mark.parametrize("release", EVERY)
def test_kubernetes_mode_pod(bench: ChartBench, release: str) -> None:
    objects = bench.mode(release, "kubernetes")
    runner = container(objects)
    env = {entry["name"]: entry for entry in runner["env"]}
    assert env["ACTIONS_RUNNER_CONTAINER_HOOKS"]["value"] == "/home/runner/k8s/index.js"
    field = env["ACTIONS_RUNNER_POD_NAME"]["valueFrom"]["fieldRef"]["fieldPath"]
    assert field == "metadata.name"
    assert env["ACTIONS_RUNNER_REQUIRE_JOB_CONTAINER"]["value"] == "true"
    assert runner["volumeMounts"] == [{"name": "work", "mountPath": "/home/runner/_work"}]
    claim = MODES["kubernetes"]["containerMode"]["kubernetesModeWorkVolumeClaim"]
    template = {"volumeClaimTemplate": {"spec": claim}}
    assert pod_spec(objects)["volumes"] == [{"name": "work", "ephemeral": template}]


@pytest.mark.parametrize("release", EVERY)
def test_dind_pod(bench: ChartBench, release: str) -> None:
    """Section 6: a native sidecar from 0.12.0 on, a second container before."""
    pod = pod_spec(bench.mode(release, "dind"))
    is_sidecar = at_least(release, "0.12.0")
    first = [entry["name"] for entry in pod["initContainers"]]
    names = [entry["name"] for entry in pod["containers"]]
    assert first == ["init-dind-externals", "dind"][: 2 if is_sidecar else 1]
    assert names == ["runner", "dind"][: 1 if is_sidecar else 2]
    dind = next(c for c in pod["initContainers"] + pod["containers"] if c["name"] == "dind")
    assert dind.get("restartPolicy") == ("Always" if is_sidecar else None)
    assert ("startupProbe" in dind) == is_sidecar
    env = {entry["name"] for entry in pod["containers"][0]["env"]}
    assert env == {"DOCKER_HOST"} | ({"RUNNER_WAIT_FOR_DOCKER_IN_SECONDS"} if is_sidecar else set())
    assert {v["name"] for v in pod["volumes"]} == {"dind-sock", "dind-externals", "work"}


@pytest.mark.parametrize("release", ["0.13.0", "0.14.2"])
def test_novolume_pod(bench: ChartBench, release: str) -> None:
    objects = bench.mode(release, "kubernetes-novolume")
    env = {entry["name"]: entry.get("value") for entry in container(objects)["env"]}
    assert env["ACTIONS_RUNNER_CONTAINER_HOOKS"] == "/home/runner/k8s-novolume/index.js"
    assert env["ACTIONS_RUNNER_IMAGE"] == "ghcr.io/actions/actions-runner:latest"
    assert "volumes" not in pod_spec(objects)
    rules = objects["Role web-gha-rs-kube-mode"]["rules"]
    assert not any("jobs" in rule["resources"] for rule in rules)


def test_what_the_user_set_on_the_runner_stays(bench: ChartBench) -> None:
    runner = {
        "name": "runner",
        "image": "example.test/runner:1",
        "command": ["/home/runner/run.sh"],
        "env": [{"name": "DOCKER_HOST", "value": "tcp://x"}],
        "volumeMounts": [{"name": "work", "mountPath": "/elsewhere"}],
    }
    spec = {
        "containers": [runner, {"name": "extra", "image": "example.test/extra:1"}],
        "initContainers": [{"name": "mine", "image": "example.test/init:1"}],
        "volumes": [{"name": "work", "hostPath": {"path": "/w"}}],
        "serviceAccountName": "own",
        "nodeSelector": {"a": "b"},
    }
    objects = bench.set("0.14.2", template={"spec": spec}, **MODES["dind"])
    pod = pod_spec(objects)
    assert container(objects)["env"][0] == {"name": "DOCKER_HOST", "value": "tcp://x"}
    assert {"name": "work", "mountPath": "/elsewhere"} in container(objects)["volumeMounts"]
    assert [c["name"] for c in pod["containers"]] == ["runner", "extra"]
    assert [c["name"] for c in pod["initContainers"]] == ["init-dind-externals", "dind", "mine"]
    assert [v for v in pod["volumes"] if v["name"] == "work"] == spec["volumes"]
    assert (pod["serviceAccountName"], pod["nodeSelector"]) == ("own", {"a": "b"})
    assert not [key for key in objects if key.startswith("ServiceAccount")]
    assert cleanup(objects) == MANAGER


@pytest.mark.parametrize("mode", ["default", "kubernetes", "dind"])
def test_private_ca_reaches_the_runner(bench: ChartBench, mode: str) -> None:
    tls = {
        "certificateFrom": {"configMapKeyRef": {"name": "ca", "key": "ca.crt"}},
        "runnerMountPath": "/certs/",
    }
    objects = bench.set("0.9.0", githubServerTLS=tls, **MODES[mode])
    env = {entry["name"]: entry.get("value") for entry in container(objects)["env"]}
    assert env["NODE_EXTRA_CA_CERTS"] == "/certs/ca.crt"
    assert env["RUNNER_UPDATE_CA_CERTS"] == "1"
    volume = next(v for v in pod_spec(objects)["volumes"] if v["name"] == "github-server-tls-cert")
    assert volume["configMap"]["name"] == "ca"
    assert objects[SET]["spec"]["githubServerTLS"] == {"certificateFrom": tls["certificateFrom"]}


def test_set_follows_runner_scale_set_name_not_the_release(bench: ChartBench) -> None:
    objects = bench.set("0.9.0", name="release", runnerScaleSetName="web")
    assert set(objects) == ALWAYS | PLAIN_ACCOUNT


# values over BASE, text; section 6, and section 5 for the limits.
REFUSALS = [
    ({"runnerScaleSetName": "x" * 46}, "Name must have up to 45 characters"),
    ({"minRunners": 3, "maxRunners": 2}, "maxRunners has to be greater or equal to minRunners"),
    ({"minRunners": -1}, "minRunners has to be greater or equal to 0"),
    ({"githubConfigUrl": ""}, "githubConfigUrl is required"),
    ({"githubConfigSecret": ""}, "githubConfigSecret is required"),
    ({"githubConfigSecret": {"github_app_id": "1"}}, "github_app_installation_id is missing"),
    ({"controllerServiceAccount": {}}, "No gha-rs-controller deployment found using label"),
    ({"containerMode": {"type": "kubernetes"}}, "kubernetesModeWorkVolumeClaim is required"),
]


@pytest.mark.parametrize("release", ["0.9.0", "0.14.2"])
@pytest.mark.parametrize("values, text", REFUSALS, ids=[row[1][:30] for row in REFUSALS])
def test_bad_values_are_refused(
    bench: ChartBench, values: Dict[str, Any], text: str, release: str
) -> None:
    with pytest.raises(Refused, match=re.escape(text)):
        bench.set(release, **values)


def test_longest_name_is_accepted(bench: ChartBench) -> None:
    name = "x" * 45
    assert f"AutoscalingRunnerSet {name}" in bench.set("0.9.0", runnerScaleSetName=name)
