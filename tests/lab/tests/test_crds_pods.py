# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the API server's description of a pod become what a CRD may hold?"""

from __future__ import annotations

import copy

from lab.arc import crds
from lab.arc.pod_schema import PodSchemas
from lab.tests.openapi_bench import OPENAPI


def test_pod_schema_is_structural() -> None:
    pod = PodSchemas(OPENAPI, typed=True).template()
    assert set(pod["properties"]["metadata"]["properties"]) == {
        "annotations",
        "labels",
        "finalizers",
        "name",
        "namespace",
    }
    spec = pod["properties"]["spec"]
    assert spec["required"] == ["containers"] and "enum" not in str(spec)
    fields = spec["properties"]["containers"]["items"]["properties"]
    assert fields["name"] == {"type": "string"}
    assert fields["port"]["x-kubernetes-int-or-string"] is True
    quantity = fields["limits"]["additionalProperties"]
    assert quantity["x-kubernetes-int-or-string"] is True and "pattern" in quantity
    for word in ("$ref", "allOf", "patch-strategy", "description"):
        assert word not in str(pod)


def test_keys_of_lists_have_a_default_or_are_required() -> None:
    """The API server refuses a CRD otherwise."""
    spec = PodSchemas(OPENAPI, typed=True).spec()["properties"]
    names = spec["imagePullSecrets"]["items"]
    assert names["properties"]["name"] == {"type": "string", "default": ""}
    assert names["x-kubernetes-map-type"] == "atomic"
    ports = spec["containers"]["items"]["properties"]["ports"]
    assert ports["items"]["properties"]["protocol"]["default"] == "TCP"


def test_early_releases_key_ports_only() -> None:
    spec = PodSchemas(OPENAPI, typed=False).spec()["properties"]
    assert "x-kubernetes-list-type" not in spec["containers"]
    assert "default" not in spec["imagePullSecrets"]["items"]["properties"]["name"]
    ports = spec["containers"]["items"]["properties"]["ports"]
    assert ports["x-kubernetes-list-map-keys"] == ["containerPort", "protocol"]
    assert ports["items"]["properties"]["protocol"]["default"] == "TCP"


def test_the_document_is_not_changed() -> None:
    before = copy.deepcopy(OPENAPI)
    crds.own("0.14.2", OPENAPI)
    assert before == OPENAPI
