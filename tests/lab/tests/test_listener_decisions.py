# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listener's decisions: configuration by release, targets and patch ids (arc.md 5, 9)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from lab.arc.listener.config import BadConfig, read
from lab.arc.listener.target import Patch, Target
from lab.arc.manager.listener_config import config
from lab.arc.manager.options import Options
from lab.arc.releases import RELEASES

SPEC: Dict[str, Any] = {
    "githubConfigUrl": "http://127.0.0.1:9000/acme",
    "runnerScaleSetId": 3,
    "autoscalingRunnerSetNamespace": "arc-runners",
    "autoscalingRunnerSetName": "web",
    "ephemeralRunnerSetName": "web-x7k2p",
    "maxRunners": 5,
}
AUTH = {"github_token": "ghp_lab_blue"}


def written(name: str, **changes: Any) -> Dict[str, Any]:
    options = Options(RELEASES[name], "arc-systems", "image")
    return config(options, {**SPEC, **changes}, AUTH, "")


def listener_reads(name: str, content: Dict[str, Any], folder: Path) -> Any:
    path = folder / "config.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return read(RELEASES[name], str(path))


@pytest.mark.parametrize("name", RELEASES)
def test_listener_reads_what_its_own_controller_wrote(name: str, tmp_path: Path) -> None:
    found = listener_reads(name, written(name), tmp_path)
    assert (found.url, found.runners, found.scale_set_id) == (
        SPEC["githubConfigUrl"],
        "web-x7k2p",
        3,
    )
    assert (found.minimum, found.maximum) == (0, 5)
    assert found.auth["github_token"] == "ghp_lab_blue"


def test_keys_are_those_of_the_release() -> None:
    camel, snake, vault = written("0.10.1"), written("0.11.0"), written("0.12.0")
    assert {"configureUrl", "appID", "appInstallationID", "serverRootCA", "token"} <= set(camel)
    assert {"configure_url", "app_id", "server_root_ca", "token"} <= set(snake)
    assert "github_token" in vault and "token" not in vault
    assert vault["github_app_id"] == "" and snake["app_id"] == 0


@pytest.mark.parametrize("mine, theirs", [("0.10.1", "0.11.0"), ("0.11.0", "0.12.0")])
def test_listener_refuses_the_configuration_of_another_row(
    mine: str, theirs: str, tmp_path: Path
) -> None:
    with pytest.raises(BadConfig):
        listener_reads(mine, written(theirs), tmp_path)
    with pytest.raises(BadConfig):
        listener_reads(theirs, written(mine), tmp_path)


@pytest.mark.parametrize("name, quote", [("0.9.0", "'"), ("0.9.1", '"'), ("0.14.2", '"')])
def test_listener_refuses_a_minimum_above_the_maximum(
    name: str, quote: str, tmp_path: Path
) -> None:
    told = f"MinRunners {quote}5{quote} cannot be greater than MaxRunners {quote}2{quote}"
    with pytest.raises(BadConfig, match=told):
        listener_reads(name, written(name, minRunners=5, maxRunners=2), tmp_path)


# Steps: (assigned, jobs ended or started) for a message, None for a poll without one.
Step = Optional[Tuple[int, bool]]
FLOWS: List[Tuple[str, str, List[Step], List[Optional[Patch]]]] = [
    ("first-patch-is-0", "0.9.0", [(0, False)], [Patch(1, 0)]),
    ("nothing-comes", "0.9.0", [(2, False), None], [Patch(3, 0), None]),
    ("capped", "0.9.1", [(9, False)], [Patch(4, 0)]),
    (
        "nothing-comes-while-busy",
        "0.9.1",
        [(0, False), (2, False), None],
        [Patch(1, 0), Patch(3, 1), Patch(3, 2)],
    ),
    (
        "nothing-comes-at-the-minimum",
        "0.13.1",
        [(0, False), (1, False), (0, True), None],
        [Patch(1, 0), Patch(2, 1), Patch(1, 2), Patch(1, 0)],
    ),
    (
        "nothing-comes-latest-number",
        "0.14.2",
        [(0, False), (2, False), None],
        [Patch(1, 0), Patch(3, 1), Patch(3, 2)],
    ),
    (
        "nothing-comes-at-the-minimum",
        "0.14.2",
        [(1, True), (0, True), None],
        [Patch(2, 0), Patch(1, 1), Patch(1, 0)],
    ),
]


@pytest.mark.parametrize(
    "name, steps, patches",
    [flow[1:] for flow in FLOWS],
    ids=[f"{flow[0]}-{flow[1]}" for flow in FLOWS],
)
def test_target(name: str, steps: List[Step], patches: List[Optional[Patch]]) -> None:
    target, found, assigned = Target(RELEASES[name], 1, 4), [], 0
    for step in steps:
        if step is None:
            found.append(target.after_nothing(assigned))
        else:
            assigned = step[0]
            found.append(target.after(*step))
    assert found == patches
