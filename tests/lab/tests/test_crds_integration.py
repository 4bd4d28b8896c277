# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a real API server accept the CRDs, and prune and refuse what each release must?

Both variants, each under an API group of the test's own: ARC's own group belongs to the tests that
run ARC in the same cluster. Source of what is expected: `arc.md`, section 7, and observed n, p.
"""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator, List, Optional, Set

import pytest

from lab.arc import crds
from lab.kube import ApiError, path_of
from lab.tests.live import LOOK_S, LiveCluster

RELEASES = ["0.9.0", "0.11.0", "0.12.0", "0.13.0", "0.14.0"]
# Before every change, between them, after all of them; what they say of each release is compared
# without a server.
SETS = [("own", "0.9.0"), ("own", "0.12.0"), ("own", "0.14.0"), ("published", "0.14.0")]
CRD_PATH = path_of("apiextensions.k8s.io/v1", "customresourcedefinitions")
LIMIT_S = 30.0
RUNNER = {
    "githubConfigUrl": "http://127.0.0.1:1/acme",
    "githubConfigSecret": "arc-github",
    "runnerScaleSetId": 1,
    "spec": {"containers": [{"name": "runner", "image": "lab.invalid/runner"}]},
}
TIME = "2026-01-01T00:00:00Z"


def since(release: str, first: str) -> bool:
    return RELEASES.index(release) >= RELEASES.index(first)


class Installed:
    """The CRDs of one release, served under a group of their own."""

    def __init__(self, cluster: LiveCluster, release: str, group: str, namespace: str) -> None:
        self.cluster = cluster
        self.release = release
        self.group = group
        self.namespace = namespace

    def path(self, kind: str, *rest: str) -> str:
        plural = kind.lower() + "s"
        path = path_of(f"{self.group}/v1alpha1", plural, self.namespace)
        return "/".join([path, *rest])

    def create(self, kind: str, name: str, spec: Dict[str, Any]) -> Dict[str, Any]:
        body = {
            "apiVersion": f"{self.group}/v1alpha1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": spec,
        }
        return self.cluster.create(self.path(kind), body)

    def status(self, kind: str, name: str, status: Dict[str, Any]) -> Dict[str, Any]:
        """The status as stored after a merge patch."""
        path = self.path(kind, name, "status")
        return self.cluster.patch(path, {"status": status}).get("status", {})


def regrouped(crd: Dict[str, Any], group: str) -> Dict[str, Any]:
    name = f"{crd['spec']['names']['plural']}.{group}"
    return {
        **crd,
        "metadata": {**crd["metadata"], "name": name},
        "spec": {**crd["spec"], "group": group},
    }


def wait_served(cluster: LiveCluster, path: str) -> None:
    """A new kind answers 404, then 429 for a moment."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        try:
            cluster.items(path)
            return
        except ApiError as error:
            if error.status not in (404, 429) or time.monotonic() > deadline:
                raise
        time.sleep(LOOK_S)


def made(variant: str, release: str, cluster: LiveCluster) -> List[Dict[str, Any]]:
    if variant == "own":
        return crds.own(release, crds.openapi_of(cluster.lab.state))
    return crds.crds(release)


@pytest.fixture(scope="module")
def home(one_cluster: LiveCluster) -> Iterator[str]:
    name = "crd-test"
    one_cluster.create("/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    one_cluster.delete(f"/api/v1/namespaces/{name}")


def group_of(variant: str, release: str) -> str:
    return f"{variant}{release.replace('.', '')}.lab.test"


@pytest.fixture(scope="module")
def served(one_cluster: LiveCluster) -> Iterator[Set[str]]:
    """All of them at once: the server needs seconds to take new kinds in. Gives their groups."""
    items = []
    for variant, release in SETS:
        if variant == "own" or crds.published_folder(release) is not None:
            group = group_of(variant, release)
            items += [regrouped(crd, group) for crd in made(variant, release, one_cluster)]
    for item in items:
        one_cluster.create(CRD_PATH, item)
    for item in items:
        path, spec = f"{CRD_PATH}/{item['metadata']['name']}", item["spec"]
        one_cluster.wait(path, lambda crd: "Established" in _true_conditions(crd), LIMIT_S)
        wait_served(one_cluster, f"/apis/{spec['group']}/v1alpha1/{spec['names']['plural']}")
    yield {item["spec"]["group"] for item in items}
    for item in items:
        one_cluster.delete(f"{CRD_PATH}/{item['metadata']['name']}")


@pytest.fixture(scope="module", params=SETS, ids="-".join)
def installed(
    request: pytest.FixtureRequest, one_cluster: LiveCluster, home: str, served: Set[str]
) -> Installed:
    variant, release = request.param
    group = group_of(variant, release)
    if group not in served:
        pytest.skip("no published CRDs: neither ../shared/crds nor ARC_CRDS_DIR")
    return Installed(one_cluster, release, group, home)


def _true_conditions(crd: Optional[Dict[str, Any]]) -> Set[str]:
    conditions = (crd or {}).get("status", {}).get("conditions") or []
    return {c["type"] for c in conditions if c["status"] == "True"}


def test_schema_is_structural(installed: Installed) -> None:
    for kind in ("AutoscalingRunnerSet", "EphemeralRunner"):
        path = f"{CRD_PATH}/{kind.lower()}s.{installed.group}"
        crd = installed.cluster.get(path)
        assert "NonStructuralSchema" not in _true_conditions(crd)


def test_runner_keeps_only_the_status_fields_of_its_release(installed: Installed) -> None:
    """Observed n: 0.9.3 reads its pruned JIT configuration back empty under newer CRDs."""
    installed.create("EphemeralRunner", "status", RUNNER)
    told = {"runnerJITConfig": "jit", "jobId": "j", "jobRequestId": 7, "phase": "Running"}
    kept = installed.status("EphemeralRunner", "status", told)
    expected = {"jobRequestId", "phase"}
    expected |= {"jobId"} if since(installed.release, "0.13.0") else {"runnerJITConfig"}
    assert set(kept) == expected


def test_failures_are_booleans_then_times(installed: Installed) -> None:
    installed.create("EphemeralRunner", "failures", RUNNER)
    is_time = since(installed.release, "0.12.0")
    right, wrong = (TIME, True) if is_time else (True, TIME)
    with pytest.raises(ApiError) as caught:
        installed.status("EphemeralRunner", "failures", {"failures": {"uid": wrong}})
    assert caught.value.status == 422
    kept = installed.status("EphemeralRunner", "failures", {"failures": {"uid": right}})
    assert kept["failures"] == {"uid": right}


def test_runner_set_needs_a_patch_id(installed: Installed) -> None:
    spec = {"replicas": 0, "ephemeralRunnerSpec": RUNNER}
    with pytest.raises(ApiError, match="spec.patchID: Required value"):
        installed.create("EphemeralRunnerSet", "without", spec)
    installed.create("EphemeralRunnerSet", "with", {**spec, "patchID": 0})


def test_runner_needs_its_scale_set_from_0_11_0(installed: Installed) -> None:
    spec = {key: value for key, value in RUNNER.items() if key != "runnerScaleSetId"}
    if since(installed.release, "0.11.0"):
        with pytest.raises(ApiError, match="spec.runnerScaleSetId: Required value"):
            installed.create("EphemeralRunner", "homeless", spec)
    else:
        installed.create("EphemeralRunner", "homeless", spec)


def test_scale_set_keeps_phase_and_labels_from_0_14_0(installed: Installed) -> None:
    spec = {"template": {"spec": RUNNER["spec"]}, "runnerScaleSetLabels": ["big"]}
    stored = installed.create("AutoscalingRunnerSet", "phase", spec)["spec"]
    is_new = since(installed.release, "0.14.0")
    assert ("runnerScaleSetLabels" in stored) == is_new
    kept = installed.status("AutoscalingRunnerSet", "phase", {"phase": "Running", "state": "x"})
    assert set(kept) == ({"phase"} if is_new else {"state"})


def test_an_env_name_twice_is_refused_from_0_11_0(installed: Installed) -> None:
    """The lists became keyed maps (section 7)."""
    env = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    container = {"name": "runner", "image": "lab.invalid/runner", "env": env}
    spec = {"template": {"spec": {"containers": [container]}}}
    if since(installed.release, "0.11.0"):
        with pytest.raises(ApiError, match="Duplicate value"):
            installed.create("AutoscalingRunnerSet", "twice", spec)
    else:
        installed.create("AutoscalingRunnerSet", "twice", spec)


def test_fields_of_a_pod_survive(installed: Installed) -> None:
    pod = {
        "containers": [
            {
                "name": "runner",
                "image": "lab.invalid/runner",
                "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
                "volumeMounts": [{"name": "work", "mountPath": "/w"}],
            }
        ],
        "initContainers": [{"name": "dind", "image": "d", "restartPolicy": "Always"}],
        "volumes": [{"name": "work", "emptyDir": {}}],
        "serviceAccountName": "a",
    }
    stored = installed.create(
        "AutoscalingRunnerSet",
        "pod",
        {"template": {"metadata": {"labels": {"x": "y"}}, "spec": {**pod, "inventedField": 1}}},
    )["spec"]["template"]
    assert stored["metadata"] == {"labels": {"x": "y"}}
    assert stored["spec"] == pod
