# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule 1: what could not be read never reads as empty."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import errors, reads
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders

FORBIDDEN = reads.Unread("forbidden", "list pods in all namespaces as jane", "pods")


@pytest.mark.parametrize(
    "use",
    [list, len, bool, lambda value: "x" in value, lambda value: [*value]],
    ids=["iterate", "len", "truth", "in", "unpack"],
)
def test_unread_used_as_a_collection_raises(use):
    with pytest.raises(errors.ReadFailed, match="Grant the right to list pods") as caught:
        use(FORBIDDEN)
    assert caught.value.object == "pods"
    assert caught.value.details == {"missing_right": "list pods in all namespaces as jane"}


def test_unread_without_missing_right_points_at_the_connection():
    with pytest.raises(errors.ReadFailed, match="Mend the connection"):
        list(reads.Unread("timed out"))


@pytest.mark.parametrize(
    "answer, expected",
    [
        (reads.Known(({"a": 1},)), ({"a": 1},)),
        (reads.Known([{"a": 1}]), ({"a": 1},)),
        (reads.Known(), ()),
        (reads.KindAbsent("pods"), ()),
        (reads.Unread("forbidden"), reads.Unread("forbidden", None, "pods")),
        (None, reads.Unread(reads.NOT_ASKED, None, "pods")),
    ],
    ids=["items", "items-in-a-list", "none", "kind-absent", "unread", "not-asked"],
)
def test_read_gives_objects_or_the_gap(answer, expected):
    parts = {} if answer is None else {"pods": answer}
    snapshot = reads.Snapshot(builders.NOW, reads.ClusterId("blue", "u"), parts)
    assert snapshot.read("pods") == expected


def test_seen_is_what_was_seen_and_is_read_tells_them_apart():
    assert (reads.seen((1,)), reads.seen(FORBIDDEN)) == ((1,), ())
    assert (reads.is_read(()), reads.is_read(FORBIDDEN)) == (True, False)


def test_gap_and_identity_are_plain_data():
    assert FORBIDDEN.as_dict() == {
        "part": "pods", "reason": "forbidden",
        "missing_right": "list pods in all namespaces as jane",
    }
    assert reads.ClusterId("blue", "u", "https://b", "1.36.3").as_dict() == {
        "name": "blue", "uid": "u", "server": "https://b", "kubernetes": "1.36.3",
    }
