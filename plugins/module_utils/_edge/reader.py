# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lists make up one look at a cluster; they are taken side by side.

Each part is Known, KindAbsent or Unread as a whole: if one of the lists it is made of cannot be
read, the part is unread. Objects are trimmed page by page, so 5,000 runners stay small.

Pods are chosen by the labels that ARC itself sets: `actions-ephemeral-runner` (runners),
`app.kubernetes.io/component=runner-scale-set-listener`, `app.kubernetes.io/part-of` of the
controller chart, and `runner-pod` (jobs of kubernetes mode). The controller leaves the second
out if its flag --exclude-label-propagation-prefix covers it, so the pod of a listener that has
none there is asked for by its name, which is the listener's; and a controller's pods are also
looked for by the selector of its own Deployment.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from .._pure import pods, read_objects, reads, trim
from .._pure.errors import BadInput, ReadFailed
from . import connect, helm_store, places
from .answers import ObjectNotFound
from .client import EVERYTHING, Client, Query, as_read
from .deadline import Deadline
from .places import Resource

Raw = Mapping[str, Any]
Items = Tuple[Raw, ...]

# More threads and larger pages save no time (parsing is the bottleneck) and cost memory: with
# 5,000 runners and pods 2 threads x 100 need 87 MiB and 4.2 s, 4 x 250 need 92 MiB and 4.5 s.
_THREADS = 2
_PAGE_SIZE = 100
_NOISE = "kubectl.kubernetes.io/last-applied-configuration"
_OF_SET = Query(labels=read_objects.SET_NAME_LABEL, metadata_only=True)
_OF_CONTROLLER = Query(labels=f"{pods.PART_OF_LABEL} in ({','.join(pods.PART_OF_CONTROLLER)})")
_RECORDS = Query(labels=read_objects.RECORD_LABEL, metadata_only=True)

_LISTS: Dict[str, Tuple[Resource, Query]] = {
    "autoscalingrunnersets": (places.SCALE_SETS, EVERYTHING),
    "autoscalinglisteners": (places.LISTENERS, EVERYTHING),
    "ephemeralrunnersets": (places.RUNNER_SETS, EVERYTHING),
    "ephemeralrunners": (places.RUNNERS, EVERYTHING),
    "deployments": (places.DEPLOYMENTS, _OF_CONTROLLER),
    "serviceaccounts": (places.SERVICE_ACCOUNTS, _OF_SET),
    "roles": (places.ROLES, _OF_SET),
    "rolebindings": (places.ROLE_BINDINGS, _OF_SET),
    "secrets": (places.SECRETS, _OF_SET),
    "records": (places.SECRETS, _RECORDS),
}
POD_LABELS = (
    "actions-ephemeral-runner",
    "app.kubernetes.io/component=runner-scale-set-listener",
    f"{pods.PART_OF_LABEL} in ({','.join(pods.PART_OF_CONTROLLER)})",
    "runner-pod",
)
CRD_NAMES = tuple(
    f"{one.resource}.{one.group}"
    for one in (places.SCALE_SETS, places.LISTENERS, places.RUNNER_SETS, places.RUNNERS)
)


def read_snapshot(
    client: Client,
    deadline: Deadline,
    parts: Optional[Sequence[str]] = None,
    namespaces: Optional[Sequence[str]] = None,
    cluster: Optional[reads.ClusterId] = None,
) -> reads.Snapshot:
    """Return one look at the cluster; a part that cannot be read is Unread, never an error.

    `parts`: of reads.PARTS, default all. `namespaces`: look only there (for users without
    rights on the whole cluster), default all. `cluster`: the identity if it was read before.
    Raises ReadFailed or BadInput if the cluster does not answer at all.
    """
    asked = tuple(reads.PARTS if parts is None else parts)
    _check(asked)
    identity = cluster or connect.identity(client, deadline)
    at = client.now()
    reader = _Reader(client, deadline, tuple(namespaces or ("",)))
    # These need what other lists say, so they come last.
    helpers = {"pods": ("autoscalinglisteners", "deployments"), "leases": ("deployments",),
               "credentials": ("autoscalingrunnersets",)}
    first = [part for part in asked if part not in helpers]
    needed = [one for part, ones in helpers.items() if part in asked for one in ones]
    with ThreadPoolExecutor(_THREADS) as pool:
        answers = dict(zip(
            list(dict.fromkeys(first + needed)),
            pool.map(reader.read, dict.fromkeys(first + needed)),
        ))
        if "pods" in asked:
            answers["pods"] = reader.read_pods(answers, pool.map)
    if "leases" in asked:
        answers["leases"] = reader.read_leases(answers["deployments"])
    if "credentials" in asked:
        answers["credentials"] = reader.read_credentials(answers["autoscalingrunnersets"])
    return reads.Snapshot(at, identity, {part: _named(answers[part], part) for part in asked})


def is_labelled(pod: Raw) -> bool:
    """True for a pod that one of POD_LABELS selects."""
    labels = pod["metadata"].get("labels") or {}
    return (
        "actions-ephemeral-runner" in labels
        or labels.get("app.kubernetes.io/component") == "runner-scale-set-listener"
        or labels.get(pods.PART_OF_LABEL) in pods.PART_OF_CONTROLLER
        or "runner-pod" in labels
    )


class Keeper:
    """Keeps of each object what the model reads, and each text once.

    5,000 runners have the same labels, and JSON gives copies of them.
    """

    def __init__(self) -> None:
        self._texts: Dict[str, str] = {}

    def keep(self, part: str, raw: Raw) -> Dict[str, Any]:
        """Return what is kept of one object of a part."""
        return self._shared(_trim(part, raw))

    def _shared(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._texts.setdefault(value, value)
        if isinstance(value, dict):
            return {key: self._shared(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._shared(one) for one in value]
        return value


class _Reader:
    def __init__(self, client: Client, deadline: Deadline, namespaces: Tuple[str, ...]) -> None:
        self._client = client
        self._deadline = deadline
        self._namespaces = namespaces
        self._keeper = Keeper()

    def read(self, part: str) -> reads.Read:
        """Read a part that needs no other."""
        if part == "helm":
            return as_read(lambda: tuple(
                release
                for namespace in self._namespaces
                for release in helm_store.read_releases(self._client, self._deadline, namespace)
            ))
        if part == "crds":
            return as_read(lambda: tuple(self._crds()))
        resource, query = _LISTS[part]
        return as_read(lambda: self._lists(part, resource, query))

    def read_pods(
        self,
        answers: Mapping[str, reads.Read],
        run: Callable[[Callable[[str], reads.Read], Iterable[str]], Iterable[reads.Read]],
    ) -> reads.Read:
        """Read ARC's pods. `run`: map() of a pool of threads."""
        found: Dict[str, Raw] = {}
        labelled = run(
            lambda labels: as_read(lambda: self._lists("pods", places.PODS, Query(labels=labels))),
            POD_LABELS,
        )
        for answer in labelled:
            if not isinstance(answer, reads.Known):
                return answer
            found.update(_by_uid(answer.items))
        return as_read(lambda: self._with_unlabelled(found, answers))

    def read_leases(self, deployments: reads.Read) -> reads.Read:
        """Read the leases of the namespaces that have a controller: who leads."""
        if not isinstance(deployments, reads.Known):
            return deployments
        return as_read(lambda: tuple(
            lease
            for namespace in sorted({one["metadata"]["namespace"] for one in deployments.items})
            for lease in self._list("leases", places.LEASES, namespace, EVERYTHING)
        ))

    def read_credentials(self, scale_sets: reads.Read) -> reads.Read:
        """Read which keys the Secrets have by which scale sets log in at GitHub; never a value."""
        if not isinstance(scale_sets, reads.Known):
            return scale_sets if isinstance(scale_sets, reads.Unread) else reads.Known()
        names = sorted({
            (one["metadata"]["namespace"], str((one.get("spec") or {}).get("githubConfigSecret")))
            for one in scale_sets.items if (one.get("spec") or {}).get("githubConfigSecret")
        })
        # By a list, as every role here may list Secrets, and not every one may get them.
        return as_read(lambda: tuple(
            secret
            for namespace, name in names
            for secret in self._list("credentials", places.SECRETS, namespace,
                                     Query(fields=f"metadata.name={name}"))
        ))

    def _with_unlabelled(self, found: Dict[str, Raw], answers: Mapping[str, reads.Read]) -> Items:
        """Add the pods of listeners and controllers that carry none of the labels."""
        listeners, deployments = answers["autoscalinglisteners"], answers["deployments"]
        seen = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in found.values()}
        for listener in _items(listeners):
            meta = listener["metadata"]
            if (meta["namespace"], meta["name"]) not in seen:
                found.update(_by_uid(self._pod(meta["namespace"], meta["name"])))
        for deployment in _items(deployments):
            selector = (deployment["spec"].get("selector") or {}).get("matchLabels") or {}
            labels = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
            if labels:
                namespace = deployment["metadata"]["namespace"]
                found.update(_by_uid(
                    self._list("pods", places.PODS, namespace, Query(labels=labels))
                ))
        return tuple(found.values())

    def _pod(self, namespace: str, name: str) -> Items:
        try:
            return (_trim("pods", self._client.get(places.PODS.at(namespace, name),
                                                   self._deadline)),)
        except ObjectNotFound:
            return ()

    def _crds(self) -> Iterable[Raw]:
        for name in CRD_NAMES:
            try:
                crd = self._client.get(places.CRDS.at(name=name), self._deadline)
            except ObjectNotFound:
                continue
            yield _trim("crds", crd)

    def _lists(self, part: str, resource: Resource, query: Query) -> Items:
        found: List[Raw] = []
        for namespace in self._namespaces:
            found += self._list(part, resource, namespace, query)
        return tuple(found)

    def _list(self, part: str, resource: Resource, namespace: str, query: Query) -> Items:
        place = resource.at(namespace)
        return self._client.list(
            place,
            self._deadline,
            replace(query, page_size=_PAGE_SIZE),
            keep=lambda raw: self._keeper.keep(part, raw),
        ).items


def _trim(part: str, raw: Raw) -> Dict[str, Any]:
    kept = dict(trim.trim(part, raw))
    # Who writes a CRD counts; of all else the record of that is as large as the object itself.
    dropped = () if part == "crds" else ("managedFields",)
    meta = {key: value for key, value in kept["metadata"].items() if key not in dropped}
    if _NOISE in (meta.get("annotations") or {}):
        meta["annotations"] = {k: v for k, v in meta["annotations"].items() if k != _NOISE}
    kept["metadata"] = meta
    return kept


def _items(answer: reads.Read) -> Items:
    """Return the objects of a part that others need. Raises ReadFailed if it is unread."""
    if isinstance(answer, reads.Unread):
        raise ReadFailed(
            cluster="",
            object="pods",
            cause=f"what they belong to was not read: {answer.reason}",
            next_step="Grant the missing right",
            details={"missing_right_words": answer.missing_right},
        )
    return tuple(answer.items) if isinstance(answer, reads.Known) else ()


def _by_uid(items: Iterable[Raw]) -> Dict[str, Raw]:
    return {one["metadata"]["uid"]: one for one in items}


def _named(answer: reads.Read, part: str) -> reads.Read:
    if isinstance(answer, reads.Unread):
        return reads.Unread(answer.reason, answer.missing_right, part)
    return answer


def _check(parts: Sequence[str]) -> None:
    unknown = sorted(set(parts) - set(reads.PARTS))
    if unknown:
        raise BadInput(
            cluster="",
            object=f"part {', '.join(unknown)}",
            cause="there is no such part",
            next_step=f"Name some of {', '.join(reads.PARTS)}",
        )
