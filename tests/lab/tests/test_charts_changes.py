# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the user's values reach the objects, from which release on?

Source: the table of values and template changes in section 6 of the reference on ARC (`arc.md`).
"""

from __future__ import annotations

from typing import Any, Dict

import pytest

from lab.tests.charts_bench import EVERY, MODES, SET, ChartBench, annotations, at_least


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> ChartBench:
    return ChartBench(tmp_path_factory.mktemp("charts"))


META = {"labels": {"a": "b"}, "annotations": {"c": "d"}}
LISTENER = {"spec": {"containers": [{"name": "listener"}]}}
CHILDREN = ("autoscalingListener", "ephemeralRunner", "listenerRole", "listenerConfigSecret")
# value, field of the spec or None, first release; section 6, table of changes.
FIELDS = [
    ("proxy", {"http": {"url": "http://p"}, "noProxy": ["x"]}, "proxy", "0.9.0"),
    ("listenerTemplate", LISTENER, "listenerTemplate", "0.9.0"),
    ("runnerScaleSetName", "web", "runnerScaleSetName", "0.9.0"),
    ("listenerMetrics", {"counters": {"x": {"labels": ["a"]}}}, "listenerMetrics", "0.11.0"),
    ("scaleSetLabels", ["big", "fast"], "runnerScaleSetLabels", "0.14.0"),
    ("resourceMeta", META, "autoscalingListener", "0.14.0"),
    ("resourceMeta", META, "ephemeralRunnerMetadata", "0.14.0"),
    ("resourceMeta", META, "listenerRoleMetadata", "0.14.0"),
    ("resourceMeta", META, "listenerConfigSecretMetadata", "0.14.0"),
]


ALL_FIELDS = {row[0]: row[1] for row in FIELDS if row[0] != "resourceMeta"}
ALL_FIELDS["resourceMeta"] = {name: META for name in CHILDREN}


@pytest.mark.parametrize("release", EVERY)
@pytest.mark.parametrize(
    "value, field, since", [row[1:] for row in FIELDS], ids=[row[2] for row in FIELDS]
)
def test_fields_pass_from_their_release_on(
    bench: ChartBench, value: Any, field: str, since: str, release: str
) -> None:
    spec = bench.set(release, **ALL_FIELDS)[SET]["spec"]
    assert spec.get(field) == (value if at_least(release, since) else None)


@pytest.mark.parametrize("release", ["0.11.0", "0.12.0"])
def test_key_vault_from_0_12_0(bench: ChartBench, release: str) -> None:
    azure = {"url": "u", "tenantId": "t", "clientId": "c", "certificatePath": "p"}
    vault = {"type": "azure_key_vault", "azureKeyVault": azure}
    spec = bench.set(release, keyVault=vault)[SET]["spec"]
    assert spec.get("vaultConfig") == (vault if release == "0.12.0" else None)


@pytest.mark.parametrize(
    "release, expected",
    [("0.10.1", {}), ("0.11.0", {"a": "b", "c": "d"}), ("0.13.0", {"a": "b", "c": "d"})],
)
def test_users_labels_from_0_11_0(
    bench: ChartBench, release: str, expected: Dict[str, str]
) -> None:
    meta = {"managerRole": {"labels": {"c": "d", "app.kubernetes.io/version": "9.9.9"}}}
    objects = bench.set(release, labels={"a": "b", "c": "z"}, resourceMeta=meta)
    labels = objects["Role web-gha-rs-manager"]["metadata"]["labels"]
    assert {key: labels[key] for key in ("a", "c") if key in labels} == expected
    assert labels["app.kubernetes.io/version"] == release


def test_reserved_names_are_filtered_from_0_13_0(bench: ChartBench) -> None:
    """Section 6, table of changes."""

    def kept(release: str) -> bool:
        objects = bench.set(release, labels={"actions.github.com/mine": "x"})
        return "actions.github.com/mine" in objects[SET]["metadata"]["labels"]

    assert [kept("0.12.1"), kept("0.13.0")] == [True, False]


@pytest.mark.parametrize("release, has", [("0.10.1", True), ("0.11.0", False)])
def test_annotations_of_the_kube_mode_account_moved_in_0_11_0(
    bench: ChartBench, release: str, has: bool
) -> None:
    mode = MODES["kubernetes"]["containerMode"]
    mode = {**mode, "kubernetesModeServiceAccount": {"annotations": {"role": "x"}}}
    objects = bench.set(release, containerMode=mode)
    expected = {"role": "x"} if has else {}
    assert annotations(objects, "ServiceAccount web-gha-rs-kube-mode") == expected


def test_additional_role_rules_from_0_13_1(bench: ChartBench) -> None:
    rule = {"apiGroups": [""], "resources": ["events"], "verbs": ["get"]}
    mode = {**MODES["kubernetes"]["containerMode"], "kubernetesModeAdditionalRoleRules": [rule]}

    def has(release: str) -> bool:
        objects = bench.set(release, containerMode=mode)
        return rule in objects["Role web-gha-rs-kube-mode"]["rules"]

    assert [has("0.13.0"), has("0.13.1")] == [False, True]


def test_underscore_becomes_a_hyphen_from_0_13_0(bench: ChartBench) -> None:
    """Section 6: in the names of set, Secret and ServiceAccount."""
    secret = {"github_token": "t"}
    old = bench.set("0.12.1", runnerScaleSetName="my_set", githubConfigSecret=secret)
    new = bench.set("0.13.0", runnerScaleSetName="my_set", githubConfigSecret=secret)
    assert {"AutoscalingRunnerSet my_set", "Secret my_set-gha-rs-github-secret"} <= set(old)
    assert {
        "AutoscalingRunnerSet my-set",
        "Secret my-set-gha-rs-github-secret",
        "ServiceAccount my-set-gha-rs-no-permission",
        "Role my_set-gha-rs-manager",
    } <= set(new)
    labels = new["AutoscalingRunnerSet my-set"]["metadata"]["labels"]
    assert labels["actions.github.com/scale-set-name"] == "my_set"
