# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where objects live in the API: resources, their paths, and how a message names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Tuple
from urllib.parse import quote


@dataclass(frozen=True)
class Place:
    """An object (`name` set) or a collection; `namespace` "" of a collection means all."""

    group: str
    version: str
    resource: str
    kind: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def path(self) -> str:
        """The path of the URL, without query."""
        steps = [f"/apis/{self.group}" if self.group else "/api", self.version]
        if self.namespace:
            steps += ["namespaces", quote(self.namespace, safe="")]
        steps.append(self.resource)
        if self.name:
            steps.append(quote(self.name, safe=""))
        if self.subresource:
            steps.append(self.subresource)
        return "/".join(steps)

    @property
    def words(self) -> str:
        """The object or collection as a message names it."""
        if self.name:
            where = f"{self.namespace}/{self.name}" if self.namespace else self.name
            return f"{self.kind} {where}"
        return f"{self.resource} in {self.scope}"

    @property
    def scope(self) -> str:
        """The namespace in words."""
        return f"namespace {self.namespace}" if self.namespace else "all namespaces"

    @property
    def is_question(self) -> bool:
        """Tell whether what is created here is answered and not kept."""
        return self.group == ACCESS_REVIEWS.group

    @property
    def is_secret(self) -> bool:
        """Tell whether an answer may hold a secret."""
        return not self.group and self.resource == "secrets"


@dataclass(frozen=True)
class Resource:
    """A kind that is served. `at()` gives a collection, `at(namespace, name)` an object."""

    group: str
    version: str
    resource: str
    kind: str
    is_namespaced: bool = True

    def at(self, namespace: str = "", name: str = "", subresource: str = "") -> Place:
        """Return a place. Raises ValueError for a named object without its namespace."""
        if name and bool(namespace) != self.is_namespaced:
            wants = "needs a" if self.is_namespaced else "has no"
            raise ValueError(f"{self.kind} {name} {wants} namespace")
        return Place(
            self.group, self.version, self.resource, self.kind, namespace, name, subresource
        )


_ARC = ("actions.github.com", "v1alpha1")
_RBAC = ("rbac.authorization.k8s.io", "v1")

SCALE_SETS = Resource(*_ARC, "autoscalingrunnersets", "AutoscalingRunnerSet")
LISTENERS = Resource(*_ARC, "autoscalinglisteners", "AutoscalingListener")
RUNNER_SETS = Resource(*_ARC, "ephemeralrunnersets", "EphemeralRunnerSet")
RUNNERS = Resource(*_ARC, "ephemeralrunners", "EphemeralRunner")
PODS = Resource("", "v1", "pods", "Pod")
SECRETS = Resource("", "v1", "secrets", "Secret")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SERVICE_ACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount")
NAMESPACES = Resource("", "v1", "namespaces", "Namespace", is_namespaced=False)
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
ROLES = Resource(*_RBAC, "roles", "Role")
ROLE_BINDINGS = Resource(*_RBAC, "rolebindings", "RoleBinding")
EVENTS = Resource("", "v1", "events", "Event")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
CRDS = Resource(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition",
    is_namespaced=False,
)
# Asked about oneself, and never stored.
ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview",
    is_namespaced=False,
)

RESOURCES: Tuple[Resource, ...] = (
    SCALE_SETS, LISTENERS, RUNNER_SETS, RUNNERS, PODS, SECRETS, CONFIG_MAPS, SERVICE_ACCOUNTS,
    NAMESPACES, DEPLOYMENTS, ROLES, ROLE_BINDINGS, LEASES, CRDS,
)


def of_kind(kind: str) -> Resource:
    """Return the resource of a kind ("EphemeralRunner"). Raises KeyError for one not listed."""
    return next((one for one in RESOURCES if one.kind == kind), None) or _unknown(kind)


def _unknown(kind: str) -> Resource:
    raise KeyError(f"kind {kind} is not one of {', '.join(one.kind for one in RESOURCES)}")
