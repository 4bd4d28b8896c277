# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment of a container: Kubernetes' rules for variables, case by case."""

from __future__ import annotations

import base64
from typing import Any, Dict

import pytest

from lab.node.environment import (
    MissingSource, expand, field, quantity, resource, sources, variables,
)

POD: Dict[str, Any] = {
    "metadata": {
        "name": "web-1",
        "namespace": "arc-runners",
        "uid": "u-1",
        "labels": {"app.kubernetes.io/name": "web", "b": "2"},
        "annotations": {"note": 'say "hi"\nthen go'},
    },
    "spec": {"nodeName": "blue-node", "serviceAccountName": "runner"},
}
SECRET = {"metadata": {"name": "s"}, "data": {"token": base64.b64encode(b"t0p").decode()}}
CONFIG = {"metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}}
FOUND = {("secrets", "s"): SECRET, ("configmaps", "c"): CONFIG, ("secrets", "gone"): None}


@pytest.mark.parametrize(
    "text, expected",
    [
        pytest.param("$(A)/$(B)", "1/2", id="known-names"),
        pytest.param("$(NOPE)", "$(NOPE)", id="unknown-name-stays"),
        pytest.param("$$(A)", "$(A)", id="doubled-dollar-escapes"),
        pytest.param("$A ${A} $", "$A ${A} $", id="shell-syntax-is-not-ours"),
        pytest.param("$$$(A)", "$1", id="escape-then-name"),
    ],
)
def test_expand(text: str, expected: str) -> None:
    assert expand(text, {"A": "1", "B": "2"}) == expected


@pytest.mark.parametrize(
    "path, expected",
    [
        ("metadata.name", "web-1"),
        ("metadata.namespace", "arc-runners"),
        ("metadata.uid", "u-1"),
        ("spec.nodeName", "blue-node"),
        ("spec.serviceAccountName", "runner"),
        ("status.podIP", "127.0.0.1"),
        ("status.hostIP", "127.0.0.1"),
        ("metadata.labels['app.kubernetes.io/name']", "web"),
        ("metadata.labels['absent']", ""),
        ("metadata.labels", 'app.kubernetes.io/name="web"\nb="2"'),
        ("metadata.annotations", 'note="say \\"hi\\"\\nthen go"'),
    ],
)
def test_field_of_the_downward_api(path: str, expected: str) -> None:
    assert field(POD, path) == expected


@pytest.mark.parametrize(
    "text, expected",
    [("1", 1), ("500m", 0.5), ("1Ki", 1024), ("2G", 2e9), ("1.5Gi", 1.5 * 2**30)],
)
def test_quantity(text: str, expected: float) -> None:
    assert float(quantity(text)) == expected


def test_quantity_of_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="not a quantity: '1Q'"):
        quantity("1Q")


@pytest.mark.parametrize(
    "reference, expected",
    [
        pytest.param({"resource": "limits.cpu"}, "1", id="half-a-cpu-rounds-up"),
        pytest.param({"resource": "limits.cpu", "divisor": "1m"}, "500", id="in-millis"),
        pytest.param({"resource": "limits.memory", "divisor": "1Mi"}, "64", id="in-mebibytes"),
        pytest.param({"resource": "requests.memory", "divisor": "1Mi"}, "64", id="request"),
        pytest.param({"resource": "limits.ephemeral-storage", "divisor": "1Gi"}, "1000", id="node"),
        pytest.param({"resource": "limits.cpu", "containerName": "side"}, "200", id="other-one"),
    ],
)
def test_resource_of_the_downward_api(reference: Dict[str, str], expected: str) -> None:
    main = {"name": "main", "resources": {"limits": {"cpu": "500m", "memory": "64Mi"}}}
    assert resource([main, {"name": "side"}], "main", reference) == expected


def ref(kind: str, name: str, key: str, **more: Any) -> Dict[str, Any]:
    return {"name": "V", "valueFrom": {kind: {"name": name, "key": key, **more}}}


@pytest.mark.parametrize(
    "container, expected",
    [
        pytest.param({"env": [{"name": "V", "value": "$(BASE)-x"}]}, {"V": "b-x"}, id="expanded"),
        pytest.param({"env": [{"name": "V"}]}, {"V": ""}, id="without-value-is-empty"),
        pytest.param({"env": [ref("secretKeyRef", "s", "token")]}, {"V": "t0p"}, id="secret-key"),
        pytest.param({"env": [ref("configMapKeyRef", "c", "a")]}, {"V": "1"}, id="config-map-key"),
        pytest.param(
            {"env": [ref("secretKeyRef", "gone", "x", optional=True)]}, {}, id="optional-secret"
        ),
        pytest.param(
            {"env": [ref("secretKeyRef", "s", "x", optional=True)]}, {}, id="optional-key"
        ),
        pytest.param(
            {"envFrom": [{"prefix": "P_", "configMapRef": {"name": "c"}}]},
            {"P_a": "1", "P_b": "2"},
            id="whole-config-map",
        ),
        pytest.param(
            {
                "envFrom": [{"configMapRef": {"name": "c"}}],
                "env": [{"name": "a", "value": "mine"}],
            },
            {"a": "mine", "b": "2"},
            id="own-value-wins-over-whole-map",
        ),
        pytest.param(
            {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(C)"}]},
            {"A": "1", "B": "1$(C)"},
            id="only-earlier-names-are-known",
        ),
    ],
)
def test_variables(container: Dict[str, Any], expected: Dict[str, str]) -> None:
    whole = variables(POD, {"name": "main", **container}, {"BASE": "b"}, FOUND)
    assert whole == {"BASE": "b", **expected}


@pytest.mark.parametrize(
    "entry, message",
    [
        (ref("secretKeyRef", "gone", "x"), 'secret "gone" not found'),
        (ref("secretKeyRef", "s", "x"), "couldn't find key x in secret arc-runners/s"),
        (ref("configMapKeyRef", "c", "x"), "couldn't find key x in configmap arc-runners/c"),
    ],
)
def test_variables_when_a_source_is_missing_say_which(entry: Any, message: str) -> None:
    with pytest.raises(MissingSource) as caught:
        variables(POD, {"name": "main", "env": [entry]}, {}, FOUND)
    assert str(caught.value) == message


def test_sources_name_each_object_once() -> None:
    container = {
        "env": [ref("secretKeyRef", "s", "a"), ref("secretKeyRef", "s", "b")],
        "envFrom": [{"configMapRef": {"name": "c"}}, {"secretRef": {"name": "s"}}],
    }
    assert sources(container) == [("secrets", "s"), ("configmaps", "c")]
