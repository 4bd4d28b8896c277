# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Flux's helm-controller does with a HelmRelease, as far as it concerns an upgrade.

Flux itself cannot be built where the lab is. This one keeps a release as its HelmRelease wants it,
with drift detection: a set that is missing, of another release or without Flux's marks is put
back by the real Helm from the chart of that version. `spec.suspend` ends that.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any, List

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.answers import ObjectNotFound
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab.arc import install  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.state import LabState  # noqa: E402

GROUP = "helm.toolkit.fluxcd.io"
RELEASES = places.Resource(GROUP, "v2", "helmreleases", "HelmRelease")
SPACE = "flux-system"
_LOOK_S = 0.5


def serve(client: Any, resource: places.Resource) -> None:
    """Create the kind, with no schema to speak of, and wait until it is served."""
    deadline, name = Deadline(30), f"{resource.resource}.{resource.group}"
    client.create(places.CRDS.at(), {
        "metadata": {"name": name},
        "spec": {
            "group": resource.group, "scope": "Namespaced",
            "names": {"plural": resource.resource, "kind": resource.kind,
                      "singular": resource.kind.lower()},
            "versions": [{
                "name": resource.version, "served": True, "storage": True,
                "schema": {"openAPIV3Schema": {
                    "type": "object", "x-kubernetes-preserve-unknown-fields": True,
                }},
            }],
        },
    }, deadline)  # fmt: skip
    while type(client.read_list(resource.at(), deadline)).__name__ != "Known":
        assert not deadline.is_over(), f"{name} is not served"
        deadline.pause(0.1)


class Flux:
    """One HelmRelease of one scale set, and who keeps it. Use as a context manager."""

    def __init__(self, state: LabState, cluster: str, scale_set: ScaleSet, version: str) -> None:
        self._state, self._cluster, self._set = state, cluster, scale_set
        self._place = RELEASES.at(SPACE, scale_set.name)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.errors: List[str] = []
        self.put_back = 0
        self.client = connect.connect(
            {"kubeconfig": str(state.kubeconfig), "context": cluster}, environ={})
        serve(self.client, RELEASES)
        self.client.create(places.NAMESPACES.at(), {"metadata": {"name": SPACE}}, Deadline(10))
        self.client.create(RELEASES.at(SPACE), {
            "apiVersion": f"{GROUP}/v2", "kind": "HelmRelease",
            "metadata": {"name": scale_set.name, "namespace": SPACE},
            "spec": {"chart": {"spec": {"chart": "gha-runner-scale-set", "version": version}}},
        }, Deadline(10))  # fmt: skip

    def __enter__(self) -> Flux:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join(60)
        self.client.close()

    @property
    def helm_release(self) -> Any:
        """The HelmRelease as it is now."""
        return self.client.get(self._place, Deadline(20))

    def wants(self, version: str) -> None:
        """What a commit does."""
        self.client.merge_patch(
            self._place, {"spec": {"chart": {"spec": {"version": version}}}}, Deadline(20))

    def wait_settled(self) -> None:
        """Wait until the set is as the HelmRelease wants it."""
        deadline = Deadline(90)
        while self._wanted() is not None:
            assert not deadline.is_over(), f"not settled: {self.errors}"
            deadline.pause(0.2)

    def _work(self) -> None:
        while not self._stop.wait(_LOOK_S):
            try:
                self._reconcile()
            except Exception as error:  # pylint: disable=broad-exception-caught
                # What one pass meets (a set on its way out) the next one tries again, as Flux does.
                self.errors.append(str(error)[:300])

    def _reconcile(self) -> None:
        version = self._wanted()
        if version is None or self.helm_release["spec"].get("suspend"):
            return
        install.install_scale_set(self._state, self._cluster, version, self._set, wait=False)
        marks = {f"{GROUP}/name": self._set.name, f"{GROUP}/namespace": SPACE}
        self.client.merge_patch(self._of_set(), {"metadata": {"labels": marks}}, Deadline(20))
        self.put_back += 1

    def _wanted(self) -> Any:
        """The version that has to be installed, None if all is as wanted."""
        version = self.helm_release["spec"]["chart"]["spec"]["version"]
        try:
            labels = self.client.get(self._of_set(), Deadline(20))["metadata"]["labels"]
        except ObjectNotFound:
            return version
        is_right = labels.get("app.kubernetes.io/version") == version
        return None if is_right and f"{GROUP}/name" in labels else version

    def _of_set(self) -> places.Place:
        return places.SCALE_SETS.at(self._set.namespace, self._set.name)
