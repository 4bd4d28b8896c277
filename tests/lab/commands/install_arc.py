# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `install-arc`."""

from __future__ import annotations

import argparse
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Tuple

from lab.arc import charts, install
from lab.arc.install import ScaleSet
from lab.errors import LabError
from lab.lab import state_of
from lab.state import LabState

HELP = "install ARC's controller and scale sets with Helm, or upgrade them"
KEYS: Dict[str, Tuple[str, Callable[[str], Any]]] = {
    "min": ("min_runners", int),
    "max": ("max_runners", int),
    "mode": ("mode", str),
    "group": ("group", str),
    "namespace": ("namespace", str),
    "scope": ("scope", str),
    "inline": ("inline", {"true": True, "false": False}.__getitem__),
    "app": ("app", {"true": True, "false": False}.__getitem__),
}
EXAMPLE = "For example: --set web:min=1,max=5 --set build:mode=kubernetes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--release", required=True, help="of ARC, e.g. 0.9.0")
    parser.add_argument("--cluster", help="names, by comma (default: all)")
    parser.add_argument(
        "--set",
        dest="sets",
        metavar="NAME[:KEY=VALUE,…]",
        action="append",
        default=[],
        help=f"a scale set; may be repeated; keys: {', '.join(KEYS)}",
    )
    parser.add_argument("--strategy", choices=["immediate", "eventual"], default="immediate")
    parser.add_argument("--sets-only", action="store_true", help="leave the controller as it is")
    parser.add_argument("--no-wait", action="store_true", help="return when Helm does")


def scale_set(text: str) -> ScaleSet:
    """A scale set from NAME[:KEY=VALUE,…]. Raises LabError that names the wrong part."""
    name, _colon, rest = text.partition(":")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?", name):
        raise LabError(f"--set {text!r}: {name!r} is no name of a scale set.", EXAMPLE)
    given: Dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if key not in KEYS or not equals:
            known = ", ".join(KEYS)
            problem = f"--set {text!r}: {part!r} is not KEY=VALUE with one of {known}."
            raise LabError(problem, EXAMPLE)
        field, convert = KEYS[key]
        try:
            given[field] = convert(value)
        except (ValueError, KeyError) as error:
            problem = f"--set {text!r}: {value!r} is no value for {key}."
            raise LabError(problem, EXAMPLE) from error
    return ScaleSet(name, **given)


def clusters(state: LabState, text: str) -> List[str]:
    known = state.cluster_names()
    wanted = [name.strip() for name in text.split(",")] if text else known
    for name in wanted:
        if name not in known:
            raise LabError(f"The lab has no cluster {name!r}.", f"It has: {', '.join(known)}.")
    return wanted


class Steps:
    """The steps in one cluster, each told when it is done; clusters go side by side."""

    def __init__(self, state: LabState, options: argparse.Namespace) -> None:
        self._state = state
        self._options = options
        self._lock = threading.Lock()

    def install(self, cluster: str, sets: List[ScaleSet]) -> None:
        release, wait = self._options.release, not self._options.no_wait
        if not self._options.sets_only:
            values = {"flags": {"updateStrategy": self._options.strategy}}
            with self._told(f"{cluster} | controller {release}"):
                install.install_controller(
                    self._state, cluster, release, values=values, wait=wait
                )
        for one in sets:
            with self._told(f"{cluster} | scale set {one.name} {release}"):
                install.install_scale_set(self._state, cluster, release, one, wait)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        with self._lock:
            print(f"{what} | {time.monotonic() - started:.1f} s", flush=True)


def run(options: argparse.Namespace) -> int:
    state = state_of(options.dir)
    charts.facts(options.release)
    names = clusters(state, options.cluster)
    sets = [scale_set(text) for text in options.sets]
    steps = Steps(state, options)
    with ThreadPoolExecutor(len(names)) as pool:
        for done in [pool.submit(steps.install, name, sets) for name in names]:
            done.result()
    return 0
