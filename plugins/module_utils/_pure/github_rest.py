# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where does GitHub list the runners of a scale set, and what does a listing prove of a runner?

A runner counts as gone only if one complete answer lacks it. Several pages are not one answer: a
runner that ends between two of them moves the others up, and one may be on neither.

Shapes: https://docs.github.com/rest/actions/self-hosted-runners.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple

from .errors import BadInput, ReadFailed

BUSY, IDLE, GONE = "busy", "idle", "gone"
# Of two answers about one name, the earlier one here counts.
_CAREFUL = (BUSY, IDLE, GONE)

API_OF_GITHUB = "https://api.github.com"
# The most that GitHub gives.
PAGE_SIZE = 100
# What GitHub asks of those who are limited and not told for how long.
_LIMITED_S = 60.0
_REDIRECTS = (301, 302, 307, 308)

_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s\\]+)(?P<path>/[^?#@\s\\]*)?", re.I)
_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9._-]+")
_NEXT = re.compile(r'<[^>]*>\s*;[^,<]*\brel="?next\b', re.I)

_RIGHTS = {
    "organization": "a classic token: scope admin:org; a fine-grained token or an App: the"
                    " organization permission Self-hosted runners (read)",
    "repository": "a classic token: scope repo; a fine-grained token or an App: the repository"
                  " permission Administration (read)",
    "enterprise": "a classic token: scope manage_runners:enterprise; for the runners of an"
                  " enterprise GitHub takes no App and no fine-grained token",
}


@dataclass(frozen=True)
class Listing:
    """Where runners are listed. `base`: URL of the API, `path`: begins with "/".

    `kind`: organization, repository or enterprise; `name`: its name. `proves_absence`: whether
    the API is that of the GitHub which the scale set's URL names; another one knows nothing of
    a runner it does not list.
    """

    base: str
    path: str
    kind: str
    name: str
    proves_absence: bool = True

    @property
    def words(self) -> str:
        """The listing in a message."""
        return f"runners of the {self.kind} {self.name} at {self.base}"

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return self.base + self.path


@dataclass(frozen=True)
class Page:
    """One answer: (name, "busy" or "idle", or "" if it cannot be told) of each runner.

    `is_whole`: nothing but these runners was there to list. `total`: what GitHub counts.
    """

    runners: Tuple[Tuple[str, str], ...]
    total: int
    is_whole: bool

    @property
    def pages(self) -> int:
        """How many pages of full size there are."""
        return max(1, -(-self.total // PAGE_SIZE))


def listing_of(github_config_url: str, api_url: str = "") -> Listing:
    """Return where the runners of a scale set are listed. Raises BadInput.

    `api_url`: what the user named, "" for nothing. Without it credentials are for GitHub's own
    servers: whoever may write a scale set must not have them sent to a server of his choice.
    """
    named, is_githubs_own = _api_of(github_config_url)
    kind, name, path = _scope_of(github_config_url)
    if api_url:
        base = base_of(api_url)
        return Listing(base, path, kind, name, _site(base) == _site(named))
    if not is_githubs_own:
        raise _bad(
            github_config_url,
            "it is on a server of your own, to which credentials go only if you name it",
            f"Give github.api_url, for this scale set {named}",
        )
    return Listing(named, path, kind, name)


def base_of(api_url: str) -> str:
    """Return the URL of an API as it is used, without a slash at its end. Raises BadInput."""
    found = _URL.fullmatch(api_url.strip())
    if found is None:
        # It may hold a password, so it is not told.
        raise BadInput(
            cluster="",
            object="option github.api_url",
            cause="it is no URL of the form https://HOST/PATH, without user, query or fragment",
            next_step=f"Give one such as {API_OF_GITHUB} or https://github.example.com/api/v3",
        )
    path = (found["path"] or "").rstrip("/")
    return f"{found['scheme'].lower()}://{found['host'].lower()}{path}"


def page_of(listing: Listing, body: Any, headers: Mapping[str, str], number: int = 1) -> Page:
    """Read an answer 200, page `number` of the listing or of one name's. Raises ReadFailed.

    `headers`: names in lower case.
    """
    runners = body.get("runners") if isinstance(body, Mapping) else None
    total = body.get("total_count") if isinstance(body, Mapping) else None
    if not isinstance(runners, list) or not isinstance(total, int) or isinstance(total, bool):
        raise ReadFailed(
            cluster="",
            object=listing.words,
            cause="the answer is no list of runners",
            next_step="Check github.api_url, and whether a proxy answers in GitHub's place",
        )
    found = tuple(_read(one) for one in runners)
    has_more = _NEXT.search(headers.get("link", "")) is not None
    # A runner without a name may be any.
    is_counted = len(found) == total and all(name for name, _state in found)
    return Page(found, total, number == 1 and not has_more and is_counted)


def verdict(listing: Listing, page: Page, name: str) -> str:
    """Return "busy", "idle", "gone", or "" if the page does not tell."""
    states = [state for listed, state in page.runners if listed.lower() == name.lower()]
    if states:
        return "" if "" in states and BUSY not in states else careful(states)
    return GONE if page.is_whole and listing.proves_absence else ""


def missing_from(page: Page, names: Sequence[str]) -> List[str]:
    """Return the names that a page does not list, in their order."""
    listed = {name.lower() for name, _state in page.runners}
    return [name for name in names if name.lower() not in listed]


def careful(verdicts: Iterable[str]) -> str:
    """Return the verdict that forbids most; "" beside another one is not heard."""
    heard = set(verdicts)
    return next((one for one in _CAREFUL if one in heard), "")


def limit_s(
    status: int,
    headers: Mapping[str, str],
    message: str,
    asked_s: Optional[float],
    now: float,
) -> Optional[float]:
    """Return how many seconds GitHub wants to be left alone, None if it is no rate limit.

    GitHub says so with 403 or 429. `asked_s`: what Retry-After asks for; `now`: epoch seconds.
    """
    if status not in (403, 429):
        return None
    if asked_s is not None:
        return asked_s
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(1.0, float(reset) - now)
    return _LIMITED_S if status == 429 or "rate limit" in message.lower() else None


def redirected(base: str, status: int, headers: Mapping[str, str]) -> Optional[str]:
    """Return the URL to which an answer sends, None if to none or to another server.

    A renamed organization or repository moves within one server, and another one must not get
    the credentials.
    """
    if status not in _REDIRECTS:
        return None
    origin = "/".join(base.split("/", 3)[:3])
    target = headers.get("location", "")
    if target.startswith("/") and not target.startswith("//"):
        return origin + target
    return target if target.startswith(origin + "/") else None


def refusal(listing: Listing, status: int, headers: Mapping[str, str]) -> ReadFailed:
    """Return what an answer other than 200 means for the user."""
    rights = _RIGHTS[listing.kind]
    if status == 401:
        cause, step = "GitHub refuses the credentials (401)", "Give a token that is valid"
    elif status == 403 and "x-github-sso" in headers:
        cause = "the token is not authorized for the single sign-on of the organization (403)"
        step = "Authorize it there"
    elif status == 403:
        cause = "the credentials lack the right to list runners, or GitHub takes requests from" \
                " other addresses only (403)"
        step = f"Needed is, for {rights}"
    elif status == 404:
        # GitHub does not tell strangers what there is.
        cause = f"there is no such {listing.kind}, or the credentials have no right to see its" \
                " runners: GitHub answers 404 to both"
        step = f"Check that the credentials are for this {listing.kind}. Needed is, for {rights}"
    elif status in _REDIRECTS:
        cause = f"GitHub sends to another server ({status}), which does not get the credentials"
        step = "Check github.api_url"
    else:
        cause, step = f"GitHub answers {status}", "See whether GitHub is well"
    return ReadFailed(
        cluster="", object=listing.words, cause=cause, next_step=step, details={"status": status}
    )


def app_refusal(base: str, installation: int, status: int) -> ReadFailed:
    """Return what an answer other than 201 to a wish for an installation token means."""
    known = {
        401: ("GitHub does not accept the App's signature (401)",
              "Check that github.private_key belongs to github.app_id, and the clock of the"
              " machine that runs this task"),
        403: ("the installation is suspended (403)", "Have an owner lift that"),
        404: ("the App has no such installation (404)",
              "Check github.installation_id, and that the App is installed at this GitHub"),
    }  # fmt: skip
    cause, step = known.get(status, (f"GitHub answers {status}", "See whether GitHub is well"))
    return ReadFailed(
        cluster="",
        object=f"token for installation {installation} of the GitHub App at {base}",
        cause=cause,
        next_step=step,
        details={"status": status},
    )


def is_githubs_own(github_config_url: str) -> bool:
    """Tell whether a scale set registers at a GitHub that GitHub itself runs; False for no URL."""
    try:
        return _api_of(github_config_url)[1]
    except BadInput:
        return False


def _api_of(url: str) -> Tuple[str, bool]:
    """Return the API of the GitHub a scale set names, and whether GitHub itself runs it.

    ARC copies the scheme; our credentials go to GitHub's own servers by HTTPS only.
    Source: github/actions/config.go, `GitHubAPIURL`.
    """
    found = _matched(url)
    host = found["host"].lower()
    if host in ("github.com", "www.github.com"):
        return API_OF_GITHUB, True
    if re.fullmatch(r"([a-z0-9-]+\.)+ghe\.com", host):
        return f"https://api.{host}", True
    return f"{found['scheme'].lower()}://{host}/api/v3", False


def _scope_of(url: str) -> Tuple[str, str, str]:
    """Return kind, name and path of the listing."""
    parts = (_matched(url)["path"] or "").strip("/").split("/")
    if all(map(_NAME.fullmatch, parts)):
        if len(parts) == 1:
            return "organization", parts[0], f"/orgs/{parts[0]}/actions/runners"
        if len(parts) == 2 and parts[0].lower() == "enterprises":
            return "enterprise", parts[1], f"/enterprises/{parts[1]}/actions/runners"
        if len(parts) == 2:
            name = "/".join(parts)
            return "repository", name, f"/repos/{name}/actions/runners"
    raise _bad(
        url,
        "it names no organization, repository or enterprise",
        "Correct it in the values of the scale set",
    )


def _matched(url: str) -> Any:
    found = _URL.fullmatch(url.strip())
    if found is None:
        raise BadInput(
            cluster="",
            object="githubConfigUrl of a scale set",
            cause="it is no URL of the form https://HOST/ORGANIZATION",
            next_step="Correct it in the values of the scale set",
        )
    return found


def _bad(url: str, cause: str, next_step: str) -> BadInput:
    return BadInput(
        cluster="", object=f"githubConfigUrl {url.strip()}", cause=cause, next_step=next_step
    )


def _site(base: str) -> Tuple[str, str]:
    """Return host and path: with one scheme or the other it is the same GitHub."""
    host, _slash, path = base.partition("://")[2].partition("/")
    return re.sub(r":(80|443)$", "", host), path


def _read(entry: Any) -> Tuple[str, str]:
    """Return name and state; `status` (online, offline) does not matter.

    A runner that starts or has ended is offline and not busy; one that lost its connection in
    mid-job is offline and busy, until GitHub gives the job up.
    """
    if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
        return ("", "")
    busy = entry.get("busy")
    if not isinstance(busy, bool):
        return (entry["name"], "")
    return (entry["name"], BUSY if busy else IDLE)
