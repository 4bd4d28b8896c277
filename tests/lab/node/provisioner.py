# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do claims of the StorageClass `lab` get a volume? A folder of this machine each.

No volume binder runs in the lab's controller managers: this writes both ends of a binding itself.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Dict, Set

from lab.kube import ApiError, Kube, path_of
from lab.node.report import NO_ANSWER

STORAGE_CLASS = "lab"
PROVISIONER = "lab.invalid/folder"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
VOLUMES = "/api/v1/persistentvolumes"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


def volume_name(claim_uid: str) -> str:
    return f"pvc-{claim_uid}"


def is_wanting(claim: Dict[str, Any]) -> bool:
    """Whether the claim is of our class and still without a volume."""
    is_bound = (claim.get("status") or {}).get("phase") == "Bound"
    is_ours = claim["spec"].get("storageClassName") == STORAGE_CLASS
    return is_ours and not is_bound and not claim["metadata"].get("deletionTimestamp")


class Provisioner:
    """The claims of one cluster; their folders lie below `claims`."""

    def __init__(self, kube: Kube, claims: Path) -> None:
        self._kube = kube
        self._claims = claims

    async def run(self) -> None:
        """Make the class, then bind and release claims, for ever."""
        await self._ensure_class()
        async for kind, item in self._kube.follow("/api/v1/persistentvolumeclaims"):
            try:
                if kind == "SYNC":
                    await self._sweep({claim["metadata"]["uid"] for claim in item["items"]})
                for claim in item["items"] if kind == "SYNC" else [item]:
                    if kind == "DELETED":
                        await self._release(volume_name(claim["metadata"]["uid"]))
                    elif is_wanting(claim):
                        await self._bind(claim)
            except (ApiError, *NO_ANSWER) as error:
                print(f"claims: {type(error).__name__}: {error}", flush=True)

    async def _ensure_class(self) -> None:
        default = {"storageclass.kubernetes.io/is-default-class": "true"}
        body = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": STORAGE_CLASS, "annotations": default},
            "provisioner": PROVISIONER,
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "Immediate",
        }
        try:
            await self._kube.create(CLASSES, body)
        except ApiError as error:
            if error.status != 409:
                raise

    async def _sweep(self, claim_uids: Set[str]) -> None:
        """Release volumes whose claim went while nobody looked."""
        kept = {volume_name(uid) for uid in claim_uids}
        volumes, _version = await self._kube.list(VOLUMES)
        for volume in volumes:
            meta = volume["metadata"]
            is_ours = (meta.get("annotations") or {}).get(PROVISIONED_BY) == PROVISIONER
            if is_ours and meta["name"] not in kept:
                await self._release(meta["name"])

    async def _release(self, name: str) -> None:
        path = path_of("v1", "persistentvolumes", None, name)
        try:
            # The API server's protection lets a volume go only when it is bound no more.
            await self._kube.merge_patch(f"{path}/status", {"status": {"phase": "Released"}})
        except ApiError as error:
            if error.status != 404:
                raise
        await self._kube.delete(path)
        shutil.rmtree(self._claims / name, ignore_errors=True)

    async def _bind(self, claim: Dict[str, Any]) -> None:
        meta, name = claim["metadata"], volume_name(claim["metadata"]["uid"])
        folder = self._claims / name
        folder.mkdir(parents=True, exist_ok=True)
        try:
            await self._kube.create(VOLUMES, self._volume(claim, name, folder))
        except ApiError as error:
            if error.status != 409:
                raise
        bound = {
            "phase": "Bound",
            "capacity": claim["spec"]["resources"]["requests"],
            "accessModes": claim["spec"]["accessModes"],
        }
        path = path_of("v1", "persistentvolumeclaims", meta["namespace"], meta["name"])
        annotations = {"pv.kubernetes.io/bind-completed": "yes"}
        await self._kube.merge_patch(
            path, {"metadata": {"annotations": annotations}, "spec": {"volumeName": name}}
        )
        await self._kube.merge_patch(f"{path}/status", {"status": bound})
        volume_status = path_of("v1", "persistentvolumes", None, name, "status")
        await self._kube.merge_patch(volume_status, {"status": {"phase": "Bound"}})

    @staticmethod
    def _volume(claim: Dict[str, Any], name: str, folder: Path) -> Dict[str, Any]:
        meta = claim["metadata"]
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name, "annotations": {PROVISIONED_BY: PROVISIONER}},
            "spec": {
                "capacity": claim["spec"]["resources"]["requests"],
                "accessModes": claim["spec"]["accessModes"],
                "storageClassName": STORAGE_CLASS,
                "persistentVolumeReclaimPolicy": "Delete",
                "hostPath": {"path": str(folder)},
                "claimRef": {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "namespace": meta["namespace"],
                    "name": meta["name"],
                    "uid": meta["uid"],
                },
            },
        }
