# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, told apart by what the caller does next.

    LifecycleError
    |- BadInput         an option or variable is wrong: nothing was read or written
    |- Refused          a rule or a finding forbids the act: nothing was written
    |- ReadFailed       something could not be read: its state is unknown, never empty
    |- Conflict         the object changed since it was judged: judge anew
    |- DeadlineReached  the time is over: a partial result, nothing more is changed
    `- WriteFailed      the API refused or broke a write
"""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Sequence


class LifecycleError(Exception):
    """An error that names its cluster, its object, the cause and the next step.

    `cluster`: the host or context name, "" where no cluster is concerned.
    `object`: the API object, option or file, in words a reader can search for.
    `details`: plain data for the result (holders, missing right, HTTP status); no secrets.
    """

    def __init__(
        self,
        *,
        cluster: str,
        object: str,
        cause: str,
        next_step: str,
        details: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.cluster = cluster
        self.object = object
        self.cause = cause
        self.next_step = next_step
        self.details: Dict[str, Any] = dict(details or {})
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f" in cluster {self.cluster}" if self.cluster else ""
        return f"{self.object}{where}: {_sentence(self.cause)} {_sentence(self.next_step)}".strip()

    def as_dict(self) -> Dict[str, Any]:
        """Return the error as plain data for a module's result."""
        return {
            "class": type(self).__name__,
            "cluster": self.cluster,
            "object": self.object,
            "cause": self.cause,
            "next_step": self.next_step,
            "details": dict(self.details),
            "msg": str(self),
        }


class BadInput(LifecycleError):
    """An option or variable is wrong; found before anything was read or written."""

    @classmethod
    def together(cls, problems: Sequence[BadInput]) -> BadInput:
        """Join all bad inputs of a task into one error; a single one is returned as it is."""
        if len(problems) == 1:
            return problems[0]
        return cls(
            cluster="",
            object=f"{len(problems)} inputs",
            cause=" ".join(f"({number}) {problem}" for number, problem in enumerate(problems, 1)),
            next_step="Correct all of them and run again",
            details={"problems": [problem.as_dict() for problem in problems]},
        )


class Refused(LifecycleError):
    """A rule or a finding forbids the act; nothing was written."""


class ReadFailed(LifecycleError):
    """Something could not be read; what depends on it is unknown."""


class Conflict(LifecycleError):
    """The object is not what was judged any more; read and judge anew."""


class DeadlineReached(LifecycleError):
    """The time is over; `details["remaining"]` says who still holds. Nothing more is changed."""


class Stuck(LifecycleError):
    """A cause was found for which a wait cannot end by itself, and the caller wants no more."""


class WriteFailed(LifecycleError):
    """The API refused or broke a write; `details` has what was done before."""


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else text + "."
