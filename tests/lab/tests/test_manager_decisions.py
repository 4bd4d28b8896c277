# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller decides, by tables: gate, names, pod outcomes, scaling (arc.md 1, 3, 5)."""

from __future__ import annotations

from typing import Any, Dict, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.arc.manager import names, scaling
from lab.arc.manager.gate import is_version_allowed
from lab.arc.manager.outcome import Outcome, backoff_s, pod_outcome
from lab.arc.manager.scaling import Scale
from lab.arc.manager.world import decoder
from lab.arc.manager.cache import Undecodable
from lab.arc.releases import RELEASES

GATE = [
    ("0.9.0", "0.9.0", True),
    ("0.9.1", "0.9.0", False),
    ("0.9.0", "0.9.1", False),
    ("0.11.0", "0.11.1", False),
    ("0.12.0", "0.12.1", True),
    ("0.12.1", "0.12.0", True),
    ("0.12.1", "0.12.3-rc1", True),
    ("0.13.1", "0.14.0", False),
    ("0.14.2", "0.9.3", False),
    ("0.14.2", "v0.14.2", False),
    ("0.14.2", "NA", False),
    ("0.14.2", "dev", False),
    ("0.14.2", "", False),
    ("0.14.2", None, False),
    ("0.14.2", "1.14.2", False),
]


@pytest.mark.parametrize("build, label, allowed", GATE)
def test_gate_lets_pass_what_the_release_lets_pass(
    build: str, label: Optional[str], allowed: bool
) -> None:
    assert is_version_allowed(RELEASES[build], label) is allowed


def runner_set(namespace: str = "arc-runners", **spec: Any) -> Dict[str, Any]:
    content = {"githubConfigUrl": "http://127.0.0.1:9000/acme", **spec}
    return {"metadata": {"name": "web", "namespace": namespace}, "spec": content}


def test_listener_name_is_the_one_of_the_field_up_to_0_13_0() -> None:
    for name in ("0.9.0", "0.13.0"):
        facts = RELEASES[name]
        assert names.listener_name(facts, runner_set()) == "web-754b578d-listener"
        assert names.listener_name(facts, runner_set(runnerGroup="blue")) == "web-754b578d-listener"


def test_listener_name_follows_group_and_url_from_0_13_1() -> None:
    facts = RELEASES["0.13.1"]
    found = {
        names.listener_name(facts, item)
        for item in (
            runner_set(),
            runner_set(runnerGroup="blue"),
            runner_set(githubConfigUrl="http://127.0.0.1:9000/other"),
        )
    }
    assert len(found) == 3 and "web-754b578d-listener" not in found


LIMITS = {"minRunners": 1, "maxRunners": 9}


@pytest.mark.parametrize("field", names.RUNNER_SET_FIELDS)
def test_runner_set_hash_changes_with_its_fields(field: str) -> None:
    assert names.runner_set_hash({}) != names.runner_set_hash({field: "x"})


def test_limits_change_only_the_listener_hash() -> None:
    assert names.runner_set_hash({}) == names.runner_set_hash(LIMITS)
    assert names.listener_hash({}) != names.listener_hash(LIMITS)


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=6))
def test_hash_does_not_depend_on_the_order_of_keys(content: Dict[str, int]) -> None:
    turned = dict(reversed(list(content.items())))
    assert names.hash_of(content) == names.hash_of(turned)


def pod(phase: str = "Running", code: Optional[int] = None, **status: Any) -> Dict[str, Any]:
    state = {"running": {}} if code is None else {"terminated": {"exitCode": code}}
    containers = [{"name": "runner", "state": state}]
    return {"status": {"phase": phase, "containerStatuses": containers, **status}}


JOB_ID, REQUEST = {"jobId": "x"}, {"jobRequestId": 7}
EVICTED = {"phase": "Failed", "reason": "Evicted", "containerStatuses": []}
INIT = {
    "phase": "Failed",
    "initContainerStatuses": [{"name": "init", "state": {"terminated": {"exitCode": 3}}}],
}
OUTCOMES = [
    ("no-status-yet", "0.9.0", {"status": {"phase": "Pending"}}, {}, Outcome.WAIT),
    ("running", "0.9.0", pod(), {}, Outcome.FOLLOW),
    ("exit-0", "0.11.0", pod(code=0), {}, Outcome.ASK),
    ("exit-0", "0.12.0", pod(code=0), {}, Outcome.ASK),
    ("exit-0", "0.12.1", pod(code=0), {}, Outcome.SUCCEEDED),
    ("exit-0", "0.13.0", pod(code=0), {}, Outcome.DELETE_RUNNER),
    ("exit-0-sidecar-failed", "0.14.2", pod("Failed", 0), {}, Outcome.DELETE_RUNNER),
    ("exit-1", "0.9.0", pod(code=1), REQUEST, Outcome.POD_FAILED),
    ("exit-1-with-job", "0.12.1", pod(code=1), REQUEST, Outcome.POD_FAILED),
    ("exit-1-with-job", "0.13.0", pod(code=1), JOB_ID, Outcome.FAILED_WITH_JOB),
    ("exit-1-with-old-field-only", "0.13.0", pod(code=1), REQUEST, Outcome.POD_FAILED),
    ("exit-1-no-job", "0.14.2", pod(code=1), {}, Outcome.POD_FAILED),
    ("exit-7", "0.13.1", pod(code=7), {}, Outcome.POD_FAILED),
    ("exit-7", "0.14.0", pod(code=7), {}, Outcome.OUTDATED),
    ("evicted", "0.9.0", {"status": EVICTED}, {}, Outcome.POD_FAILED),
    ("failed-other", "0.13.0", {"status": {"phase": "Failed"}}, {}, Outcome.WAIT),
    ("failed-other", "0.13.1", {"status": {"phase": "Failed"}}, {}, Outcome.POD_FAILED),
    ("init-failed", "0.12.1", {"status": INIT}, {}, Outcome.WAIT),
    ("init-failed", "0.14.2", {"status": INIT}, {}, Outcome.POD_FAILED),
]


@pytest.mark.parametrize(
    "name, seen, status, verdict",
    [case[1:] for case in OUTCOMES],
    ids=[f"{case[0]}-{case[1]}" for case in OUTCOMES],
)
def test_pod_outcome(
    name: str, seen: Dict[str, Any], status: Dict[str, Any], verdict: Outcome
) -> None:
    assert pod_outcome(RELEASES[name], seen, {"status": status}) is verdict


def test_backoff_grows_to_80_seconds() -> None:
    assert [backoff_s(n) for n in range(7)] == [0, 5, 10, 20, 40, 80, 80]


def runner(name: str, phase: str = "Running", patch: int = 0) -> Dict[str, Any]:
    notes = {scaling.PATCH_ID: str(patch)}
    return {"metadata": {"name": name, "annotations": notes}, "status": {"phase": phase}}


TWO = [runner("a", patch=3), runner("b", patch=3)]
SCALES = [
    ("more-wanted", "0.14.2", {"replicas": 3, "patchID": 4}, TWO, Scale(create=1, clean=True)),
    ("same-patch-again", "0.14.2", {"replicas": 3, "patchID": 3}, TWO, Scale()),
    ("fewer-wanted", "0.9.1", {"replicas": 1, "patchID": 4}, TWO, Scale(clean=True)),
    ("fewer-wanted", "0.9.0", {"replicas": 1, "patchID": 4}, TWO, Scale(delete=1, clean=True)),
    ("fewer-wanted-patch-0", "0.9.1", {"patchID": 0}, TWO, Scale(delete=2, clean=True)),
    (
        "failed-counts-as-replica",
        "0.9.3",
        {"replicas": 1, "patchID": 9},
        [runner("z", "Failed", 1)],
        Scale(clean=True),
    ),
    (
        "finished-does-not-count",
        "0.9.3",
        {"replicas": 1, "patchID": 9},
        [runner("z", "Succeeded", 1)],
        Scale(create=1, clean=True),
    ),
]


@pytest.mark.parametrize(
    "name, spec, runners, wanted",
    [case[1:] for case in SCALES],
    ids=[f"{case[0]}-{case[1]}" for case in SCALES],
)
def test_scale(name: str, spec: Dict[str, Any], runners: Any, wanted: Scale) -> None:
    assert scaling.scale(RELEASES[name], spec, scaling.census(runners)) == wanted


def test_boolean_failures_stop_a_newer_controller_in_the_words_of_go() -> None:
    decode = decoder(RELEASES["0.12.0"])
    told = (
        "cannot unmarshal bool into Go struct field "
        "EphemeralRunnerStatus.items.status.failures of type string"
    )
    with pytest.raises(Undecodable, match=told):
        decode({"status": {"failures": {"x": True}}}, "items.")
    decode({"status": {"failures": {"x": "2026-01-01T00:00:00Z"}}}, "items.")


def test_dated_failures_stop_an_older_controller() -> None:
    with pytest.raises(Undecodable, match="string into .* of type bool"):
        decoder(RELEASES["0.11.0"])({"status": {"failures": {"x": "2026"}}}, "")
