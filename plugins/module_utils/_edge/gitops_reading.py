# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Argo CD and Flux have in hand for some objects: just their owners are read, each once.

A Flux object is read by its own namespace and name, in the first version that is served. An
Application is read where its tracking id says; where that gives its name alone, all namespaces
are searched for it, and without the right to list there only the namespace `argocd`.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from .._pure import gitops, gitops_hold, reads
from .._pure.errors import LifecycleError, ReadFailed
from .._pure.gitops import APPLICATION, HELM_RELEASE, KUSTOMIZATION, Owner, Verdict
from .._pure.gitops_hold import HELM_CHART, OCI_REPOSITORY, Ownership, Source
from . import reader
from .answers import KindNotServed, ObjectNotFound
from .client import Client, Query
from .deadline import Deadline
from .places import Place, Resource

Raw = Mapping[str, Any]
Key = Tuple[str, str]

_ARGO_NAMESPACE = "argocd"
# A broken webhook of Flux or Argo CD must not hold up a look at ARC.
_BESIDE_S = 10.0
_HELM_GROUP, _KUSTOMIZE_GROUP = "helm.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"
_SOURCE_GROUP = "source.toolkit.fluxcd.io"
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
_SOURCES: Mapping[str, Sequence[Resource]] = {
    kind: tuple(Resource(_SOURCE_GROUP, version, plural, kind) for version in ("v1", "v1beta2"))
    for kind, plural in ((OCI_REPOSITORY, "ocirepositories"), (HELM_CHART, "helmcharts"))
}
# What ARC's objects are, and where a look at the cluster keeps them.
_OF_ARC = ((gitops.SET_KIND, "autoscalingrunnersets"), ("Deployment", "deployments"))


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


def ownership(client: Client, deadline: Deadline) -> Ownership:
    """Return what Argo CD and Flux have in hand of all scale sets and controllers.

    Raises ReadFailed where these cannot be read; of an owner that cannot be, the verdict tells.
    """
    parts = [part for _kind, part in _OF_ARC]
    snapshot = reader.read_snapshot(client, deadline, parts)
    owners = _Owners(client, deadline)
    groups: Dict[str, Sequence[Raw]] = {}
    for kind, part in _OF_ARC:
        answer = snapshot.read(part)
        if isinstance(answer, reads.Unread):
            raise _unread(client, part, answer)
        groups[kind] = answer
        for raw in answer:
            owners.of(raw, kind)
    return gitops_hold.ownership(groups, owners.answers)


def held(client: Client, deadline: Deadline) -> List[Tuple[Owner, Raw]]:
    """Return every owner that a run made to rest. Raises ReadFailed."""
    found: List[Tuple[Owner, Raw]] = []
    for kind, resources in _VERSIONS.items():
        answer = _held_of(client, deadline, resources)
        if isinstance(answer, reads.Unread):
            raise _unread(client, resources[0].at().words, answer)
        if isinstance(answer, reads.Known):
            found += [
                (Owner(kind, one["metadata"]["namespace"], one["metadata"]["name"]), one)
                for one in answer.items
            ]
    return found


def held_if_readable(client: Client, deadline: Deadline) -> Optional[List[Owner]]:
    """Return every owner that a run made to rest, None where that is not read soon."""
    try:
        return [owner for owner, _item in held(client, deadline.within(_BESIDE_S))]
    except ReadFailed:
        return None


def _held_of(client: Client, deadline: Deadline, resources: Sequence[Resource]) -> reads.Read:
    answer: reads.Read = reads.KindAbsent()
    for resource in resources:
        answer = client.read_list(resource.at(), deadline, Query(labels=gitops_hold.LABEL))
        if not isinstance(answer, reads.KindAbsent):
            break
    # Rights are asked for before the kind: a user without them gets 403 for one that is not there.
    is_forbidden = isinstance(answer, reads.Unread) and answer.missing_right
    if is_forbidden and not _is_any_served(client, deadline, resources):
        return reads.KindAbsent()
    return answer


def _is_any_served(client: Client, deadline: Deadline, resources: Sequence[Resource]) -> bool:
    """Ask what everybody may ask. True, too, where that is not answered."""
    for resource in resources:
        try:
            document = client.get_path(f"/apis/{resource.group}/{resource.version}", deadline)
        except (KindNotServed, ObjectNotFound):
            continue
        except LifecycleError:
            return True
        if any(one.get("name") == resource.resource for one in document.get("resources") or ()):
            return True
    return False


def sources(
    client: Client, deadline: Deadline, owners: Iterable[Tuple[Owner, Raw]]
) -> Dict[Source, reads.Read]:
    """Read the objects that have the chart versions of these owners, each once."""
    named = [gitops_hold.source_of(owner, item) for owner, item in owners]
    return {
        source: _first_served(client, deadline, _SOURCES[source[0]], source[1], source[2])
        for source in named if source is not None
    }


def read_again(client: Client, deadline: Deadline, owner: Owner) -> List[Raw]:
    """Return an owner as it is now, [] if it has gone. Raises ReadFailed."""
    answer = _read_owner(client, deadline, owner)
    if isinstance(answer, reads.Unread):
        raise _unread(client, str(owner), answer)
    return list(answer.items) if isinstance(answer, reads.Known) else []


def place_of(owner: Owner, item: Raw) -> Place:
    """Return where an owner is written, in the version in which it was read."""
    for resource in _VERSIONS[owner.kind]:
        if item.get("apiVersion") == f"{resource.group}/{resource.version}":
            return resource.at(owner.namespace, owner.name)
    return _VERSIONS[owner.kind][0].at(owner.namespace, owner.name)


def everywhere(kind: str) -> Place:
    """Return where all owners of a kind are looked for."""
    return _VERSIONS[kind][0].at()


def _read_owner(client: Client, deadline: Deadline, owner: Owner) -> reads.Read:
    return _first_served(client, deadline, _VERSIONS[owner.kind], owner.namespace, owner.name)


def _first_served(
    client: Client, deadline: Deadline, resources: Sequence[Resource], namespace: str, name: str
) -> reads.Read:
    answer: reads.Read = reads.KindAbsent()
    for resource in resources:
        answer = client.read_object(resource.at(namespace, name), deadline)
        if not isinstance(answer, reads.KindAbsent):
            return answer
    return answer


def _unread(client: Client, what: str, answer: reads.Unread) -> ReadFailed:
    return ReadFailed(
        cluster=client.cluster, object=what, cause=f"not read: {answer.reason}",
        next_step=f"Grant the right to {answer.missing_right}, then run again"
        if answer.missing_right else "Mend the connection, then run again",
        details={"missing_right_words": answer.missing_right},
    )


class _Owners:
    """Owners that were read, so that many objects of one owner cost one request."""

    def __init__(self, client: Client, deadline: Deadline) -> None:
        self._client = client
        self._deadline = deadline
        self.answers: Dict[Owner, reads.Read] = {}

    def of(self, raw: Raw, kind: str) -> Mapping[Owner, reads.Read]:
        """Return what was read so far, the owners of this object and their makers included."""
        todo = list(gitops.owners(raw, kind))
        while todo:
            owner = todo.pop()
            if owner in self.answers:
                continue
            answer = self._ask(owner)
            self.answers[owner] = answer
            if isinstance(answer, reads.Known):
                todo += [one for item in answer.items for one in _makers(owner, item)]
        return self.answers

    def _ask(self, owner: Owner) -> reads.Read:
        if not owner.namespace:
            return self._search(owner)
        return _read_owner(self._client, self._deadline, owner)

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


def _makers(owner: Owner, item: Raw) -> Sequence[Owner]:
    made_by = gitops.maker(item) if owner.kind == HELM_RELEASE else None
    more = [] if made_by is None else [made_by]
    return [*more, *gitops.above(owner, item)]
