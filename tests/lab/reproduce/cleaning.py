# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is everything of a scenario taken away again, so that the next finds a lab as new?

What hangs is what a scenario is about: finalizers are taken off by hand here, which nobody should
do to a cluster of their own.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List

import aiohttp

from lab.arc import await_arc, install
from lab.arc.install import RUNNERS, SYSTEMS
from lab.arc.manager.github import Actions
from lab.arc.protocol import Refused
from lab.errors import LabError
from lab.kube import ApiError, path_of
from lab.reproduce.eyes import Eyes
from lab.reproduce.stage import CRDS, HELPERS, PLURALS, RBAC, UNFINISHED, Stage

LIMIT_S = 120.0
OWN_NAMESPACES = (SYSTEMS, RUNNERS)
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"
CLUSTER_WIDE = ("clusterrolebindings", "clusterroles")
CONTROLLER = "app.kubernetes.io/part-of=gha-rs-controller"
GROUP = "actions.github.com"


def remains(eyes: Eyes) -> List[str]:
    """What of ARC is in a cluster: its definitions, namespaces, cluster roles. [] for nothing."""
    found = [f"CRD {name}" for name in _definitions(eyes)]
    for name in OWN_NAMESPACES:
        if eyes.get(path_of("v1", "namespaces", name=name)):
            found.append(f"Namespace {name}")
    for item in eyes.items(path_of("apps/v1", "deployments"), labelSelector=CONTROLLER):
        found.append(f"Deployment {item['metadata']['namespace']}/{item['metadata']['name']}")
    return found + [f"{plural}/{name}" for plural, name in _cluster_wide(eyes)]


def _definitions(eyes: Eyes) -> List[str]:
    names = [item["metadata"]["name"] for item in eyes.items(path_of(*CRDS))]
    return sorted(name for name in names if name.endswith(f".{GROUP}"))


def _cluster_wide(eyes: Eyes) -> List[Any]:
    found = []
    for plural in CLUSTER_WIDE:
        for item in eyes.items(path_of(RBAC, plural)):
            annotations = item["metadata"].get("annotations") or {}
            if annotations.get(RELEASE_NAMESPACE) in OWN_NAMESPACES:
                found.append((plural, item["metadata"]["name"]))
    return found


def clean(stage: Stage) -> None:
    """Jobs, settings, all of ARC in the stage's clusters, its scale sets at GitHub. Raises
    LabError that names what will not go."""
    for number in stage.jobs_made:
        if stage.service.job(number)["state"] in UNFINISHED:
            _cancel(stage, number)
    if stage.settings_before:
        stage.service.settings(**stage.settings_before)
    stage.side_by_side(*[lambda e=stage.on(name): clear(e) for name in stage.clusters])
    for cluster in stage.clusters:
        asyncio.run(_delete_scale_sets(stage, cluster))


def _cancel(stage: Stage, number: int) -> None:
    try:
        stage.service.cancel(number, force=True)
    except LabError:
        # It ended by itself meanwhile.
        if stage.service.job(number)["state"] in UNFINISHED:
            raise


def clear(eyes: Eyes) -> None:
    """Take all of ARC out of a cluster. Managers first: nobody makes anything again then."""
    for item in eyes.items(path_of("apps/v1", "deployments", SYSTEMS)):
        eyes.delete(path_of("apps/v1", "deployments", SYSTEMS, item["metadata"]["name"]))
    _until_empty(eyes, _strip)
    paths = [path_of("v1", "namespaces", name=name) for name in OWN_NAMESPACES]
    paths += [path_of(*CRDS, name=name) for name in _definitions(eyes)]
    paths += [path_of(RBAC, plural, name=name) for plural, name in _cluster_wide(eyes)]
    # A CRD of a megabyte takes its time, and so does a namespace.
    with ThreadPoolExecutor(len(paths)) as pool:
        list(pool.map(eyes.delete, paths))
    _until_empty(eyes, remains)


def _until_empty(eyes: Eyes, look: Any) -> None:
    def left() -> str:
        return ", ".join(look(eyes)[:5])

    await_arc.until(LIMIT_S, left, f"Taking ARC out of cluster {eyes.cluster}")


def _strip(eyes: Eyes) -> List[str]:
    """Delete and free every object in ARC's namespaces that something may hold; gives them."""
    found: List[str] = []
    where = [(await_arc.ARC, plural) for plural in PLURALS.values()]
    where += [*HELPERS.values(), ("v1", "pods")]
    for namespace in OWN_NAMESPACES:
        for api, plural in where:
            for item in eyes.items(path_of(api, plural, namespace)):
                meta = item["metadata"]
                if plural in ("pods", *PLURALS.values()) or meta.get("finalizers"):
                    found.append(f"{plural} {namespace}/{meta['name']}")
                    _free(eyes, path_of(api, plural, namespace, meta["name"]), meta)
    return found


def _free(eyes: Eyes, path: str, meta: Dict[str, Any]) -> None:
    try:
        if not meta.get("deletionTimestamp"):
            # The listener's grace period is longer than anybody wants to wait here.
            eyes.delete(path, grace_s=1)
        if meta.get("finalizers"):
            eyes.patch(path, {"metadata": {"finalizers": None}})
    except ApiError as error:
        if error.status not in (404, 409):
            raise


async def _delete_scale_sets(stage: Stage, cluster: str) -> None:
    """As ARC's controller would, with the cluster's credentials."""
    made = [item for item in stage.service.scale_sets() if item["id"] not in stage.sets_before]
    auth = install.credentials(stage.state, cluster)
    async with aiohttp.ClientSession() as session:
        for item in [item for item in made if item["cluster"] == cluster]:
            url = f"{stage.service.url}/{item['scope']}"
            try:
                await Actions(session, "actions", url, auth).delete_scale_set(item["id"])
            except Refused as refused:
                raise LabError(
                    f"Scale set {item['name']} stays at the Actions service: {refused}."
                ) from refused
