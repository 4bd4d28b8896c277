# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of a scale set that should have gone: by names and labels, whoever owns it.

Helm adopts a leftover that is Terminating without a word, and jobs of kubernetes mode then fail
from their first second; so "gone" means each object, not Helm's word.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping, Tuple

from . import drain_leaving, read_objects, reads, releases
from .drain_types import HELPERS, NEEDED, Target, View

_HELPER_KINDS = {
    "secrets": "Secret",
    "serviceaccounts": "ServiceAccount",
    "roles": "Role",
    "rolebindings": "RoleBinding",
}
_MOST_NAMED = 20

SetKey = Tuple[str, str]


def of(view: View, key: SetKey, helpers: bool) -> Tuple[str, ...]:
    """Return every object that is left of a set, in words; () if it has gone without a trace.

    What could not be read may be there, so it stands in the answer too. `helpers`: the objects
    that the chart makes beside the set as well.
    """
    needed = NEEDED + HELPERS if helpers else NEEDED
    unread = [
        f"{part} could not be read: {answer.reason}"
        for part, answer in ((part, view.snapshot.read(part)) for part in needed)
        if isinstance(answer, reads.Unread)
    ]
    if unread:
        return tuple(unread)
    found = [*_objects(view, key), *_pods(view, key)]
    found += _helpers(view, key) if helpers else ()
    if len(found) > _MOST_NAMED:
        found[_MOST_NAMED:] = [f"{len(found) - _MOST_NAMED} more objects"]
    return tuple(found)


def _objects(view: View, key: SetKey) -> Iterator[str]:
    left = drain_leaving.remains(view.cluster, Target(*key), {})
    if left.scale_set is not None:
        yield _words(left.scale_set.ref, left.scale_set.deleting_since, left.scale_set.finalizers)
    for one in (*left.listeners, *left.runner_sets):
        yield _words(one.ref, one.deleting_since, one.finalizers)
    for runner in left.runners:
        yield f"{runner.ref} is there ({runner.state.value})"


def _pods(view: View, key: SetKey) -> Iterator[str]:
    """Pods of listeners, runners and, by the runner's name, of jobs in kubernetes mode."""
    namespace, name = key
    # The API server cuts the last dash off where a set's name has 45 characters.
    of_runner = re.compile(rf"{re.escape(name)}-[a-z0-9]{{5}}-runner-?[a-z0-9]{{5}}")
    for raw in reads.seen(view.snapshot.read("pods")):
        labels = raw["metadata"].get("labels") or {}
        is_job = raw["metadata"].get("namespace") == namespace and of_runner.fullmatch(
            labels.get("runner-pod", "")
        )
        if _is_labelled(labels, key) or is_job:
            pod = read_objects.read_pod(raw)
            yield _words(pod.ref, pod.deleting_since, ())


def _helpers(view: View, key: SetKey) -> Iterator[str]:
    """In the set's namespace only: ARC's own copies elsewhere go by garbage collection."""
    for part, kind in _HELPER_KINDS.items():
        for raw in reads.seen(view.snapshot.read(part)):
            meta = raw["metadata"]
            labels = meta.get("labels") or {}
            if meta.get("namespace") != key[0] or read_objects.RECORD_LABEL in labels:
                continue
            if _is_labelled(labels, key):
                ref = read_objects.read_ref(raw, kind)
                deleting = read_objects.read_time(meta.get("deletionTimestamp"))
                yield _words(ref, deleting, meta.get("finalizers") or ())


def _is_labelled(labels: Mapping[str, str], key: SetKey) -> bool:
    namespace = labels.get(read_objects.SET_NAMESPACE_LABEL)
    return labels.get(read_objects.SET_NAME_LABEL) == key[1] and namespace == key[0]


def _words(ref: Any, deleting: Any, finalizers: Any) -> str:
    held = [one for one in finalizers if one == releases.CLEANUP_PROTECTION or deleting]
    text = f"{ref} is {'being deleted' if deleting else 'there'}"
    return f"{text}, held by {', '.join(held)}" if held else text
