# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which error does the lab raise for people, and how is it shown?"""

from __future__ import annotations


class LabError(Exception):
    """Something a person has to know: `problem` (what, which object) and `remedy` (next step)."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}\n{remedy}".rstrip())
