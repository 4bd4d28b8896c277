# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do the volumes of a pod come to stand in folders of this machine?"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import time
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

from lab.kube import ApiError, Kube, path_of
from lab.node.environment import MissingSource, expand, field, resource

KINDS = {"secret": "secrets", "configMap": "configmaps"}
TOKEN_LIFETIME_S = 3600
RENEW_AT = 0.8

# File name in the volume -> content and mode.
Files = Dict[str, Tuple[bytes, int]]


def write_file(path: Path, content: bytes, mode: int) -> None:
    """Replace a file in one step, if it differs: a program may read it at any moment."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
    os.chmod(draft, mode)
    os.replace(draft, path)


def contents(kind: str, item: Mapping[str, Any], part: Mapping[str, Any], mode: int) -> Files:
    """Files of a Secret or ConfigMap, by `items` of the volume's `part` where it has them.

    Raises MissingSource for a key that is not there, unless the part is optional.
    """
    data = {}
    for key, value in (item.get("data") or {}).items():
        data[key] = base64.b64decode(value) if kind == "secrets" else str(value).encode()
    for key, value in (item.get("binaryData") or {}).items():
        data[key] = base64.b64decode(value)
    wanted = part.get("items")
    if not wanted:
        return {key: (value, mode) for key, value in data.items()}
    missing = [entry["key"] for entry in wanted if entry["key"] not in data]
    if missing and not part.get("optional"):
        name = item["metadata"]["name"]
        raise MissingSource(f"{kind[:-1]} \"{name}\" references non-existent key: {missing[0]}")
    return {
        entry["path"]: (data[entry["key"]], entry.get("mode", mode))
        for entry in wanted
        if entry["key"] in data
    }


def downward(pod: Mapping[str, Any], items: Any, mode: int) -> Files:
    """Files of the downward API."""
    files = {}
    for item in items or []:
        if "fieldRef" in item:
            text = field(pod, item["fieldRef"]["fieldPath"])
        else:
            text = resource(pod["spec"]["containers"], "", item["resourceFieldRef"])
        files[item["path"]] = (text.encode(), item.get("mode", mode))
    return files


class Volumes:
    """The volumes of one pod below `folder`; `claims`: where the folders of claims lie."""

    def __init__(self, kube: Kube, pod: Mapping[str, Any], folder: Path, claims: Path) -> None:
        self._kube = kube
        self._pod = pod
        self._folder = folder
        self._claims = claims
        self._renew_at: Optional[float] = None

    @property
    def namespace(self) -> str:
        return str(self._pod["metadata"]["namespace"])

    def renewal_in_s(self) -> Optional[float]:
        """Seconds until the first token is due for renewal; None where there is none."""
        return None if self._renew_at is None else self._renew_at - time.monotonic()

    async def materialise(self) -> None:
        """Make or refresh all of them. Raises MissingSource with what is not there yet."""
        self._renew_at = None
        volumes = self._pod["spec"].get("volumes") or []
        await asyncio.gather(*(self._make(volume) for volume in volumes))

    async def _make(self, volume: Mapping[str, Any]) -> None:
        target = self._folder / volume["name"]
        if "hostPath" in volume:
            self._link(target, Path(volume["hostPath"]["path"]))
            return
        claim = self._claim(volume)
        if claim:
            self._link(target, await self._claim_folder(claim))
            return
        target.mkdir(parents=True, exist_ok=True)
        for name, (content, mode) in (await self._files(volume)).items():
            write_file(target / name, content, mode)

    @staticmethod
    def _link(target: Path, source: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not source.exists():
            source.mkdir(parents=True)
        if not target.is_symlink():
            target.symlink_to(source)

    def _claim(self, volume: Mapping[str, Any]) -> Optional[str]:
        if "persistentVolumeClaim" in volume:
            return str(volume["persistentVolumeClaim"]["claimName"])
        if "ephemeral" in volume:
            return f"{self._pod['metadata']['name']}-{volume['name']}"
        return None

    async def _claim_folder(self, name: str) -> Path:
        path = path_of("v1", "persistentvolumeclaims", self.namespace, name)
        claim = await self._kube.get_or_none(path)
        if not claim or (claim.get("status") or {}).get("phase") != "Bound":
            raise MissingSource(f"persistentvolumeclaim \"{name}\" is not bound")
        return self._claims / claim["spec"]["volumeName"]

    async def _files(self, volume: Mapping[str, Any]) -> Files:
        if "emptyDir" in volume:
            return {}
        for key, name_key in (("secret", "secretName"), ("configMap", "name")):
            if key in volume:
                part = volume[key]
                mode = part.get("defaultMode", 0o644)
                return await self._object(KINDS[key], part[name_key], part, mode)
        if "downwardAPI" in volume:
            part = volume["downwardAPI"]
            return downward(self._pod, part.get("items"), part.get("defaultMode", 0o644))
        if "projected" not in volume:
            raise MissingSource(
                f"volume \"{volume['name']}\" is of a kind that the lab does not have"
            )
        files: Files = {}
        mode = volume["projected"].get("defaultMode", 0o644)
        for source in volume["projected"].get("sources") or []:
            files.update(await self._projected(source, mode))
        return files

    async def _projected(self, source: Mapping[str, Any], mode: int) -> Files:
        if "serviceAccountToken" in source:
            part = source["serviceAccountToken"]
            return {part["path"]: ((await self._token(part)).encode(), mode)}
        if "downwardAPI" in source:
            return downward(self._pod, source["downwardAPI"].get("items"), mode)
        key = "secret" if "secret" in source else "configMap"
        return await self._object(KINDS[key], source[key]["name"], source[key], mode)

    async def _object(self, kind: str, name: str, part: Mapping[str, Any], mode: int) -> Files:
        item = await self._kube.get_or_none(path_of("v1", kind, self.namespace, name))
        if item is not None:
            return contents(kind, item, part, mode)
        if part.get("optional"):
            return {}
        raise MissingSource(f"{kind[:-1]} \"{name}\" not found")

    async def _token(self, part: Mapping[str, Any]) -> str:
        """A token bound to the pod. Raises MissingSource where the API server gives none, as for
        a ServiceAccount that is gone."""
        meta = self._pod["metadata"]
        account = self._pod["spec"].get("serviceAccountName") or "default"
        lifetime_s = int(part.get("expirationSeconds") or TOKEN_LIFETIME_S)
        bound = {"kind": "Pod", "apiVersion": "v1", "name": meta["name"], "uid": meta["uid"]}
        spec: Dict[str, Any] = {"expirationSeconds": lifetime_s, "boundObjectRef": bound}
        if part.get("audience"):
            spec["audiences"] = [part["audience"]]
        path = path_of("v1", "serviceaccounts", self.namespace, account, "token")
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        try:
            answer = await self._kube.create(path, body)
        except ApiError as error:
            why = error.message or error.reason
            raise MissingSource(
                f"failed to fetch token for serviceaccount \"{account}\": {error.status} {why}"
            ) from error
        due = time.monotonic() + RENEW_AT * lifetime_s
        self._renew_at = due if self._renew_at is None else min(self._renew_at, due)
        return str(answer["status"]["token"])

    def mounts(
        self, container: Mapping[str, Any], env: Mapping[str, str]
    ) -> List[Tuple[str, str, bool]]:
        """`(source, mount path, read only)` for a container, outer paths first.

        `env`: for the variables in subPathExpr. A subPath that is not there becomes a folder.
        """
        found = []
        for mount in container.get("volumeMounts") or []:
            source = self._folder / mount["name"]
            below = mount.get("subPath") or expand(mount.get("subPathExpr") or "", env)
            if below:
                source = source / below
                if not source.exists():
                    source.mkdir(parents=True)
            found.append((str(source), mount["mountPath"], bool(mount.get("readOnly"))))
        return sorted(found, key=lambda entry: entry[1].rstrip("/").count("/"))

    def remove(self) -> None:
        """Take the folders away; what links lead to (claims, hostPath) stays."""
        shutil.rmtree(self._folder, ignore_errors=True)
