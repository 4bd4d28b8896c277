# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do tests run the stand-in's manager as a plain process, without Helm and charts?"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest

from lab.arc import crds
from lab.arc.manager.runner_objects import CLEANUP_FINALIZER, GROUP
from lab.cluster import python_environment
from lab.kube import ApiError, path_of
from lab.service_client import Service

ARC = f"{GROUP}/v1alpha1"
CRD = "apiextensions.k8s.io/v1"
RBAC = "rbac.authorization.k8s.io/v1"
IMAGE = "ghcr.io/actions/gha-runner-scale-set-controller"
KINDS = (
    "autoscalingrunnersets", "autoscalinglisteners", "ephemeralrunnersets", "ephemeralrunners"
)
Item = Dict[str, Any]


class Manager:
    """A manager of one release with the administrator's rights; its log is a file."""

    def __init__(self, bench: "Bench", release: str, flags: List[str], env: Dict[str, str]) -> None:
        self.release = release
        number = len(list(bench.folder.glob("manager-*.log")))
        self.log_file = bench.folder / f"manager-{number}-{release}.log"
        environment = {
            **os.environ,
            **python_environment(),
            "LAB_ARC_RELEASE": release,
            "LAB_ARC_STALE_LISTENER": "0",
            "CONTROLLER_MANAGER_POD_NAMESPACE": bench.systems,
            "CONTROLLER_MANAGER_CONTAINER_IMAGE": f"{IMAGE}:{release}",
            "KUBECONFIG": str(bench.cluster.state.kubeconfig),
            **env,
        }
        with open(self.log_file, "w", encoding="utf-8") as out:
            self._process = subprocess.Popen(  # pylint: disable=consider-using-with
                [sys.executable, "-m", "lab.arc.manager", "--auto-scaling-runner-set-only", *flags],
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    def rss_kib(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0])

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(10)


class Bench:
    """One cluster, two namespaces, managers of any release, and the service's ledger."""

    def __init__(self, cluster: Any, service: Service, folder: Path) -> None:
        self.cluster = cluster
        self.service = service
        self.folder = folder
        self.tag = tag = secrets.token_hex(3)
        self.systems = f"arc-systems-{tag}"
        self.runners = f"arc-runners-{tag}"
        self.managers: List[Manager] = []
        for namespace in (self.systems, self.runners):
            body = {"metadata": {"name": namespace}}
            cluster.create("/api/v1/namespaces", body)
            cluster.wait(path_of("v1", "serviceaccounts", namespace, "default"), bool)

    def use_crds(self, release: str) -> None:
        """Create or replace the four definitions, and wait until they are served."""
        for wanted in crds.crds(release):
            path = path_of(CRD, "customresourcedefinitions", None, wanted["metadata"]["name"])
            known = self.cluster.get(path)
            if known is None:
                self.cluster.create(path.rpartition("/")[0], wanted)
            elif known["spec"]["versions"] != wanted["spec"]["versions"]:
                self.cluster.patch(path, {"spec": wanted["spec"]})
            self.cluster.wait(path, _is_established)

    def start(self, release: str, *flags: str, **env: str) -> Manager:
        manager = Manager(self, release, list(flags), env)
        self.managers.append(manager)
        return manager

    def path(self, plural: str, name: Optional[str] = None, part: Optional[str] = None) -> str:
        """Of an ARC object; listeners live in the controller's namespace."""
        namespace = self.systems if plural == "autoscalinglisteners" else self.runners
        return path_of(ARC, plural, namespace, name, part)

    def all(self, plural: str) -> List[Item]:
        return self.cluster.items(self.path(plural))

    def set_name(self, name: str) -> str:
        return f"{name}-{self.tag}"

    def install(self, release: str, name: str = "web", **spec: Any) -> Item:
        """What the scale-set chart makes, for the default mode."""
        name = self.set_name(name)
        account, manager = f"{name}-gha-rs-no-permission", f"{name}-gha-rs-manager"
        self._helper("v1", "secrets", f"{name}-github", stringData={"github_token": TOKEN})
        self._helper("v1", "serviceaccounts", account)
        self._helper(RBAC, "roles", manager, rules=[])
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": manager}
        self._helper(RBAC, "rolebindings", manager, roleRef=role, subjects=[])
        runner = {"name": "runner", "image": "runner", "command": ["/home/runner/run.sh"]}
        pod = {"containers": [runner], "restartPolicy": "Never", "serviceAccountName": account}
        annotations = {
            "values-hash": "0",
            "cleanup-github-secret-name": f"{name}-github",
            "cleanup-no-permission-service-account-name": account,
            "cleanup-manager-role-binding": manager,
            "cleanup-manager-role-name": manager,
        }
        meta = {
            "name": name,
            "labels": {"app.kubernetes.io/version": release, "app.kubernetes.io/name": name},
            "annotations": {f"{GROUP}/{key}": value for key, value in annotations.items()},
        }
        content = {
            "githubConfigUrl": f"{self.service.url}/acme",
            "githubConfigSecret": f"{name}-github",
            "runnerGroup": "blue",
            "runnerScaleSetName": name,
            "maxRunners": 5,
            "template": {"spec": pod},
            **spec,
        }
        body = {"apiVersion": ARC, "kind": "AutoscalingRunnerSet", "metadata": meta}
        return self.cluster.create(self.path(KINDS[0]), {**body, "spec": content})

    def _helper(self, api: str, plural: str, name: str, **fields: Any) -> None:
        meta = {"name": name, "finalizers": [CLEANUP_FINALIZER]}
        path = path_of(api, plural, self.runners)
        try:
            self.cluster.create(path, {"metadata": meta, **fields})
        except ApiError as error:
            if error.status != 409:
                raise

    def until(self, what: Callable[[], Any], told: str, limit_s: float = 20.0) -> Any:
        """The first true answer; fails with the managers' last lines."""
        deadline = time.monotonic() + limit_s
        while True:
            answer = what()
            if answer:
                return answer
            if time.monotonic() > deadline:
                logs = "\n".join(m.log()[-3000:] for m in self.managers)
                pytest.fail(f"not within {limit_s} s: {told}\n{logs}")
            time.sleep(0.05)

    def settle(self, holds: Callable[[], Any], told: str, span_s: float) -> None:
        """Looks all the time that something stays so for a span; fails at once when it does not."""
        end = time.monotonic() + span_s
        while time.monotonic() < end:
            assert holds(), f"{told}: no longer so"
            time.sleep(0.05)

    def serves(self, name: str = "web") -> bool:
        """Whether the set has a session at the service."""
        wanted = self.set_name(name)
        sets = self.service.scale_sets()
        return any(s["name"] == wanted and s.get("session") for s in sets)

    def helper_finalizers(self) -> Dict[str, List[str]]:
        """Finalizers of everything the chart made, by `plural/name`."""
        found = {}
        for api, plural in (
            ("v1", "secrets"), ("v1", "serviceaccounts"), (RBAC, "roles"), (RBAC, "rolebindings")
        ):
            for item in self.cluster.items(path_of(api, plural, self.runners)):
                meta = item["metadata"]
                if meta.get("finalizers"):
                    found[f"{plural}/{meta['name']}"] = meta["finalizers"]
        return found

    def close(self) -> None:
        """Stop the managers and take everything away that is left."""
        for manager in self.managers:
            manager.stop()
        for plural in KINDS:
            for item in self.all(plural):
                path = self.path(plural, item["metadata"]["name"])
                try:
                    self.cluster.patch(path, {"metadata": {"finalizers": None}})
                except ApiError as error:
                    if error.status != 404:
                        raise
                self.cluster.delete(path)
        for key in self.helper_finalizers():
            plural, _slash, name = key.partition("/")
            api = "v1" if plural in ("secrets", "serviceaccounts") else RBAC
            path = path_of(api, plural, self.runners, name)
            self.cluster.patch(path, {"metadata": {"finalizers": None}})
        for namespace in (self.systems, self.runners):
            self.cluster.delete(f"/api/v1/namespaces/{namespace}")


TOKEN = "ghp_lab_blue"


def _is_established(item: Optional[Item]) -> bool:
    conditions = ((item or {}).get("status") or {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
