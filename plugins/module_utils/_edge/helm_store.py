# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Helm remembers of ARC's releases, read from its Secrets without the helm binary.

A revision is a Secret `sh.helm.release.v1.<name>.v<revision>` whose `data.release` is base64
(the Secret's) of base64 of gzip of JSON (helm.sh/helm/v3 pkg/storage/driver). Its labels name
release and revision but not the chart, so the newest revision of each release is opened; the
Secrets are listed without data first, as old revisions of all charts may be hundreds of MiB.
Releases that Helm keeps in ConfigMaps or SQL (HELM_DRIVER) are not seen here.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from .._pure import chart_values
from .._pure.errors import ReadFailed
from .._pure.releases import CONTROLLER_CHARTS, SCALE_SET_CHARTS
from .answers import ObjectNotFound
from .client import Client, Query
from .deadline import Deadline
from .places import SECRETS

CHARTS = SCALE_SET_CHARTS + CONTROLLER_CHARTS
# A Secret holds 1 MiB at most; a chart with its CRDs unpacks to some 5 MiB.
_MAX_UNPACKED = 64 * 1024 * 1024
_STORED = Query(labels="owner=helm", metadata_only=True)


def read_releases(
    client: Client, deadline: Deadline, namespace: str = ""
) -> List[Dict[str, Any]]:
    """Return the newest revision of each release of an ARC chart, sorted, without values.

    Keys: as `describe` gives them, and `once_deployed`: whether any revision of it was deployed.
    Raises ReadFailed, also for a release that cannot be opened: it might be ARC's.
    """
    stored = client.list(SECRETS.at(namespace), deadline, _STORED).items
    worked, found = _once_deployed(stored), []
    for secret_namespace, secret_name in newest(stored):
        try:
            secret = client.get(SECRETS.at(secret_namespace, secret_name), deadline)
        except ObjectNotFound:
            # A newer revision replaced it, or it was uninstalled, since the list was taken.
            return read_releases(client, deadline.within(deadline.remaining_s() / 2), namespace)
        release = unpack(secret, client.cluster)
        if _chart(release).get("name") in CHARTS:
            told = describe(release)
            key = (told["namespace"], told["name"])
            found.append({**told, "once_deployed": key in worked})
    return sorted(found, key=lambda one: (one["namespace"], one["name"]))


def read_manifests(
    client: Client, deadline: Deadline, namespace: str = ""
) -> List[Tuple[Dict[str, Any], str]]:
    """Return (as `read_releases` describes it, manifest as YAML) of releases of scale sets.

    A manifest may hold secrets: never log it. Raises ReadFailed.
    """
    stored = client.list(SECRETS.at(namespace), deadline, _STORED).items
    found = []
    for secret_namespace, secret_name in newest(stored):
        try:
            secret = client.get(SECRETS.at(secret_namespace, secret_name), deadline)
        except ObjectNotFound:
            continue
        release = unpack(secret, client.cluster)
        if _chart(release).get("name") in SCALE_SET_CHARTS:
            found.append((describe(release), str(release.get("manifest") or "")))
    return found


def read_values(
    client: Client, deadline: Deadline, namespace: str, name: str, revision: int
) -> Dict[str, Any]:
    """Return the values a user gave to a revision. They may hold secrets: never log them."""
    place = SECRETS.at(namespace, f"sh.helm.release.v1.{name}.v{revision}")
    return dict(unpack(client.get(place, deadline), client.cluster).get("config") or {})


def revision(client: Client, deadline: Deadline, namespace: str, name: str) -> int:
    """Return the newest revision of one release, 0 if there is none. Nothing is opened."""
    query = Query(labels=f"owner=helm,name={name}", metadata_only=True)
    found = client.list(SECRETS.at(namespace), deadline, query).items
    numbers = [(one["metadata"].get("labels") or {}).get("version", "") for one in found]
    return max((int(number) for number in numbers if number.isdigit()), default=0)


def stored_in(
    client: Client, deadline: Deadline, namespace: str, names: Sequence[str]
) -> Dict[str, Optional[Dict[str, Any]]]:
    """Return name -> the newest revision of a release of any chart, None where there is none.

    With values and manifest: never log them. What was uninstalled with its history kept is none.
    Raises ReadFailed.
    """
    found = client.list(SECRETS.at(namespace), deadline, _STORED).items
    labels = {one["metadata"]["name"]: one["metadata"].get("labels") or {} for one in found}
    there: Dict[str, Optional[Dict[str, Any]]] = dict.fromkeys(names)
    for _namespace, secret in newest(found):
        name, status = labels[secret]["name"], labels[secret].get("status", "")
        if name not in there or status == "uninstalled":
            continue
        there[name] = unpack(client.get(SECRETS.at(namespace, secret), deadline), client.cluster)
    return there


def _once_deployed(stored: Iterable[Mapping[str, Any]]) -> Set[Tuple[str, str]]:
    """Return (namespace, name) of releases that Helm has brought in place at least once.

    When an upgrade fails, the revision before it stays `deployed`.
    """
    found = set()
    for secret in stored:
        labels = secret["metadata"].get("labels") or {}
        if labels.get("status") in ("deployed", "superseded"):
            found.add((secret["metadata"].get("namespace", ""), str(labels.get("name", ""))))
    return found


def newest(stored: Iterable[Mapping[str, Any]]) -> List[Tuple[str, str]]:
    """Return (namespace, name) of the Secret with the highest revision of each release."""
    best: Dict[Tuple[str, str], Tuple[int, str]] = {}
    for secret in stored:
        meta = secret["metadata"]
        labels = meta.get("labels") or {}
        revision = str(labels.get("version", ""))
        if not revision.isdigit() or not labels.get("name"):
            continue
        key = (meta.get("namespace", ""), labels["name"])
        best[key] = max(best.get(key, (0, "")), (int(revision), meta["name"]))
    return sorted((key[0], secret) for key, (_revision, secret) in best.items())


def unpack(secret: Mapping[str, Any], cluster: str = "") -> Dict[str, Any]:
    """Return a release as Helm stored it. Raises ReadFailed."""
    try:
        stored = base64.b64decode((secret.get("data") or {})["release"], validate=True)
        packed = base64.b64decode(stored, validate=True)
        document = json.loads(_inflate(packed) if packed[:2] == b"\x1f\x8b" else packed)
        if isinstance(document, dict):
            return document
        cause = "what Helm stored in it is no release"
    except (KeyError, binascii.Error, zlib.error, ValueError) as error:
        cause = f"what Helm stored in it cannot be read ({type(error).__name__})"
    meta = secret.get("metadata") or {}
    raise ReadFailed(
        cluster=cluster,
        object=f"Secret {meta.get('namespace', '')}/{meta.get('name', '')}",
        cause=cause,
        next_step="See whether `helm list` can read it, and delete it if it is damaged",
    )


def describe(release: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what may stand in a result: of the values their paths and limits, no manifest."""
    chart, info = _chart(release), release.get("info") or {}
    values = release.get("config") or {}
    return {
        "name": release.get("name", ""),
        "namespace": release.get("namespace", ""),
        "chart": chart.get("name", ""),
        "chart_version": chart.get("version", ""),
        "app_version": chart.get("appVersion", ""),
        "status": info.get("status", ""),
        "revision": release.get("version", 0),
        "updated": info.get("last_deployed", ""),
        "value_paths": chart_values.paths_of(values),
        "min_runners": _whole(values.get("minRunners")),
        "max_runners": _whole(values.get("maxRunners")),
        "set_name": str(values.get("runnerScaleSetName") or ""),
    }


def _whole(value: Any) -> Optional[int]:
    """Return a number of runners; `--set-string` and JSON's floats give other forms of it."""
    try:
        return int(str(value)) if not isinstance(value, float) else int(value)
    except ValueError:
        return None


def _chart(release: Mapping[str, Any]) -> Mapping[str, Any]:
    return (release.get("chart") or {}).get("metadata") or {}


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    text = inflater.decompress(packed, _MAX_UNPACKED)
    if not inflater.eof:
        raise ValueError("larger than a release can be, or cut off")
    return text
