# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what the rules say of every step between published CRD sets, up and down, and how fast.

Without objects: what would have to be feared if nobody looked at those that live.
"""

from __future__ import annotations

import itertools
import time

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_rules,
    crd_verdict,
    reads,
    report_text,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import published_crds

_UNSEEN = reads.Unread("not looked at", "", "objects")


def row(old: str, new: str) -> tuple:
    """One step: verdict by the rules alone, counts by severity and by id, milliseconds."""
    before, after = published_crds.load(old), published_crds.load(new)
    begun = time.perf_counter()
    changes = crd_rules.compare_all(before, after)
    took_ms = (time.perf_counter() - begun) * 1000
    by_name = {one["metadata"]["name"]: one for one in after}
    verdict = crd_verdict.worst(
        crd_verdict.judge(
            [change for change in changes if change.crd == one["metadata"]["name"]], _UNSEEN,
            identical=crd_verdict.is_identical(one, by_name[one["metadata"]["name"]]),
        )
        for one in before
    )
    counts = {name: 0 for name in ("blocks", "loses_data", "info")}
    for one in changes:
        counts[one.severity] += 1
    told = ", ".join(
        f"{number} {name}" for name, number in crd_rules.count(changes).items()
        if name != "default-changed"
    )
    return (f"{old} -> {new}", verdict.verdict, *counts.values(), f"{took_ms:.0f}", told)


def main() -> None:
    """Print the table."""
    head = ("STEP", "BY RULES ALONE", "BLOCKS", "LOSES", "INFO", "MS", "WHAT (without defaults)")
    rows = [row(*pair) for pair in itertools.permutations(published_crds.SETS, 2)]
    print("\n".join(report_text.table(head, rows)))


if __name__ == "__main__":
    main()
