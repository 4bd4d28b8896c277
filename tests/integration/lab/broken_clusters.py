# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clusters that something is wrong with: how each state is made on the lab, and undone.

Two clusters serve the scale set `web`, a third one has nothing of ARC. A state is made as it
comes about in life where that is quick, else by the object that such a life leaves; the manager
is stopped first where it would put the object right again.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import gzip
import json
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.answers import ObjectNotFound
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import reads
from ansible_collections.arc.lifecycle.tests.integration.lab import flux_stand_in
from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import (
    CONTROLLER,
    NAMESPACE,
    DrainLab,
    install,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

# pylint: disable=wrong-import-position
from lab.arc import await_arc, charts, crds  # noqa: E402
from lab.arc.helm import helm  # noqa: E402

RELEASE, TARGET = "0.9.3", "0.14.2"
PAIR, GREEN, BARE = ("blue", "green"), "green", "bare"
SYSTEMS, MANAGER = CONTROLLER
WEB = (NAMESPACE, "web")
VERSION = "app.kubernetes.io/version"
PROTECTION = "actions.github.com/cleanup-protection"
Undo = Iterator[None]
Found = Tuple[str, str, str]


class BrokenLab(DrainLab):
    """Use as a context manager. `plan` tells findings; each state is a method that undoes itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, dict.fromkeys(PAIR, RELEASE))
        self.folder = folder

    def __enter__(self) -> BrokenLab:
        self._lab.up([*PAIR, BARE])
        super().__enter__()
        self.state = self._lab.state
        self.client = {name: self.connect(name) for name in (*PAIR, BARE)}
        for name in PAIR:
            self.install_set(name, install.ScaleSet("web", min_runners=1))
        return self

    def __exit__(self, *error: object) -> None:
        for client in self.client.values():
            client.close()
        super().__exit__(*error)

    def plan(
        self, *names: str, target: str = TARGET, gitops: str = "refuse", **connection: Any
    ) -> Dict[str, Any]:
        """Plan over clusters; `a=b` names cluster b a second time. `connection`: of green."""
        clusters = []
        for name in names or PAIR:
            called, _is, context = name.partition("=")
            more = connection if called == GREEN else {}
            clusters.append({"name": called, "connection": {
                "kubeconfig": self.kubeconfig, "context": context or called, **more}})
        code, result = run_module.run(
            "arc_plan", {"clusters": clusters, "target": target, "gitops": gitops})
        assert code == 0, result.get("msg")
        return result

    def found(self, *names: str, **options: Any) -> Dict[Found, str]:
        """Return (severity, id, cluster) of each finding, with its object and reason."""
        told: Dict[Found, str] = {}
        for one in self.plan(*names, **options)["findings"]:
            key = (one["severity"], one["id"], one["cluster"])
            why = f"{one['object']}: {one['reason']}"
            told[key] = f"{told[key]}; {why}" if key in told else why
        return told

    def wait_listening(self) -> None:
        """Until both listeners of `web` hold their session: one that is new may end at first."""
        for cluster in PAIR:
            await_arc.session_open(self.state, cluster, *WEB)

    # What states are made of.

    def install_set(
        self, cluster: str, scale_set: install.ScaleSet, wait: bool = True
    ) -> None:
        install.install_scale_set(
            self.state, cluster, self.releases[cluster], scale_set, wait=wait)

    @contextlib.contextmanager
    def one_more(self, name: str = "extra", wait: bool = True, **more: Any) -> Undo:
        """Have one more set in green; in the end Helm and the controller take it away."""
        self.install_set(GREEN, install.ScaleSet(name, **more), wait)
        try:
            yield
        finally:
            self.scale_controller(GREEN, 1)
            self.remove_set(name)

    def remove_set(self, name: str) -> None:
        helm(self.state, GREEN, "uninstall", name, "--namespace", NAMESPACE, "--ignore-not-found")
        self.until(
            lambda: not any(
                one["metadata"]["name"].startswith(f"{name}-") or one["metadata"]["name"] == name
                for resource in (places.SCALE_SETS, places.LISTENERS, places.RUNNER_SETS)
                for one in self.list(GREEN, resource)
            ), f"set {name} to be gone")

    @contextlib.contextmanager
    def stopped(self, cluster: str = GREEN) -> Undo:
        """Stop the manager, so that nothing is put right."""
        self.scale_controller(cluster, 0)
        try:
            yield
        finally:
            self.scale_controller(cluster, 1)

    @contextlib.contextmanager
    def edited(
        self, resource: places.Resource, name: Tuple[str, str], patch: Mapping[str, Any],
        part: str = "", cluster: str = GREEN,
    ) -> Undo:
        """Merge a patch into an object, and take back what it changed."""
        before = self.get(cluster, resource, name)
        place = resource.at(*name, subresource=part)
        self.client[cluster].merge_patch(place, patch, Deadline(20))
        try:
            yield
        finally:
            self.client[cluster].merge_patch(place, reverse(patch, before), Deadline(20))

    @contextlib.contextmanager
    def removed(
        self, resource: places.Resource, name: Tuple[str, str], cluster: str = GREEN,
        is_put_back: bool = True,
    ) -> Undo:
        """Take an object away whatever protects it, and put it back unless a manager does."""
        before = self.get(cluster, resource, name)
        self.delete(resource, name, cluster)
        try:
            yield
        finally:
            if is_put_back:
                self.client[cluster].create(resource.at(name[0]), bare(before), Deadline(20))

    @contextlib.contextmanager
    def made(
        self, resource: places.Resource, body: Mapping[str, Any], cluster: str = GREEN,
        is_deleted: bool = False, status: Optional[Mapping[str, Any]] = None,
    ) -> Undo:
        """Have an object. `is_deleted`: somebody asked for its deletion already."""
        meta = body["metadata"]
        namespace, client = meta.get("namespace", ""), self.client[cluster]
        client.create(resource.at(namespace), body, Deadline(20))
        place = resource.at(namespace, meta["name"])
        if status is not None:
            client.merge_patch(
                resource.at(namespace, meta["name"], "status"), {"status": status}, Deadline(20))
        if is_deleted:
            client.delete(place, Deadline(20))
        try:
            yield
        finally:
            self.delete(resource, (namespace, meta["name"]), cluster)

    def delete(
        self, resource: places.Resource, name: Tuple[str, str], cluster: str = GREEN
    ) -> None:
        place, client = resource.at(*name), self.client[cluster]
        # With the usual grace, in which a listener gives its session back.
        client.delete(place, Deadline(20), propagation="Background")

        def is_gone() -> bool:
            try:
                one = client.get(place, Deadline(20))
            except ObjectNotFound:
                return True
            if one["metadata"].get("finalizers"):
                with contextlib.suppress(ObjectNotFound):
                    client.merge_patch(place, {"metadata": {"finalizers": None}}, Deadline(20))
            return False

        self.until(is_gone, f"{place.words} to be gone")

    def get(
        self, cluster: str, resource: places.Resource, name: Tuple[str, str]
    ) -> Dict[str, Any]:
        return self.client[cluster].get(resource.at(*name), Deadline(20))

    def list(
        self, cluster: str, resource: places.Resource, namespace: str = ""
    ) -> List[Dict[str, Any]]:
        return list(self.client[cluster].list(resource.at(namespace), Deadline(20)).items)

    def listener(self, cluster: str = GREEN, name: str = "web") -> Tuple[str, str]:
        """Return the namespace and name of the listener of a set."""
        (one,) = [one for one in self.list(cluster, places.LISTENERS, SYSTEMS)
                  if one["spec"]["autoscalingRunnerSetName"] == name]
        return (SYSTEMS, one["metadata"]["name"])

    def runner(self) -> Dict[str, Any]:
        """Return the idle runner of `web` in green."""
        (one,) = self.list(GREEN, places.RUNNERS, NAMESPACE)
        return one

    def is_served(self, cluster: str, resource: places.Resource) -> bool:
        return not isinstance(
            self.client[cluster].read_list(resource.at(), Deadline(20)), reads.KindAbsent)

    @contextlib.contextmanager
    def served(self, resource: places.Resource, namespace: str = "flux-system") -> Undo:
        """Have a kind in green, with no schema to speak of, and a namespace for its objects."""
        client = self.client[GREEN]
        client.apply(places.NAMESPACES.at("", namespace), {
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace},
        }, Deadline(20))
        flux_stand_in.serve(client, resource)
        try:
            yield
        finally:
            client.delete(places.CRDS.at("", f"{resource.resource}.{resource.group}"), Deadline(20))
            self.until(lambda: not self.is_served(GREEN, resource), f"{resource.kind} to be gone")

    @contextlib.contextmanager
    def strategy(self, name: str) -> Undo:
        """Give the manager of green another update strategy."""
        before = self.get(GREEN, places.DEPLOYMENTS, CONTROLLER)["spec"]["template"]["spec"]
        after = copy.deepcopy(before["containers"])
        after[0]["args"].append(f"--update-strategy={name}")
        patch = {"spec": {"template": {"spec": {"containers": after}}}}
        with self.edited(places.DEPLOYMENTS, CONTROLLER, patch):
            yield

    @contextlib.contextmanager
    def may(self, user: str, rules: List[Dict[str, Any]]) -> Undo:
        """Give a user rights in green."""
        kind = {"group": "rbac.authorization.k8s.io", "version": "v1", "is_namespaced": False}
        roles = places.Resource(resource="clusterroles", kind="ClusterRole", **kind)
        bindings = places.Resource(
            resource="clusterrolebindings", kind="ClusterRoleBinding", **kind)
        meta = {"metadata": {"name": user}}
        group = kind["group"]
        with self.made(roles, {**meta, "rules": rules}), self.made(bindings, {
            **meta, "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": user},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        }):
            yield

    def replace_arc(self, cluster: str, release: str) -> None:
        """Have another release of ARC in a cluster, put there anew."""
        self.remove_set("web")
        install.uninstall_controller(self.state, cluster)
        await_arc.wait_controller_absent(self.state, cluster, SYSTEMS)
        for name, crd in self.published(release).items():
            self._replace_crds({name: crd})
        self.releases[cluster] = release
        install.install_controller(self.state, cluster, release)
        self.install_set(cluster, install.ScaleSet("web", min_runners=1))

    def left_runner(self) -> Dict[str, Any]:
        """Return a runner that nobody owns, of a set that is gone."""
        left = renamed(self.runner(), "left-runner")
        labels = left["metadata"]["labels"]
        left["metadata"]["labels"] = {
            key: "old" if value == "web" else value for key, value in labels.items()}
        return left

    def helm_secret(self, release: str, namespace: str = NAMESPACE) -> Tuple[str, str]:
        return (namespace, f"sh.helm.release.v1.{release}.v1")

    @contextlib.contextmanager
    def crds(self, changed: Mapping[str, Dict[str, Any]]) -> Undo:
        """Replace CRDs of green, by name, and bring the old ones back."""
        before = {name: self.get(GREEN, places.CRDS, ("", name)) for name in changed}
        self._replace_crds(changed)
        try:
            yield
        finally:
            self._replace_crds(before)

    def _replace_crds(self, wanted: Mapping[str, Dict[str, Any]]) -> None:
        for name, crd in wanted.items():
            there = self.get(GREEN, places.CRDS, ("", name))
            there["spec"] = crd["spec"]
            there["metadata"]["annotations"] = crd["metadata"].get("annotations")
            self.client[GREEN].replace(places.CRDS.at("", name), there, Deadline(20))

    def published(self, release: str) -> Dict[str, Dict[str, Any]]:
        """Return the CRDs of a release by name."""
        return {one["metadata"]["name"]: one for one in crds.crds(release)}

    def chart_called(self, name: str) -> str:
        """Return a copy of the scale sets' chart under another name."""
        folder = self.folder / name
        if not folder.exists():
            shutil.copytree(charts.chart(self.state, RELEASE, "scale-set"), folder)
            file = folder / "Chart.yaml"
            facts = yaml.safe_load(file.read_text(encoding="utf-8"))
            file.write_text(yaml.safe_dump({**facts, "name": name}), encoding="utf-8")
        return str(folder)

    @staticmethod
    def until(is_true: Any, what: str, limit_s: float = 120) -> None:
        deadline = Deadline(limit_s)
        while not is_true():
            assert not deadline.is_over(), f"not in {limit_s} s: {what}"
            deadline.pause(0.3)


def reverse(patch: Mapping[str, Any], before: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the merge patch that takes a merge patch back."""
    done: Dict[str, Any] = {}
    for key, value in patch.items():
        old = before.get(key)
        is_both = isinstance(value, Mapping) and isinstance(old, Mapping)
        done[key] = reverse(value, old) if is_both else old
    return done


def bare(body: Mapping[str, Any]) -> Dict[str, Any]:
    """Return an object as it can be made again."""
    kept = ("name", "namespace", "labels", "annotations", "finalizers", "ownerReferences")
    meta = {key: value for key, value in body["metadata"].items() if key in kept}
    return {**{key: value for key, value in body.items() if key != "status"}, "metadata": meta}


def renamed(body: Mapping[str, Any], name: str, **meta: Any) -> Dict[str, Any]:
    """Return a copy of an object that belongs to nobody."""
    again = bare(body)
    for key in ("finalizers", "ownerReferences"):
        again["metadata"].pop(key, None)
    again["metadata"].update(name=name, **meta)
    return again


def interrupted(secret: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the Secret that a `helm upgrade` leaves which was killed: the next revision."""
    release = json.loads(gzip.decompress(base64.b64decode(
        base64.b64decode(secret["data"]["release"]))))
    release["version"] = 2
    release["info"]["status"] = "pending-upgrade"
    packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode())))
    body = renamed(secret, secret["metadata"]["name"][:-1] + "2")
    body["metadata"]["labels"].update(status="pending-upgrade", version="2")
    return {**body, "data": {"release": packed.decode()}}


def record(**notes: str) -> Dict[str, Any]:
    """Return the Secret in which a run says where it stands."""
    return {"metadata": {
        "name": "arc-lifecycle-record", "namespace": SYSTEMS, "labels": {"arc.lifecycle/record": "1"},
        "annotations": {f"arc.lifecycle/{name}": value for name, value in notes.items()},
    }}
