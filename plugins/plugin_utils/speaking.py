# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a task speaks while its module waits.

A module says nothing until it ends, and whoever watches the output (a person, or a runner with
an idle time limit) takes that for a hang. So the module is run in slices: it returns when there
is something new, or after a few seconds, with what it needs to go on; between two slices a line
is shown.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import re
import time
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()

# So much earlier than the heartbeat a slice ends: the next one has to begin, and to look.
LEAD_S = 3
DEFAULT_TIMEOUT_S = 600
DEFAULT_HEARTBEAT_S = 30
# Shorter than what AWX shows of one line.
LONGEST_LINE = 1000
MOST_LINES = 200
# A line has names of jobs, which anybody may give who writes a workflow. On a terminal these would
# move the cursor, hide what was said, or turn its direction.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# So much time a last slice needs to look and to say who still holds.
LEAST_S = 3
# An API server may be away for so long in the middle of a wait.
LONGEST_SILENCE_S = 300
_DATA_CALLBACKS = ("json", "jsonl")
# Set by the plugin; in the result they would only confuse.
_INNER = ("slice", "memory", "starter")
_OF_ONE_SLICE = ("failed", "msg", "error", "exception", "warnings", "deprecations", "memory")


class SpeakingAction(ActionBase):
    """Runs the module of the task's own name in slices, with a line between them."""

    TRANSFERS_FILES = False
    _supports_async = True
    _supports_check_mode = True

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Return what the module returns, and under `waited` what was said meanwhile."""
        result = super().run(tmp, task_vars)
        del tmp
        arguments = dict(self._task.args)
        timeout = _seconds(arguments.get("timeout", DEFAULT_TIMEOUT_S))
        heartbeat = _seconds(arguments.get("heartbeat", DEFAULT_HEARTBEAT_S))
        is_whole = self._task.check_mode or self._task.async_val or "slice" in arguments
        if is_whole or timeout is None or not heartbeat:
            # What is wrong with an option is for the module to say.
            # A job in the background outlives its run on purpose.
            starter = 0 if self._task.async_val else _starter()
            done = self._execute_module(
                module_args={**arguments, "starter": starter} if starter else arguments,
                task_vars=task_vars, wrap_async=self._task.async_val,
            )
            (done.get("invocation") or {}).get("module_args", {}).pop("starter", None)
        else:
            done = self._speak(arguments, timeout, heartbeat, task_vars)
        result.update(done)
        return result

    def _speak(
        self,
        arguments: Dict[str, Any],
        timeout: int,
        heartbeat: int,
        task_vars: Optional[Dict[str, Any]],
    ) -> Dict[str, Any]:
        voice = _Voice(heartbeat)
        over = time.monotonic() + timeout if timeout else math.inf
        heard = time.monotonic()
        memory: Dict[str, Any] = {}
        before: Dict[str, Any] = {}
        inner = dict(arguments)
        starter = _starter()
        warnings: List[str] = []
        while True:
            left_s = _left_s(over)
            part = self._execute_module(
                module_args={
                    **inner,
                    "timeout": left_s,
                    # The last one has to come to its own end.
                    "slice": max(1, heartbeat - LEAD_S) if left_s != LEAST_S else 0,
                    "memory": memory,
                    "starter": starter,
                },
                task_vars=task_vars,
            )
            warnings += [one for one in part.get("warnings") or () if one not in warnings]
            at = time.monotonic()
            if isinstance(part.get("memory"), dict):
                memory = part["memory"]
            part = before = _after(before, part)
            # The kubeconfig may lead to another cluster by the next slice.
            if not inner.get("cluster_uid"):
                inner["cluster_uid"] = (part.get("cluster") or {}).get("uid")
            if starter and os.getppid() != starter:
                # A worker outlives a run that is killed, and nobody would hear what it does.
                return _outward(part, arguments, voice.said, warnings)
            if _goes_on(part):
                heard = at
                voice.hear(str(part.get("line", "")), str(memory.get("told", "")))
            elif memory and _may_pass(part) and at < min(over, heard + LONGEST_SILENCE_S):
                voice.hear(f"{part['msg']} Trying again", "silent")
            else:
                return _outward(part, arguments, voice.said, warnings)


class _Voice:
    """Says a line when there is news, and at least every `heartbeat` seconds."""

    def __init__(self, heartbeat: int) -> None:
        self.said: List[Dict[str, str]] = []
        self._heartbeat = heartbeat
        self._told: Optional[str] = None
        self._at = 0.0

    def hear(self, line: str, told: str) -> None:
        """Take in how the wait stands; `told` differs if that is news."""
        at = time.monotonic()
        # A slice is not cut to the second: speak rather early than late.
        is_due = at - self._at >= self._heartbeat - 2 * LEAD_S
        if told == self._told and not is_due:
            return
        self._told, self._at = told, at
        text = _UNSEEN.sub("?", " ".join(line.split()))[: LONGEST_LINE - 1]
        display.display(text, stderr=_is_output_read())
        self.said.append({
            "at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "line": text,
        })
        # The beginning says what was there; the rest is told by the end.
        if len(self.said) > MOST_LINES:
            del self.said[MOST_LINES // 2]


def _is_output_read() -> bool:
    """True where a program reads the output: it holds data, in which a line is none."""
    return str(constants.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2] in _DATA_CALLBACKS


def _starter() -> int:
    """Return the process of the run, whose child this one is, 0 where it is not."""
    above = multiprocessing.parent_process()
    return above.pid if above is not None and above.pid == os.getppid() else 0


def _after(before: Dict[str, Any], part: Dict[str, Any]) -> Dict[str, Any]:
    """Return a slice's result; one that failed tells what those before it saw and did too."""
    if not part.get("failed"):
        return part
    known = {key: value for key, value in before.items() if key not in _OF_ONE_SLICE}
    changed = bool(before.get("changed") or part.get("changed"))
    return {**known, **part, "changed": changed}


def _goes_on(part: Dict[str, Any]) -> bool:
    is_over = part.get("failed") or part.get("finished") is not False
    return not is_over and isinstance(part.get("memory"), dict)


def _may_pass(part: Dict[str, Any]) -> bool:
    """True for a failed read that no missing right explains: what waits has time for it."""
    error = part.get("error")
    if not (part.get("failed") and isinstance(error, dict) and error.get("class") == "ReadFailed"):
        return False
    details = error.get("details") or {}
    return not (details.get("missing_right_words") or details.get("missing_right"))


def _outward(
    part: Dict[str, Any],
    arguments: Dict[str, Any],
    said: List[Dict[str, str]],
    warnings: List[str],
) -> Dict[str, Any]:
    """Return the last slice's result as if the module had run in one piece."""
    done = {key: value for key, value in part.items() if key != "memory"}
    inner = (done.get("invocation") or {}).get("module_args")
    if isinstance(inner, dict):
        kept = {key: value for key, value in inner.items() if key not in _INNER}
        given = {
            "timeout": arguments.get("timeout", DEFAULT_TIMEOUT_S),
            "cluster_uid": arguments.get("cluster_uid"),
        }
        kept.update((key, value) for key, value in given.items() if key in kept)
        done["invocation"] = {**done["invocation"], "module_args": kept}
    if warnings:
        done["warnings"] = warnings
    done["waited"] = said
    return done


def _left_s(over: float) -> int:
    """Return what is left for a module, 0 for ever."""
    return 0 if over == math.inf else max(LEAST_S, math.ceil(over - time.monotonic()))


def _seconds(value: Any) -> Optional[int]:
    """Return a number of seconds, 0 or more, None if it is none."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        return None
    return number if number >= 0 else None
