# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A runner is idle only on proof; everything else that cannot be told is unknown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import releases, states
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.states import PodSight, State
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders

CREATED = builders.NOW - timedelta(minutes=10)
BEFORE, AFTER = CREATED - timedelta(minutes=1), CREATED + timedelta(minutes=1)

FACTS = {
    "phase": "Running",
    "has_job": False,
    "is_registered": True,
    "pod": PodSight.RUNNING,
    "has_live_job_pods": False,
    "created": CREATED,
    "served_since": BEFORE,
}


@pytest.mark.parametrize(
    "changes, expected",
    [
        pytest.param({}, State.IDLE, id="idle-listener-served-ever-since"),
        pytest.param({"served_since": CREATED}, State.IDLE, id="idle-same-second"),
        pytest.param({"served_since": None}, State.UNKNOWN, id="listener-gone"),
        pytest.param({"served_since": AFTER}, State.UNKNOWN, id="listener-began-later"),
        pytest.param({"created": None}, State.UNKNOWN, id="no-creation-time"),
        pytest.param({"has_job": True}, State.BUSY, id="busy"),
        pytest.param({"has_job": True, "served_since": None}, State.BUSY,
                     id="busy-listener-gone"),
        pytest.param({"has_job": True, "pod": PodSight.WAITING}, State.BUSY,
                     id="busy-pod-made-again"),
        pytest.param({"has_job": True, "pod": PodSight.UNREAD}, State.BUSY,
                     id="busy-pods-unread"),
        pytest.param({"has_job": True, "pod": PodSight.ABSENT}, State.UNKNOWN,
                     id="job-but-pod-gone"),
        pytest.param({"has_job": True, "pod": PodSight.UNCLEAR}, State.UNKNOWN,
                     id="job-but-pod-unclear"),
        pytest.param({"pod": PodSight.UNCLEAR}, State.UNKNOWN, id="pod-unclear"),
        pytest.param({"pod": PodSight.SUCCEEDED, "has_job": True}, State.FINISHED,
                     id="finished-not-reconciled"),
        pytest.param({"pod": PodSight.SUCCEEDED, "has_live_job_pods": True}, State.BUSY,
                     id="kubernetes-mode-job-pod-lives-on"),
        pytest.param({"pod": PodSight.FAILED, "has_job": True}, State.FAILED,
                     id="failed-in-a-job"),
        pytest.param({"pod": PodSight.FAILED, "phase": "Failed"}, State.FAILED,
                     id="too-many-pod-failures"),
        pytest.param({"pod": PodSight.FAILED}, State.PENDING, id="failed-start-is-tried-again"),
        pytest.param({"pod": PodSight.WAITING, "phase": "Pending"}, State.PENDING,
                     id="pod-starting"),
        pytest.param({"pod": PodSight.ABSENT, "phase": "", "is_registered": False},
                     State.PENDING, id="just-made"),
        pytest.param({"pod": PodSight.ABSENT, "phase": "Pending"}, State.PENDING,
                     id="registered-no-pod-yet"),
        pytest.param({"pod": PodSight.ABSENT}, State.UNKNOWN, id="zombie-running-without-pod"),
        pytest.param({"pod": PodSight.ABSENT, "phase": "Succeeded"}, State.FINISHED,
                     id="finished-pod-gone"),
        pytest.param({"pod": PodSight.ABSENT, "phase": "Failed"}, State.FAILED,
                     id="zombie-failed"),
        pytest.param({"pod": PodSight.ABSENT, "phase": "Outdated"}, State.FAILED,
                     id="outdated"),
        pytest.param({"pod": PodSight.UNREAD}, State.UNKNOWN, id="pods-unread"),
        pytest.param({"pod": PodSight.UNREAD, "phase": "", "is_registered": False},
                     State.PENDING, id="pods-unread-never-registered"),
        pytest.param({"pod": PodSight.UNREAD, "phase": "Pending"}, State.UNKNOWN,
                     id="pods-unread-registered"),
        pytest.param({"pod": PodSight.UNREAD, "phase": "Succeeded", "has_job": True},
                     State.FINISHED, id="pods-unread-succeeded"),
        pytest.param({"pod": PodSight.UNREAD, "phase": "Outdated"}, State.FAILED,
                     id="pods-unread-outdated"),
    ],
)
def test_runner_is_judged(changes, expected):
    assert states.judge_runner(**{**FACTS, **changes}) is expected


EVERYTHING = st.fixed_dictionaries(
    {
        "phase": st.sampled_from(["", "Pending", "Running", "Succeeded", "Failed", "Outdated"]),
        "has_job": st.booleans(),
        "is_registered": st.booleans(),
        "pod": st.sampled_from(list(PodSight)),
        "has_live_job_pods": st.booleans(),
        "created": st.sampled_from([None, CREATED]),
        "served_since": st.sampled_from([None, BEFORE, CREATED, AFTER]),
    }
)


@given(EVERYTHING)
def test_idle_only_with_a_running_pod_no_job_and_a_listener_ever_since(facts):
    """Rule 1: unknown is not idle."""
    if states.judge_runner(**facts) is State.IDLE:
        assert facts["pod"] is PodSight.RUNNING
        assert not facts["has_job"] and not facts["has_live_job_pods"]
        assert facts["served_since"] <= facts["created"]


@given(EVERYTHING)
def test_a_job_is_over_only_with_proof_that_its_pod_or_phase_ended(facts):
    """Rule 2: a runner with a job is held until something says that the job has ended."""
    verdict = states.judge_runner(**facts)
    if facts["has_job"] and verdict not in (State.BUSY, State.UNKNOWN):
        ended_pod = facts["pod"] in (PodSight.SUCCEEDED, PodSight.FAILED)
        ended_phase = facts["phase"] in ("Succeeded", "Failed", "Outdated")
        assert ended_pod or (ended_phase and facts["pod"] in (PodSight.ABSENT, PodSight.UNREAD))


@given(EVERYTHING)
def test_less_sight_never_makes_a_runner_look_more_idle(facts):
    """Rule 1: taking pods and listener out of sight never turns a hold into a release."""
    blind = {**facts, "pod": PodSight.UNREAD, "served_since": None}
    assert states.judge_runner(**blind) is not State.IDLE
    if facts["has_job"] and facts["phase"] not in ("Succeeded", "Failed", "Outdated"):
        assert states.judge_runner(**blind) is State.BUSY


@pytest.mark.parametrize("field", releases.BUSY_FIELDS)
def test_any_field_that_a_listener_writes_shows_a_job(field):
    value = 7 if field in ("jobRequestId", "workflowRunId") else "x"
    assert states.has_job_fields({"phase": "Running", field: value})
    assert not states.has_job_fields({"phase": "Running", field: type(value)()})


@given(st.lists(st.sampled_from(list(State))))
def test_counts_sum_up(found):
    counts = states.Counts.of(found)
    assert counts.total == len(found)
    assert all(getattr(counts, one.value) == found.count(one) for one in State)


@given(st.lists(st.sampled_from(list(State))), st.lists(st.sampled_from(list(State))))
def test_counts_add_like_their_runners(one, other):
    assert states.Counts.of(one) + states.Counts.of(other) == states.Counts.of(one + other)


@given(st.lists(st.sampled_from(list(State))))
def test_unread_counts_stay_unread_whatever_is_added(found):
    """Rule 1: one part that was not read makes the whole unknown, and no number zero."""
    total = states.Counts.of(found) + states.Counts.unread()
    assert total == states.Counts.unread() and total.total is None and not total.is_known
    assert all(number is None for number in total.as_dict().values())
