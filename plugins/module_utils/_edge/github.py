# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does GitHub say of runners about which the cluster does not tell whether they are busy?

Optional evidence: a failure gives no verdict and a text, and never ends the wait that asked. So
GitHub gets little of its time, and is left alone for longer each time it fails.
"""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from .._pure import github_memory, github_rest
from .._pure.errors import LifecycleError, ReadFailed
from . import retry
from .deadline import Clock, Deadline
from .transport import Request

if TYPE_CHECKING:
    from .github_link import Link

# Twin of doc_fragments/github.py. Which of them fit together is said by github_access, as the
# argument spec's own words do not tell what to do.
GITHUB_OPTIONS: Dict[str, Dict[str, Any]] = {
    "github": {
        "type": "dict",
        "options": {
            "api_url": {"type": "str"},
            "token": {"type": "str", "no_log": True},
            "app_id": {"type": "str"},
            "installation_id": {"type": "str"},
            "private_key": {"type": "str", "no_log": True},
            "ca_cert": {"type": "path"},
            "validate_certs": {"type": "bool", "default": True},
        },
    },
}

# An answer counts, and nothing is asked about its runner again, for so long.
KEEP_S = 10.0
# The most that one look takes of the caller's time, in seconds and of what is left of it.
LOOK_S = 8.0
_LOOK_SHARE = 0.25
# So few runners are asked for by name; for more, pages of all runners are read.
_FEW = 2
_MAX_PROBLEMS = 5
_TIME_LIMITS = (5.0, 5.0)


class Evidence:
    """Verdicts of GitHub about runners, kept for a while. Not to be shared between threads.

    `options`: the value of option `github` (GITHUB_OPTIONS); None: nobody is asked. `deadline`:
    that of the task. `keep_s`: how long an answer counts. `memory`: what `memory()` of an
    earlier process returned, if it is to be gone on with. `clock`: epoch seconds. Raises
    BadInput, all problems of the options together; its methods never raise.
    """

    def __init__(
        self,
        options: Optional[Mapping[str, Any]],
        deadline: Deadline,
        *,
        keep_s: float = KEEP_S,
        memory: Optional[Mapping[str, Any]] = None,
        clock: Clock = time.time,
    ) -> None:
        self._access = None if options is None else _access_of(options, clock)
        self._deadline = deadline
        self._clock = clock
        self._memory = github_memory.Memory(memory or {}, keep_s)
        self._problems: Dict[str, None] = {}

    def of(self, runners: Sequence[Tuple[str, str]]) -> Mapping[str, str]:
        """Return "busy", "idle" or "gone" for each runner of which GitHub says so.

        `runners`: name and githubConfigUrl of each. A runner that is not in the result is as
        unknown as before.
        """
        self._problems = {}
        if self._access is None:
            return {}
        share_s = self._deadline.remaining_s() * _LOOK_SHARE
        soon = self._deadline.within(min(LOOK_S, share_s))
        told: Dict[str, List[str]] = defaultdict(list)
        for listing, names in self._by_listing(runners).items():
            self._look(listing, names, soon)
            for name in names:
                said = self._memory.answer(listing, name, self._clock())
                told[name].append(said or "")
                if said == "":
                    self._tell(f"{listing.words}: GitHub says nothing certain of {name}.")
        verdicts = {name: github_rest.careful(heard) for name, heard in told.items()}
        return {name: verdict for name, verdict in sorted(verdicts.items()) if verdict}

    def problems(self) -> List[str]:
        """Return why verdicts were missing from the last `of`: some texts without secrets."""
        return sorted(self._problems)[:_MAX_PROBLEMS]

    def memory(self) -> Dict[str, Any]:
        """Return what the next process needs so as not to ask again: plain data, no secrets."""
        return self._memory.as_dict(self._clock())

    def _by_listing(
        self, runners: Sequence[Tuple[str, str]]
    ) -> Dict[github_rest.Listing, List[str]]:
        found: Dict[github_rest.Listing, List[str]] = defaultdict(list)
        for name, url in dict.fromkeys(runners):
            try:
                found[github_rest.listing_of(url, self._access.api_url)].append(name)
            except LifecycleError as error:
                self._tell(str(error))
        return found

    def _look(self, listing: github_rest.Listing, names: List[str], soon: Deadline) -> None:
        """Ask about those of which nothing is known, if GitHub may be asked now."""
        now = self._clock()
        due = [name for name in names if self._memory.answer(listing, name, now) is None]
        if not due:
            return
        quiet = self._memory.quiet(listing, now)
        if quiet or soon.is_over():
            self._tell(quiet or f"{listing.words}: there was no time left to ask.")
            return
        link = self._access.link(listing.base, soon)
        try:
            self._ask(listing, due, functools.partial(self._read, listing, link, soon))
        except (LifecycleError, retry.GaveUp) as error:
            self._fail(listing, link, error)
        except Exception as error:  # pylint: disable=broad-except
            # What nobody thought of must not end the wait either; its text may quote anything.
            text = f"{listing.words}: the question failed with {type(error).__name__}."
            self._memory.fail(listing, now, text)
            self._tell(text)
        else:
            self._memory.succeed(listing)

    def _ask(
        self, listing: github_rest.Listing, due: List[str], read: Callable[..., github_rest.Page]
    ) -> None:
        """Ask in the way that takes the fewest requests."""
        if len(due) > _FEW:
            due = self._ask_pages(listing, due, read)
        # Where time is short, it is not always the same ones that wait.
        for name in sorted(due, key=lambda one: self._memory.asked_at(listing, one)):
            asked_at = self._clock()
            page = read(("name", name))
            self._keep(listing, [name], page, asked_at)

    def _ask_pages(
        self, listing: github_rest.Listing, due: List[str], read: Callable[..., github_rest.Page]
    ) -> List[str]:
        """Read the pages of all runners; return the names that are still to be asked for."""
        number = 1
        while True:
            asked_at = self._clock()
            page = read(("page", str(number)), number=number)
            missing = [] if page.is_whole else github_rest.missing_from(page, due)
            self._keep(listing, [one for one in due if one not in missing], page, asked_at)
            due, left = missing, page.pages - number
            if left <= 0 or left >= len(due) or not page.runners:
                return due
            number += 1

    def _keep(
        self,
        listing: github_rest.Listing,
        names: Sequence[str],
        page: github_rest.Page,
        asked_at: float,
    ) -> None:
        for name in names:
            verdict = github_rest.verdict(listing, page, name)
            self._memory.keep(listing, name, verdict, asked_at)

    @staticmethod
    def _read(
        listing: github_rest.Listing,
        link: Link,
        soon: Deadline,
        *query: Tuple[str, str],
        number: int = 1,
    ) -> github_rest.Page:
        """Raises ReadFailed or GaveUp."""
        everything = (("per_page", str(github_rest.PAGE_SIZE)), *query)
        request = Request("GET", listing.path, everything)
        answer = retry.exchange(link, request, soon, _TIME_LIMITS)
        if answer.status != 200:
            raise github_rest.refusal(listing, answer.status, answer.headers)
        return github_rest.page_of(listing, answer.body, answer.headers, number)

    def _fail(self, listing: github_rest.Listing, link: Link, error: Exception) -> None:
        now = self._clock()
        if link.limited_until > now:
            moment = datetime.fromtimestamp(link.limited_until, timezone.utc)
            text = f"{listing.words}: GitHub's rate limit is used up for these credentials." \
                   f" It is asked again at {moment:%Y-%m-%dT%H:%M:%SZ}."
            self._memory.limit(listing, now, link.limited_until, text)
        else:
            text = str(_in_words(listing, error) if isinstance(error, retry.GaveUp) else error)
            self._memory.fail(listing, now, text)
        self._tell(text)

    def _tell(self, problem: str) -> None:
        self._problems[problem] = None


def _access_of(options: Mapping[str, Any], clock: Clock) -> Any:
    # HTTP and cryptography cost a tenth of a second, which only those pay who ask GitHub.
    from . import github_access  # pylint: disable=import-outside-toplevel

    return github_access.access_of(options, clock)


def _in_words(listing: github_rest.Listing, error: retry.GaveUp) -> ReadFailed:
    tries = "1 attempt" if error.attempts == 1 else f"{error.attempts} attempts"
    return ReadFailed(
        cluster="",
        object=listing.words,
        cause=error.cause if error.permanent else f"no answer in {tries}; last: {error.cause}",
        next_step="Check github.api_url and github.ca_cert, and https_proxy and no_proxy of the"
                  " environment in which this task runs",
    )
