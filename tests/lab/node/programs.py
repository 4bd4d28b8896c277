# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program of this machine stands for a container?

There are no images here. The image's name and tag, and the command, say what would run: ARC's
manager or listener of a release, the runner, or something the lab only has to keep alive.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple

HOST_IMAGE = "lab.invalid/host"
CONTROLLER_IMAGE = "gha-runner-scale-set-controller"
MANAGER, LISTENER = "manager", "ghalistener"
STAND_INS = {MANAGER: "lab.arc.manager", LISTENER: "lab.arc.listener"}
RUNNER = "lab.runner"
KEEP_ALIVE = ("/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done")
# Flags by which a manager is told where to listen itself (`arc.md`, section 9); the address for
# listeners is not among them, it only goes into their configuration.
ADDRESS = re.compile(
    r"^(--?(?:metrics-addr|health-probe-bind-address|pprof-addr)=)"
    r"(?:0\.0\.0\.0|\[::\]|localhost|127\.0\.0\.1)?:([1-9][0-9]*)$"
)


@dataclass(frozen=True)
class Program:
    """What to execute; `argv` None means: nothing to do, the container is done at once."""

    argv: Optional[Tuple[str, ...]]
    env: Dict[str, str] = field(default_factory=dict)


def image_name(image: str) -> str:
    """The last part of an image reference, without tag and digest."""
    return image.split("@")[0].rpartition("/")[2].partition(":")[0]


def image_tag(image: str) -> str:
    """The tag of an image reference; empty where it has none."""
    return image.split("@")[0].rpartition("/")[2].partition(":")[2]


def own_ports(arguments: Sequence[str], port: Callable[[int], int]) -> Tuple[str, ...]:
    """Arguments with each listening address moved to loopback and to a port of the pod's own:
    all pods share one network here. `port`: container port -> port of this machine."""
    return tuple(
        ADDRESS.sub(lambda m: f"{m.group(1)}127.0.0.1:{port(int(m.group(2)))}", argument)
        for argument in arguments
    )


def choose(
    container: Mapping[str, Any],
    init: bool,
    python: str,
    releases_dir: Optional[str],
    port: Callable[[int], int],
) -> Program:
    """The program for a container of a pod; `init`: an init container that is not a sidecar.

    `command` and `args` of the container are taken as they are: expand them before.
    """
    image = container.get("image", "")
    command = [*(container.get("command") or []), *(container.get("args") or [])]
    if image.startswith(HOST_IMAGE):
        return Program(tuple(command) or KEEP_ALIVE)
    name = os.path.basename(command[0]) if command else ""
    if image_name(image) == CONTROLLER_IMAGE and name in STAND_INS:
        rest = own_ports(command[1:], port) if name == MANAGER else tuple(command[1:])
        release = image_tag(image)
        real = Path(releases_dir) / release / name if releases_dir else None
        if real and real.exists():
            return Program((str(real), *rest))
        return Program((python, "-m", STAND_INS[name], *rest), {"LAB_ARC_RELEASE": release})
    if name == "run.sh":
        return Program((python, "-m", RUNNER, *command[1:]))
    return Program(None) if init else Program(KEEP_ALIVE)


def is_manager(container: Mapping[str, Any]) -> bool:
    """Whether the container runs ARC's manager."""
    command = container.get("command") or [""]
    right_image = image_name(container.get("image", "")) == CONTROLLER_IMAGE
    return right_image and os.path.basename(command[0]) == MANAGER
