# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of a role say of its variables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Tuple

import yaml

TOP = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (TOP / "roles").iterdir() if path.is_dir())
# A bar inside of a code span is escaped in Markdown.
_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", re.MULTILINE)


class _Loader(yaml.SafeLoader):
    """YAML with Ansible's tag for text that is no template."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load(path: Path) -> Any:
    """Return what a YAML file of Ansible says."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


def entry_points(role: str) -> Dict[str, Dict[str, Any]]:
    """Return the options of each entry point of a role."""
    specs = load(TOP / "roles" / role / "meta" / "argument_specs.yml")["argument_specs"]
    return {name: spec.get("options") or {} for name, spec in specs.items()}


def options(role: str) -> Dict[str, Any]:
    """Return the options of all entry points of a role together."""
    return {name: one for point in entry_points(role).values() for name, one in point.items()}


def defaults(role: str) -> Dict[str, Any]:
    """Return the defaults of a role, {} if it has none."""
    path = TOP / "roles" / role / "defaults" / "main.yml"
    return (load(path) or {}) if path.exists() else {}


def table(role: str) -> Dict[str, Tuple[str, str, str]]:
    """Return type, default and meaning of each variable, as the README of a role tells them."""
    text = (TOP / "roles" / role / "README.md").read_text(encoding="utf-8")
    return {name: (kind, default.strip(), meaning) for name, kind, default, meaning in _ROW.findall(text)}
