# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rights follow from the plan, and each place with missing ones is one finding."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import plan, rights
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.gitops import Owner
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_plan import pair

Right = rights.Right


def needed(target):
    return rights.needed(plan.plan_fleet(pair(), target).clusters[0])


def test_full_cycle_needs_rights_in_each_namespace_and_on_the_cluster():
    found = needed("0.14.2")
    assert len(found) == len(set(found))
    assert Right("delete", "actions.github.com", "autoscalingrunnersets", "arc-runners") in found
    assert Right("patch", "apps", "deployments", "arc-systems") in found
    assert Right("delete", "actions.github.com", "autoscalinglisteners", "arc-systems") in found
    assert Right("update", "apiextensions.k8s.io", "customresourcedefinitions") in found
    assert Right("create", "", "secrets", "arc-runners") in found


def test_what_is_to_rest_is_written_where_it_is_and_looked_for_everywhere():
    one = replace(plan.plan_fleet(pair(), "0.14.2").clusters[0],
                  suspends=(Owner("HelmRelease", "flux-system", "web"),))
    group = "helm.toolkit.fluxcd.io"
    assert {right for right in rights.needed(one) if right.group == group} == {
        Right("patch", group, "helmreleases", "flux-system"), Right("list", group, "helmreleases")}


def test_cluster_at_its_target_needs_none():
    assert needed("0.9.3") == ()


def test_uninstallation_needs_what_is_in_the_manifest():
    rbac = "rbac.authorization.k8s.io"
    documents = [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"}},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": "a", "namespace": "x"}},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": "b", "namespace": "x"}},
        {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": {"name": "web"}},
        {"apiVersion": "example.com/v1", "kind": "Role", "metadata": {"name": "web"}},
        {"kind": "List"},
    ]
    assert rights.of_uninstall("arc-runners", documents) == (
        Right("list", "", "secrets", "arc-runners"),
        Right("update", "", "secrets", "arc-runners"),
        Right("delete", "", "secrets", "arc-runners"),
        Right("delete", "", "serviceaccounts", "arc-runners"),
        Right("delete", rbac, "roles", "x"),
        Right("delete", rbac, "clusterroles"),
    )


def test_missing_rights_are_told_by_place():
    refused = [Right("delete", "", "secrets", "a"), Right("create", "", "secrets", "a"),
               Right("patch", "apiextensions.k8s.io", "customresourcedefinitions")]
    found = list(rights.missing("blue", refused))
    assert [(one.id, one.severity, one.cluster, one.object) for one in found] == [
        ("right-missing", "blocker", "blue", "cluster blue"),
        ("right-missing", "blocker", "blue", "namespace a"),
    ]
    assert found[1].reason == "delete secrets in namespace a; create secrets in namespace a"
    assert "customresourcedefinitions.apiextensions.k8s.io" in found[0].reason


def test_plan_is_blocked_by_rights_found_missing():
    made = plan.plan_fleet(pair(), "0.14.2")
    more = made.with_findings(list(rights.missing("blue", [Right("delete", "", "secrets", "a")])))
    assert not made.blockers and [one.id for one in more.blockers] == ["right-missing"]
