# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates of AWX: every survey asks for variables that there are, in values that they take.

AWX sends each answer as the text or number that stands in the survey; so are they tried here.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

TOP = Path(__file__).resolve().parents[2]
AWX = TOP / "roles" / "arc_awx"
VARS = yaml.safe_load((AWX / "vars" / "main.yml").read_text(encoding="utf-8"))
TASKS = yaml.safe_load((AWX / "tasks" / "main.yml").read_text(encoding="utf-8"))
TEMPLATES = {one["name"]: one for one in VARS["__arc_awx_templates"]}
QUESTIONS = [
    pytest.param(name, question, id=f"{name}-{question['variable']}")
    for name, one in TEMPLATES.items() for question in one["survey"]
]
# Of the plays themselves.
PLAY = {
    "arc_target": {"type": "str"}, "arc_serial": {"type": "str"}, "arc_drain_hosts": {"type": "str"},
    "arc_on_failure": {"type": "str", "choices": ["stop", "rollback"]},
}
ANSWERS = {
    "arc_target": ["0.14.2", "latest"], "arc_drain_names": ["web", "arc-runners/web, api", ""],
    "arc_serial": ["1", "25%"], "arc_preflight_acknowledge": ["", "peer-ill,unread"],
    "arc_drain_timeout": [21600, "0", "600"], "arc_drain_hosts": ["east"],
    "arc_repair_repairs": ["", "stale-listener", "outdated,zombie-runner"],
}


def option_of(variable):
    for path in sorted((TOP / "roles").glob("*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            if variable in (entry.get("options") or {}):
                return entry["options"][variable]
    return PLAY[variable]


def answers_to(question):
    found = list(question.get("choices") or ()) + ANSWERS.get(question["variable"], [])
    if question["default"] != "" or not question["required"]:
        found.append(question["default"])
    return found


@pytest.mark.parametrize("name, question", QUESTIONS)
def test_answer_is_taken_by_the_variable(name, question):
    option = option_of(question["variable"])
    kept = ("type", "elements", "choices")
    spec = {question["variable"]: {key: option[key] for key in kept if key in option}}
    answers = answers_to(question)
    assert answers, f"{name}: nothing is tried"
    for answer in answers:
        result = ArgumentSpecValidator(spec).validate({question["variable"]: answer})
        assert result.error_messages == [], (answer, result.error_messages)


@pytest.mark.parametrize("name, question", QUESTIONS)
def test_choices_are_those_of_the_variable(name, question):
    del name
    option = option_of(question["variable"])
    if question["type"] == "multiplechoice":
        assert question["default"] in question["choices"]
        if "choices" in option:
            assert set(question["choices"]) == set(option["choices"])
        else:
            assert option["type"] == "bool" and set(question["choices"]) == {"true", "false"}
    else:
        assert "choices" not in option


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_runs_a_playbook_that_uses_what_is_asked(name):
    path = TOP / "playbooks" / f"{name}.yml"
    assert path.exists()
    text = path.read_text(encoding="utf-8")
    text += "".join(
        (TOP / "playbooks" / one).read_text(encoding="utf-8")
        for one in re.findall(r"import_playbook: (\S+)", text)
    )
    pending, seen = re.findall(r"arc\.lifecycle\.(arc_\w+)", text), set()
    while pending:
        role = pending.pop()
        folder = TOP / "roles" / role
        if role in seen or not folder.is_dir():
            continue
        seen.add(role)
        more = "".join(one.read_text(encoding="utf-8") for one in folder.glob("[tdv]*/*.yml"))
        text += more
        pending += re.findall(r"arc\.lifecycle\.(arc_\w+)", more)
    for question in TEMPLATES[name]["survey"]:
        assert re.search(rf"\b{question['variable']}\b", text), question["variable"]


def test_workflow_is_a_chain_of_templates_with_an_approval():
    nodes = VARS["__arc_awx_nodes"]
    assert [one["identifier"] for one in nodes] == ["plan", "approve", "upgrade", "status"]
    assert [one.get("next") for one in nodes] == ["approve", "upgrade", "status", None]
    assert all(one["template"] in TEMPLATES for one in nodes if "template" in one)


@pytest.mark.skipif(
    importlib.util.find_spec("ansible_collections.awx") is None, reason="awx.awx is not installed")
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task["name"])
def test_task_gives_options_that_awx_has(task):
    (module,) = [key for key in task if key.startswith("awx.awx.")]
    import ansible_collections.awx.awx.plugins.modules as modules

    (folder,) = modules.__path__
    source = (Path(folder) / f"{module.rpartition('.')[2]}.py").read_text(encoding="utf-8")
    documented = yaml.safe_load(re.search(
        r"DOCUMENTATION = r?[\"']{3}(.*?)[\"']{3}", source, re.S)[1])["options"]
    names = set(documented) | {
        alias for one in documented.values() for alias in one.get("aliases") or ()}
    assert set(task[module]) - names == set()


def test_serial_is_safe_from_awx():
    (task,) = [one["awx.awx.job_template"] for one in TASKS if "awx.awx.job_template" in one]
    assert (task["job_slice_count"], task["allow_simultaneous"], task["use_fact_cache"]) == (
        1, False, False)
