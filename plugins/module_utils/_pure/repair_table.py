# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which repairs are there, in the order in which they are made?"""

from __future__ import annotations

from typing import Mapping, NamedTuple


class Kind(NamedTuple):
    """What all repairs of one id share. `source`: where trouble and cure are described."""

    meaning: str
    effect: str
    undo: str
    source: str


REPAIRS: Mapping[str, Kind] = {
    "orphaned-listener": Kind(
        "A listener serves a set that is gone, or has the name of an older release's rule.",
        "Its pod ends and closes its session; it takes no more jobs.",
        "None is needed: a controller makes a listener for each set that is there.",
        "#4629, #4285",
    ),
    "stale-listener": Kind(
        "A listener runs another image than its controller, or is bound to a runner set that is"
        " no more.",
        "The controller makes it anew; running jobs are not touched.",
        "None is needed.", "#4513, #4561, #4502",
    ),
    "zombie-runner": Kind(
        "A runner holds a slot, and nothing of it runs.",
        "It is unregistered and goes; the set makes another if it wants one.",
        "None is needed.", "#2721, #4136, #4148",
    ),
    "outdated": Kind(
        "GitHub called a runner too old, and ARC parked the set for good.",
        "The set registers anew and gets its listener; it is parked again if the image is still"
        " too old.",
        "None is needed.", "#4595, #4596",
    ),
    "eventual-deadlock": Kind(
        "Idle runners keep the listener away for ever.",
        "The controller takes the idle runners, busy ones stay; then the listener comes.",
        "None is needed: the listener asks for the runners it wants.", "#4432, #4563",
    ),
    "dead-at-github": Kind(
        "GitHub no longer has the scale set of a set that lives: its listener asks in vain.",
        "The set is deleted, its busy runners end first. Name lost-at-github and set-vanished too:"
        " they let it go, and make it again as Helm installed it, with a new id.",
        "None: it takes no jobs as it is.", "#4370, #4322, #4571",
    ),
    "lost-at-github": Kind(
        "The deletion of a set hangs because GitHub no longer has its scale set.",
        "ARC skips the deletion at GitHub, and lets the set go.",
        "Put the annotation runner-scale-set-id back.",
        "C/autoscalingrunnerset_controller.go: a 404 is an error to it",
    ),
    "poisoned-failures": Kind(
        "Failure marks of an old release stop a controller from 0.12.0 on altogether.",
        "The marks go; the controller counts failures of this runner from 0.",
        "None: what the marks said stands in the result.", "#4156, #4167",
    ),
    "set-vanished": Kind(
        "Helm calls a set deployed whose AutoscalingRunnerSet is gone.",
        "Its helpers are protected again, the set is made again as Helm installed it, registers,"
        " and takes jobs.",
        "Delete the AutoscalingRunnerSet.", "#3562, #3106, #4422",
    ),
    "unprotected-helper": Kind(
        "A helper of a set has no protection: `helm uninstall` would take the Role at once, and"
        " the controller, which needs it, could then end neither runners nor the set.",
        "It stays until the controller has let the set go, as the chart means it.",
        "Take the finalizer off.", "charts/gha-runner-scale-set/templates",
    ),
    "patch-id-missing": Kind(
        "A runner set of a release below 0.9.0 lacks a field that its CRD requires.",
        "Its spec can be changed again, and the controller takes it over.",
        "None is needed.", "charts/…/crds 0.9.0",
    ),
}
