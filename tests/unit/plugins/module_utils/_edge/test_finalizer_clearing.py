# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch of releases that takes longer than its look may be relied on."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import finalizer_clearing
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import Conflict
from ansible_collections.arc.lifecycle.plugins.modules.arc_finalizer_clear import OPTIONS
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import abandoned
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import (
    ScriptedCluster,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.test_arc_finalizer_clear import (
    WEB,
    orphan_of,
)


def test_nothing_is_deleted_or_released_on_an_old_look(begun, monkeypatch):
    monkeypatch.setattr(finalizer_clearing, "_LOOK_VALID_S", 0.0)
    parts = abandoned.abandoned()
    given = {"state": "cleared", "scale_sets": [WEB], "accept_orphans": orphan_of(parts)}
    with ScriptedCluster(parts) as cluster:
        with pytest.raises(Conflict, match="0 finalizers were released"):
            finalizer_clearing.clear(begun(cluster, OPTIONS, **given))
        assert cluster.writes == []
