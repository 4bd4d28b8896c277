# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the writes of drains and repairs are made: one each, narrow, tried dry first."""

from __future__ import annotations

from typing import Optional, Sequence, Tuple

from .._pure import drain, drain_copy
from .._pure.drain_types import Act, View
from .._pure.errors import ReadFailed
from . import helm_store, places, rights
from .places import Place
from .task import Task


def write(task: Task, act: Act) -> None:
    """Make one write, in check mode as the server's dry run. Raises Conflict, WriteFailed, ..."""
    client, deadline, is_check = task.client, task.deadline, task.is_check
    resource = places.of_kind(act.ref.kind)
    place = resource.at(act.ref.namespace, act.ref.name)
    if act.verb == "delete":
        client.delete(
            place, deadline, uid=act.body["preconditions"]["uid"],
            propagation=act.body["propagationPolicy"], dry_run=is_check,
        )
    elif act.verb == "patch":
        client.json_patch(place, act.body, deadline, dry_run=is_check)
    elif act.verb == "patch_status":
        status = resource.at(act.ref.namespace, act.ref.name, "status")
        client.json_patch(status, act.body, deadline, dry_run=is_check)
    elif act.verb == "create":
        client.create(resource.at(act.ref.namespace), act.body, deadline, dry_run=is_check)
    elif act.verb == "store":
        secret = drain_copy.secret_of(act, _revision(task, act), task.now())
        client.apply(place, secret, deadline, force=True, dry_run=is_check)
    else:
        raise ValueError(f"no write is called {act.verb}")


def learn_rights(task: Task, view: View, spaces: Sequence[str], mode: str) -> Tuple[str, ...]:
    """Require what a drain cannot do without; return what settling would need and is missing.

    `spaces`: namespaces of the sets that are there. Raises WriteFailed.
    """
    client, deadline, options = task.client, task.deadline, task.options
    verb = "delete" if mode == drain.RETIRE else "patch"
    musts = [(verb, places.SCALE_SETS.at(space)) for space in spaces]
    if mode == drain.RETIRE and options["keep_copy"]:
        musts += [(verb, places.SECRETS.at(space)) for space in spaces for verb in _KEEPING]
    rights.require(client, musts, deadline)
    if options["settle"] == drain.NEVER:
        return ()
    wishes = [("patch", places.SCALE_SETS.at(space)) for space in spaces]
    if mode == drain.PAUSE:
        wishes = [("patch", places.RUNNER_SETS.at(space)) for space in spaces]
    wishes += [("patch", place) for place in _controllers(view, spaces)]
    return rights.missing(client, wishes, deadline)


_KEEPING = ("create", "patch")


def _controllers(view: View, spaces: Sequence[str]) -> Sequence[Place]:
    return [
        places.DEPLOYMENTS.at(one.ref.namespace)
        for space in spaces
        for one in view.cluster.controllers_of(space)
    ]


def _revision(task: Task, act: Act) -> Optional[int]:
    """What Helm's record cannot tell now, the way back will ask for."""
    name = drain_copy.helm_name(act.body)
    if not name:
        return None
    try:
        return helm_store.revision(task.client, task.deadline, act.ref.namespace, name)
    except ReadFailed:
        return None
