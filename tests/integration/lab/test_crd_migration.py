# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A version goes in which objects are stored: they are written anew first, and only on request."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

GROUP, NAME = "actions.github.com", "things.actions.github.com"
OLD, NEW = (places.Resource(GROUP, version, "things", "Thing") for version in ("v1alpha1", "v1"))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    running = Lab(LabState(tmp_path_factory.mktemp("lab")))
    running.up(["east"])
    try:
        yield running
    finally:
        running.down()


@pytest.fixture
def client(lab):
    link = connect.connect(
        {"kubeconfig": str(lab.state.kubeconfig), "context": "east"}, environ={})
    yield link
    link.close()


def crd(*versions):
    """A definition; the last version is the one to store in."""
    schema = {"openAPIV3Schema": {"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"a": {"type": "string"}}}}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": GROUP, "scope": "Namespaced",
            "names": {"plural": "things", "singular": "thing", "kind": "Thing",
                      "listKind": "ThingList"},
            "versions": [{"name": one, "served": True, "storage": one == versions[-1],
                          "schema": schema} for one in versions],
        },
    }


def put(lab, *versions, check=False, **options):
    return run_module.run("arc_crd", {
        "kubeconfig": str(lab.state.kubeconfig), "context": "east", "timeout": 60,
        "crds": [crd(*versions)], "backup": False, **options}, check=check)


def stored(client):
    return client.get(places.CRDS.at(name=NAME), Deadline(20))["status"]["storedVersions"]


def test_objects_are_written_anew_before_their_version_goes(lab, client):
    assert put(lab, "v1alpha1")[0] == 0
    for number in range(3):
        client.create(OLD.at("default"), {
            "apiVersion": f"{GROUP}/v1alpha1", "kind": "Thing",
            "metadata": {"name": f"one-{number}"}, "spec": {"a": str(number)}}, Deadline(20))
    code, result = put(lab, "v1")
    assert code == 1 and "a CRD in place first" in result["msg"], result
    assert put(lab, "v1alpha1", "v1")[0] == 0
    assert stored(client) == ["v1alpha1", "v1"]

    code, result = put(lab, "v1")
    assert code == 1 and "migrate: true" in result["msg"] and not result["changed"], result
    code, result = put(lab, "v1", migrate=True, check=True)
    assert (code, result["crds"][0]["migrated"]) == (0, 3), result
    assert stored(client) == ["v1alpha1", "v1"]
    code, result = put(lab, "v1", migrate=True)
    assert (code, result["crds"][0]["migrated"]) == (0, 3), result
    assert stored(client) == ["v1"]
    found = client.list(NEW.at("default"), Deadline(20)).items
    assert sorted(one["spec"]["a"] for one in found) == ["0", "1", "2"]
    code, result = put(lab, "v1", migrate=True)
    assert (code, result["changed"]) == (0, False)
