# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What do all four reconcilers share? Caches, writes that the caches learn of, GitHub's clients."""

from __future__ import annotations

import base64
from typing import Any, Dict, List, Mapping, Optional

from lab.arc.log import Log
from lab.arc.manager.cache import Cache, Item, Undecodable
from lab.arc.manager.github import Actions, Clients
from lab.arc.manager.options import Options
from lab.arc.releases import Release
from lab.kube import ApiError, Kube, path_of

ARC = "actions.github.com/v1alpha1"
RBAC = "rbac.authorization.k8s.io/v1"
COLLECTIONS = {
    "AutoscalingRunnerSet": (ARC, "autoscalingrunnersets"),
    "AutoscalingListener": (ARC, "autoscalinglisteners"),
    "EphemeralRunnerSet": (ARC, "ephemeralrunnersets"),
    "EphemeralRunner": (ARC, "ephemeralrunners"),
    "Pod": ("v1", "pods"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "Secret": ("v1", "secrets"),
    "ConfigMap": ("v1", "configmaps"),
    "Role": (RBAC, "roles"),
    "RoleBinding": (RBAC, "rolebindings"),
}
CACHED = tuple(kind for kind in COLLECTIONS if kind not in ("Secret", "ConfigMap"))
ARC_KINDS = tuple(kind for kind, (api, _plural) in COLLECTIONS.items() if api == ARC)


def has_finalizer(item: Item, name: str) -> bool:
    return name in (item["metadata"].get("finalizers") or [])


def is_deleting(item: Item) -> bool:
    return bool(item["metadata"].get("deletionTimestamp"))


def annotation(item: Item, name: str) -> Optional[str]:
    return (item["metadata"].get("annotations") or {}).get(name)


def decoder(facts: Release) -> Any:
    """The check that Go's decoding makes of an EphemeralRunner (arc.md 7, observed e)."""
    found, wanted = (bool, "string") if facts.failures == "time" else (str, "bool")
    shown = {bool: "bool", str: "string"}[found]

    def decode(item: Item, prefix: str) -> None:
        failures = (item.get("status") or {}).get("failures") or {}
        if any(isinstance(value, found) for value in failures.values()):
            field = f"EphemeralRunnerStatus.{prefix}status.failures"
            raise Undecodable(
                f"cannot unmarshal {shown} into Go struct field {field} of type {wanted}"
            )

    return decode


class World:
    """The manager's view of cluster and GitHub."""

    def __init__(self, options: Options, kube: Kube, clients: Clients, log: Log) -> None:
        self.options = options
        self.facts = options.facts
        self.kube = kube
        self.log = log
        self._clients = clients
        self.caches: Dict[str, Cache] = {kind: Cache(kind) for kind in CACHED}
        self.caches["EphemeralRunner"].decode = decoder(options.facts)

    def get(self, kind: str, namespace: str, name: str) -> Optional[Item]:
        """An object as the informers know it."""
        return self.caches[kind].get(namespace, name)

    def owned(self, kind: str, owner: Item) -> List[Item]:
        return self.caches[kind].owned_by(owner)

    async def secret(self, namespace: str, name: str, kind: str = "Secret") -> Item:
        """A Secret (or ConfigMap), read directly. Raises ApiError."""
        return await self.kube.get(path_of("v1", COLLECTIONS[kind][1], namespace, name))

    async def secret_or_none(self, namespace: str, name: str) -> Optional[Item]:
        try:
            return await self.secret(namespace, name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def path(self, kind: str, item: Item, part: Optional[str] = None) -> str:
        api, plural = COLLECTIONS[kind]
        meta = item["metadata"]
        return path_of(api, plural, meta["namespace"], meta["name"], part)

    async def create(self, item: Item) -> Item:
        kind = item["kind"]
        api, plural = COLLECTIONS[kind]
        made = await self.kube.create(path_of(api, plural, item["metadata"]["namespace"]), item)
        self._learn(kind, made)
        return made

    async def patch(
        self, kind: str, item: Item, body: Mapping[str, Any], part: Optional[str] = None
    ) -> Item:
        """Merge patch, of the subresource `part` where given; the object as it is afterwards."""
        after = await self.kube.merge_patch(self.path(kind, item, part), body)
        self._learn(kind, after)
        return after

    async def set_finalizers(self, kind: str, item: Item, finalizers: List[str]) -> Item:
        return await self.patch(kind, item, {"metadata": {"finalizers": finalizers or None}})

    async def add_finalizer(self, kind: str, item: Item, name: str) -> Item:
        known = item["metadata"].get("finalizers") or []
        return await self.set_finalizers(kind, item, [*known, name])

    async def remove_finalizer(self, kind: str, item: Item, name: str) -> None:
        """An object that is gone has no finalizer: 404 is fine."""
        kept = [n for n in item["metadata"].get("finalizers") or [] if n != name]
        try:
            await self.set_finalizers(kind, item, kept)
        except ApiError as error:
            if error.status != 404:
                raise
            self._forget(kind, item)

    async def delete(self, kind: str, item: Item) -> None:
        """Delete an object; one that is gone is no error."""
        answer = await self.kube.delete(self.path(kind, item))
        if answer is None or answer.get("kind") == "Status":
            self._forget(kind, item)
        elif answer.get("metadata", {}).get("uid") == item["metadata"]["uid"]:
            self._learn(kind, answer)

    def _learn(self, kind: str, item: Item) -> None:
        if kind not in self.caches:
            return
        meta = item["metadata"]
        grace = meta.get("deletionGracePeriodSeconds")
        if is_deleting(item) and not meta.get("finalizers") and grace in (None, 0):
            self._forget(kind, item)
        else:
            self.caches[kind].put(item)

    def _forget(self, kind: str, item: Item) -> None:
        if kind in self.caches:
            self.caches[kind].drop(item)

    async def auth(self, namespace: str, name: str) -> Dict[str, str]:
        """GitHub's credentials from a Secret. Raises ApiError."""
        data = (await self.secret(namespace, name)).get("data") or {}
        return {key: base64.b64decode(value).decode().strip() for key, value in data.items()}

    async def actions(self, namespace: str, spec: Mapping[str, Any]) -> Actions:
        """The client for a set's or runner's `githubConfigUrl` and secret."""
        auth = await self.auth(namespace, spec["githubConfigSecret"])
        return self._clients.client(spec["githubConfigUrl"], auth)
