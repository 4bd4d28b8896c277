# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a scale set is kept on the cluster, so that it can come back after a drain?

The copy holds what its owner wrote: spec with the limits of before, labels, annotations. What
ARC wrote (the id at GitHub, hashes) and what we noted stays out: it belongs to the object that
goes. It is a Secret beside the set, as a pod template may hold values that not all may read.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Dict, Mapping, Optional, Tuple

from . import drain_patches
from .drain_types import LIMITS_BEFORE, Act, SetKey, View
from .errors import ReadFailed
from .objects import Ref, ScaleSet
from .read_objects import ANNOTATIONS_OF_CONTROLLER

COPY_LABEL = "arc.lifecycle/copy-of"
DATA_KEY = "scale-set.json"
_PREFIX = "arc-lifecycle-copy-"
_HELM_NAME = "meta.helm.sh/release-name"


@dataclass(frozen=True)
class Copy:
    """A stored set. `revision`: of its Helm release then, None where Helm did not make it or
    that could not be read."""

    ref: Ref
    key: SetKey
    uid: str
    manifest: Mapping[str, Any]
    stored_at: str
    helm: str = ""
    revision: Optional[int] = None


def store(scale_set: ScaleSet, view: View) -> Act:
    """Return the write that keeps a set, to be made right before its deletion."""
    manifest = _manifest(scale_set, view)
    ref = Ref("Secret", scale_set.ref.namespace, _PREFIX + scale_set.ref.name)
    return Act(
        "store", ref, manifest, f"{scale_set.ref} can come back from it (state resumed)",
        {"uid": scale_set.ref.uid},
    )  # fmt: skip


def helm_name(manifest: Mapping[str, Any]) -> str:
    """Return the Helm release that made a set, "" where Helm did not."""
    return ((manifest["metadata"].get("annotations")) or {}).get(_HELM_NAME, "")


def secret_of(act: Act, revision: Optional[int], at: datetime) -> Dict[str, Any]:
    """Return the Secret for a `store`. `revision`: of the Helm release now."""
    name = act.body["metadata"]["name"]
    content = {
        "manifest": act.body, "uid": act.evidence["uid"], "stored_at": at.isoformat(),
        "revision": revision,
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "namespace": act.ref.namespace,
            "name": act.ref.name,
            "labels": {COPY_LABEL: name, "app.kubernetes.io/managed-by": "arc.lifecycle"},
        },
        "type": "arc.lifecycle/scale-set",
        "data": {DATA_KEY: base64.b64encode(json.dumps(content).encode()).decode()},
    }


def read(secret: Mapping[str, Any], cluster: str) -> Copy:
    """Return what a Secret keeps. Raises ReadFailed where it is damaged."""
    meta = secret["metadata"]
    ref = Ref("Secret", meta["namespace"], meta["name"], meta.get("uid", ""))
    try:
        content = json.loads(base64.b64decode(secret["data"][DATA_KEY]))
        manifest = content["manifest"]
        return Copy(
            ref,
            (manifest["metadata"]["namespace"], manifest["metadata"]["name"]),
            content["uid"], manifest, content["stored_at"], helm_name(manifest),
            content["revision"],
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise ReadFailed(
            cluster=cluster, object=str(ref),
            cause=f"the copy of a scale set in it cannot be read ({type(error).__name__})",
            next_step="Install the set anew (Helm, Git or its manifest), then delete this Secret",
        ) from error  # fmt: skip


def key_of(secret: Mapping[str, Any]) -> SetKey:
    """Return which set a Secret keeps, by its metadata alone."""
    meta = secret["metadata"]
    return (meta["namespace"], (meta.get("labels") or {}).get(COPY_LABEL, ""))


def limits_of(manifest: Mapping[str, Any]) -> Tuple[int, Optional[int]]:
    """Return minRunners and maxRunners, None for no limit."""
    spec = manifest.get("spec") or {}
    return spec.get("minRunners") or 0, spec.get("maxRunners")


def _manifest(scale_set: ScaleSet, view: View) -> Dict[str, Any]:
    raw = view.raw("autoscalingrunnersets", scale_set.ref)
    meta, spec = raw["metadata"], dict(raw.get("spec") or {})
    before = drain_patches.touched_limits(view, scale_set)
    if before is not None:
        for key, value in (("minRunners", before.min), ("maxRunners", before.max)):
            spec.pop(key, None)
            if value is not None:
                spec[key] = value
    drop = (*ANNOTATIONS_OF_CONTROLLER, LIMITS_BEFORE)
    annotations = {
        key: value for key, value in (meta.get("annotations") or {}).items() if key not in drop
    }
    return {
        "apiVersion": raw.get("apiVersion", "actions.github.com/v1alpha1"),
        "kind": "AutoscalingRunnerSet",
        "metadata": {
            "namespace": meta["namespace"],
            "name": meta["name"],
            "labels": dict(meta.get("labels") or {}),
            "annotations": annotations,
        },
        "spec": spec,
    }
