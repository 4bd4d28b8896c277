# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides say what the code says, and the list of guides has them all."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_changes,
    drain_causes,
    finalizer_verdicts,
    finding_table,
    release_facts,
    repair_table,
)
from ansible_collections.arc.lifecycle.tests import guides

PAGES = guides.pages()


@pytest.mark.parametrize("name", PAGES)
def test_guide_is_what_the_code_says(name):
    there = (guides.FOLDER / name).read_text(encoding="utf-8")
    assert there == PAGES[name], "run tests/guides.py"


def test_every_id_has_its_place():
    found = set(re.findall(r"^``([a-z0-9_-]+)``$", PAGES["guide_findings.rst"], re.M))
    assert found == {
        *finding_table.FINDINGS, *drain_causes.REMEDIES, *finalizer_verdicts.REASONS,
        *repair_table.REPAIRS, *crd_changes.REASONS,
    }


def test_every_release_has_its_row():
    rows = re.findall(r"^  \* - ([0-9.]+)$", PAGES["guide_releases.rst"], re.M)
    assert rows == list(release_facts.TAGGED)


def test_list_of_guides_has_them_all():
    listed = yaml.safe_load((guides.FOLDER.parent / "extra-docs.yml").read_text(encoding="utf-8"))
    named = [name for section in listed["sections"] for name in section["toctree"]]
    assert sorted(named) == sorted(path.stem for path in guides.FOLDER.glob("*.rst"))


@pytest.mark.parametrize("name", PAGES)
def test_each_issue_that_is_named_has_its_address(name):
    named = re.findall(r"`#(\d+)\s+<https://github.com/\S+/(\d+)>`__", PAGES[name])
    assert named and [one for one in named if one[0] != one[1]] == []
    # Those of other repositories have their name before them.
    assert not re.findall(r"[^`/\w]#\d+", PAGES[name])
