# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Argo CD and Flux have in hand for some objects: just their owners are read, each once.

A Flux object is read by its own namespace and name, in the first version that is served. An
Application is read where its tracking id says; where that gives its name alone, all namespaces
are searched for it, and without the right to list there only the namespace `argocd`.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, Mapping, Optional, Sequence, Tuple

from .._pure import gitops, reads
from .._pure.gitops import APPLICATION, HELM_RELEASE, KUSTOMIZATION, Owner, Verdict
from .client import Client, Query
from .deadline import Deadline
from .places import Resource

Raw = Mapping[str, Any]
Key = Tuple[str, str]

_ARGO_NAMESPACE = "argocd"
_HELM_GROUP, _KUSTOMIZE_GROUP = "helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"
# The newest first: which of them are served depends on the release of Flux.
_VERSIONS: Mapping[str, Sequence[Resource]] = {
    APPLICATION: (Resource("argoproj.io", "v1alpha1", "applications", APPLICATION),),
    HELM_RELEASE: tuple(
        Resource(_HELM_GROUP, version, "helmreleases", HELM_RELEASE)
        for version in ("v2", "v2beta2", "v2beta1")
    ),
    KUSTOMIZATION: tuple(
        Resource(_KUSTOMIZE_GROUP, version, "kustomizations", KUSTOMIZATION)
        for version in ("v1", "v1beta2")
    ),
}


def verdicts(
    client: Client, deadline: Deadline, raws: Iterable[Raw], kind: str = gitops.SET_KIND
) -> Dict[Key, Verdict]:
    """Return (namespace, name) -> what is known of the owners of each object that has any.

    `raws`: objects as the API gave them, with labels and annotations. `kind`: of all of them,
    AutoscalingRunnerSet or Deployment. Nothing is asked for an object without marks. Never raises
    for an owner that cannot be read: that is the state UNREAD.
    """
    reader = _Owners(client, deadline)
    found: Dict[Key, Verdict] = {}
    for raw in raws:
        verdict = gitops.judge(raw, reader.of(raw, kind), kind)
        if verdict is not None:
            meta = raw["metadata"]
            found[(meta.get("namespace", ""), meta["name"])] = verdict
    return found


class _Owners:
    """Owners that were read, so that many objects of one owner cost one request."""

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client = client
        self._deadline = deadline
        self._answers: Dict[Owner, reads.Read] = {}

    def of(self, raw: Raw, kind: str) -> Mapping[Owner, reads.Read]:
        """Return what was read so far, the owners of this object and their makers included."""
        for owner in gitops.owners(raw, kind):
            answer = self._read(owner)
            if owner.kind == HELM_RELEASE and isinstance(answer, reads.Known):
                for item in answer.items:
                    above: Optional[Owner] = gitops.maker(item)
                    if above is not None:
                        self._read(above)
        return self._answers

    def _read(self, owner: Owner) -> reads.Read:
        if owner not in self._answers:
            self._answers[owner] = self._ask(owner)
        return self._answers[owner]

    def _ask(self, owner: Owner) -> reads.Read:
        if not owner.namespace:
            return self._search(owner)
        answer: reads.Read = reads.KindAbsent()
        for resource in _VERSIONS[owner.kind]:
            place = resource.at(owner.namespace, owner.name)
            answer = self._client.read_object(place, self._deadline)
            if not isinstance(answer, reads.KindAbsent):
                return answer
        return answer

    def _search(self, owner: Owner) -> reads.Read:
        """Look for an Application whose namespace nobody wrote down."""
        (resource,) = _VERSIONS[owner.kind]
        query = Query(fields=f"metadata.name={owner.name}")
        everywhere = self._client.read_list(resource.at(), self._deadline, query)
        if not isinstance(everywhere, reads.Unread):
            return everywhere
        at_home = self._client.read_object(
            resource.at(_ARGO_NAMESPACE, owner.name), self._deadline
        )
        is_there = isinstance(at_home, reads.Known) and at_home.items
        return at_home if is_there else everywhere
