# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the lists of the collection agree with its files, and do the files keep its own rules?"""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (TOP / "plugins" / "modules").glob("arc_*.py"))
ACTIONS = sorted(path.stem for path in (TOP / "plugins" / "action").glob("arc_*.py"))
MAX_LINES = 450
# Written by programs, or by the Free Software Foundation.
LONG = {
    "LICENSE",
    # Written by tests/guides.py.
    "docs/docsite/rst/guide_findings.rst",
    "plugins/module_utils/_pure/crd_digests.py",
    "tests/lab/controlplane/go.sum",
}
# In two halves each, as this file is looked at too.
MACHINE = re.compile(
    "|".join(
        re.escape(head) + tail
        for head, tail in (
            ("/wor", r"k/(main|shared)\b"),
            ("/tm", r"p/(venv|tree|contract)\b"),
            ("/roo", r"t/\.?\w"),
            ("/hom", r"e/(?!runner\b|a\b)\w"),
            ("pyp", r"i\.org"),
            ("pythonhoste", r"d\.org"),
            ("prox", r"y\.golang\.org"),
            ("su", r"m\.golang\.org"),
            ("npmj", r"s\.(org|com)"),
            ("artifactor", "y"),
        )
    )
)


def _yaml(*parts: str) -> Any:
    return yaml.safe_load(TOP.joinpath(*parts).read_text(encoding="utf-8"))


def _documentation(module: str) -> Dict[str, Any]:
    """What stands in DOCUMENTATION of a module, without importing it."""
    tree = ast.parse((TOP / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise LookupError(f"{module} has no DOCUMENTATION")


def _fragments(module: str) -> List[str]:
    return _documentation(module).get("extends_documentation_fragment", [])


def _connecting() -> List[str]:
    """Modules that take the options of the connection."""
    return [module for module in MODULES if "arc.lifecycle.auth" in _fragments(module)]


def _files() -> List[str]:
    """What is in the checkout and will be in the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True)
    return sorted(name for name in done.stdout.split("\0") if name and (TOP / name).is_file())


def _lines(name: str) -> List[str]:
    return (TOP / name).read_text(encoding="utf-8").splitlines()


def test_action_group_holds_the_modules_that_connect_and_no_other():
    """Another module would fail over options that `module_defaults` of the group gives it."""
    assert _yaml("meta", "runtime.yml")["action_groups"]["arc"] == _connecting()


@pytest.mark.parametrize("module", MODULES)
def test_module_tells_its_membership_as_it_is(module):
    is_member = "arc.lifecycle.attributes.group" in _fragments(module)
    assert is_member == (module in _connecting())


@pytest.mark.parametrize("module", MODULES)
def test_module_tells_who_wrote_it_and_since_when(module):
    told = _documentation(module)
    assert told["module"] == module
    assert told["author"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version_added"])


@pytest.mark.parametrize("action", ACTIONS)
def test_action_plugin_has_its_module(action):
    assert action in MODULES


def test_changelog_tells_every_module_and_plugin():
    releases = _yaml("changelogs", "changelog.yaml")["releases"]
    told = [one["name"] for release in releases.values() for one in release.get("modules", ())]
    remedy = "run: antsibull-changelog release --update-existing --reload-plugins"
    assert sorted(told) == MODULES, remedy
    for kind in ("filter", "inventory", "lookup"):
        told = [one["name"] for release in releases.values()
                for one in release.get("plugins", {}).get(kind, ())]
        there = sorted(path.stem for path in (TOP / "plugins" / kind).glob("*.py"))
        assert sorted(told) == there, remedy


def test_changelog_has_the_version_of_the_collection():
    assert _yaml("galaxy.yml")["version"] in _yaml("changelogs", "changelog.yaml")["releases"]


def test_no_sanity_test_is_ignored():
    assert not list((TOP / "tests" / "sanity").glob("ignore-*.txt"))
    assert not (TOP / ".ansible-lint-ignore").exists()


@pytest.mark.parametrize("where", ["/wor" + "k/main", "/roo" + "t/.cache", "/hom" + "e/jane"])
def test_machine_paths_are_recognised(where):
    assert MACHINE.search(f"see {where}/x")


def test_no_file_tells_about_the_machine_it_was_written_on():
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in _files()
        if name not in LONG
        for number, line in enumerate(_lines(name), 1)
        if MACHINE.search(line)
    ]
    assert not found


def test_files_stay_short():
    sizes = {name: len(_lines(name)) for name in _files() if name not in LONG}
    assert {name: size for name, size in sizes.items() if size > MAX_LINES} == {}


def test_exceptions_from_the_length_are_needed():
    assert [name for name in LONG if len(_lines(name)) <= MAX_LINES] == []
