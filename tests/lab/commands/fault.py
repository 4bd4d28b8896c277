# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `fault`."""

from __future__ import annotations

import argparse
import json
import math
import re
from typing import Any, Dict, List

from lab.errors import LabError
from lab.lab import state_of
from lab.service_client import Service
from lab.state import LabState

HELP = "let requests to the Actions service go wrong: add, list or clear faults"
EXAMPLE = "For example: fault add --method DELETE --path agents/ --times 12 --status 500"
ACTIONS = ("status", "delay", "hang", "expired_token", "busy_forever")
MATCHES = ("method", "path", "cluster", "times")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", choices=("add", "list", "clear"))
    parser.add_argument("ids", nargs="*", type=int, metavar="ID", help="clear: those (default all)")
    which = parser.add_argument_group("add: which requests (default: every one)")
    which.add_argument("--method", help="e.g. DELETE")
    which.add_argument("--path", metavar="REGEX", help="searched in the path, e.g. 'agents/'")
    which.add_argument("--cluster", metavar="NAME", help="who asks")
    which.add_argument("--times", type=int, metavar="N", help="only the next N (default: all)")
    what = parser.add_argument_group("add: what becomes of them (one of these)")
    what.add_argument("--status", type=int, metavar="CODE", help="answer with this HTTP status")
    what.add_argument("--body", metavar="TEXT", help="of that answer; JSON is sent as JSON")
    what.add_argument("--delay", type=float, metavar="S", help="answer that many seconds later")
    what.add_argument("--hang", action="store_true", help="never answer")
    what.add_argument("--expired-token", action="store_true", help="the token has expired")
    what.add_argument("--busy-forever", action="store_true", help="DELETE: a job is running")


def action(options: argparse.Namespace) -> Dict[str, Any]:
    """What is to become of the requests. Raises LabError unless exactly one is named."""
    given = {name: getattr(options, name) for name in ACTIONS}
    asked = [name for name, value in given.items() if value is not None and value is not False]
    if len(asked) != 1:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in ACTIONS)
        raise LabError(f"A fault is exactly one of {flags}; {len(asked)} were given.", EXAMPLE)
    if options.body is not None and asked != ["status"]:
        raise LabError("--body goes with --status only.", EXAMPLE)
    if asked == ["delay"]:
        if not (math.isfinite(options.delay) and options.delay > 0):
            raise LabError(f"--delay {options.delay:g} is no span of time.", EXAMPLE)
        return {"delay_s": options.delay}
    if asked != ["status"]:
        return {asked[0]: True}
    if not 200 <= options.status <= 599:
        raise LabError(f"--status {options.status} is no HTTP status.", EXAMPLE)
    body = {} if options.body is None else {"body": _body(options.body)}
    return {"status": options.status, **body}


def _body(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def match(options: argparse.Namespace, clusters: List[str]) -> Dict[str, Any]:
    """Which requests. Raises LabError that names the wrong option; `clusters`: those of the lab."""
    if options.times is not None and options.times < 1:
        raise LabError(f"--times {options.times} is below 1.", EXAMPLE)
    try:
        re.compile(options.path or "")
    except re.error as error:
        raise LabError(
            f"--path {options.path!r} is no regular expression: {error}.", EXAMPLE
        ) from error
    if options.cluster is not None and options.cluster not in clusters:
        raise LabError(
            f"The lab has no cluster {options.cluster!r}.", f"It has: {', '.join(clusters)}."
        )
    return {name: getattr(options, name) for name in MATCHES}


def row(fault: Dict[str, Any]) -> str:
    """`3  DELETE agents/ of blue -> status 500; 12 left, 0 used`."""
    who = fault["match"]
    requests = [who.get("method") or "every method", who.get("path") or "every path"]
    if who.get("cluster"):
        requests.append(f"of {who['cluster']}")
    told = ", ".join(
        name if value is True else f"{name} {value}" for name, value in fault["action"].items()
    )
    left = "no end" if fault["left"] is None else f"{fault['left']} left"
    return f"{fault['id']:>3}  {' '.join(requests)} -> {told}; {left}, {fault['used']} used"


def run(options: argparse.Namespace) -> int:
    if options.act != "clear" and options.ids:
        raise LabError(f"fault {options.act} takes no ids.", EXAMPLE)
    state = state_of(options.dir)
    service = Service(state.service_url())
    if options.act == "add":
        _add(state, service, options)
    elif options.act == "list":
        print("\n".join(map(row, service.faults())) or "no fault is in force")
    else:
        _clear(service, options.ids)
    return 0


def _add(state: LabState, service: Service, options: argparse.Namespace) -> None:
    wanted = action(options)
    number = service.fault(wanted, **match(options, state.cluster_names()))
    print(f"fault {number}; take it away with: python -m lab fault clear {number}")


def _clear(service: Service, numbers: List[int]) -> None:
    if not numbers:
        service.clear_faults()
    for number in numbers:
        service.remove_fault(number)
    print(f"cleared {' '.join(map(str, numbers)) or 'all faults'}")
