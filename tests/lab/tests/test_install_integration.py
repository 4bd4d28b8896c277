# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does ARC come into a real cluster by real Helm, work there, and go again?"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List

import pytest

from lab.arc import await_arc, charts, install
from lab.arc.crd_schemas import GENERATOR, GROUP
from lab.arc.helm import helm
from lab.arc.install import ScaleSet
from lab.errors import LabError
from lab.kube import path_of
from lab.state import LabState
from lab.tests.live import LiveCluster

SYSTEMS, RUNNERS = "install-systems", "install-runners"
CRDS = path_of("apiextensions.k8s.io/v1", "customresourcedefinitions")
PLURALS = list(await_arc.KINDS)


@pytest.fixture(scope="module")
def state(one_cluster: LiveCluster) -> LabState:
    return one_cluster.lab.state


@pytest.fixture(scope="module")
def no_crds(one_cluster: LiveCluster) -> None:
    """No CRD of ARC at first, as in a new cluster; all tests then live with those of 0.9.3."""
    paths = [f"{CRDS}/{plural}.{GROUP}" for plural in PLURALS]
    for path in paths:
        if one_cluster.get(path):
            one_cluster.delete(path)
    for path in paths:
        one_cluster.wait(path, lambda crd: crd is None, 60)


@pytest.fixture(scope="module")
def empty_after(state: LabState, one_cluster: LiveCluster, no_crds: None) -> Iterator[None]:
    """No controller at first, and none in the end."""
    yield
    without_controller(state, one_cluster.name)


@pytest.fixture
def controller(state: LabState, one_cluster: LiveCluster, empty_after: None) -> str:
    """A controller of 0.9.3, that of the test before where it is there; gives its Deployment's
    path."""
    install.install_controller(state, one_cluster.name, "0.9.3", SYSTEMS)
    return path_of("apps/v1", "deployments", SYSTEMS, "arc-gha-rs-controller")


def without_controller(state: LabState, cluster: str) -> None:
    if releases(state, cluster, SYSTEMS):
        install.uninstall_controller(state, cluster, namespace=SYSTEMS)
    await_arc.wait_controller_absent(state, cluster, SYSTEMS)


def releases(state: LabState, cluster: str, namespace: str) -> Dict[str, Dict[str, Any]]:
    listed = json.loads(helm(state, cluster, "list", "--namespace", namespace, "--output", "json"))
    return {release["name"]: release for release in listed}


def image(deployment: Dict[str, Any]) -> str:
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


def generators(cluster: LiveCluster) -> List[str]:
    found = [cluster.get(f"{CRDS}/{plural}.{GROUP}") for plural in PLURALS]
    return [crd["metadata"]["annotations"][GENERATOR] for crd in found if crd]


def test_controller_comes_with_its_crds_and_again_changes_nothing(
    state: LabState, one_cluster: LiveCluster, controller: str
) -> None:
    assert generators(one_cluster) == ["v0.14.0"] * 4
    before = one_cluster.get(controller)
    assert before and image(before).endswith(":0.9.3")
    install.install_controller(state, one_cluster.name, "0.9.3", SYSTEMS)
    after = one_cluster.get(controller)
    assert after and after["metadata"]["generation"] == before["metadata"]["generation"]
    assert releases(state, one_cluster.name, SYSTEMS)["arc"]["app_version"] == "0.9.3"


def test_helm_leaves_crds_that_are_there(
    state: LabState, one_cluster: LiveCluster, controller: str
) -> None:
    """`arc.md` 6: installed if absent, never upgraded, never deleted."""
    name = one_cluster.name
    install.install_controller(state, name, "0.14.2", SYSTEMS)
    after = one_cluster.get(controller)
    assert after and image(after).endswith(":0.14.2")
    assert generators(one_cluster) == ["v0.14.0"] * 4
    without_controller(state, name)
    assert generators(one_cluster) == ["v0.14.0"] * 4


def dry_run(state: LabState, cluster: str, namespace: str = RUNNERS) -> str:
    """The text of a scale set whose controller the chart has to find."""
    chart = str(charts.chart(state, "0.9.3", "scale-set"))
    command = ("install", "web", chart, "--namespace", namespace, "--dry-run=server")
    values = install.values_of(state, cluster, ScaleSet("web"))
    return helm(state, cluster, *command, values=values)


def test_chart_finds_no_controller_where_there_is_none(
    state: LabState, one_cluster: LiveCluster, empty_after: None
) -> None:
    without_controller(state, one_cluster.name)
    with pytest.raises(LabError, match="No gha-rs-controller deployment found using label"):
        dry_run(state, one_cluster.name)


def test_chart_finds_the_one_controller_of_the_cluster(
    state: LabState, one_cluster: LiveCluster, controller: str
) -> None:
    """`arc.md` 6, controller discovery."""
    text = dry_run(state, one_cluster.name)
    assert "name: arc-gha-rs-controller\n  namespace: install-systems" in text


def test_chart_refuses_to_guess_between_two_controllers(
    state: LabState, one_cluster: LiveCluster, controller: str
) -> None:
    name = one_cluster.name
    install.install_controller(state, name, "0.9.3", SYSTEMS, "second", wait=False)
    try:
        with pytest.raises(LabError, match="More than one gha-rs-controller deployment found"):
            dry_run(state, name)
        watch = {"flags": {"watchSingleNamespace": SYSTEMS}}
        install.install_controller(state, name, "0.9.3", SYSTEMS, "second", watch, wait=False)
        with pytest.raises(LabError, match="Found both gha-rs-controller installed with"):
            dry_run(state, name)
    finally:
        install.uninstall_controller(state, name, "second", SYSTEMS)


@pytest.mark.parametrize("mode", [None, "kubernetes", "dind"])
def test_scale_set_comes_online_and_goes(
    state: LabState, one_cluster: LiveCluster, controller: str, mode: str
) -> None:
    name = one_cluster.name
    wanted = ScaleSet("web", RUNNERS, mode=mode, min_runners=1)
    install.install_scale_set(state, name, "0.9.3", wanted, controller_namespace=SYSTEMS)
    kinds = {text.split()[0] for text in await_arc.remaining(state, name, "web", RUNNERS)}
    assert {"AutoscalingRunnerSet", "AutoscalingListener", "EphemeralRunnerSet"} <= kinds
    install.uninstall_scale_set(state, name, "web", RUNNERS)
    await_arc.wait_absent(state, name, "web", RUNNERS)
    assert releases(state, name, RUNNERS) == {}
    # Nothing that the chart made is held by its finalizer any longer.
    for plural, version in (("roles", "rbac.authorization.k8s.io/v1"), ("serviceaccounts", "v1")):
        left = one_cluster.items(path_of(version, plural, RUNNERS))
        assert {item["metadata"]["name"] for item in left} <= {"default"}


def test_without_a_controller_nothing_goes_and_the_wait_says_what_holds(
    state: LabState, one_cluster: LiveCluster, controller: str
) -> None:
    name = one_cluster.name
    install.install_scale_set(
        state, name, "0.9.3", ScaleSet("lone", RUNNERS), controller_namespace=SYSTEMS
    )
    without_controller(state, name)
    install.uninstall_scale_set(state, name, "lone", RUNNERS)
    with pytest.raises(LabError) as caught:
        await_arc.wait_absent(state, name, "lone", RUNNERS, limit_s=1)
    assert f"AutoscalingRunnerSet {RUNNERS}/lone, deleting since" in caught.value.problem
    assert "held by autoscalingrunnerset.actions.github.com/finalizer" in caught.value.problem
    install.install_controller(state, name, "0.9.3", SYSTEMS)
    await_arc.wait_absent(state, name, "lone", RUNNERS)


def is_bound_to_a_live_set(cluster: LiveCluster) -> bool:
    (listener,) = cluster.items(path_of(await_arc.ARC, "autoscalinglisteners", SYSTEMS))
    live = cluster.items(path_of(await_arc.ARC, "ephemeralrunnersets", RUNNERS))
    names = {item["metadata"]["name"] for item in live}
    return listener["spec"]["ephemeralRunnerSetName"] in names


def test_listener_bound_to_a_dead_runner_set_is_told_then_cured(
    state: LabState, one_cluster: LiveCluster, controller: str
) -> None:
    """Observed h: 0.14.2 does that now and then; here each time."""
    name, place = one_cluster.name, ("stale", RUNNERS)
    often = {"env": [{"name": "LAB_ARC_STALE_LISTENER", "value": "1"}]}
    install.install_controller(state, name, "0.14.2", SYSTEMS, values=often)
    wanted = ScaleSet(*place, min_runners=1)
    install.install_scale_set(
        state, name, "0.14.2", wanted, wait=False, controller_namespace=SYSTEMS
    )
    with pytest.raises(LabError, match="Listener of scale set install-runners/stale .* online"):
        await_arc.session_open(state, name, RUNNERS, "stale", limit_s=5, cure=False)
    assert not is_bound_to_a_live_set(one_cluster)
    await_arc.session_open(state, name, RUNNERS, "stale")
    assert is_bound_to_a_live_set(one_cluster)
    install.uninstall_scale_set(state, name, *place)
    await_arc.wait_absent(state, name, *place)
