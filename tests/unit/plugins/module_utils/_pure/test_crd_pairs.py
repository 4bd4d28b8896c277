# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every step between published CRD sets, up and down: its verdict by the rules, and how many."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_rules,
    crd_verdict,
    reads,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import published_crds

UNSEEN = reads.Unread("not looked at", "", "objects")
# From, to, the verdict if nobody looked at objects; how many changes block, lose data, inform.
TABLE = [
    ("0.4.0", "0.6.0", "loses_data", 0, 1, 149),
    ("0.4.0", "0.7.0", "loses_data", 0, 1, 149),
    ("0.4.0", "0.9.0", "breaks_objects", 1, 1, 149),
    ("0.4.0", "0.11.0", "breaks_objects", 10, 7, 322),
    ("0.4.0", "0.12.0", "breaks_objects", 11, 7, 322),
    ("0.4.0", "0.13.0", "breaks_objects", 11, 8, 323),
    ("0.4.0", "0.14.0", "breaks_objects", 11, 9, 323),
    ("0.6.0", "0.4.0", "loses_data", 0, 2, 149),
    ("0.6.0", "0.7.0", "safe", 0, 0, 0),
    ("0.6.0", "0.9.0", "breaks_objects", 1, 0, 0),
    ("0.6.0", "0.11.0", "breaks_objects", 12, 10, 285),
    ("0.6.0", "0.12.0", "breaks_objects", 13, 10, 285),
    ("0.6.0", "0.13.0", "breaks_objects", 13, 11, 286),
    ("0.6.0", "0.14.0", "breaks_objects", 13, 12, 286),
    ("0.7.0", "0.4.0", "loses_data", 0, 20, 149),
    ("0.7.0", "0.6.0", "loses_data", 0, 30, 0),
    ("0.7.0", "0.9.0", "breaks_objects", 1, 0, 0),
    ("0.7.0", "0.11.0", "breaks_objects", 12, 10, 285),
    ("0.7.0", "0.12.0", "breaks_objects", 13, 10, 285),
    ("0.7.0", "0.13.0", "breaks_objects", 13, 11, 286),
    ("0.7.0", "0.14.0", "breaks_objects", 13, 12, 286),
    ("0.9.0", "0.4.0", "loses_data", 0, 21, 149),
    ("0.9.0", "0.6.0", "loses_data", 0, 31, 0),
    ("0.9.0", "0.7.0", "loses_data", 0, 1, 0),
    ("0.9.0", "0.11.0", "breaks_objects", 11, 10, 285),
    ("0.9.0", "0.12.0", "breaks_objects", 12, 10, 285),
    ("0.9.0", "0.13.0", "breaks_objects", 12, 11, 286),
    ("0.9.0", "0.14.0", "breaks_objects", 12, 12, 286),
    ("0.11.0", "0.4.0", "loses_data", 0, 119, 331),
    ("0.11.0", "0.6.0", "loses_data", 0, 193, 296),
    ("0.11.0", "0.7.0", "loses_data", 0, 163, 296),
    ("0.11.0", "0.9.0", "loses_data", 0, 162, 296),
    ("0.11.0", "0.12.0", "breaks_objects", 1, 0, 0),
    ("0.11.0", "0.13.0", "breaks_objects", 1, 1, 1),
    ("0.11.0", "0.14.0", "breaks_objects", 1, 2, 1),
    ("0.12.0", "0.4.0", "breaks_objects", 1, 123, 331),
    ("0.12.0", "0.6.0", "breaks_objects", 1, 197, 296),
    ("0.12.0", "0.7.0", "breaks_objects", 1, 167, 296),
    ("0.12.0", "0.9.0", "breaks_objects", 1, 166, 296),
    ("0.12.0", "0.11.0", "breaks_objects", 1, 4, 0),
    ("0.12.0", "0.13.0", "loses_data", 0, 1, 1),
    ("0.12.0", "0.14.0", "loses_data", 0, 2, 1),
    ("0.13.0", "0.4.0", "breaks_objects", 1, 157, 332),
    ("0.13.0", "0.6.0", "breaks_objects", 1, 253, 297),
    ("0.13.0", "0.7.0", "breaks_objects", 1, 223, 297),
    ("0.13.0", "0.9.0", "breaks_objects", 1, 222, 297),
    ("0.13.0", "0.11.0", "breaks_objects", 1, 60, 1),
    ("0.13.0", "0.12.0", "loses_data", 0, 56, 1),
    ("0.13.0", "0.14.0", "loses_data", 0, 1, 0),
    ("0.14.0", "0.4.0", "breaks_objects", 1, 178, 332),
    ("0.14.0", "0.6.0", "breaks_objects", 1, 276, 297),
    ("0.14.0", "0.7.0", "breaks_objects", 1, 246, 297),
    ("0.14.0", "0.9.0", "breaks_objects", 1, 245, 297),
    ("0.14.0", "0.11.0", "breaks_objects", 1, 83, 1),
    ("0.14.0", "0.12.0", "loses_data", 0, 79, 1),
    ("0.14.0", "0.13.0", "loses_data", 0, 28, 0),
]


def test_table_has_every_pair():
    assert [one[:2] for one in TABLE] == list(itertools.permutations(published_crds.SETS, 2))


@published_crds.needed
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}-{row[1]}")
def test_step_between_published_sets(row):
    old, new, verdict, *counts = row
    before, after = published_crds.shared(old), published_crds.shared(new)
    changes = crd_rules.compare_all(before, after)
    assert [
        sum(one.severity == severity for one in changes)
        for severity in ("blocks", "loses_data", "info")
    ] == counts
    judged = crd_verdict.worst(
        crd_verdict.judge(
            [change for change in changes if change.crd == one["metadata"]["name"]], UNSEEN)
        for one in before
    )
    assert judged.verdict == verdict
    assert "other" not in crd_rules.count(changes)
