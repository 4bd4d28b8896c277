# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a cluster get thousands of scale sets, runners and pods that nobody serves?

They look as ARC 0.9.3 leaves them while jobs run; no controller is there to change them, and
the pods ask for a scheduler that does not exist. Or they wait for their deletion as they do where
a node took their pods and the controller went.
"""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Dict, Iterable, List

from lab.arc import crds
from lab.arc.await_arc import ARC
from lab.arc.manager import runner_objects
from lab.kube import ApiError, Kube, path_of
from lab.state import LabState

RELEASE = "0.9.3"
NAMESPACE = "many"
SIDE_BY_SIDE = 16
_NAMED = "actions.github.com/scale-set-name"


def load(state: LabState, cluster: str, runners: int, scale_sets: int) -> None:
    """Make so many runners with their pods, spread evenly over so many scale sets."""
    asyncio.run(_load(state, cluster, runners, scale_sets, _runner))


def load_stuck(state: LabState, cluster: str, runners: int, scale_sets: int) -> List[str]:
    """Make so many registered runners that are deleted and that nobody releases.

    Gives their names, as namespace/name.
    """
    asyncio.run(_load(state, cluster, runners, scale_sets, _stuck_runner))
    return [f"{NAMESPACE}/{_runner_name(one, one % scale_sets)}" for one in range(runners)]


async def _load(
    state: LabState, cluster: str, runners: int, scale_sets: int,
    make_runner: Callable[[Kube, int, int], Awaitable[None]],
) -> None:
    async with Kube.from_kubeconfig(state.cluster(cluster).kubeconfig) as kube:
        for crd in crds.crds(RELEASE):
            await _make(kube, path_of("apiextensions.k8s.io/v1", "customresourcedefinitions"), crd)
        await _make(kube, path_of("v1", "namespaces"), {"metadata": {"name": NAMESPACE}})
        await _served(kube)
        await _each(range(scale_sets), lambda number: _scale_set(kube, number))
        await _each(range(runners), lambda number: make_runner(kube, number, number % scale_sets))


async def _served(kube: Kube) -> None:
    path = path_of(ARC, "ephemeralrunners", NAMESPACE)
    for _attempt in range(100):
        try:
            await kube.list(path)
            return
        except ApiError:
            await asyncio.sleep(0.1)
    raise TimeoutError(f"{path} is not served after 10 s")


async def _each(numbers: Iterable[int], make: Callable[[int], Awaitable[None]]) -> None:
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(number: int) -> None:
        async with gate:
            await make(number)

    await asyncio.gather(*map(one, numbers))


async def _make(kube: Kube, path: str, body: Dict[str, Any]) -> None:
    try:
        await kube.create(path, body)
    except ApiError as error:
        if error.status != 409:
            raise


def _meta(name: str, scale_set: int, kind: str) -> Dict[str, Any]:
    labels = {
        _NAMED: f"set-{scale_set:03d}",
        "actions.github.com/scale-set-namespace": NAMESPACE,
        "actions.github.com/organization": "acme",
        "app.kubernetes.io/component": kind,
        "app.kubernetes.io/part-of": "gha-runner-scale-set",
        "app.kubernetes.io/version": RELEASE,
    }
    return {"name": name, "namespace": NAMESPACE, "labels": labels}


def _pod_spec() -> Dict[str, Any]:
    return {
        "schedulerName": "nobody",
        "containers": [{
            "name": "runner",
            "image": "ghcr.io/actions/actions-runner:2.319.1",
            "command": ["/home/runner/run.sh"],
            "env": [{"name": f"SETTING_{n}", "value": "y" * 60} for n in range(20)],
            "volumeMounts": [{"name": "work", "mountPath": "/home/runner/_work"}],
        }],
        "volumes": [{"name": "work", "emptyDir": {}}],
    }


async def _scale_set(kube: Kube, number: int) -> None:
    body = {
        "apiVersion": ARC,
        "kind": "AutoscalingRunnerSet",
        "metadata": {
            **_meta(f"set-{number:03d}", number, "autoscaling-runner-set"),
            "annotations": {"runner-scale-set-id": str(number + 1)},
        },
        "spec": {
            "githubConfigUrl": "https://github.com/acme",
            "githubConfigSecret": "arc-github",
            "runnerGroup": "Default",
            "maxRunners": 100,
            "template": {"spec": _pod_spec()},
        },
    }
    await _make(kube, path_of(ARC, "autoscalingrunnersets", NAMESPACE), body)


def _runner_name(number: int, scale_set: int) -> str:
    return f"set-{scale_set:03d}-abcde-runner-{number:05d}"


async def _stuck_runner(kube: Kube, number: int, scale_set: int) -> None:
    name = _runner_name(number, scale_set)
    finalizers = [runner_objects.RUNNER_FINALIZER, runner_objects.REGISTRATION_FINALIZER]
    await _make_runner(kube, number, scale_set, {"finalizers": finalizers}, {
        "phase": "Pending", "runnerId": number + 1, "runnerName": name,
        "runnerJITConfig": "j" * 3000,
    })
    await kube.delete(path_of(ARC, "ephemeralrunners", NAMESPACE, name))


async def _runner(kube: Kube, number: int, scale_set: int) -> None:
    name = _runner_name(number, scale_set)
    await _make_runner(kube, number, scale_set, {}, {
        "phase": "Running", "ready": True, "runnerId": number + 1, "runnerName": name,
        "runnerJITConfig": "j" * 3000, "jobRequestId": number + 1,
        "jobRepositoryName": "acme/app", "workflowRunId": number + 1, "jobDisplayName": "build",
        "jobWorkflowRef": "acme/app/.github/workflows/build.yml@refs/heads/main",
    })
    meta = _meta(name, scale_set, "runner")
    pod = {
        "metadata": {**meta, "labels": {**meta["labels"], "actions-ephemeral-runner": "True"}},
        "spec": _pod_spec(),
    }
    await _make(kube, path_of("v1", "pods", NAMESPACE), pod)


async def _make_runner(
    kube: Kube, number: int, scale_set: int, more_meta: Dict[str, Any], status: Dict[str, Any]
) -> None:
    name = _runner_name(number, scale_set)
    notes = {"annotations": {"actions.github.com/patch-id": "7"}}
    body = {
        "apiVersion": ARC,
        "kind": "EphemeralRunner",
        "metadata": {**_meta(name, scale_set, "runner"), **notes, **more_meta},
        "spec": {
            "githubConfigUrl": "https://github.com/acme",
            "githubConfigSecret": "arc-github",
            "runnerScaleSetId": scale_set + 1,
            "metadata": {"labels": {"team": "x"}},
            "spec": _pod_spec(),
        },
    }
    await _make(kube, path_of(ARC, "ephemeralrunners", NAMESPACE), body)
    path = path_of(ARC, "ephemeralrunners", NAMESPACE, name)
    await kube.merge_patch(f"{path}/status", {"status": status})
