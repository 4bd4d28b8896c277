# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written to replace a CRD, whose it was, and when it is served."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import crd_takeover

WANTED = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "ephemeralrunners.actions.github.com",
                 "annotations": {"controller-gen.kubebuilder.io/version": "v1"}},
    "spec": {
        "group": "actions.github.com", "scope": "Namespaced",
        "names": {"plural": "ephemeralrunners", "kind": "EphemeralRunner"},
        "versions": [{
            "name": "v1alpha1", "served": True, "storage": True,
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                "metadata": {"type": "object"},
                "spec": {"type": "object", "properties": {"a": {"type": "string"}}}}}},
        }],
    },
}


def live(**meta):
    found = copy.deepcopy(WANTED)
    found["metadata"].update({
        "uid": "u1", "resourceVersion": "5", "labels": {"team": "ci"}, "managedFields": [], **meta})
    names = found["spec"]["names"]
    names.update(singular="ephemeralrunner", listKind="EphemeralRunnerList")
    found["spec"]["conversion"] = {"strategy": "None"}
    found["status"] = {"conditions": [
        {"type": name, "status": "True"} for name in ("NamesAccepted", "Established")]}
    return found


def schema_of(crd):
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def other():
    found = live()
    schema_of(found)["properties"]["spec"]["properties"]["b"] = {"type": "string"}
    return found


def test_defaults_of_the_server_are_no_difference_and_everything_else_is():
    assert crd_takeover.is_same(live(), WANTED)
    assert not crd_takeover.is_same(other(), WANTED)
    described = live()
    schema_of(described)["description"] = "text"
    assert not crd_takeover.is_same(described, WANTED)
    unmarked = live(annotations={})
    assert not crd_takeover.is_same(unmarked, WANTED)


def test_bodies_carry_preconditions_and_leave_what_is_the_servers():
    applied = crd_takeover.applied(WANTED, live())
    assert applied["metadata"]["resourceVersion"] == "5" and "status" not in applied
    assert "resourceVersion" not in crd_takeover.applied(WANTED, None)["metadata"]
    assert "labels" not in applied["metadata"], "labels of others are none of our fields"
    replaced = crd_takeover.replaced(WANTED, live(annotations={"theirs": "1"}))
    assert replaced["metadata"]["uid"] == "u1"
    assert replaced["metadata"]["labels"] == {"team": "ci"}
    assert replaced["metadata"]["annotations"] == {
        "theirs": "1", **WANTED["metadata"]["annotations"]}
    kept = crd_takeover.body(live(annotations={
        "kubectl.kubernetes.io/last-applied-configuration": "{}"}))
    assert set(kept) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(kept["metadata"]) == {"name", "labels"}


@pytest.mark.parametrize("manager, field, foreign", [
    ("helm", "f:versions", ()),
    ("kubectl-replace", "f:versions", ()),
    # Helm inside of something else leaves a chart's CRDs alone as Helm does.
    ("helm-controller", "f:versions", ()),
    ("terraform-provider-helm_v2.13.0_x5", "f:versions", ()),
    ("kustomize-controller", "f:versions", ("kustomize-controller",)),
    ("kubectl-edit", "f:versions", ("kubectl-edit",)),
    ("argocd-controller", "f:versions", ("argocd-controller",)),
    # It owns a part that stays as it is.
    ("argocd-controller", "f:names", ()),
])
def test_owners_of_what_would_change(manager, field, foreign):
    owned = other()
    owned["metadata"]["managedFields"] = [
        {"manager": manager, "fieldsV1": {"f:spec": {field: {}}}},
        {"manager": "kube-apiserver", "fieldsV1": {"f:status": {}}},
    ]
    assert crd_takeover.foreign_owners(owned, WANTED) == foreign


def test_conditions_that_are_not_met_are_told():
    assert crd_takeover.not_established(live()) == ()
    fresh = live()
    fresh["status"] = {"conditions": [
        {"type": "NamesAccepted", "status": "False", "message": "taken"}]}
    assert crd_takeover.not_established(fresh) == (
        "NamesAccepted is False: taken", "Established is not told yet")


def shown(schema):
    kind = {"group": "actions.github.com", "version": "v1alpha1", "kind": "EphemeralRunner"}
    return {"v1alpha1": {"any.name": {**schema, "x-kubernetes-group-version-kind": [kind]}}}


def test_served_is_what_the_openapi_document_shows():
    published = copy.deepcopy(schema_of(WANTED))
    published["properties"]["metadata"] = {"$ref": "#/ObjectMeta"}
    assert crd_takeover.not_served(WANTED, shown(published)) == ()
    assert crd_takeover.not_served(WANTED, {}) == ("v1alpha1",)
    assert crd_takeover.not_served(WANTED, shown(schema_of(other()))) == ("v1alpha1",)
    unserved = copy.deepcopy(WANTED)
    unserved["spec"]["versions"][0]["served"] = False
    assert crd_takeover.not_served(unserved, {}) == ()


def test_deletion_is_told():
    assert crd_takeover.terminating_since(live()) is None
    assert crd_takeover.terminating_since(live(deletionTimestamp="2026-01-31T12:00:00Z"))
