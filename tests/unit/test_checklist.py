# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does what the checklist names as proof exist, and does each line name one?"""

from __future__ import annotations

import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TEXT = (TOP / "docs/docsite/rst/guide_checklist.rst").read_text(encoding="utf-8")
TABLES = TEXT[TEXT.index(".. list-table::"):]
NAMED = re.findall(r"``([^`]+)``", TABLES)
TARGETS = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.M))


def test_targets_are_there():
    named = {one.split()[1] for one in re.findall(r"``(make [a-z-]+)``", TEXT)}
    assert named and named <= TARGETS


def test_files_are_there():
    files = [one for one in NAMED if "/" in one or one.endswith((".md", ".yml"))]
    assert len(files) > 15
    assert [one for one in files if not (TOP / one).exists()] == []


def test_each_line_has_a_proof():
    rows = TABLES.split("   * - ")[1:]
    proofs = [row.split("     - ", 1)[1] for row in rows if not row.startswith("Asked for")]
    assert len(proofs) > 25
    assert [one for one in proofs if "``" not in one] == []
