# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pod's status from the states of its containers: what ARC's controllers look at (arc.md,
section 9; what each phase and exit code leads to: section 1, table of runner pods)."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest

from lab.node.status import (
    INIT, MAIN, SIDECAR, ContainerState, pod_phase, pod_status, restart_pause_s, should_restart,
)

NOW = 1_700_000_000.0


def state(kind: str = MAIN, exit_code: Optional[int] = None, running: bool = False, **more: Any):
    made = ContainerState(more.pop("name", kind), "image", kind, **more)
    if running:
        made.run(NOW, ready=more.get("ready", True))
    elif exit_code is not None:
        made.started_at = NOW
        made.end(exit_code, NOW + 1)
    return made


@pytest.mark.parametrize(
    "policy, states, phase",
    [
        pytest.param("Never", [state()], "Pending", id="not-started"),
        pytest.param("Never", [state(running=True)], "Running", id="runs"),
        pytest.param("Never", [state(exit_code=0)], "Succeeded", id="exit-0"),
        pytest.param("Never", [state(exit_code=7)], "Failed", id="exit-7"),
        pytest.param("Never", [state(exit_code=0), state(exit_code=1)], "Failed", id="one-failed"),
        pytest.param("Never", [state(exit_code=1), state(running=True)], "Running", id="one-runs"),
        pytest.param("OnFailure", [state(exit_code=0)], "Succeeded", id="on-failure-exit-0"),
        pytest.param("OnFailure", [state(exit_code=1)], "Running", id="on-failure-exit-1"),
        pytest.param("Always", [state(exit_code=0)], "Running", id="always-exit-0"),
        pytest.param("Always", [state(last={"exitCode": 1})], "Running", id="backing-off"),
        pytest.param("Never", [state(INIT, running=True), state()], "Pending", id="init-runs"),
        pytest.param("Never", [state(INIT, exit_code=1), state()], "Failed", id="init-failed"),
        pytest.param("Always", [state(INIT, exit_code=1), state()], "Pending", id="init-again"),
        pytest.param(
            "Never", [state(INIT, exit_code=0), state(running=True)], "Running", id="init-done"
        ),
        pytest.param(
            "Never", [state(SIDECAR, running=True), state(exit_code=0)], "Running", id="sidecar-on"
        ),
        pytest.param(
            "Never", [state(SIDECAR, exit_code=137), state(exit_code=0)], "Succeeded",
            id="sidecar-code-counts-for-nothing",
        ),
    ],
)
def test_pod_phase(policy: str, states: List[ContainerState], phase: str) -> None:
    assert pod_phase(policy, states) == phase


@pytest.mark.parametrize(
    "policy, container, expected",
    [
        ("Never", state(exit_code=1), False),
        ("OnFailure", state(exit_code=1), True),
        ("OnFailure", state(exit_code=0), False),
        ("Always", state(exit_code=0), True),
        ("Always", state(INIT, exit_code=0), False),
        ("Always", state(INIT, exit_code=1), True),
        ("Never", state(INIT, exit_code=1), False),
        ("Never", state(SIDECAR, exit_code=0), True),
    ],
)
def test_should_restart(policy: str, container: ContainerState, expected: bool) -> None:
    assert should_restart(policy, container) is expected


def test_restart_pause_grows_from_nothing_to_five_minutes() -> None:
    assert [restart_pause_s(n) for n in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert restart_pause_s(10_000) == 300


def conditions(status: Dict[str, Any]) -> Dict[str, str]:
    return {c["type"]: c["status"] for c in status["conditions"]}


def status_of(states: List[ContainerState], pod: Any = None, **more: Any) -> Dict[str, Any]:
    pod = pod or {"spec": {"restartPolicy": "Never"}, "status": {}}
    return pod_status(pod, states, NOW, NOW + 5, **more)


def test_status_of_an_ended_runner_has_its_exit_code() -> None:
    status = status_of([state(exit_code=7, name="runner")])
    assert status["phase"] == "Failed"
    assert status["containerStatuses"] == [
        {
            "name": "runner",
            "image": "image",
            "imageID": "image",
            "containerID": "",
            "ready": False,
            "started": False,
            "restartCount": 0,
            "state": {
                "terminated": {
                    "exitCode": 7,
                    "reason": "Error",
                    "startedAt": "2023-11-14T22:13:20Z",
                    "finishedAt": "2023-11-14T22:13:21Z",
                    "containerID": "",
                }
            },
            "lastState": {},
        }
    ]


@pytest.mark.parametrize(
    "states, more, ready, initialised",
    [
        pytest.param([state(running=True)], {}, "True", "True", id="ready"),
        pytest.param([state(running=True, ready=False)], {}, "False", "True", id="probe-fails"),
        pytest.param([state(running=True)], {"is_ending": True}, "False", "True", id="ending"),
        pytest.param([state(INIT, running=True), state()], {}, "False", "False", id="init-runs"),
        pytest.param(
            [state(SIDECAR, running=True, ready=False), state(running=True)], {}, "False", "True",
            id="sidecar-not-ready",
        ),
        pytest.param([state(exit_code=0)], {}, "False", "True", id="completed"),
    ],
)
def test_status_conditions(states: Any, more: Any, ready: str, initialised: str) -> None:
    found = conditions(status_of(states, **more))
    assert (found["Ready"], found["ContainersReady"]) == (ready, ready)
    assert (found["Initialized"], found["PodScheduled"]) == (initialised, "True")


def test_status_keeps_the_time_of_a_condition_that_did_not_change() -> None:
    old = [
        {"type": "Ready", "status": "True", "lastTransitionTime": "2020-01-01T00:00:00Z"},
        {"type": "Initialized", "status": "False", "lastTransitionTime": "2020-01-01T00:00:00Z"},
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2020-01-01T00:00:00Z"},
    ]
    pod = {"spec": {"restartPolicy": "Never"}, "status": {"conditions": old}}
    times = {
        c["type"]: c["lastTransitionTime"]
        for c in status_of([state(running=True)], pod)["conditions"]
    }
    assert times["Ready"] == "2020-01-01T00:00:00Z"
    assert times["Initialized"] == "2023-11-14T22:13:25Z"
    assert "PodScheduled" not in times, "the scheduler's word is not ours to repeat"


def test_status_of_an_evicted_pod_says_so() -> None:
    over = {"phase": "Failed", "reason": "Evicted", "message": "low"}
    status = status_of([state(running=True)], over=over)
    assert (status["phase"], status["reason"], status["message"]) == ("Failed", "Evicted", "low")


def test_status_of_a_waiting_container_says_why() -> None:
    waiting = state()
    waiting.wait("CreateContainerConfigError", 'secret "s" not found')
    assert status_of([waiting])["containerStatuses"][0]["state"] == {
        "waiting": {"reason": "CreateContainerConfigError", "message": 'secret "s" not found'}
    }
