# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rights the planned writes need, so that a missing one is found before the first write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, Iterator, Mapping, Tuple

from . import finding_table, gitops
from .finding_table import Finding
from .plan_cluster import KEEP, LEAVE, ClusterPlan

_ARC = "actions.github.com"
_RBAC = "rbac.authorization.k8s.io"
_MAKE = ("create", "patch", "delete")

# What Helm makes and takes away of the published charts (templates of 0.9.0 to 0.14.2), beside
# the Secrets in which it keeps its releases.
_OF_SET: Tuple[Tuple[str, str, Tuple[str, ...]], ...] = (
    (_ARC, "autoscalingrunnersets", _MAKE),
    ("", "serviceaccounts", _MAKE),
    ("", "secrets", _MAKE),
    (_RBAC, "roles", _MAKE),
    (_RBAC, "rolebindings", _MAKE),
)
_OF_CONTROLLER: Tuple[Tuple[str, str, Tuple[str, ...]], ...] = (
    ("apps", "deployments", _MAKE),
    ("", "serviceaccounts", _MAKE),
    ("", "secrets", _MAKE),
    (_RBAC, "roles", _MAKE),
    (_RBAC, "rolebindings", _MAKE),
    (_ARC, "autoscalinglisteners", ("delete",)),
    ("coordination.k8s.io", "leases", ("get", "create", "update")),
)
_OF_CLUSTER: Tuple[Tuple[str, str, Tuple[str, ...]], ...] = (
    (_RBAC, "clusterroles", _MAKE),
    (_RBAC, "clusterrolebindings", _MAKE),
    ("apiextensions.k8s.io", "customresourcedefinitions", ("create", "patch", "update")),
)

# Resources of the kinds in those charts, and whether they are namespaced.
_OF_KIND: Dict[Tuple[str, str], Tuple[str, bool]] = {
    (_ARC, "AutoscalingRunnerSet"): ("autoscalingrunnersets", True),
    ("", "ServiceAccount"): ("serviceaccounts", True),
    ("", "Secret"): ("secrets", True),
    ("apps", "Deployment"): ("deployments", True),
    (_RBAC, "Role"): ("roles", True),
    (_RBAC, "RoleBinding"): ("rolebindings", True),
    (_RBAC, "ClusterRole"): ("clusterroles", False),
    (_RBAC, "ClusterRoleBinding"): ("clusterrolebindings", False),
}


@dataclass(frozen=True)
class Right:
    """A verb on a resource. `namespace` "" is the whole cluster."""

    verb: str
    group: str
    resource: str
    namespace: str = ""

    def __str__(self) -> str:
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        where = f"in namespace {self.namespace}" if self.namespace else "in the whole cluster"
        return f"{self.verb} {kind} {where}"


def needed(plan: ClusterPlan) -> Tuple[Right, ...]:
    """Return the rights that a cluster's plan writes with, each once; () if it does nothing."""
    if not plan.is_anything_to_do:
        return ()
    found = [
        Right(verb, group, resource, namespace)
        for namespace in sorted({
            one.namespace for one in plan.scale_sets if one.action not in (KEEP, LEAVE)
        })
        for group, resource, verbs in _OF_SET
        for verb in verbs
    ]
    replaced = sorted({ns for ns, _name, action in plan.controllers if action != KEEP})
    found += [
        Right(verb, group, resource, namespace)
        for namespace in replaced
        for group, resource, verbs in _OF_CONTROLLER
        for verb in verbs
    ]
    if replaced or "crds" in plan.steps:
        found += [
            Right(verb, group, resource)
            for group, resource, verbs in _OF_CLUSTER
            for verb in verbs
        ]
    for one in plan.suspends:
        resource, _dot, group = gitops.RESOURCES[one.kind].partition(".")
        # What rests is looked for in all namespaces, as any later run does.
        found += [Right("patch", group, resource, one.namespace), Right("list", group, resource)]
    return tuple(dict.fromkeys(found))


def of_uninstall(namespace: str, documents: Iterable[Mapping[str, Any]]) -> Tuple[Right, ...]:
    """Return the rights with which Helm uninstalls a release, each once.

    `documents`: of its manifest. Of kinds that the published charts do not have nothing is said.
    """
    # Helm notes that it uninstalls in its own Secret first.
    found = [Right(verb, "", "secrets", namespace) for verb in ("list", "update", "delete")]
    for one in documents:
        group = str(one.get("apiVersion", "")).rpartition("/")[0]
        resource, is_namespaced = _OF_KIND.get((group, str(one.get("kind", ""))), ("", False))
        if resource:
            where = str((one.get("metadata") or {}).get("namespace") or namespace)
            found.append(Right("delete", group, resource, where if is_namespaced else ""))
    return tuple(dict.fromkeys(found))


def missing(cluster: str, refused: Iterable[Right]) -> Iterator[Finding]:
    """Yield a finding for each namespace (and the whole cluster) in which rights are missing."""
    by_place: dict = {}
    for right in refused:
        by_place.setdefault(right.namespace, []).append(str(right))
    for namespace, rights in sorted(by_place.items()):
        where = f"namespace {namespace}" if namespace else f"cluster {cluster}"
        yield finding_table.make(
            "right-missing", where, "; ".join(rights[:12]), cluster=cluster
        )
