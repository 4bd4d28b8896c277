# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Helm has to do for a release, and what may be said of it without telling its values."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Set, Tuple

from .errors import BadInput

INSTALL, UPGRADE, UNINSTALL, NONE, REFUSED = (
    "install", "upgrade", "uninstall", "none", "refused",
)  # fmt: skip
# What a result calls it when it is done.
DONE = {INSTALL: "installed", UPGRADE: "upgraded", UNINSTALL: "uninstalled", NONE: "unchanged"}
HIDDEN = "<value>"
# Shorter ones ("true", "5", "dind") are no secrets, and blotting them would garble a message.
_SHORTEST_SECRET = 6
# From here on a text is blotted out within words too; a shorter one ("runner") only as a word.
_TOKEN_LIKE = 16


@dataclass(frozen=True)
class Chart:
    """What a chart says of itself in Chart.yaml."""

    name: str
    version: str
    app_version: str

    def __str__(self) -> str:
        return f"{self.name}-{self.version}"


@dataclass(frozen=True)
class Wanted:
    """A Helm release that is to be there (with these values), or to be gone."""

    namespace: str
    name: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        """Return `namespace/name`, as options and results call it."""
        return f"{self.namespace}/{self.name}"


def wanted_of(releases: List[Mapping[str, Any]]) -> List[Wanted]:
    """Return the releases of an option, in its order. Raises BadInput, all problems together."""
    problems, found = [], []
    for number, one in enumerate(releases):
        namespace, name = str(one.get("namespace") or ""), str(one.get("helm") or "")
        if not namespace or not name:
            problems.append(_bad(f"releases[{number}]", "it lacks namespace or helm",
                                 "Give both, as arc_info tells them"))
        elif any((namespace, name) == (seen.namespace, seen.name) for seen in found):
            problems.append(_bad(f"releases[{number}]", f"{namespace}/{name} is there twice",
                                 "Name each Helm release once"))
        found.append(Wanted(namespace, name))
    if problems:
        raise BadInput.together(problems)
    return found


def _bad(option: str, cause: str, next_step: str) -> BadInput:
    return BadInput(cluster="", object=f"option {option}", cause=cause, next_step=next_step)


def act_for_present(wanted: Wanted, chart: Chart, stored: Optional[Mapping[str, Any]]) -> str:
    """Return what brings a release to a chart and values: INSTALL, UPGRADE, NONE or REFUSED.

    `stored`: the newest revision as Helm keeps it, None if there is none. REFUSED: Helm was
    interrupted there and would refuse ("another operation is in progress").
    """
    if stored is None:
        return INSTALL
    if status_of(stored).startswith("pending-") or status_of(stored) == "uninstalling":
        return REFUSED
    meta = (stored.get("chart") or {}).get("metadata") or {}
    same_chart = (meta.get("name"), meta.get("version"), str(meta.get("appVersion") or "")) == (
        chart.name, chart.version, chart.app_version
    )  # fmt: skip
    same = same_chart and _is_equal(plain(stored.get("config") or {}), plain(wanted.values))
    return NONE if same and status_of(stored) == "deployed" else UPGRADE


def _is_equal(one: Any, other: Any) -> bool:
    """Compare as a chart would: true is not 1, and 3 is 3.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_equal(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def status_of(stored: Mapping[str, Any]) -> str:
    """Return Helm's own word for how the release stands."""
    return str((stored.get("info") or {}).get("status") or "")


def overlaid(values: Mapping[str, Any], *over: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the values with others laid over them, maps merged, all else replaced."""
    done = plain(values)
    for more in over:
        _overlay(done, plain(more))
    return done


def _overlay(below: Dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _overlay(below[key], value)
        else:
            below[key] = value


def plain(values: Any) -> Any:
    """Return values as JSON has them: what Helm stores and what Ansible gives compare equal."""
    return json.loads(json.dumps(values))


def changed_paths(before: Mapping[str, Any], after: Mapping[str, Any]) -> List[str]:
    """Return `+ path`, `- path`, `~ path` of leaves that differ, sorted by path; no values."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    told = [
        (path, "+" if path not in old else "-" if path not in new else "~")
        for path in {**old, **new}
        if path not in old or path not in new or not _is_equal(old[path], new[path])
    ]
    return [f"{sign} {path}" for path, sign in sorted(told)]


def _leaves(value: Any, path: str = "") -> Iterator[Tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _leaves(below, f"{path}.{key}" if path else str(key))
    elif path:
        yield path, value


def secrets_of(values: Any, names: Any = ()) -> List[str]:
    """Return every text of the values that a message must not show, the longest first.

    `names`: texts that are no secrets although they stand in the values, such as names of
    objects that a message is about. As data of a Secret and in quotes a text reads otherwise, so
    these forms of it count too.
    """
    found = set(_texts(values)) - {str(name) for name in names}
    found = {one for one in found if len(one) >= _SHORTEST_SECRET}
    whole = {one for one in _scalars(values) if isinstance(one, str) and one.strip() in found}
    quoted = {json.dumps(one, ensure_ascii=False)[1:-1] for one in found}
    encoded = {base64.b64encode(one.encode("utf-8", "replace")).decode() for one in whole}
    return sorted(found | quoted | encoded, key=len, reverse=True)


def garbling_of(values: Any) -> Set[str]:
    """Return, as text, the leaves of values that would garble a result if they were blotted out."""
    return {str(leaf) for leaf in _scalars(values) if len(str(leaf)) < _TOKEN_LIKE}


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for below in value.values():
            yield from _scalars(below)
    elif isinstance(value, (list, tuple)):
        for below in value:
            yield from _scalars(below)
    else:
        yield value


def _texts(value: Any) -> Iterator[str]:
    for leaf in _scalars(value):
        if isinstance(leaf, str):
            # A template's error quotes single lines of a text such as a key.
            yield from (line.strip() for line in [leaf, *leaf.splitlines()] if line.strip())


def blotted(text: str, secrets: List[str], most: int = 800) -> str:
    """Return what Helm said on one line, its last part if it is long, without secrets."""
    for secret in secrets:
        words = re.escape(secret)
        if len(secret) < _TOKEN_LIKE:
            words = rf"(?<![A-Za-z0-9]){words}(?![A-Za-z0-9])"
        text = re.sub(words, HIDDEN, text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # Helm's warnings about file modes and versions are not why it failed.
    told = [line for line in lines if not line.startswith(("WARNING:", "warning:"))] or lines
    joined = " ".join(told)
    return joined if len(joined) <= most else "... " + joined[-most:]
