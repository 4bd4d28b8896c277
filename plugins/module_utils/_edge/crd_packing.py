# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a CRD stands in a backup: JSON, gzip, base64, in a ConfigMap named after its content.

CRDs hold no secrets, so a ConfigMap will do. Without this collection:
`kubectl get cm NAME -o jsonpath='{.binaryData.crd\\.json\\.gz}' | base64 -d | gunzip`.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import Any, Dict, Mapping

from .._pure import crd_form, crd_set

KEY = "crd.json.gz"
LABEL = "arc.lifecycle/crd-backup"
RELEASES = "arc.lifecycle/releases"


def config_map(body: Mapping[str, Any], namespace: str) -> Dict[str, Any]:
    """Return the ConfigMap that keeps a CRD; equal CRDs have one name."""
    name = body["metadata"]["name"]
    sets = sorted({one for match in crd_set.recognise([body]).crds for one in match.sets})
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"arc-lifecycle-{name.split('.')[0]}-{crd_form.digest(body)[:10]}",
            "namespace": namespace,
            "labels": {LABEL: name},
            "annotations": {RELEASES: ", ".join(sets)},
        },
        "immutable": True,
        "binaryData": {KEY: base64.b64encode(gzip.compress(text, mtime=0)).decode()},
    }


def size_of(backup: Mapping[str, Any]) -> int:
    """Return the bytes that count for the limit of a ConfigMap: its data before base64."""
    return len(base64.b64decode(backup["binaryData"][KEY]))


def unpack(backup: Mapping[str, Any]) -> Any:
    """Return what a ConfigMap keeps. Raises ValueError if it is no backup."""
    try:
        packed = (backup.get("binaryData") or {})[KEY]
        return json.loads(gzip.decompress(base64.b64decode(packed)))
    except KeyError as error:
        raise ValueError(f"it has no {KEY}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error
