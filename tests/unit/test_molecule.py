# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the scenarios of Molecule whole: every playbook, every tasks file, idempotence and a verdict?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import molecule
import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
FOLDER = TOP / "extensions" / "molecule"
SCENARIOS = sorted(path.parent.name for path in FOLDER.glob("*/molecule.yml"))
SCHEMA = json.loads((Path(molecule.__file__).parent / "data" / "molecule.json").read_text(encoding="utf-8"))


def _yaml(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


CONFIG = _yaml(FOLDER / "config.yml")


def _ansible(own):
    """The scenario's own settings laid over those that all share, as Molecule does."""
    given = own.get("ansible", {})
    return {key: {**value, **given.get(key, {})} for key, value in CONFIG["ansible"].items()}


def test_scenarios_are_those_that_are_promised():
    assert SCENARIOS == ["awx", "crds", "default", "drain", "repair"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_molecule_takes_the_scenario(scenario):
    own = _yaml(FOLDER / scenario / "molecule.yml")
    merged = {**CONFIG, "scenario": {**CONFIG["scenario"], **own["scenario"]}, "ansible": _ansible(own)}
    jsonschema.Draft202012Validator(SCHEMA).validate(merged)
    assert own["scenario"]["name"] == scenario


def test_every_run_is_repeated_and_judged():
    sequence = CONFIG["scenario"]["test_sequence"]
    assert sequence.index("converge") + 1 == sequence.index("idempotence") < sequence.index("verify")
    assert sequence[0] == sequence[-1] == "destroy"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_playbook_and_tasks_file_is_there(scenario):
    own = _yaml(FOLDER / scenario / "molecule.yml")
    sequence = {**CONFIG["scenario"], **own["scenario"]}["test_sequence"]
    for step, name in _ansible(own)["playbooks"].items():
        if step not in sequence:
            continue
        path = (FOLDER / scenario / name).resolve()
        assert path.is_file(), path
        for included in re.findall(r"include_tasks: (\S+)", path.read_text(encoding="utf-8")):
            assert (path.parent / included).is_file(), f"{path}: {included}"


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one not in ("awx", "crds")])
def test_the_ledger_judges(scenario):
    assert "verdict.yml" in (FOLDER / scenario / "verify.yml").read_text(encoding="utf-8")


def test_the_verdict_ends_with_an_error_when_a_job_is_lost():
    tasks = _yaml(FOLDER / "shared" / "tasks" / "verdict.yml")
    (judge,) = [one for one in tasks if "ledger --wait" in str(one)]
    assert not {"failed_when", "ignore_errors"} & set(judge)
