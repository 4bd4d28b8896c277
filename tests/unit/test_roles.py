# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role says of its variables is the same in argument_specs, defaults and README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (TOP / "roles").iterdir() if path.is_dir())


def load(role, name):
    path = TOP / "roles" / role / name
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}


def specs(role):
    return load(role, "meta/argument_specs.yml")["argument_specs"]


def told(role):
    """Every variable that an entry point of the role takes."""
    found = {}
    for entry in specs(role).values():
        found.update(entry.get("options") or {})
    return found


@pytest.mark.parametrize("role", ROLES)
def test_variables_begin_with_the_name_of_the_role(role):
    assert [name for name in told(role) if not name.startswith(role + "_")] == []
    assert [name for name in load(role, "defaults/main.yml") if not name.startswith(role)] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_default_is_told_and_every_variable_has_one(role):
    required = {name for name, one in told(role).items() if one.get("required")}
    defaults = set(load(role, "defaults/main.yml"))
    assert defaults - set(told(role)) == set()
    assert set(told(role)) - defaults - required == set()


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_that_are_told(role):
    defaults = load(role, "defaults/main.yml")
    differing = {
        name: (one["default"], defaults[name])
        for name, one in told(role).items()
        if "default" in one and name in defaults and one["default"] != defaults[name]
    }
    assert differing == {}


@pytest.mark.parametrize("role", ROLES)
def test_readme_has_a_row_of_each_variable(role):
    text = (TOP / "roles" / role / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.M))
    assert set(rows) == set(told(role))
    assert {name: kind for name, kind in rows.items() if told(role)[name]["type"] != kind} == {}


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_is_a_file(role):
    names = {path.stem for path in (TOP / "roles" / role / "tasks").glob("*.yml")}
    assert set(specs(role)) <= names
    assert all(entry["short_description"] for entry in specs(role).values())
