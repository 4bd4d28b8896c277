# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why does a drain not go on, although nothing legitimate holds it?

Known causes are recognised by their signs, without an event or a log, so that each is told within
a minute. A state that may be a passing one is told only after it has lasted. Where a set stands
still and none of them fits, that is told too.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import AbstractSet, Dict, Iterator, Mapping, Sequence, Tuple

from . import drain_signs, drain_signs_controller, drain_signs_helpers, gitops, reads
from .drain_leaving import Remains
from .drain_signs import EVERYTHING, Look, Sign
from .drain_types import NEEDED, Cause, Memory, Options, SetKey, View

# Id -> remedy.
REMEDIES: Mapping[str, str] = {
    "unread": "Grant the right or mend the connection; nothing is concluded until then",
    "controller-absent": "Install the controller of the set's release again: it goes on by itself",
    "controller-not-ready": "Mend the controller's Deployment: without it nothing is released",
    "controllers-several": "Remove all but one of the controllers that watch this namespace",
    "controller-silent": (
        "Read the controller's log. What is left: rights of its ClusterRole, or of its Role in its "
        "own namespace, are missing; GitHub is out of reach; or an object stops it (failures of a "
        "runner)"
    ),
    "version-gate": "Nothing to do for a drain: the controller deletes this set by itself",
    "runner-undecodable": (
        "Patch the runner's status: failures to null; then the controller works again"
    ),
    "credentials-missing": "Put the Secret back: every runner is removed at GitHub with it",
    "rbac-missing": (
        "Put it back as the set's chart makes it (helm get manifest has it while the release is "
        "there): the controller goes on by itself"
    ),
    "serviceaccount-going": (
        "A Role or RoleBinding can be put back, and the jobs go on. The deletion of a "
        "ServiceAccount cannot be taken back, and a new one does not help runners that are there: "
        "jobs that end within a minute are safe, run the others again"
    ),
    "github-refuses": (
        "Read the controller's log for errors of GitHub: credentials, network, proxy or TLS. If "
        "there is none, look for forbidden requests to the API server"
    ),
    "runner-unclear": (
        "Look at GitHub whether it runs a job. If it does not, read the controller's log for "
        "errors of GitHub: credentials, network, proxy or TLS"
    ),
    "listener-stuck": (
        "If its node is lost, delete the pod with grace period 0 once the node is proven dead"
    ),
    "listener-orphaned": (
        "Delete the AutoscalingListener (not its pod): arc.lifecycle.repair with orphaned-listener in "
        "arc_repair_repairs does; jobs that run are not touched"
    ),
    "listener-stays": "Look at the controller's log: it has not seen the changed limits",
    "runner-pod-stuck": (
        "If its node is lost, delete the pod with grace period 0 once the node is proven dead"
    ),
    "busy-without-pod": (
        "GitHub counts a job on a runner whose pod has gone: cancel the job there, or release "
        "the runner with arc_finalizer_clear"
    ),
    "zombie": "Delete the runner: it holds a slot and runs nothing",
    "outdated": "Give the set a newer runner image, or delete it: no job starts on it any more",
    "held-at-github": (
        "Read the controller's log: jobs of another cluster with the same runner group hold the "
        "scale set, or GitHub knows it no more (then remove the annotation runner-scale-set-id)"
    ),
    "helper-left": "Release it with arc_finalizer_clear: the set that would do it has gone",
    "set-came-back": "Suspend who makes it again (Argo CD, Flux, another run), then drain again",
    "gitops": f"Suspend self-heal for this set and say so: {gitops.SAY}",
}

# Beside the signs of causes the memory holds which runners had no job; no cause by itself.
_IDLE_BEFORE = "idle-before"


def find(
    view: View,
    left: Sequence[Remains],
    stages: Mapping[SetKey, str],
    options: Options,
    memory: Memory,
    now: datetime,
) -> Tuple[Tuple[Cause, ...], Dict[Tuple[str, str], datetime]]:
    """Return the causes that are sure, and since when each sign has been seen.

    `left`: what remains of the sets that are not drained. `stages`: of all sets.
    """
    before = frozenset(what for id, what in memory.seen if id == _IDLE_BEFORE)
    look = Look(view, left, stages, options, now, before)
    judges = (
        *drain_signs_controller.JUDGES, *drain_signs.JUDGES, *drain_signs_helpers.JUDGES,
    )  # fmt: skip
    signs = [sign for judge in judges for sign in judge(look)]
    signs += _silent(look, {sign.of for sign in signs})
    seen = {_key(sign): memory.seen.get(_key(sign), now) for sign in signs}
    patience = timedelta(seconds=options.stuck_after_s)
    causes = [
        Cause(sign.id, sign.object, sign.reason, REMEDIES[sign.id], seen[_key(sign)])
        for sign in signs
        if sign.at_once or now - seen[_key(sign)] >= patience
    ]
    seen.update(((_IDLE_BEFORE, what), now) for what in drain_signs.idle_before(look))
    return tuple(sorted(set(causes), key=lambda one: (one.id, one.object))), seen


def unread_causes(view: View, needed: Sequence[str]) -> Tuple[Cause, ...]:
    """Return a cause for every needed part that could not be read."""
    found = []
    for part in needed:
        answer = view.snapshot.read(part)
        if isinstance(answer, reads.Unread):
            right = f", missing right: {answer.missing_right}" if answer.missing_right else ""
            reason = f"not read: {answer.reason}{right}"
            found.append(Cause("unread", part, reason, REMEDIES["unread"]))
    return tuple(found)


def _silent(look: Look, explained: AbstractSet[SetKey]) -> Iterator[Sign]:
    """A set that should be going and does not change, where no other sign explains it."""
    unexplained = [
        one for one in look.left
        if not {one.target.key, (one.target.namespace, ""), EVERYTHING} & explained
    ]
    versions = {} if not unexplained else {
        raw["metadata"].get("uid", ""): str(raw["metadata"].get("resourceVersion", ""))
        for part in NEEDED for raw in look.view.snapshot.read(part)
    }
    for left in unexplained:
        standing = drain_signs.silence(look, left, versions)
        if standing is not None:
            stage = look.stages.get(left.target.key, "")
            text = f"its controller is ready, no job holds it, and nothing changes ({stage})"
            mark = hashlib.sha256("\n".join(standing).encode()).hexdigest()[:16]
            yield Sign(
                "controller-silent", str(left.target), text, left.target.key, False, mark
            )


def _key(sign: Sign) -> Tuple[str, str]:
    return (sign.id, f"{sign.object} {sign.mark}".rstrip())
