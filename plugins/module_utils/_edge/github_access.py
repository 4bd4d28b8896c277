# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a module log in to GitHub, and what of its options makes no sense?"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Union

from .._pure import github_rest
from .._pure.errors import BadInput
from .deadline import Clock, Deadline
from .github_app import App, Token
from .github_link import Link, Trust

_APP = ("app_id", "installation_id", "private_key")
# Of a token, also one that is still to be invented; not of a password or a file.
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Access:
    """How GitHub is reached. `api_url`: "" where each scale set's own URL leads to it."""

    api_url: str
    user: Union[Token, App]
    trust: Trust
    clock: Clock

    def link(self, base: str, deadline: Deadline) -> Link:
        """Return a way to one API, which ends with the deadline."""
        return Link(
            base,
            self.trust,
            lambda: self.user.header(base, self.trust, deadline),
            lambda: self.user.refused(base),
            self.clock,
        )


def access_of(options: Mapping[str, Any], clock: Clock = time.time) -> Access:
    """Return what the value of option `github` says. Raises BadInput, all problems together.

    Nothing is sent. Problems are said here and not by the argument spec, as their texts name
    what is missing and what to do.
    """
    given = {name: _text(value) for name, value in options.items()}
    given = {name: text for name, text in given.items() if text}
    problems: List[BadInput] = []
    api_url, user = "", None
    try:
        api_url = github_rest.base_of(given["api_url"]) if "api_url" in given else ""
    except BadInput as problem:
        problems.append(problem)
    try:
        user = _user(given, clock)
    except BadInput as problem:
        problems.append(problem)
    if "ca_cert" in given and not os.path.isfile(given["ca_cert"]):
        problems.append(_bad(
            "ca_cert", f"there is no file {given['ca_cert']}", "Give the path of a file in PEM form"
        ))
    if problems or user is None:
        raise BadInput.together(problems)
    is_checked = options.get("validate_certs") is not False
    return Access(api_url, user, Trust(given.get("ca_cert", ""), is_checked), clock)


def _user(given: Mapping[str, str], clock: Clock) -> Union[Token, App]:
    of_app = [name for name in _APP if name in given]
    missing = [name for name in _APP if name not in given]
    if "token" in given and of_app:
        raise _bad("token", f"it is given beside {', '.join(of_app)}", "Give a token or an App")
    if "token" in given:
        if not _TOKEN.fullmatch(given["token"]):
            raise _bad("token", "it has blanks or other characters that no token has",
                       "Give the token alone")
        return Token(given["token"])
    if not of_app:
        raise _bad("", "it has no credentials",
                   "Give token, or app_id, installation_id and private_key, or leave it out")
    if missing:
        raise _bad(of_app[0], f"it is given without {' and '.join(missing)}",
                   f"Give {', '.join(_APP)} together")
    if not given["installation_id"].isdigit():
        raise _bad("installation_id", "it is not a number",
                   "Give the number at the end of the URL of the installation's settings")
    return App(given["app_id"], int(given["installation_id"]), given["private_key"], clock)


def _bad(name: str, cause: str, next_step: str) -> BadInput:
    option = f"github.{name}" if name else "github"
    return BadInput(cluster="", object=f"option {option}", cause=cause, next_step=next_step)


def _text(value: Optional[Any]) -> str:
    return "" if value is None else str(value).strip()
