# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of many judged objects: bounded, and never without the worst."""

from __future__ import annotations

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import crd_tally, crd_verdict
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.crd_objects import (
    ObjectReport,
    Violation,
)


def report(name, *, broken=False, lost=()):
    violations = (Violation(".spec.a", "required", "is required and not there"),) if broken else ()
    return ObjectReport("EphemeralRunner", "ci", name, name, violations, tuple(lost))


def trap(name):
    return crd_verdict.Trap("failures-undecodable", "EphemeralRunner", "ci", name, ".", "r", "m")


def test_the_worst_is_kept_however_much_harmless_comes_first():
    tally = crd_tally.Tally(2)
    for number in range(5):
        tally.add(report(f"clean{number}"))
        tally.add(report(f"welcome{number}", lost=[".status.runnerJITConfig"]))
    tally.add(report("losing", lost=[".spec.x"]))
    tally.add(report("broken", broken=True))
    assert (tally.checked, tally.affected) == (12, 7)
    assert [one.name for one in tally.reports()] == ["broken", "losing", "welcome0", "welcome1"]
    assert crd_verdict.judge((), tally.reports()).verdict == "breaks_objects"


def test_traps_are_counted_beyond_what_is_kept():
    tally = crd_tally.Tally(2)
    for number in range(4):
        tally.add(report(f"r{number}"), [trap(f"r{number}")])
    assert (len(tally.traps), tally.trapped) == (2, 4)


def test_a_list_that_begins_again_forgets_only_its_own():
    tally = crd_tally.Tally(10)
    tally.add(report("first", broken=True), [trap("first")])
    mark = tally.mark()
    tally.add(report("twice", lost=[".spec.x"]), [trap("twice")])
    tally.back_to(mark)
    assert (tally.checked, tally.affected, tally.trapped, len(tally.traps)) == (1, 1, 1, 1)
    assert [one.name for one in tally.reports()] == ["first"]
    tally.forget()
    assert (tally.checked, tally.affected, tally.reports(), tally.traps) == (0, 0, [], [])
