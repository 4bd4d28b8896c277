# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kubelet does for a control plane: parts of it that end are started again.

A scheduler and a controller manager end by themselves where their API server was away for long,
or where a scheduler finds its cache in disorder after it.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Iterator

from lab import toolchain
from lab.lab import Lab

PARTS = ("scheduler", "controller-manager")
LOOK_S = 0.5


@contextlib.contextmanager
def kept_running(lab: Lab) -> Iterator[None]:
    """Start schedulers and controller managers of a lab again where they have ended."""
    over = threading.Event()
    specs = [
        one.specs(toolchain.binary_path())[part] for one in lab.clusters() for part in PARTS
    ]

    def look() -> None:
        while not over.wait(LOOK_S):
            for spec in specs:
                lab.processes.start(spec)

    thread = threading.Thread(target=look, name="static-pods", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
