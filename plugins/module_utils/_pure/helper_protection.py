# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which helpers of a set have lost the protection that keeps them until the set is gone?

The chart's templates give it to them, and the controller takes it off when the set goes. A set
that is made again without Helm finds its helpers bare: `helm uninstall` then deletes the Role at
once with the set, and the controller, which needs it, can end neither.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Mapping, Tuple

from . import reads, releases
from .drain_types import Act, View
from .objects import Ref

PARTS = {
    "Secret": "secrets", "ServiceAccount": "serviceaccounts", "Role": "roles",
    "RoleBinding": "rolebindings",
}  # fmt: skip
PROOF = f"its set is there, and it has no {releases.CLEANUP_PROTECTION}"


def bare(view: View, annotations: Mapping[str, str], namespace: str) -> Iterator[Act]:
    """Yield the write that protects each helper again, of those that are there to stay."""
    for kind, name, _role in releases.named_helpers(annotations):
        for raw in reads.seen(view.snapshot.read(PARTS[kind])):
            meta = raw["metadata"]
            finalizers = meta.get("finalizers") or []
            if (meta.get("namespace"), meta["name"]) != (namespace, name):
                continue
            if meta.get("deletionTimestamp") or releases.CLEANUP_PROTECTION in finalizers:
                continue
            yield _protect(Ref(kind, namespace, name, meta.get("uid", "")), meta, finalizers)


def _protect(ref: Ref, meta: Mapping[str, Any], finalizers: Any) -> Act:
    path = "/metadata/finalizers"
    test: Tuple[Dict[str, Any], ...] = (
        # The list is replaced whole, so it must be the one that was read.
        ({"op": "test", "path": path, "value": finalizers},) if "finalizers" in meta
        else ({"op": "test", "path": "/metadata/resourceVersion",
               "value": meta.get("resourceVersion", "")},)
    )
    steps = [
        {"op": "test", "path": "/metadata/uid", "value": ref.uid}, *test,
        {"op": "add", "path": path, "value": [*finalizers, releases.CLEANUP_PROTECTION]},
    ]
    return Act("patch", ref, steps, PROOF, {"finalizers": list(finalizers)})
