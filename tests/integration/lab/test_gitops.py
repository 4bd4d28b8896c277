# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners in Argo CD and Flux, read from a real API server: kinds absent, versions, rights."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    connect,
    gitops_reading,
    places,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import gitops_hold, reads
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import ReadFailed
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.gitops import (
    ACTIVE,
    SUSPENDED,
    UNREAD,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.flux_stand_in import serve
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

APPLICATIONS = places.Resource("argoproj.io", "v1alpha1", "applications", "Application")
KUSTOMIZE, HELM = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
KUSTOMIZATIONS = places.Resource(KUSTOMIZE, "v1", "kustomizations", "Kustomization")
RELEASES = places.Resource(HELM, "v2", "helmreleases", "HelmRelease")
OLD_RELEASES = places.Resource(HELM, "v2beta2", "helmreleases", "HelmRelease")
RBAC = ("rbac.authorization.k8s.io", "v1")
CLUSTER_ROLES = places.Resource(*RBAC, "clusterroles", "ClusterRole", is_namespaced=False)
CLUSTER_ROLE_BINDINGS = places.Resource(
    *RBAC, "clusterrolebindings", "ClusterRoleBinding", is_namespaced=False)
ITSELF = "actions.github.com/AutoscalingRunnerSet:arc-runners/web"
HELM_RELEASE_PATCH = {"spec": {"suspend": True}}


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory):
    lab = Lab(LabState(tmp_path_factory.mktemp("lab")))
    lab.up(["east"])
    try:
        yield str(lab.state.kubeconfig)
    finally:
        lab.down()


@pytest.fixture(scope="module")
def client(kubeconfig):
    return connect.connect({"kubeconfig": kubeconfig, "context": "east"}, environ={})


@pytest.fixture(scope="module")
def as_nobody(kubeconfig):
    options = {"kubeconfig": kubeconfig, "context": "east", "impersonate_user": "nobody",
               "impersonate_groups": ["system:authenticated"]}
    return connect.connect(options, environ={})


def unserve(client, resource):
    deadline, name = Deadline(30), f"{resource.resource}.{resource.group}"
    client.delete(places.CRDS.at(name=name), deadline)
    while type(client.read_list(resource.at(), deadline)).__name__ != "KindAbsent":
        assert not deadline.is_over(), f"{name} is still served"
        deadline.pause(0.1)


@pytest.fixture
def served(client):
    made = []

    def make(*resources):
        for resource in resources:
            serve(client, resource)
            made.append(resource)

    yield make
    for resource in made:
        unserve(client, resource)


@pytest.fixture
def space(client):
    name = f"gitops-{secrets.token_hex(3)}"
    client.create(places.NAMESPACES.at(), {"metadata": {"name": name}}, Deadline(10))
    return name


def put(client, resource, space, name, spec, labels=None):
    body = {"apiVersion": f"{resource.group}/{resource.version}", "kind": resource.kind,
            "metadata": {"name": name, "labels": labels or {}}, "spec": spec}
    client.create(resource.at(space), body, Deadline(10))


def marks(group, space, name):
    return {f"{group}/name": name, f"{group}/namespace": space}


def verdict(client, labels=None, tracking=None):
    annotations = {"argocd.argoproj.io/tracking-id": f"{tracking}:{ITSELF}"} if tracking else None
    raw = b.scale_set(labels=labels, annotations=annotations, helm=None)
    found = gitops_reading.verdicts(client, Deadline(20), [raw])
    assert list(found) == [("arc-runners", "web")]
    return found["arc-runners", "web"]


def test_set_without_marks_costs_no_request(client):
    assert gitops_reading.verdicts(client, Deadline(0), [b.scale_set()]) == {}


def test_kinds_that_are_not_served_prove_nothing(client):
    for one in (verdict(client, tracking="runners"),
                verdict(client, marks(HELM, "flux", "web")),
                verdict(client, marks(KUSTOMIZE, "flux", "apps"))):
        assert (one.state, "does not serve" in one.reason) == (UNREAD, True)


@pytest.mark.parametrize("resource", [RELEASES, OLD_RELEASES], ids=["v2", "v2beta2"])
def test_helm_release_is_read_in_the_version_that_is_served(client, served, space, resource):
    served(resource, KUSTOMIZATIONS)
    put(client, KUSTOMIZATIONS, space, "apps", {})
    put(client, resource, space, "web", {}, marks(KUSTOMIZE, space, "apps"))
    labels = marks(HELM, space, "web")
    one = verdict(client, labels)
    assert (one.owner, one.state) == (f"HelmRelease {space}/web", ACTIVE)
    assert f"flux suspend helmrelease web -n {space}" in one.remedy
    client.merge_patch(resource.at(space, "web"), HELM_RELEASE_PATCH, Deadline(10))
    assert verdict(client, labels).state == SUSPENDED
    client.delete(resource.at(space, "web"), Deadline(10))
    one = verdict(client, labels)
    assert (one.state, "not in this cluster" in one.reason) == (UNREAD, True)


def test_what_git_holds_of_a_helm_release_is_seen_by_its_real_field_owner(
    client, served, space, monkeypatch
):
    served(RELEASES, KUSTOMIZATIONS)
    put(client, KUSTOMIZATIONS, space, "apps", {})
    body = {"apiVersion": f"{HELM}/v2", "kind": "HelmRelease",
            "metadata": {"name": "web", "namespace": space,
                         "labels": marks(KUSTOMIZE, space, "apps")},
            "spec": {"suspend": False}}
    monkeypatch.setattr(sys.modules[type(client).__module__], "FIELD_MANAGER",
                        "kustomize-controller")
    client.apply(RELEASES.at(space, "web"), body, Deadline(10))
    one = verdict(client, marks(HELM, space, "web"))
    assert one.state == ACTIVE
    assert one.remedy.startswith(f"flux suspend kustomization apps -n {space}")


def test_kustomization_in_each_state(client, served, space):
    served(KUSTOMIZATIONS)
    put(client, KUSTOMIZATIONS, space, "works", {"interval": "10m"})
    put(client, KUSTOMIZATIONS, space, "rests", {"suspend": True})
    states = {name: verdict(client, marks(KUSTOMIZE, space, name)).state
              for name in ("works", "rests", "absent")}
    assert states == {"works": ACTIVE, "rests": SUSPENDED, "absent": UNREAD}


@pytest.mark.parametrize("automated, state", [
    (None, SUSPENDED), ({"enabled": False, "selfHeal": True}, SUSPENDED), ({}, ACTIVE),
    ({"selfHeal": True, "prune": True}, ACTIVE),
], ids=["by-hand", "disabled", "automated", "self-heal"])
def test_application_is_found_in_the_namespace_of_its_tracking_id_and_elsewhere(
    client, served, space, automated, state
):
    served(APPLICATIONS)
    policy = {} if automated is None else {"syncPolicy": {"automated": automated}}
    put(client, APPLICATIONS, space, "runners", policy)
    for tracking in (f"{space}_runners", "runners"):
        one = verdict(client, tracking=tracking)
        assert (one.owner, one.state) == (f"Application {space}/runners", state)
    assert verdict(client, tracking="argocd_runners").state == UNREAD


def test_missing_right_is_told_and_the_own_namespace_of_argo_cd_is_tried(
    client, as_nobody, served, space
):
    served(APPLICATIONS, RELEASES)
    one = verdict(as_nobody, marks(HELM, space, "web"))
    right = f"get helmreleases.{HELM} in namespace {space} as nobody"
    assert (one.state, right in one.remedy) == (UNREAD, True)
    one = verdict(as_nobody, tracking="runners")
    right = "list applications.argoproj.io in all namespaces as nobody"
    assert (one.state, right in one.remedy) == (UNREAD, True)
    client.create(places.NAMESPACES.at(), {"metadata": {"name": "argocd"}}, Deadline(10))
    put(client, APPLICATIONS, "argocd", "runners", {})
    client.create(places.ROLES.at("argocd"), {
        "metadata": {"name": "look"},
        "rules": [{"apiGroups": ["argoproj.io"], "resources": ["applications"],
                   "verbs": ["get"]}],
    }, Deadline(10))
    client.create(places.ROLE_BINDINGS.at("argocd"), {
        "metadata": {"name": "look"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "look"},
        "subjects": [{"kind": "User", "name": "nobody",
                      "apiGroup": "rbac.authorization.k8s.io"}],
    }, Deadline(10))
    deadline = Deadline(10)
    while verdict(as_nobody, tracking="runners").state != SUSPENDED:
        assert not deadline.is_over(), "the new right is not known"
        deadline.pause(0.2)


def test_who_rests_is_seen_without_rights_to_kinds_that_are_not_there(
    client, as_nobody, served, space
):
    served(RELEASES)
    put(client, RELEASES, space, "web", {"suspend": True}, {gitops_hold.LABEL: "true"})
    client.create(CLUSTER_ROLES.at(), {
        "metadata": {"name": "see-helm-releases"},
        "rules": [{"apiGroups": [HELM], "resources": ["helmreleases"], "verbs": ["list"]}],
    }, Deadline(10))
    client.create(CLUSTER_ROLE_BINDINGS.at(), {
        "metadata": {"name": "see-helm-releases"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                    "name": "see-helm-releases"},
        "subjects": [{"kind": "User", "name": "nobody",
                      "apiGroup": "rbac.authorization.k8s.io"}],
    }, Deadline(10))
    deadline = Deadline(10)
    while not isinstance(as_nobody.read_list(RELEASES.at(), deadline), reads.Known):
        assert not deadline.is_over(), "the new right is not known"
        deadline.pause(0.2)
    ((owner, _item),) = gitops_reading.held(as_nobody, Deadline(20))
    assert str(owner) == f"HelmRelease {space}/web"
    served(APPLICATIONS)
    with pytest.raises(ReadFailed) as error:
        gitops_reading.held(as_nobody, Deadline(20))
    assert "list applications.argoproj.io in all namespaces" in str(error.value)


def test_many_sets_of_one_owner_cost_one_request(client, served, space, monkeypatch):
    served(RELEASES)
    put(client, RELEASES, space, "web", {"suspend": True})
    asked = []
    read = client.read_object
    monkeypatch.setattr(client, "read_object",
                        lambda place, deadline: asked.append(place) or read(place, deadline))
    raws = [b.scale_set(f"web-{number}", labels=marks(HELM, space, "web"))
            for number in range(20)]
    found = gitops_reading.verdicts(client, Deadline(20), raws)
    assert ({one.state for one in found.values()}, len(found), len(asked)) == ({SUSPENDED}, 20, 1)
