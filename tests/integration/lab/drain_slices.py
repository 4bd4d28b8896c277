# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drain that runs beside a test, in slices as the action plugin runs it.

What each slice said can be looked at while the drain goes on, with the moment at which a user
would have seen it.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.arc.lifecycle.tests.integration.lab.drain_lab import DrainLab

# What is left of the plugin's default heartbeat.
SLICE_S = 27
MODULE = "arc_scaleset_drain"


class Slices:
    """Use as a context manager. `options`: of the module; `sets`: {"namespace", "name"}."""

    def __init__(self, lab: DrainLab, cluster: str, *sets: Dict[str, str], **options: Any) -> None:
        self._lab, self._cluster = lab, cluster
        self._options = {
            "scale_sets": list(sets), "timeout": 600, "slice": SLICE_S, "allow_none": True,
            **options,
        }
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._stop = threading.Event()
        self.said: List[Dict[str, Any]] = []
        self.broken: Optional[BaseException] = None

    def __enter__(self) -> Slices:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join(120)

    def _run(self) -> None:
        memory: Dict[str, Any] = {}
        try:
            while not self._stop.is_set():
                _code, part = self._lab.run(
                    MODULE, self._cluster, **{**self._options, "memory": memory}
                )
                self.said.append({**part, "at": time.monotonic()})
                if part.get("finished") is False and not part.get("failed"):
                    memory = part["memory"]
                elif not (memory and _may_pass(part)):
                    return
        except BaseException as error:  # pylint: disable=broad-except
            self.broken = error

    def wait(
        self, is_true: Callable[[Dict[str, Any]], Any], what: str, limit_s: float,
        since: float = 0.0,
    ) -> Dict[str, Any]:
        """Return the first slice's result after `since` for which `is_true`."""
        until = time.monotonic() + limit_s
        while True:
            for part in list(self.said):
                if part["at"] >= since and is_true(part):
                    return part
            assert self._thread.is_alive() or self.broken is None, self.broken
            assert self._thread.is_alive(), f"ended before {what}: {self.said[-1]}"
            assert time.monotonic() < until, f"{what} was not told within {limit_s} s: {self._last}"
            time.sleep(0.1)

    def wait_stage(self, stage: str, limit_s: float = 60) -> None:
        """Wait until a slice ended in that stage."""
        self.wait(lambda part: part.get("stage") == stage, f"stage {stage}", limit_s)

    def wait_cause(self, id: str, since: float, limit_s: float = 60) -> Dict[str, Any]:
        """Return a cause, with `after_s`: seconds from `since` (monotonic) until it was told."""
        part = self.wait(
            lambda part: any(one["id"] == id for one in part.get("causes", ())),
            f"cause {id}", limit_s + 2, since,
        )
        cause = next(one for one in part["causes"] if one["id"] == id)
        after_s = round(part["at"] - since, 1)
        print(f"MEASURED {id}: {after_s} s, {cause['object']}: {cause['reason']}")
        assert after_s <= limit_s and cause["remedy"]
        return {**cause, "after_s": after_s, "beside": sorted(
            {one["id"] for one in part["causes"]} - {id}
        )}

    def wait_end(self, limit_s: float = 240) -> Dict[str, Any]:
        """Return the last result once the drain has ended."""
        self._thread.join(limit_s)
        assert not self._thread.is_alive(), f"not ended within {limit_s} s: {self._last}"
        assert self.broken is None, self.broken
        return self.said[-1]

    @property
    def _last(self) -> Any:
        told = ("stage", "line", "msg", "causes")
        return {key: self.said[-1].get(key) for key in told} if self.said else "nothing said"


def _may_pass(part: Dict[str, Any]) -> bool:
    error = part.get("error") or {}
    return error.get("class") == "ReadFailed" and not error["details"].get("missing_right_words")
