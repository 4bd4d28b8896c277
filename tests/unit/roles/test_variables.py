# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do argument_specs, defaults and README of each role tell the same of its variables?"""

from __future__ import annotations

import re

import pytest
import yaml

import role_files
from role_files import ROLES, TOP


_IN_TEMPLATE = re.compile(r"\{[{%].* if ")


def _is_template(value):
    return "{{" in str(value)


@pytest.mark.parametrize("role", ROLES)
def test_each_default_is_a_variable_of_the_specs(role):
    assert set(role_files.defaults(role)) <= set(role_files.options(role))


@pytest.mark.parametrize("role", ROLES)
def test_each_variable_has_a_default_or_is_required(role):
    bare = [
        name for name, option in role_files.options(role).items()
        if name not in role_files.defaults(role) and not option.get("required")
    ]
    assert bare == []


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_specs(role):
    given = role_files.defaults(role)
    differ = {
        name: (option.get("default"), given[name])
        for name, option in role_files.options(role).items()
        if name in given and option.get("default") != given[name]
        and not (_is_template(given[name]) and "default" not in option)
    }
    assert differ == {}


@pytest.mark.parametrize("role", ROLES)
def test_entry_points_agree_on_what_they_share(role):
    seen = {}
    for point in role_files.entry_points(role).values():
        for name, option in point.items():
            told = {key: option.get(key) for key in ("type", "elements", "choices", "default")}
            assert seen.setdefault(name, told) == told, name


@pytest.mark.parametrize("role", ROLES)
def test_readme_has_a_row_for_each_variable(role):
    assert set(role_files.table(role)) == set(role_files.options(role))


@pytest.mark.parametrize("role", ROLES)
def test_readme_tells_type_and_default_as_they_are(role):
    given = role_files.defaults(role)
    for name, (kind, default, _meaning) in role_files.table(role).items():
        assert kind == role_files.options(role)[name]["type"], name
        if name not in given:
            assert default == "required", name
        elif default.startswith("`"):
            assert _same(default.strip("`").replace("\\|", "|"), given[name]), name
        else:
            assert default and _is_template(given[name]), f"{name}: only a template is told in words"


def _same(told, value):
    """A text of the README is a value, as it would be written in a file with defaults."""
    return told == value if isinstance(value, str) and value else yaml.safe_load(told) == value


@pytest.mark.parametrize("role", ROLES)
def test_variables_bear_the_name_of_their_role(role):
    assert [name for name in role_files.options(role) if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_numbers_and_switches_are_converted_before_they_decide(role):
    """Surveys and `-e` give strings: the text "false" is true, and an error from 2.19 on."""
    switches = [n for n, o in role_files.options(role).items() if o["type"] in ("bool", "int")]
    found = []
    for path in sorted((TOP / "roles" / role / "tasks").glob("*.yml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            is_condition = re.match(r"\s*(- |when: |that: |until: |or |and |not )", line) or _IN_TEMPLATE.search(line)
            for name in switches:
                used = re.search(rf"(?<![\w.]){name}\b(?! \| (bool|int))", line)
                if used and is_condition and not re.match(r"\s*- (name|\{)", line):
                    found.append(f"{path.name}: {line.strip()}")
    assert found == []


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_point_is_a_file(role):
    names = {path.stem for path in (TOP / "roles" / role / "tasks").glob("*.yml")}
    assert set(role_files.entry_points(role)) <= names
