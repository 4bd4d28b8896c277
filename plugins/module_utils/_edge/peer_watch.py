# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether other clusters serve what a drain takes away: before the first write, right before a set
is stopped, and while it is waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, List, Mapping, Sequence, Tuple

from .._pure import drain, drain_peers, fleet
from .._pure.drain_types import Act, View
from .._pure.errors import BadInput, LifecycleError, Refused
from .._pure.objects import Cluster, ScaleSet
from . import fleet_reading, rounds
from .task import Task

_PARTS = (*rounds.PARTS, "records")
# Settling can take minutes: what was seen before it proves nothing about now.
_FRESH = timedelta(seconds=10)
# A wait can take hours; a look at every peer costs a dozen requests.
_AGAIN = timedelta(seconds=30)
# A peer that hangs must not hold up the drain.
_LOOK_S = 20.0


class PeerWatch:
    """What is known of the peers. `memory`: of an earlier slice, {} at the beginning."""

    def __init__(self, task: Task, memory: Mapping[str, Any]) -> None:
        self._task = task
        options = task.options
        # An empty list says that nobody serves, which is not the same as no list.
        self._is_asked = options["peers"] is not None and options["mode"] != drain.WAIT_ONLY
        self.state = drain_peers.from_plain(memory) if memory else drain_peers.Peers()

    def require(self, view: View, live: Sequence[ScaleSet], targets: Sequence[ScaleSet]) -> None:
        """Raise Refused where no other cluster serves a set of `live`, and keep `targets` in mind.

        Raises BadInput for what is wrong with the option, ReadFailed for a peer that is not there.
        """
        options = self._task.options
        if not self._is_asked or options["memory"]:
            return
        problems = fleet_reading.problems_of("peers", options["peers"])
        if problems:
            raise BadInput.together(problems)
        clients = fleet_reading.connect_each(options["peers"], options)
        self.state = drain_peers.Peers(
            tuple(drain_peers.without(targets, options["may_be_down"]))
        )
        sets = drain_peers.without(live, options["may_be_down"])
        if not sets:
            return  # what an earlier run stopped is not served the sooner for a peer that is ill
        others = fleet_reading.read_each(clients, self._task.deadline, _PARTS)
        self._require_others(view, others)
        self.state = replace(self.state, looked=self._task.now())
        self._require_served(fleet.unserved(view.cluster, sets, others))

    def require_still(self, view: View, act: Act) -> None:
        """Raise Refused if the act stops a set which nobody serves by now."""
        if not self._is_asked or not drain_peers.is_stop(act):
            return
        if not self._is_older(_FRESH) and not self.state.told():
            return
        one = [each for each in self.state.sets if each.ref.uid == act.ref.uid]
        if one:
            self._require_served(self._unserved(view, one))

    def look(self, view: View) -> None:
        """See whether they still serve, now and then; one that is not there is no error here."""
        if not self._is_asked or not self.state.sets:
            return
        if self._is_older(_AGAIN):
            self.state = self.state.seen(self._unserved(view, self.state.sets), self._task.now())

    def _is_older(self, span: timedelta) -> bool:
        return self.state.looked is None or self._task.now() - self.state.looked > span

    def _unserved(
        self, view: View, sets: Sequence[ScaleSet]
    ) -> Tuple[Tuple[ScaleSet, str], ...]:
        options = self._task.options
        deadline = self._task.deadline.within(_LOOK_S)
        others: List[Cluster] = []
        silent: List[str] = []
        for one in options["peers"]:
            try:
                others += fleet_reading.read_each(
                    fleet_reading.connect_each([one], options), deadline, _PARTS
                )
            except LifecycleError as error:
                silent.append(f"{one['name']}: {error.cause}")
        return fleet.unserved(view.cluster, sets, others, silent)

    def _require_served(self, unserved: Sequence[Tuple[ScaleSet, str]]) -> None:
        if unserved:
            raise Refused(
                cluster=self._task.cluster.name,
                object=", ".join(str(one.ref) for one, _why in unserved),
                cause="; ".join(f"{one.ref.name} is served by no peer ({why})"
                                for one, why in unserved),
                next_step="Bring a peer to serve, or name the set in may_be_down"
                          " (arc_drain_may_be_down, in an upgrade arc_cycle_may_be_down): its jobs"
                          " then wait at GitHub",
                details={"unserved": [one.ref.as_dict() for one, _why in unserved]},
            )

    def _require_others(self, view: View, others: Sequence[Cluster]) -> None:
        for other in others:
            if other.id.uid == view.cluster.id.uid:
                raise Refused(
                    cluster=view.cluster.id.name, object=f"peer {other.id.name}",
                    cause=f"it is the cluster that is to be drained (UID {other.id.uid})",
                    next_step="Give the connection of another cluster, or leave that peer out",
                )
