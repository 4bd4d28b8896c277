# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as people give them: a list in a file of variables, a text with commas by `-e` or in a survey."""

from __future__ import annotations

from typing import Any, List


def name_list(given: Any) -> List[str]:
    """Return the names of a list, of a text with commas, or of nothing at all ([])."""
    if given is None:
        return []
    if isinstance(given, (list, tuple)):
        return [name for one in given for name in name_list(one)]
    return [one.strip() for one in str(given).split(",") if one.strip()]
