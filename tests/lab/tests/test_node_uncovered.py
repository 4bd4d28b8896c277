# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a volume that covers the interpreter or the checkout leave the program startable?"""

from __future__ import annotations

from lab.node.launch import uncovered

MOUNTS = [("/lab/pods/1/volumes/tmp", "/tmp", False), ("/lab/pods/1/volumes/work", "/w/", False)]


def test_what_lies_below_a_volume_is_brought_back_once() -> None:
    needed = ["/tmp/python", "/usr", "/tmp/checkout/tests", "/tmp/python", "/w/bin"]
    assert uncovered(MOUNTS, needed) == [
        ("/tmp/python", "/tmp/python", False),
        ("/tmp/checkout/tests", "/tmp/checkout/tests", False),
        ("/w/bin", "/w/bin", False),
    ]


def test_what_only_begins_like_a_volume_is_left_alone() -> None:
    assert uncovered(MOUNTS, ["/tmpfs/venv", "/tmp", "", "relative"]) == []
