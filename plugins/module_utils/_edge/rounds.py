# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module goes round until its aim is reached: look, judge, act, wait for a change, again.

What changes is judged as the watches tell it, and what follows from time alone (a settle time is
over) from the same, so waiting costs no request. Acts, and the end, follow a fresh look only. A
slice ends early where there is something new to say.
"""

from __future__ import annotations

import contextlib
import enum
import math
from dataclasses import replace
from datetime import datetime
from typing import Callable, Dict, Iterable, NamedTuple, Optional, Sequence, Tuple

from .._pure import drain_types, reads
from .._pure.drain_types import Act, View
from .._pure.errors import Conflict, ReadFailed
from .._pure.objects import Ref
from . import places
from .client import Query
from .deadline import LEAST_SLICE_S, Deadline
from .lookout import Mirror
from .task import Task

PARTS: Tuple[str, ...] = drain_types.NEEDED + drain_types.HELPERS

_CONFLICT_PAUSE_S = 0.2
_JUDGE_EVERY_S = 1.0
# What no watch tells of mostly comes at once: the first look again is soon, each next one later.
_FIRST_AGAIN_S = 0.25
_MOST_CONFLICTS = 10


class Round(NamedTuple):
    """What a judge says of one look.

    `told`: differs whenever there is something new to say. `valid_s`: how long the look may be
    relied on while no watch reports a change, None for as long as that.
    """

    finished: bool
    acts: Tuple[Act, ...]
    told: str
    valid_s: Optional[float] = None


Judge = Callable[[View, datetime], Round]
Do = Callable[[Act], None]


def look(task: Task, parts: Sequence[str] = PARTS) -> View:
    """Take one look at the cluster; `secrets` has those that sets name for GitHub as well."""
    snapshot, cluster = task.look(parts)
    secrets = snapshot.reads.get("secrets")
    if isinstance(secrets, reads.Known):
        named = {
            (one.ref.namespace, one.github_secret)
            for one in reads.seen(cluster.scale_sets) if one.github_secret
        }
        listed = {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in secrets.items}
        all_of_them = _with_named(task, secrets, sorted(named - listed))
        snapshot = replace(snapshot, reads={**snapshot.reads, "secrets": all_of_them})
    return View(cluster, snapshot)


def _with_named(task: Task, secrets: reads.Known, names: Sequence[Tuple[str, str]]) -> reads.Read:
    """Add Secrets that users made, which carry no label of ARC; their data is not read."""
    found = list(secrets.items)
    for namespace, name in names:
        query = Query(fields=f"metadata.name={name}", metadata_only=True)
        answer = task.client.read_list(places.SECRETS.at(namespace), task.deadline, query)
        if isinstance(answer, reads.Unread):
            return reads.Unread(answer.reason, answer.missing_right, "secrets")
        found += answer.items if isinstance(answer, reads.Known) else ()
    return reads.Known(tuple(found))


def require_seen(task: Task, view: View) -> None:
    """A missing right at the beginning does not come by itself."""
    for part in drain_types.NEEDED:
        answer = view.snapshot.read(part)
        if isinstance(answer, reads.Unread):
            raise ReadFailed(
                cluster=task.cluster.name,
                object=part,
                cause=f"not read: {answer.reason}",
                next_step=f"Grant the right to {answer.missing_right}, then run again"
                if answer.missing_right else "Mend the connection, then run again",
                details={"missing_right_words": answer.missing_right},
            )


def is_seen(view: View) -> bool:
    """Tell whether all parts were read that must be before anything is called gone, or made."""
    return not unread(view)


def unread(view: View) -> str:
    """Name what was not read of that, and why: `pods (503)`. Empty if all was."""
    found = ((part, view.snapshot.read(part)) for part in drain_types.NEEDED)
    return ", ".join(
        f"{part} ({answer.reason})" for part, answer in found if isinstance(answer, reads.Unread)
    )


def go(
    task: Task, first: View, namespaces: Iterable[str], judge: Judge, do: Do, told: str = ""
) -> bool:
    """Go round until the aim is reached (True), or the slice or the deadline is over (False).

    `namespaces`: of the sets concerned. `do`: makes one write, may raise Conflict, upon which
    the cluster is looked at again. `told`: what the slice before said last.
    """
    slice_s = task.options.get("slice", 0)
    until = task.deadline.within(slice_s) if slice_s else task.deadline
    writer = _Writer(task, do)
    view, in_vain, why = first, 0, _Why.NEWS
    with contextlib.ExitStack() as stack:
        mirror: Optional[Mirror] = None
        while True:
            verdict = judge(view, task.now())
            if verdict.finished:
                return True
            if until.is_over():
                return False
            fits = writer.write(verdict.acts)
            if mirror is None:
                mirror = stack.enter_context(
                    contextlib.closing(Mirror(task, view, namespaces, until))
                )
            elif not fits:
                task.deadline.pause(_CONFLICT_PAUSE_S)
            if fits:
                limit_s = _valid_s(verdict, in_vain)
                news = told if slice_s else None
                why = _wait(task, mirror, view, verdict, limit_s, judge, until, news)
                task.require_starter()
                if why is _Why.SLICE_OVER:
                    return False
                in_vain = in_vain + 1 if why is _Why.STALE else 0
            fresh = look(task.with_deadline(task.brief()))
            if until.is_over() and fresh.cluster.unread and why is not _Why.REACHED:
                return False  # what the look before showed says more
            view = fresh


class _Why(enum.Enum):
    """Why a wait ended."""

    SLICE_OVER = "the slice is over, or there is something to say"
    NEWS = "something changed"
    REACHED = "by what the watches told the aim is reached"
    STALE = "the look is too old"


def _valid_s(verdict: Round, in_vain: int) -> float:
    """Return how long a look may stand; `in_vain`: looks before it that were too old each."""
    if verdict.valid_s is None:
        return math.inf
    return min(verdict.valid_s, _FIRST_AGAIN_S * 2.0 ** min(in_vain, 10))


def _wait(
    task: Task, mirror: Mirror, view: View, verdict: Round, limit_s: float, judge: Judge,
    until: Deadline, told: Optional[str],
) -> _Why:
    """Wait for a reason to look again.

    `view`: the last look. `verdict`: what was said of it, and done. `limit_s`: how long it stands.
    """
    started = until.elapsed_s()
    while True:
        left_s = limit_s - (until.elapsed_s() - started)
        is_changed = mirror.wait(min(_JUDGE_EVERY_S, max(0.0, left_s)))
        if is_changed:
            if not mirror.is_whole:
                return _Why.NEWS
            view = mirror.view(view, task.now())
        if until.is_over():
            return _Why.SLICE_OVER
        task.renew_lease()
        later = judge(view, task.now())
        if later.finished:
            return _Why.REACHED
        # Right after a write the watches may not have told of it yet.
        if later.acts and (is_changed or not verdict.acts):
            return _Why.NEWS
        waited_s = until.elapsed_s() - started
        if later.valid_s is not None and verdict.valid_s is None:
            # The watches have told all that they can: the rest shows by looking.
            limit_s = min(limit_s, waited_s + _FIRST_AGAIN_S)
        if waited_s >= limit_s:
            return _Why.STALE
        is_news = told is not None and later.told != told
        if is_news and until.elapsed_s() >= LEAST_SLICE_S:
            return _Why.SLICE_OVER


class _Writer:
    """Makes writes; one that finds its object changed again and again is an error."""

    def __init__(self, task: Task, do: Do) -> None:
        self._task = task
        self._do = do
        self._conflicts: Dict[Ref, int] = {}

    def write(self, acts: Sequence[Act]) -> bool:
        """Do the acts in order. False if one did not fit any more: look again first."""
        for act in acts:
            self._task.require_starter()
            try:
                self._do(act)
            except Conflict:
                self._conflicts[act.ref] = self._conflicts.get(act.ref, 0) + 1
                if self._conflicts[act.ref] > _MOST_CONFLICTS:
                    raise
                return False
        return True
