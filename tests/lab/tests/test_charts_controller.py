# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the controller's chart render what the facts say, for every release?

Sections named in the tables are those of the reference on ARC (`arc.md`).
"""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from lab.arc import install
from lab.tests.charts_bench import EVERY, ChartBench, Refused, arguments, at_least

DEPLOYMENT = "Deployment arc-gha-rs-controller"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> ChartBench:
    return ChartBench(tmp_path_factory.mktemp("charts"))


@pytest.mark.parametrize("release", EVERY)
def test_objects_are_those_of_section_6(bench: ChartBench, release: str) -> None:
    base = "arc-gha-rs-controller"
    assert set(bench.render(release, "controller")) == {
        f"ServiceAccount {base}",
        f"ClusterRole {base}",
        f"ClusterRoleBinding {base}",
        f"Role {base}-listener",
        f"RoleBinding {base}-listener",
        f"Deployment {base}",
    }


@pytest.mark.parametrize("release", EVERY)
def test_deployment_reads_as_section_6_says(bench: ChartBench, release: str) -> None:
    deployment = bench.render(release, "controller")[DEPLOYMENT]
    selector = {
        "app.kubernetes.io/name": "gha-rs-controller",
        "app.kubernetes.io/namespace": "arc-systems",
        "app.kubernetes.io/instance": "arc",
    }
    assert deployment["metadata"]["labels"] == {
        **selector,
        "helm.sh/chart": f"gha-rs-controller-{release}",
        "app.kubernetes.io/version": release,
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/part-of": "gha-rs-controller",
        "actions.github.com/controller-service-account-namespace": "arc-systems",
        "actions.github.com/controller-service-account-name": "arc-gha-rs-controller",
    }
    spec = deployment["spec"]
    assert spec["selector"]["matchLabels"] == selector
    assert spec["replicas"] == 1
    assert "strategy" not in spec
    assert selector.items() <= spec["template"]["metadata"]["labels"].items()
    labels = spec["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/part-of"] == "gha-rs-controller"
    pod = spec["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 10
    assert pod["serviceAccountName"] == "arc-gha-rs-controller"
    manager = pod["containers"][0]
    image = f"ghcr.io/actions/gha-runner-scale-set-controller:{release}"
    assert (manager["name"], manager["image"], manager["command"]) == (
        "manager",
        image,
        ["/manager"],
    )
    env = {entry["name"]: entry for entry in manager["env"]}
    assert set(env) == {"CONTROLLER_MANAGER_CONTAINER_IMAGE", "CONTROLLER_MANAGER_POD_NAMESPACE"}
    assert env["CONTROLLER_MANAGER_CONTAINER_IMAGE"]["value"] == image
    reference = env["CONTROLLER_MANAGER_POD_NAMESPACE"]["valueFrom"]["fieldRef"]
    assert reference["fieldPath"] == "metadata.namespace"
    assert not [key for key in manager if key.endswith("Probe")]


@pytest.mark.parametrize("release", EVERY)
def test_default_arguments(bench: ChartBench, release: str) -> None:
    given = arguments(bench.render(release, "controller"))
    # The value came with 0.10.0; its template read another key until 0.10.1 (section 6).
    expected = {
        "--auto-scaling-runner-set-only",
        "--log-level=debug",
        "--log-format=text",
        "--update-strategy=immediate",
        "--metrics-addr=0",
        "--listener-metrics-addr=0",
        "--listener-metrics-endpoint=",
    }
    if at_least(release, "0.10.1"):
        expected.add("--runner-max-concurrent-reconciles=2")
    assert len(given) == len(set(given)) and set(given) == expected


METRICS = {"controllerManagerAddr": ":1", "listenerAddr": ":2", "listenerEndpoint": "/m"}
# values, first release that passes the arguments, arguments. Section 6, arguments.
FLAGS = [
    ({"flags": {"updateStrategy": "eventual"}}, "0.9.0", ["--update-strategy=eventual"]),
    ({"flags": {"watchSingleNamespace": "a"}}, "0.9.0", ["--watch-single-namespace=a"]),
    ({"flags": {"logLevel": "info"}}, "0.9.0", ["--log-level=info"]),
    ({"flags": {"logFormat": "json"}}, "0.9.0", ["--log-format=json"]),
    (
        {"metrics": METRICS},
        "0.9.0",
        ["--metrics-addr=:1", "--listener-metrics-addr=:2", "--listener-metrics-endpoint=/m"],
    ),
    (
        {"replicaCount": 2},
        "0.9.0",
        ["--enable-leader-election", "--leader-election-id=arc-gha-rs-controller"],
    ),
    (
        {"flags": {"excludeLabelPropagationPrefixes": ["a/", "b/"]}},
        "0.9.3",
        ["--exclude-label-propagation-prefix=a/", "--exclude-label-propagation-prefix=b/"],
    ),
    (
        {"flags": {"k8sClientRateLimiterQPS": 5, "k8sClientRateLimiterBurst": 9}},
        "0.10.0",
        ["--k8s-client-rate-limiter-qps=5", "--k8s-client-rate-limiter-burst=9"],
    ),
    (
        {"flags": {"runnerMaxConcurrentReconciles": 7}},
        "0.10.1",
        ["--runner-max-concurrent-reconciles=7"],
    ),
    (
        {"imagePullSecrets": [{"name": "a"}, {"name": "b"}]},
        "0.13.0",
        ["--auto-scaler-image-pull-secrets=a", "--auto-scaler-image-pull-secrets=b"],
    ),
    (
        {
            "pprof": {"addr": ":6060"},
            "flags": {
                "rateLimiter": {"name": "typed_rate_limiter"},
                "healthProbeBindAddress": ":8081",
            },
        },
        "0.14.2",
        [
            "--pprof-addr=:6060",
            "--workqueue-rate-limiter=typed_rate_limiter",
            "--health-probe-bind-address=:8081",
        ],
    ),
]


ALL_FLAGS: Dict[str, Any] = {}
for _values, _, _ in FLAGS:
    ALL_FLAGS = install.merged(ALL_FLAGS, _values)


@pytest.mark.parametrize("release", EVERY)
@pytest.mark.parametrize(
    "since, expected",
    [row[1:] for row in FLAGS],
    ids=[row[2][0].partition("=")[0] for row in FLAGS],
)
def test_flags_pass_from_their_release_on(
    bench: ChartBench, since: str, expected: List[str], release: str
) -> None:
    given = arguments(bench.render(release, "controller", ALL_FLAGS))
    has = at_least(release, since)
    assert [argument for argument in expected if argument in given] == (expected if has else [])


def test_pull_secrets_share_one_argument_before_0_13_0(bench: ChartBench) -> None:
    values = {"imagePullSecrets": [{"name": "a"}, {"name": "b"}]}
    given = arguments(bench.render("0.12.1", "controller", values))
    assert "--auto-scaler-image-pull-secrets=a,b" in given


def test_probes_follow_the_bind_address_in_0_14_2(bench: ChartBench) -> None:
    values = {"flags": {"healthProbeBindAddress": ":8081"}}
    pod = bench.render("0.14.2", "controller", values)[DEPLOYMENT]["spec"]["template"]["spec"]
    manager = pod["containers"][0]
    assert manager["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": 8081}
    assert manager["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 8081}


@pytest.mark.parametrize("release", ["0.9.0", "0.14.2"])
def test_single_namespace_takes_roles_instead_of_a_cluster_role(
    bench: ChartBench, release: str
) -> None:
    objects = bench.render(
        release, "controller", {"flags": {"watchSingleNamespace": "arc-runners"}}
    )
    assert not [key for key in objects if key.startswith("Cluster")]
    watch = objects["Role arc-gha-rs-controller-single-namespace-watch"]
    assert watch["metadata"]["namespace"] == "arc-runners"
    own = objects["Role arc-gha-rs-controller-single-namespace"]
    assert own["metadata"]["namespace"] == "arc-systems"
    labels = objects[DEPLOYMENT]["metadata"]["labels"]
    assert labels["actions.github.com/controller-watch-single-namespace"] == "arc-runners"


@pytest.mark.parametrize("release", EVERY)
def test_cluster_role_follows_and_changes_next_to_nothing(
    bench: ChartBench, release: str
) -> None:
    """The manager's rights in a runner namespace come with each scale set; only a Role is freed
    after the binding that gives them (section 2, order)."""
    rules = bench.render(release, "controller")["ClusterRole arc-gha-rs-controller"]["rules"]
    granted = {
        (resource, verb)
        for rule in rules
        for resource in rule["resources"]
        for verb in rule["verbs"]
        if rule["apiGroups"] != ["actions.github.com"]
    }
    kinds = ("pods", "serviceaccounts", "roles", "rolebindings")
    followed = {(kind, verb) for kind in kinds for verb in ("list", "watch")}
    assert granted == followed | {("roles", "patch")}


def test_leader_election_may_write_events_from_0_11_0(bench: ChartBench) -> None:
    """Section 6, table of changes."""

    def may(release: str) -> bool:
        objects = bench.render(release, "controller", {"replicaCount": 2})
        rules = objects["Role arc-gha-rs-controller-leader-election"]["rules"]
        return any("events" in rule["resources"] for rule in rules)

    assert [may("0.10.1"), may("0.11.0")] == [False, True]


def test_namespace_override_from_0_11_0(bench: ChartBench) -> None:
    def home(release: str) -> str:
        values = {"namespaceOverride": "elsewhere"}
        return bench.render(release, "controller", values)[DEPLOYMENT]["metadata"]["namespace"]

    assert [home("0.10.1"), home("0.11.0")] == ["arc-systems", "elsewhere"]


def test_users_values_reach_the_pod(bench: ChartBench) -> None:
    values = {
        "image": {"repository": "example.test/controller", "tag": "1.2.3"},
        "env": [{"name": "A", "value": "b"}],
        "podLabels": {"team": "x"},
        "podAnnotations": {"note": "y"},
        "resources": {"limits": {"cpu": "1"}},
        "topologySpreadConstraints": [{"maxSkew": 1}],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "serviceAccount": {"name": "mine", "annotations": {"role": "z"}},
        "fullnameOverride": "ctl",
    }
    objects = bench.render("0.9.1", "controller", values)
    template = objects["Deployment ctl"]["spec"]["template"]
    manager = template["spec"]["containers"][0]
    assert manager["image"] == "example.test/controller:1.2.3"
    assert {"name": "A", "value": "b"} in manager["env"]
    assert manager["resources"] == {"limits": {"cpu": "1"}}
    assert template["metadata"]["labels"]["team"] == "x"
    assert template["metadata"]["annotations"]["note"] == "y"
    assert template["spec"]["topologySpreadConstraints"] == [{"maxSkew": 1}]
    assert {"name": "v", "emptyDir": {}} in template["spec"]["volumes"]
    assert objects["ServiceAccount mine"]["metadata"]["annotations"] == {"role": "z"}


@pytest.mark.parametrize(
    "account, text",
    [({"name": "default"}, "cannot be set to 'default'"), ({"create": False}, "must be set")],
)
def test_unusable_account_is_refused(
    bench: ChartBench, account: Dict[str, Any], text: str
) -> None:
    with pytest.raises(Refused, match=text):
        bench.render("0.9.0", "controller", {"serviceAccount": account})
