# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which program stands for a container: images and commands of ARC's charts (arc.md, section 9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest

from lab.node.programs import (
    KEEP_ALIVE, Program, choose, image_name, image_tag, is_manager, own_ports,
)

CONTROLLER = "ghcr.io/actions/gha-runner-scale-set-controller:0.9.0"


def port(number: int) -> int:
    return number + 30000


def chosen(container: Dict[str, Any], init: bool = False, releases: Any = None) -> Program:
    return choose(container, init, "python", releases, port)


@pytest.mark.parametrize(
    "image, name, tag",
    [
        ("a/b:1", "b", "1"),
        ("registry:5000/a/b", "b", ""),
        ("b:1@sha256:abc", "b", "1"),
        ("", "", ""),
    ],
)
def test_image_parts(image: str, name: str, tag: str) -> None:
    assert (image_name(image), image_tag(image)) == (name, tag)


@pytest.mark.parametrize(
    "container, argv",
    [
        pytest.param(
            {"image": CONTROLLER, "command": ["/manager"], "args": ["--log-level=debug"]},
            ("python", "-m", "lab.arc.manager", "--log-level=debug"),
            id="manager",
        ),
        pytest.param(
            {"image": CONTROLLER, "command": ["/ghalistener"]},
            ("python", "-m", "lab.arc.listener"),
            id="listener",
        ),
        pytest.param(
            {"image": "ghcr.io/actions/actions-runner:latest", "command": ["/home/runner/run.sh"]},
            ("python", "-m", "lab.runner"),
            id="runner",
        ),
        pytest.param(
            {"image": "lab.invalid/host:1", "command": ["sh", "-c"], "args": ["exit 3"]},
            ("sh", "-c", "exit 3"),
            id="program-of-the-host",
        ),
        pytest.param({"image": "docker:dind", "args": ["dockerd"]}, KEEP_ALIVE, id="dind"),
        pytest.param({"image": "any"}, KEEP_ALIVE, id="unknown"),
    ],
)
def test_choose(container: Dict[str, Any], argv: Any) -> None:
    assert chosen(container).argv == argv


def test_choose_init_container_of_unknown_image_is_done_at_once() -> None:
    copy = {"image": "ghcr.io/actions/actions-runner:latest", "command": ["cp", "-r", "a", "b"]}
    assert chosen(copy, init=True).argv is None


def test_choose_stand_in_knows_its_release() -> None:
    program = chosen({"image": CONTROLLER, "command": ["/manager"]})
    assert program.env == {"LAB_ARC_RELEASE": "0.9.0"}


def test_choose_takes_the_real_binary_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "0.9.0").mkdir()
    (tmp_path / "0.9.0" / "manager").touch()
    manager = {"image": CONTROLLER, "command": ["/manager"], "args": ["--metrics-addr=0"]}
    listener = {"image": CONTROLLER, "command": ["/ghalistener"]}
    real = chosen(manager, releases=str(tmp_path))
    assert real == Program((str(tmp_path / "0.9.0" / "manager"), "--metrics-addr=0"))
    assert chosen(listener, releases=str(tmp_path)).argv == ("python", "-m", "lab.arc.listener")


@pytest.mark.parametrize(
    "argument, expected",
    [
        ("--metrics-addr=:8080", "--metrics-addr=127.0.0.1:38080"),
        ("--metrics-addr=0.0.0.0:8080", "--metrics-addr=127.0.0.1:38080"),
        ("--health-probe-bind-address=:8081", "--health-probe-bind-address=127.0.0.1:38081"),
        ("--pprof-addr=127.0.0.1:6060", "--pprof-addr=127.0.0.1:36060"),
        ("--metrics-addr=0", "--metrics-addr=0"),
        ("--metrics-addr=", "--metrics-addr="),
        ("--listener-metrics-addr=:8080", "--listener-metrics-addr=:8080"),
        ("--log-level=:8080", "--log-level=:8080"),
    ],
)
def test_own_ports_keep_two_pods_apart_on_one_machine(argument: str, expected: str) -> None:
    assert own_ports([argument], port) == (expected,)


@pytest.mark.parametrize(
    "container, expected",
    [
        ({"image": CONTROLLER, "command": ["/manager"]}, True),
        ({"image": CONTROLLER, "command": ["/ghalistener"]}, False),
        ({"image": "other", "command": ["/manager"]}, False),
        ({}, False),
    ],
)
def test_is_manager(container: Dict[str, Any], expected: bool) -> None:
    assert is_manager(container) is expected
