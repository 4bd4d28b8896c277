# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is a scenario told, played, and judged?"""

from __future__ import annotations

import importlib
import pkgutil
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from lab import reproduce
from lab.errors import LabError
from lab.kube import ApiError
from lab.reproduce import cleaning, judging
from lab.reproduce.clock import Say
from lab.reproduce.stage import Stage
from lab.state import LabState


@dataclass(frozen=True)
class Scenario:
    """`observed`: sections of `observed.md`; `play(stage, *releases)` leaves its facts in
    `stage.outcome`; `expected`: what they are to be (judging.py); `alone`: it changes settings of
    the Actions service, so that no other may be played at the same time."""

    name: str
    title: str
    observed: Tuple[str, ...]
    releases: Tuple[str, ...]
    play: Callable[..., None]
    expected: Mapping[str, Any]
    clusters: int = 1
    alone: bool = False


def scenarios() -> Dict[str, Scenario]:
    """All there are, by name: each module of this package that has a SCENARIO."""
    found = {}
    for info in pkgutil.iter_modules(reproduce.__path__):
        module = importlib.import_module(f"{reproduce.__name__}.{info.name}")
        one: Optional[Scenario] = getattr(module, "SCENARIO", None)
        if one is not None:
            found[one.name] = one
    return dict(sorted(found.items()))


def perform(
    scenario: Scenario,
    state: LabState,
    clusters: Sequence[str],
    say: Say = lambda _: None,
    releases: Sequence[str] = (),
    scope: str = "acme",
) -> Dict[str, Any]:
    """Play it on clusters without ARC and take all of it away again.

    Gives `{"scenario", "title", "observed", "releases", "timeline", "outcome", "expected",
    "as_expected", "differences", "took_s"}`. What could not be seen within its limit is a
    difference. Raises LabError where the clusters are not as new before, or will not be after.
    """
    started, used = time.monotonic(), list(releases or scenario.releases)
    if len(used) != len(scenario.releases):
        told = ", ".join(scenario.releases)
        raise LabError(f"Scenario {scenario.name} takes as many releases as here: {told}.")
    stage = Stage(state, list(clusters)[: scenario.clusters], say, scope)
    try:
        require_bare(stage, scenario)
        problems = _play(scenario, stage, used)
    finally:
        stage.close()
    problems += judging.differences(scenario.expected, stage.outcome)
    return {
        "scenario": scenario.name,
        "title": scenario.title,
        "observed": list(scenario.observed),
        "releases": used,
        "timeline": stage.timeline,
        "outcome": stage.outcome,
        "expected": judging.shown(scenario.expected),
        "as_expected": not problems,
        "differences": problems,
        "took_s": round(time.monotonic() - started, 1),
    }


def _play(scenario: Scenario, stage: Stage, releases: List[str]) -> List[str]:
    """Play, then clear up whatever happened; gives what went otherwise than the play says."""
    try:
        scenario.play(stage, *releases)
    except LabError as error:
        return [error.problem]
    except (ApiError, OSError) as error:
        return [str(error)]
    finally:
        cleaning.clean(stage)
    return []


def require_bare(stage: Stage, scenario: Scenario) -> None:
    """Raises LabError where ARC is in one of the clusters, or where there are too few."""
    if len(stage.clusters) < scenario.clusters:
        raise LabError(
            f"Scenario {scenario.name} needs {scenario.clusters} clusters, the lab has "
            f"{len(stage.clusters)}.",
            "Start another with: python -m lab up --clusters blue,green",
        )
    for cluster in stage.clusters:
        left = cleaning.remains(stage.on(cluster))
        if left:
            raise LabError(
                f"ARC is in cluster {cluster}: {', '.join(left[:4])}.",
                "A scenario takes all of ARC away at its end. Let it bring up a lab of its own: "
                "name a folder without a lab with --dir, or end this one with: python -m lab down",
            )
