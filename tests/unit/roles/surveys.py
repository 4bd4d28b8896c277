# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The surveys of the role arc_awx, as AWX gets them, and what AWX makes of an answer."""

from __future__ import annotations

from typing import Any, Dict, List

from jinja2 import nativetypes

import role_files
from role_files import TOP

CLUSTERS = [{"name": "east"}, {"name": "west"}]
_VARS = role_files.load(TOP / "roles" / "arc_awx" / "vars" / "main.yml")


def _rendered(value: Any) -> Any:
    if isinstance(value, str) and "{{" in value:
        context = {**_VARS, "arc_awx_clusters": CLUSTERS}
        found = nativetypes.NativeEnvironment().from_string(value).render(**context)
        return _rendered(list(found) if not isinstance(found, str) else found)
    return value


def questions() -> Dict[str, Dict[str, Any]]:
    """Return all questions by their key, with the choices for two clusters."""
    return {
        key: {name: _rendered(value) for name, value in one.items()}
        for key, one in _VARS["__arc_awx_questions"].items()
    }


def templates() -> Dict[str, List[str]]:
    """Return the keys of the questions of each job template."""
    return {one["name"]: one["asks"] for one in _VARS["__arc_awx_templates"]}


def workflow() -> List[str]:
    """Return the keys of the questions of the workflow."""
    return list(_VARS["__arc_awx_workflow_asks"])


def answers(question: Dict[str, Any]) -> List[Any]:
    """Return what AWX may hand over: default, each choice, all of them, the limits, nothing.

    AWX gives numbers of an integer question as numbers or, from extra variables, as text.
    """
    default = question["default"]
    if question["type"] == "multiplechoice":
        return list(question["choices"])
    if question["type"] == "multiselect":
        return ["", [], *([one] for one in question["choices"]), list(question["choices"])]
    if question["type"] == "integer":
        numbers = [default, question["min"], question["max"]]
        return [*numbers, *map(str, numbers)]
    return [default]
