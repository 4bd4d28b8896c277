# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is a listener given its objects, and taken away? Source: arc.md 1, 2, 4.2, 9; observed f, i.

The AutoscalingListener's health shows on its pod only, and a pod that ended is made again without
any pause: what crashes does so as fast as pods start.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from lab.arc.log import Log
from lab.arc.manager import listener_config, listener_objects
from lab.arc.manager.listener_objects import LISTENER_NAME, LISTENER_NAMESPACE, ROLE_RULES
from lab.arc.manager.outcome import container_status
from lab.arc.manager.queue import Again, Failed
from lab.arc.manager.runner_objects import LISTENER_FINALIZER
from lab.arc.manager.world import World, has_finalizer, is_deleting
from lab.kube import ApiError

KIND = "AutoscalingListener"
Item = Dict[str, Any]


class Listeners:
    """The reconciler of AutoscalingListeners."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def reconcile(self, namespace: str, name: str) -> Optional[Again]:
        item = self._world.get(KIND, namespace, name)
        if item is None:
            return None
        keys = {"name": name, "namespace": namespace}
        log = self._world.log.named(KIND, autoscalinglistener=keys)
        if is_deleting(item):
            return await self._finish(item, log)
        if not has_finalizer(item, LISTENER_FINALIZER):
            log.info("Adding finalizer")
            await self._world.add_finalizer(KIND, item, LISTENER_FINALIZER)
            log.info("Successfully added finalizer")
            return None
        if await self._prepare(item, log):
            return Again()
        return await self._keep_pod(item, log)

    # -- building -----------------------------------------------------------------------------

    async def _prepare(self, item: Item, log: Log) -> bool:
        """Everything the pod needs; True after each thing made, so that the next pass sees it."""
        world, meta, spec = self._world, item["metadata"], item["spec"]
        namespace, parent = spec["autoscalingRunnerSetNamespace"], spec["autoscalingRunnerSetName"]
        if world.get("AutoscalingRunnerSet", namespace, parent) is None:
            error = Missing("autoscalingrunnersets.actions.github.com", parent)
            log.error(
                error, "Failed to find AutoscalingRunnerSet.", namespace=namespace, name=parent
            )
            raise Failed() from error
        secret = await self._github_secret(item, log)
        if world.facts.mirror_secret and await self._mirror(item, secret, log):
            return True
        if world.get("ServiceAccount", meta["namespace"], meta["name"]) is None:
            log.info("Creating a service account for the listener pod")
            await world.create(listener_objects.service_account(item))
        role = world.get("Role", namespace, meta["name"])
        wanted = listener_objects.role(item)
        if role is None:
            log.info("Creating a role for the listener pod in the runner scale set namespace")
            await world.create(wanted)
        elif role["metadata"]["labels"].get(ROLE_RULES) != wanted["metadata"]["labels"][ROLE_RULES]:
            log.info("Listener role doesn't match the desired rules. Updating listener role")
            await world.kube.merge_patch(
                world.path("Role", role),
                {"metadata": {"labels": wanted["metadata"]["labels"]}, "rules": wanted["rules"]},
            )
        if world.get("RoleBinding", namespace, meta["name"]) is None:
            log.info("Creating a role binding for the service account and role")
            await world.create(listener_objects.role_binding(item))
        return False

    async def _github_secret(self, item: Item, log: Log) -> Item:
        spec = item["spec"]
        namespace, name = spec["autoscalingRunnerSetNamespace"], spec["githubConfigSecret"]
        try:
            return await self._world.secret(namespace, name)
        except ApiError as error:
            log.error(
                error, "Failed to find GitHub config secret.", namespace=namespace, name=name
            )
            raise Failed() from error

    async def _mirror(self, item: Item, secret: Item, log: Log) -> bool:
        """Keep the copy of the GitHub secret; whether it was just made."""
        world, meta = self._world, item["metadata"]
        wanted = listener_objects.mirror_secret(item, secret)
        known = await world.secret_or_none(meta["namespace"], meta["name"])
        if known is None:
            log.info("Creating a mirror listener secret for the listener pod")
            await world.create(wanted)
            return True
        if (known.get("data") or {}) != wanted["data"]:
            log.info("Updating mirror listener secret for the listener pod")
            labels = {"labels": wanted["metadata"]["labels"]}
            body = {"data": wanted["data"], "metadata": labels}
            await world.kube.merge_patch(world.path("Secret", known), body)
        return False

    async def _keep_pod(self, item: Item, log: Log) -> Optional[Again]:
        world, meta = self._world, item["metadata"]
        pod = world.get("Pod", meta["namespace"], meta["name"])
        if pod is None:
            log.info("Creating a listener pod")
            return await self._create_pod(item, log)
        if is_deleting(pod):
            return None
        if self._has_ended(pod):
            keys = {"namespace": meta["namespace"], "name": meta["name"]}
            status = pod.get("status") or {}
            if world.facts.listener_pod_by == "phase":
                told = "Listener pod failed, deleting it and re-creating it"
            else:
                told = "Listener pod is terminated"
            log.info(
                told, **keys, reason=status.get("reason", ""), message=status.get("message", "")
            )
            await self._remove_pod(item, pod)
            return None
        if world.facts.restarts_on_config_drift and await self._config_drifted(item):
            log.info("Listener config secret changed. Deleting the listener pod")
            await self._remove_pod(item, pod)
        return None

    def _has_ended(self, pod: Item) -> bool:
        facts, status = self._world.facts, pod.get("status") or {}
        if facts.listener_pod_by == "phase":
            return status.get("phase") == "Failed"
        if facts.listener_restarts_evicted and status.get("reason") == "Evicted":
            return True
        container = container_status(pod, listener_objects.CONTAINER)
        return bool(((container or {}).get("state") or {}).get("terminated"))

    async def _remove_pod(self, item: Item, pod: Item) -> None:
        """0.9.3 and later remove the configuration with it (observed i)."""
        await self._world.delete("Pod", pod)
        if self._world.facts.listener_pod_by == "container":
            meta = item["metadata"]
            name = f"{meta['name']}-config"
            config = await self._world.secret_or_none(meta["namespace"], name)
            if config is not None:
                await self._world.delete("Secret", config)

    async def _wanted_config(self, item: Item) -> Item:
        world, spec = self._world, item["spec"]
        namespace = spec["autoscalingRunnerSetNamespace"]
        auth = await world.auth(namespace, spec["githubConfigSecret"])
        root_ca = ""
        source = ((spec.get("githubServerTLS") or {}).get("certificateFrom") or {}).get(
            "configMapKeyRef"
        )
        if source:
            bundle = await world.secret(namespace, source["name"], "ConfigMap")
            root_ca = (bundle.get("data") or {}).get(source["key"], "")
        return listener_config.config_secret(world.options, item, auth, root_ca)

    async def _config_drifted(self, item: Item) -> bool:
        meta = item["metadata"]
        known = await self._world.secret_or_none(meta["namespace"], f"{meta['name']}-config")
        if known is None:
            return False
        wanted = await self._wanted_config(item)
        return (known.get("data") or {}) != wanted["data"]

    async def _create_pod(self, item: Item, log: Log) -> Optional[Again]:
        world, meta = self._world, item["metadata"]
        wanted = await self._wanted_config(item)
        known = await world.secret_or_none(meta["namespace"], wanted["metadata"]["name"])
        if known is None:
            log.info("Creating listener config secret")
            await world.create(wanted)
        elif (known.get("data") or {}) != wanted["data"]:
            await world.kube.merge_patch(world.path("Secret", known), {"data": wanted["data"]})
        try:
            await world.create(listener_objects.listener_pod(world.options, item))
        except ApiError as error:
            if error.status == 409:
                return Again()
            log.error(error, "Failed to create listener pod")
            raise Failed() from error
        return None

    # -- removing -----------------------------------------------------------------------------

    async def _finish(self, item: Item, log: Log) -> Optional[Again]:
        if not has_finalizer(item, LISTENER_FINALIZER):
            return None
        log.info("Deleting resources")
        if not await self._cleaned(item, log):
            log.info("Waiting for resources to be deleted before removing finalizer")
            return Again(1.0) if self._world.facts.listener_in_one_pass else None
        log.info("Removing finalizer")
        await self._world.remove_finalizer(KIND, item, LISTENER_FINALIZER)
        log.info("Successfully removed finalizer after cleanup")
        return None

    async def _cleaned(self, item: Item, log: Log) -> bool:
        """Pod, config, proxy, RoleBinding, Role, ServiceAccount. Whether all of them are gone."""
        world, meta = self._world, item["metadata"]
        pod = world.get("Pod", meta["namespace"], meta["name"])
        if pod is not None:
            if not is_deleting(pod):
                log.info("Deleting the listener pod")
                await world.delete("Pod", pod)
            if world.get("Pod", meta["namespace"], meta["name"]) is not None:
                return False
        log.info("Listener pod is deleted")
        for name in (f"{meta['name']}-config", f"{meta['name']}-proxy"):
            secret = await world.secret_or_none(meta["namespace"], name)
            if secret is not None:
                log.info("Deleting the listener secret", name=name)
                await world.delete("Secret", secret)
        for kind, owned in self._helpers(item):
            if not is_deleting(owned):
                log.info(f"Deleting the listener {kind}")
                await world.delete(kind, owned)
                if not world.facts.listener_in_one_pass:
                    # The cache tells of the deletion, which brings the next pass.
                    return not self._helpers(item)
        return not self._helpers(item)

    def _helpers(self, item: Item) -> List[Any]:
        world, meta = self._world, item["metadata"]
        namespace = item["spec"]["autoscalingRunnerSetNamespace"]
        found = [
            ("RoleBinding", world.get("RoleBinding", namespace, meta["name"])),
            ("Role", world.get("Role", namespace, meta["name"])),
            ("ServiceAccount", world.get("ServiceAccount", meta["namespace"], meta["name"])),
        ]
        return [(kind, owned) for kind, owned in found if owned is not None]


class Missing(Exception):
    """The cache does not have an object; worded as the API server would."""

    def __init__(self, resource: str, name: str) -> None:
        super().__init__(f'{resource} "{name}" not found')


def listener_of(item: Item) -> Optional[Any]:
    """The key of the listener that a Role or RoleBinding belongs to, by its labels."""
    labels = item["metadata"].get("labels") or {}
    if LISTENER_NAME not in labels:
        return None
    return labels.get(LISTENER_NAMESPACE, ""), labels[LISTENER_NAME]
