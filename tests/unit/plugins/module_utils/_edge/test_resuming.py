# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a way back does after a look that failed: nothing, until it sees again."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import resuming
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    drain_resume,
    drain_types,
    reads,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    WEB,
    gone,
    view_of,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_drain_resume import (
    OPTIONS,
    stored,
)


@pytest.fixture
def way_back(monkeypatch):
    """A way back of the set web, which has gone and left a copy."""
    kept = stored(b.sound("0.14.2"))
    monkeypatch.setattr(resuming, "_read_copies", lambda _task: (kept,))
    monkeypatch.setattr(resuming.helm_store, "revision", lambda *_args: kept.revision)
    options = {**OPTIONS, "memory": None, "changed_meanwhile": drain_resume.REFUSE,
               "scale_sets": [{"namespace": WEB.key[0], "name": WEB.key[1]}]}
    task = SimpleNamespace(options=options, partial={}, is_diff=False, client=None, deadline=None,
                           now=lambda: b.NOW,
                           cluster=SimpleNamespace(name="blue"))
    found = resuming._Resuming(task, view_of(gone(b.sound("0.14.2"))))
    assert [act.verb for act in found.judge(view_of(gone(b.sound("0.14.2"))), b.NOW).acts] == ["create"]
    return found


@pytest.mark.parametrize("part", drain_types.NEEDED)
def test_set_that_was_not_seen_is_not_made_in_its_own_stead(way_back, part):
    parts = {**gone(b.sound("0.14.2")), part: reads.Unread("503")}
    found = way_back.judge(view_of(parts), b.NOW)
    assert (found.finished, found.acts) == (False, ())
    assert part in found.told and "503" in found.told
