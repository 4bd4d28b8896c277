# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of repairs still wants after what it has made, and after a look that failed."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import repairing
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import reads, vanished_sets
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.drain_looks import (
    gone,
    view_of,
)

WEB = "arc-runners/web"


@pytest.fixture
def repairs(monkeypatch):
    """A run whose writes all succeed. Helm remembers the set web."""
    body = copy.deepcopy(b.sound("0.14.2")["autoscalingrunnersets"][0])
    for one in ("uid", "resourceVersion"):
        body["metadata"].pop(one, None)
    stored = vanished_sets.Stored((vanished_sets.Manifest(("arc-runners", "web"), body),))
    monkeypatch.setattr(repairing.stored_sets, "read", lambda _task: stored)
    monkeypatch.setattr(repairing, "write", lambda _task, _act: None)
    options = {"repairs": ["dead-at-github", "set-vanished"], "lost_at_github": [WEB]}
    task = SimpleNamespace(options=options, partial={}, is_diff=False, now=lambda: b.NOW)
    return repairing._Repairing(task)


def made_again(parts):
    """The set under the same name, with another UID and another id at GitHub."""
    parts["autoscalingrunnersets"][0]["metadata"]["uid"] += "-2"
    parts["autoscalingrunnersets"][0]["metadata"]["annotations"]["runner-scale-set-id"] = "99"
    return parts


def test_set_that_was_lost_is_deleted_and_made_again_once(repairs):
    for verb, parts in (("delete", b.sound("0.14.2")), ("create", gone(b.sound("0.14.2")))):
        (act,) = repairs.judge(view_of(parts), b.NOW).acts
        assert act.verb == verb
        repairs.do(act)
    last = repairs.judge(view_of(made_again(b.sound("0.14.2"))), b.NOW)
    assert (last.finished, last.acts) == (True, ())


def test_what_could_not_be_read_is_not_mended_for_that(repairs):
    parts = {**b.sound("0.14.2"), "autoscalingrunnersets": reads.Unread("503")}
    assert repairs.judge(view_of(parts), b.NOW).finished is False
