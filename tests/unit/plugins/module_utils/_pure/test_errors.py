# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors name the object, the cause and the next step, and tell bad inputs together."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors


def problem(name: str) -> errors.BadInput:
    return errors.BadInput(
        cluster="", object=f"option {name}", cause="it is empty", next_step="Give a value"
    )


@pytest.mark.parametrize(
    "cluster, expected",
    [
        ("east", "Deployment a/b in cluster east: it is gone. Look again."),
        ("", "Deployment a/b: it is gone. Look again."),
    ],
    ids=["with-cluster", "without-cluster"],
)
def test_message_names_object_cause_and_next_step(cluster, expected):
    error = errors.Refused(
        cluster=cluster, object="Deployment a/b", cause="it is gone", next_step="Look again."
    )
    assert str(error) == expected


def test_as_dict_has_every_part_and_details():
    error = errors.DeadlineReached(
        cluster="east", object="drain", cause="time is over", next_step="Run again",
        details={"remaining": [{"name": "r"}]},
    )
    assert error.as_dict() == {
        "class": "DeadlineReached",
        "cluster": "east",
        "object": "drain",
        "cause": "time is over",
        "next_step": "Run again",
        "details": {"remaining": [{"name": "r"}]},
        "msg": "drain in cluster east: time is over. Run again.",
    }


def test_bad_inputs_together_tell_all_of_them():
    joined = errors.BadInput.together([problem("a"), problem("b")])
    assert str(joined) == (
        "2 inputs: (1) option a: it is empty. Give a value. (2) option b: it is empty."
        " Give a value. Correct all of them and run again."
    )
    assert [one["object"] for one in joined.details["problems"]] == ["option a", "option b"]


def test_one_bad_input_is_told_as_it_is():
    only = problem("a")
    assert errors.BadInput.together([only]) is only


@pytest.mark.parametrize("missing", ["cluster", "object", "cause", "next_step"])
def test_no_part_can_be_forgotten(missing):
    parts = {"cluster": "c", "object": "o", "cause": "x", "next_step": "y"}
    del parts[missing]
    with pytest.raises(TypeError, match=missing):
        raise errors.Conflict(**parts)


@pytest.mark.parametrize(
    "kind",
    [errors.BadInput, errors.Refused, errors.ReadFailed, errors.Conflict,
     errors.DeadlineReached, errors.WriteFailed],
)
def test_every_class_is_caught_as_lifecycle_error(kind):
    with pytest.raises(errors.LifecycleError):
        raise kind(cluster="c", object="o", cause="x", next_step="y")
