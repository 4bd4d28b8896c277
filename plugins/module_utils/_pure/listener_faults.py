# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the listener of one scale set.

A listener's object says `Running` or nothing at all while its pod crashes, so name, image,
binding and pod are each compared with what the controller that is there would make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from . import reads, releases
from .objects import Controller, Listener, Pod, ScaleSet

OLD_NAME = "listener-orphaned"
OLD_IMAGE = "listener-stale-image"
DEAD_RUNNER_SET = "listener-of-dead-runner-set"
WRONG_ID = "listener-wrong-id"
ILL = "listener-ill"
# Faults that go away when the AutoscalingListener is deleted, the gravest first.
CURED_BY_DELETION: Tuple[str, ...] = (DEAD_RUNNER_SET, OLD_NAME, OLD_IMAGE)


@dataclass(frozen=True)
class Fault:
    """One fault of a listener. `id`: of the finding that says the same."""

    id: str
    reason: str


def expected_name(scale_set: ScaleSet, controller_release: Optional[str]) -> Optional[str]:
    """Return the name that a controller of this release gives to the set's listener.

    None if the release is not readable.
    """
    known = releases.nearest(controller_release)
    if known is None:
        return None
    return releases.listener_name(
        known.listener_hash,
        namespace=scale_set.ref.namespace,
        scale_set=scale_set.ref.name,
        group=scale_set.spec_group,
        url=scale_set.config_url,
    )


def is_left_alone(
    listener: Listener, scale_set: Optional[ScaleSet], controllers: Sequence[Controller]
) -> bool:
    """True if no controller takes the listener away when its set changes or goes.

    `scale_set`: None once it has gone. `controllers`: that watch its namespace.
    """
    if listener.deleting_since is not None:
        return False
    if scale_set is None:
        return True
    name = expected_name(scale_set, controllers[0].release) if len(controllers) == 1 else None
    return name is not None and listener.ref.name != name


def faults_of(
    listener: Listener, scale_set: ScaleSet, controller: Optional[Controller]
) -> Tuple[Fault, ...]:
    """Return what is wrong with a listener of this set; () if nothing was seen to be.

    `controller`: the one that watches the set, None if there is none or it was not read.
    """
    found: List[Fault] = []
    if controller is not None:
        found.extend(_against_controller(listener, scale_set, controller))
    found.extend(_against_set(listener, scale_set))
    if isinstance(listener.pod, Pod) or listener.pod is None:
        ill = pod_trouble(listener.pod)
        if ill:
            found.append(Fault(ILL, ill))
    return tuple(found)


def pod_trouble(pod: Optional[Pod]) -> str:
    """Say why a listener's pod cannot take jobs, "" if it can."""
    if pod is None:
        return "it has no pod"
    if pod.deleting_since is not None:
        return f"its pod {pod.ref.name} is being deleted"
    if pod.is_over:
        code = "" if pod.exit_code is None else f" with exit code {pod.exit_code}"
        return f"its pod {pod.ref.name} has ended{code}"
    if not pod.is_running:
        return f"its pod {pod.ref.name} does not run yet ({pod.reason or pod.phase or 'no state'})"
    return "" if pod.ready else f"its pod {pod.ref.name} is not ready"


def _against_controller(
    listener: Listener, scale_set: ScaleSet, controller: Controller
) -> List[Fault]:
    found = []
    name = expected_name(scale_set, controller.release)
    if name is not None and listener.ref.name != name:
        found.append(
            Fault(OLD_NAME, f"a controller of {controller.release} looks for it as {name}")
        )
    if _images_differ(listener, controller):
        found.append(
            Fault(OLD_IMAGE, f"its image is {listener.image}, {controller.ref} is"
                             f" {controller.image}")
        )
    return found


def _against_set(listener: Listener, scale_set: ScaleSet) -> List[Fault]:
    found = []
    if reads.is_read(scale_set.runner_sets):
        alive = {
            one.ref.name for one in reads.seen(scale_set.runner_sets) if one.deleting_since is None
        }
        if alive and listener.runner_set_name not in alive:
            found.append(
                Fault(
                    DEAD_RUNNER_SET,
                    f"it is bound to runner set {listener.runner_set_name or '(none)'},"
                    f" alive is {', '.join(sorted(alive))}",
                )
            )
    ids = (listener.scale_set_id, scale_set.scale_set_id)
    if None not in ids and ids[0] != ids[1]:
        found.append(Fault(WRONG_ID, f"it serves id {ids[0]}, the scale set has id {ids[1]}"))
    return found


def _images_differ(listener: Listener, controller: Controller) -> bool:
    """Compare releases where both tags name one: a mirror of the same release is no fault."""
    theirs = releases.release_of_image(controller.image)
    if listener.release and theirs:
        return listener.release != theirs
    return bool(listener.image and controller.image) and listener.image != controller.image
