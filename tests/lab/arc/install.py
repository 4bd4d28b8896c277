# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do controller and scale sets come into a cluster of the lab, and out of it again?

By real Helm, as a user would; CRDs come with the controller's chart, if absent, as Helm does it.
Plain functions that block; each wait has a limit.
"""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

from lab.arc import await_arc, charts
from lab.arc.helm import helm
from lab.errors import LabError
from lab.kube import ApiError, Kube, path_of
from lab.state import LabState

SYSTEMS = "arc-systems"
RUNNERS = "arc-runners"
CONTROLLER = "arc"
SECRET = "arc-github"
MODES = ("kubernetes", "kubernetes-novolume", "dind")
# The class of the node agent's provisioner.
WORK_VOLUME = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "lab",
    "resources": {"requests": {"storage": "1Gi"}},
}


@dataclass(frozen=True)
class ScaleSet:
    """A scale set to install. `group`: a runner group, None for the one named as the cluster;
    `scope`: organisation or owner/repository at the Actions service; `inline`: the chart makes
    the Secret; `app`: credentials of a GitHub App instead of a token; `values`: laid over all."""

    name: str
    namespace: str = RUNNERS
    group: Optional[str] = None
    min_runners: Optional[int] = 0
    max_runners: Optional[int] = 5
    mode: Optional[str] = None
    scope: str = "acme"
    inline: bool = False
    app: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.mode is not None and self.mode not in MODES:
            raise LabError(
                f"Scale set {self.name}: there is no container mode {self.mode!r}.",
                f"Choose one of {', '.join(MODES)}, or none.",
            )


def controller_account(name: str = CONTROLLER) -> str:
    """The ServiceAccount, and the Deployment, of a controller released as `name`."""
    base = "gha-rs-controller"
    return name if base in name else f"{name}-{base}"


def install_controller(
    state: LabState,
    cluster: str,
    release: str,
    namespace: str = SYSTEMS,
    name: str = CONTROLLER,
    values: Optional[Mapping[str, Any]] = None,
    wait: bool = True,
) -> None:
    """Install the controller, or upgrade it. `wait`: until its new pod alone is there."""
    chart = str(charts.chart(state, release, "controller"))
    _apply(state, cluster, {"v1 namespaces": _named(namespace)})
    command = ("upgrade", "--install", name, chart, "--namespace", namespace)
    helm(state, cluster, *command, values=dict(values or {}))
    if wait:
        await_arc.controller_ready(state, cluster, namespace, controller_account(name))


def install_scale_set(
    state: LabState,
    cluster: str,
    release: str,
    scale_set: ScaleSet,
    wait: bool = True,
    controller: str = CONTROLLER,
    controller_namespace: str = SYSTEMS,
) -> None:
    """Install a scale set, or upgrade it. `wait`: until its listener's session is open."""
    chart = str(charts.chart(state, release, "scale-set"))
    values = values_of(state, cluster, scale_set)
    account = {"name": controller_account(controller), "namespace": controller_namespace}
    values.setdefault("controllerServiceAccount", account)
    made = {"v1 namespaces": _named(scale_set.namespace)}
    if values["githubConfigSecret"] == SECRET:
        secret = {**_named(SECRET, scale_set.namespace), "stringData": credentials(state, cluster)}
        made["v1 secrets"] = secret
    _apply(state, cluster, made)
    command = ("upgrade", "--install", scale_set.name, chart, "--namespace", scale_set.namespace)
    helm(state, cluster, *command, values=values)
    if wait:
        await_arc.session_open(state, cluster, scale_set.namespace, object_name(values, scale_set))


def values_of(state: LabState, cluster: str, scale_set: ScaleSet) -> Dict[str, Any]:
    """The values of a scale set's release in a cluster."""
    secret = credentials(state, cluster, scale_set.app)
    values: Dict[str, Any] = {
        "githubConfigUrl": f"{state.service_url()}/{scale_set.scope}",
        "githubConfigSecret": secret if scale_set.inline or scale_set.app else SECRET,
        "runnerGroup": scale_set.group or cluster,
    }
    limits = {"minRunners": scale_set.min_runners, "maxRunners": scale_set.max_runners}
    values.update({key: limit for key, limit in limits.items() if limit is not None})
    if scale_set.mode:
        values["containerMode"] = {"type": scale_set.mode}
        if scale_set.mode == "kubernetes":
            values["containerMode"]["kubernetesModeWorkVolumeClaim"] = copy.deepcopy(WORK_VOLUME)
    return merged(values, scale_set.values)


def object_name(values: Mapping[str, Any], scale_set: ScaleSet) -> str:
    """The name of the AutoscalingRunnerSet, which follows `runnerScaleSetName` where given."""
    return str(values.get("runnerScaleSetName") or scale_set.name).replace("_", "-")


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Dict[str, Any]:
    """`over` laid over `base`; maps are merged, everything else is replaced."""
    done = dict(base)
    for key, value in over.items():
        old = done.get(key)
        is_both = isinstance(old, Mapping) and isinstance(value, Mapping)
        done[key] = merged(old, value) if is_both else copy.deepcopy(value)
    return done


def credentials(state: LabState, cluster: str, app: bool = False) -> Dict[str, str]:
    """By these the Actions service knows the cluster: a token, or its own App installation."""
    if not app:
        return {"github_token": f"ghp_lab_{cluster}"}
    key = (state.service / "app-key.pem").read_text(encoding="ascii")
    installation = 2000 + state.cluster_names().index(cluster)
    return {
        "github_app_id": "1000",
        "github_app_installation_id": str(installation),
        "github_app_private_key": key,
    }


def uninstall_scale_set(
    state: LabState, cluster: str, name: str, namespace: str = RUNNERS
) -> None:
    """`helm uninstall`, which returns long before the objects are gone."""
    helm(state, cluster, "uninstall", name, "--namespace", namespace)


def uninstall_controller(
    state: LabState, cluster: str, name: str = CONTROLLER, namespace: str = SYSTEMS
) -> None:
    """`helm uninstall`; CRDs stay, and the pod may still be there."""
    helm(state, cluster, "uninstall", name, "--namespace", namespace)


def _named(name: str, namespace: Optional[str] = None) -> Dict[str, Any]:
    return {"metadata": {"name": name, **({"namespace": namespace} if namespace else {})}}


def _apply(state: LabState, cluster: str, objects: Mapping[str, Dict[str, Any]]) -> None:
    """Make objects by "apiVersion plural", in order; those that are there get our data."""

    async def work() -> None:
        async with Kube.from_kubeconfig(state.cluster(cluster).kubeconfig) as kube:
            for kind, body in objects.items():
                api_version, plural = kind.split()
                meta = body["metadata"]
                collection = path_of(api_version, plural, meta.get("namespace"))
                try:
                    await kube.create(collection, body)
                except ApiError as error:
                    if error.status != 409:
                        raise
                    if len(body) > 1:
                        await kube.merge_patch(f"{collection}/{meta['name']}", body)

    try:
        asyncio.run(work())
    except (ApiError, OSError) as error:
        raise LabError(
            f"Cluster {cluster} cannot be prepared for ARC: {error}.",
            "See whether it is well with: python -m lab status",
        ) from error
