# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the surveys ask for what the roles take, and do the roles take every answer as AWX sends it?"""

from __future__ import annotations

import re

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

import role_files
import surveys
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    finding_table,
    plan,
    releases,
    repair_table,
)
from role_files import TOP

QUESTIONS = surveys.questions()
TEMPLATES = surveys.templates()
# Variables of the playbooks themselves; README.md tells them.
OF_PLAYBOOKS = {"arc_target", "arc_hosts", "arc_serial", "arc_drain_hosts"}
OF_ROLES = {name: one for role in role_files.ROLES for name, one in role_files.options(role).items()}
ASKED = [(key, answer) for key, one in QUESTIONS.items() for answer in surveys.answers(one)]


def _question(variable):
    return next(one for one in QUESTIONS.values() if one["variable"] == variable)


def test_each_playbook_has_its_template():
    playbooks = {path.stem for path in (TOP / "playbooks").glob("*.yml")} - {"awx"}
    assert set(TEMPLATES) == playbooks


def test_each_question_is_asked():
    asked = {key for asks in TEMPLATES.values() for key in asks} | set(surveys.workflow())
    assert asked == set(QUESTIONS)


@pytest.mark.parametrize("name", [*TEMPLATES, "workflow"])
def test_no_variable_is_asked_for_twice(name):
    keys = surveys.workflow() if name == "workflow" else TEMPLATES[name]
    variables = [QUESTIONS[key]["variable"] for key in keys]
    assert len(set(variables)) == len(variables)


def test_workflow_asks_what_its_upgrade_asks_but_for_the_digest():
    assert sorted([*surveys.workflow(), "digest"]) == sorted(TEMPLATES["upgrade"])


def test_plan_asks_whatever_shapes_the_plan():
    """A plan made with other answers has another digest, and the upgrade would be refused."""
    shaping = {"target", "hosts", "acknowledge", "gitops", "suspended", "downgrade"}
    assert set(TEMPLATES["plan"]) == shaping
    assert shaping <= set(TEMPLATES["upgrade"])


@pytest.mark.parametrize("key", QUESTIONS)
def test_question_is_of_a_variable_that_is_there(key):
    assert QUESTIONS[key]["variable"] in OF_PLAYBOOKS | set(OF_ROLES)


@pytest.mark.parametrize("key", QUESTIONS)
def test_question_is_one_that_awx_takes(key):
    """The rules of AWX for a survey's specification."""
    one = QUESTIONS[key]
    assert {"variable", "question_name", "type", "default", "required"} <= set(one)
    assert isinstance(one["required"], bool)
    assert one["type"] in ("text", "integer", "multiplechoice", "multiselect")
    assert ("choices" in one) == (one["type"] in ("multiplechoice", "multiselect"))
    if "choices" in one:
        assert one["choices"] and all(isinstance(choice, str) for choice in one["choices"])
        chosen = [line for line in one["default"].split("\n") if line]
        assert set(chosen) <= set(one["choices"])
    if one["type"] in ("text", "integer"):
        assert isinstance(one["min"], int) and isinstance(one["max"], int)
    if one["type"] == "integer":
        assert one["min"] <= one["default"] <= one["max"]


@pytest.mark.parametrize("key,answer", ASKED, ids=lambda value: str(value)[:24])
def test_role_takes_the_answer(key, answer):
    variable = QUESTIONS[key]["variable"]
    if variable in OF_PLAYBOOKS:
        assert isinstance(answer, str) and (answer or not QUESTIONS[key]["required"])
        return
    spec = OF_ROLES[variable]
    kept = {name: spec[name] for name in ("type", "elements", "choices") if name in spec}
    checked = ArgumentSpecValidator({variable: kept}).validate({variable: answer})
    assert checked.error_messages == []


@pytest.mark.parametrize("key", [k for k, one in QUESTIONS.items() if one["variable"] in OF_ROLES])
def test_default_of_the_survey_is_that_of_the_role(key):
    variable = QUESTIONS[key]["variable"]
    spec = OF_ROLES[variable]
    given = {name: one for role in role_files.ROLES for name, one in role_files.defaults(role).items()}
    kept = {name: spec[name] for name in ("type", "elements") if name in spec}
    checked = ArgumentSpecValidator({variable: kept}).validate(
        {variable: QUESTIONS[key]["default"] or given[variable]}
    )
    assert checked.validated_parameters[variable] == given[variable]


@pytest.mark.parametrize("key", [k for k, one in QUESTIONS.items() if "choices" in one])
def test_survey_offers_every_choice_of_the_role(key):
    choices = OF_ROLES.get(QUESTIONS[key]["variable"], {}).get("choices")
    if choices:
        assert QUESTIONS[key]["choices"] == choices


def test_releases_are_those_that_are_supported():
    assert _question("arc_target")["choices"] == list(reversed(releases.SUPPORTED))
    assert _question("arc_target")["default"] == releases.LATEST


def test_findings_are_those_that_can_be_acknowledged():
    grave = {k for k, one in finding_table.FINDINGS.items() if one.severity == finding_table.BLOCKER}
    able = grave - set(plan.NEVER_ACKNOWLEDGED) - {"right-missing"}
    assert set(_question("arc_preflight_acknowledge")["choices"]) == able


def test_repairs_are_those_of_the_table():
    assert _question("arc_repair_repairs")["choices"] == list(repair_table.REPAIRS)


@pytest.mark.parametrize("serial", _question("arc_serial")["choices"])
def test_serial_is_never_everybody_at_once(serial):
    """`serial` takes 0 and nothing as all clusters at once."""
    assert re.fullmatch(r"[1-9]\d?%?", serial) and serial != "100%"


def test_surveys_ask_for_no_connection():
    """Where a job goes is said by inventory and credential."""
    hidden = {"kubeconfig", "context", "arc_preflight_connection", "arc_drain_github"}
    assert hidden.isdisjoint(one["variable"] for one in QUESTIONS.values())
