# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure part does no input or output: it imports the standard library and itself only."""

from __future__ import annotations

import ast
import pathlib

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils import _pure

FILES = sorted(pathlib.Path(_pure.__file__).parent.glob("*.py"))
# Standard modules of which none reaches a file, a clock, a process, chance or the network.
ALLOWED = {
    "__future__", "base64", "binascii", "collections", "dataclasses", "datetime", "enum", "fnmatch",
    "functools", "hashlib", "heapq", "html", "ipaddress", "itertools", "json", "math", "operator", "re",
    "string", "typing",
}
FORBIDDEN = ("os", "socket", "time", "kubernetes", "ansible", "yaml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_pure_file_imports_nothing_that_acts(path):
    tops = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            tops |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level in (0, 1), f"{path.name} imports from outside of _pure"
            if node.level == 0:
                tops.add((node.module or "").partition(".")[0])
    assert tops <= ALLOWED


def test_nothing_forbidden_is_allowed():
    assert not ALLOWED.intersection(FORBIDDEN)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_pure_file_asks_no_clock(path):
    """Time comes in with the snapshot, so that a judgement can be made again."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    assert not names & {"now", "utcnow", "today"}
