# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a controller that a real Helm installs, upgrades and takes away."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.client import Query
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab.arc import install  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

MANAGERS = Query(labels="app.kubernetes.io/part-of=gha-rs-controller")
CONTROLLER = install.controller_account()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    running = Lab(LabState(tmp_path_factory.mktemp("lab")))
    running.up(["east"])
    try:
        yield running
    finally:
        running.down()


def wait(lab, **options):
    asked = {"kubeconfig": str(lab.state.kubeconfig), "context": "east", "timeout": 60,
             "namespace": install.SYSTEMS, "name": CONTROLLER}
    return run_module.run("arc_controller_wait", {**asked, **options})


def pods(lab):
    client = connect.connect(
        {"kubeconfig": str(lab.state.kubeconfig), "context": "east"}, environ={})
    try:
        return client.list(places.PODS.at(install.SYSTEMS), Deadline(20), MANAGERS).items
    finally:
        client.close()


def test_from_nothing_to_ready_to_another_release_to_nothing(lab):
    code, result = wait(lab, state="absent")
    assert (code, result["finished"]) == (0, True), result.get("msg")
    code, result = wait(lab, timeout=3)
    assert code == 1 and result["error"]["class"] == "DeadlineReached"
    assert f"no controller {CONTROLLER}" in result["msg"]

    install.install_controller(lab.state, "east", "0.14.1", wait=False)
    code, result = wait(lab, release="0.14.1")
    assert (code, result["finished"]) == (0, True), result.get("msg")
    (pod,) = pods(lab)

    install.install_controller(lab.state, "east", "0.14.2", wait=False)
    code, result = wait(lab, release="0.14.2")
    assert (code, result["finished"]) == (0, True), result.get("msg")
    # The older manager has gone: two at once delete each other's sets.
    (newer,) = pods(lab)
    assert newer["metadata"]["uid"] != pod["metadata"]["uid"]
    code, result = wait(lab, release="0.14.1", timeout=3)
    assert code == 1 and "0.14.2, not 0.14.1" in result["msg"]

    code, result = wait(lab, state="absent", timeout=3)
    assert code == 1 and result["error"]["details"]["remaining"], result
    install.uninstall_controller(lab.state, "east")
    code, result = wait(lab, state="absent")
    assert (code, result["finished"]) == (0, True), result.get("msg")
    assert pods(lab) == ()
