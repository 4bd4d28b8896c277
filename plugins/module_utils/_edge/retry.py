# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a request is sent again, and how long to wait before."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Mapping, Optional

from .deadline import Deadline
from .transport import Broken, Fault, Request, TimeLimits, Transport, read_body

# Passing by their nature: sent again until the deadline.
_PASSING = (429, 502, 503, 504)
# Answered before the request is looked at (priority and fairness, start of the server), so even
# a POST may be sent again.
_NOT_BEGUN = (429, 503)
# A 500 may be a lost etcd leader (passes) or a webhook that always fails (does not).
_MAX_INTERNAL_ERRORS = 6
_FIRST_DELAY_S = 0.2
_MAX_DELAY_S = 10.0
# So long before the deadline there is one more attempt, where the next pause would end after it.
_LAST_ATTEMPT_S = 1.0


@dataclass(frozen=True)
class Answer:
    """A status with its body, parsed; `body` is {} where it is no JSON object."""

    status: int
    headers: Mapping[str, str]
    body: Dict[str, Any]
    text: str = ""


class GaveUp(Exception):
    """No answer of worth until the deadline, or a fault that repeating does not cure.

    `cause`: the last one, in words. `attempts`: how many were made. `may_have_acted`: an answer
    was lost, so the server may have done what it was asked for.
    """

    def __init__(self, cause: str, attempts: int, may_have_acted: bool, permanent: bool) -> None:
        super().__init__(cause)
        self.cause = cause
        self.attempts = attempts
        self.may_have_acted = may_have_acted
        self.permanent = permanent


def exchange(
    transport: Transport, request: Request, deadline: Deadline, time_limits: TimeLimits
) -> Answer:
    """Send until there is an answer that repeating would not change. Raises GaveUp."""
    state = _State(request, deadline)
    while True:
        generation = transport.generation
        try:
            response = transport.send(request, deadline.clip(time_limits))
            answer = _read(response, transport.server)
        except Broken as failure:
            if failure.is_of_login and not state.has_renewed:
                state.has_renewed = True
                transport.renew(generation)
            else:
                state.after_fault(failure)
            continue
        if answer.status == 401 and not state.has_renewed:
            state.has_renewed = True
            transport.renew(generation)
        elif not state.is_passing(answer):
            return answer
        else:
            state.after_status(answer)


def back_off_s(attempt: int) -> float:
    """Return the pause after the `attempt`-th failure: doubled each time, half of it by chance."""
    ceiling = min(_MAX_DELAY_S, _FIRST_DELAY_S * 2 ** min(attempt - 1, 10))
    return ceiling * random.uniform(0.5, 1.0)


def retry_after_s(headers: Mapping[str, str], now: Optional[datetime] = None) -> Optional[float]:
    """Return what the server asks for in seconds, None where it asks for nothing sensible."""
    text = headers.get("Retry-After") or headers.get("retry-after") or ""
    if text.strip().isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - (now or datetime.now(timezone.utc))).total_seconds())


class _State:
    """The failures of one request so far."""

    def __init__(self, request: Request, deadline: Deadline) -> None:
        self.has_renewed = False
        self._request = request
        self._deadline = deadline
        self._attempts = 0
        self._internal_errors = 0
        self._answer_lost = False

    def is_passing(self, answer: Answer) -> bool:
        """Tell whether the same request may get another answer later."""
        if answer.status == 500:
            self._internal_errors += 1
            return self._request.is_repeatable and self._internal_errors < _MAX_INTERNAL_ERRORS
        return answer.status in _NOT_BEGUN or (
            answer.status in _PASSING and self._request.is_repeatable
        )

    def after_status(self, answer: Answer) -> None:
        """Wait as the server asks, or give up."""
        self._attempts += 1
        cause = f"the server answers {answer.status} {answer.body.get('reason') or ''}".strip()
        self._wait(cause, retry_after_s(answer.headers))

    def after_fault(self, failure: Broken) -> None:
        """Wait, or give up."""
        self._attempts += 1
        self._answer_lost = self._answer_lost or failure.fault is Fault.LOST
        if failure.fault is Fault.PERMANENT:
            raise self._give_up(failure.cause, permanent=True) from failure
        if failure.fault is Fault.LOST and not self._request.is_repeatable:
            raise self._give_up(failure.cause) from failure
        self._wait(failure.cause, None)

    def _wait(self, cause: str, asked_s: Optional[float]) -> None:
        # Everyone is told the same moment: come after it, not all at once.
        asked_s = (asked_s or 0.0) * random.uniform(1.0, 1.1)
        delay_s, left_s = max(asked_s, back_off_s(self._attempts)), self._deadline.remaining_s()
        if delay_s >= left_s > 2 * _LAST_ATTEMPT_S:
            delay_s = max(asked_s, left_s - _LAST_ATTEMPT_S)
        if delay_s >= left_s:
            raise self._give_up(cause)
        self._deadline.pause(delay_s)

    def _give_up(self, cause: str, permanent: bool = False) -> GaveUp:
        return GaveUp(cause, self._attempts, self._answer_lost, permanent)


def _read(response: Any, server: str) -> Answer:
    raw = read_body(response, server)
    try:
        body = json.loads(raw) if raw else {}
    except ValueError as error:
        if response.status < 300:
            raise Broken(Fault.LOST, f"{server} sent no whole JSON document") from error
        body = {}
    known = body if isinstance(body, dict) else {}
    text = "" if known else raw[:200].decode("utf-8", "replace")
    return Answer(response.status, response.headers, known, text)
