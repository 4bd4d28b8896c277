# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which signs of a hang show on the controllers, and on what stops a controller?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Iterator, Sequence

from . import reads, releases
from .drain_signs import EVERYTHING, Judge, Look, Sign, is_lost, key_of, sets, trouble
from .objects import Controller, Pod

# A manager that restarted and has been up for longer than this works again. Shorter than the
# time a sign must last, so that a single restart is no cause.
_STEADY_AFTER_S = 30.0


def _controllers(look: Look) -> Iterator[Sign]:
    for namespace in sorted({one.target.namespace for one in look.left}):
        of, where = (namespace, ""), f"Namespace {namespace}"
        found = look.view.cluster.controllers_of(namespace)
        if not any(one.desired > 0 for one in found):
            what = "is scaled to 0" if found else "does not exist"
            yield Sign("controller-absent", where, f"its controller {what}", of)
            continue
        if len(found) > 1:
            names = ", ".join(f"{one.ref} ({one.release})" for one in found)
            yield Sign("controllers-several", where, f"watched by {names}", of)
        for one in found:
            pods = reads.seen(one.pods)
            is_steady = not any(_has_just_restarted(pod, look.now) for pod in pods)
            if not (one.is_ready and is_steady):
                is_sure = not one.is_ready and any(map(is_lost, pods))
                text = _unready(one, look.now)
                yield Sign("controller-not-ready", str(one.ref), text, of, at_once=is_sure)


def _has_just_restarted(pod: Pod, now: datetime) -> bool:
    """A manager in a crash loop is ready for a moment between two crashes."""
    if not pod.restarts or pod.deleting_since is not None:
        return False
    if not pod.is_running or pod.started_at is None:
        return True
    return now - pod.started_at < timedelta(seconds=_STEADY_AFTER_S)


def _unready(controller: Controller, now: datetime) -> str:
    text = f"{controller.ready} of {controller.desired} pods are ready"
    for pod in reads.seen(controller.pods):
        if is_lost(pod):
            text += f"; {pod.ref.name}: {trouble(pod, now)}"
        elif pod.restarts or pod.reason:
            text += f"; {pod.ref.name}: {pod.reason or 'restarted'}, {pod.restarts} restarts"
    return text


def _gate(look: Look) -> Iterator[Sign]:
    for scale_set in sets(look):
        if scale_set.deleting_since is not None:
            continue
        for one in look.view.cluster.controllers_of(scale_set.ref.namespace):
            if one.release and not releases.gate_allows(scale_set.release, one.release):
                text = f"its label says {scale_set.release}, {one.ref} is {one.release}"
                yield Sign("version-gate", str(scale_set.ref), text, key_of(scale_set))


def _undecodable(look: Look) -> Iterator[Sign]:
    cluster = look.view.cluster
    types = {
        known.failures_type
        for known in (releases.nearest(one.release) for one in cluster.controllers)
        if known is not None
    }
    if "date-time" not in types:
        return
    runners = [one for scale_set in cluster.scale_sets for one in scale_set.runners]
    for runner in (*runners, *cluster.orphan_runners):
        if runner.failures_poisoned:
            text = "its failures hold booleans, which stop a controller from 0.12.0 on altogether"
            yield Sign("runner-undecodable", str(runner.ref), text, EVERYTHING)


JUDGES: Sequence[Judge] = (_controllers, _gate, _undecodable)
