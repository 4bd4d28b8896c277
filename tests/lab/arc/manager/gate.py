# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May a controller of one release keep a set of another? Pure. Source: arc.md 3."""

from __future__ import annotations

import re
from typing import Optional, Tuple

from lab.arc.releases import Release

NUMBERS = re.compile(r"(\d+)(?:\.(\d+))?(?:\.\d+)?")


def is_version_allowed(facts: Release, label: Optional[str]) -> bool:
    """Whether the set with this `app.kubernetes.io/version` stays; otherwise it is deleted."""
    build = facts.name
    if label == build:
        return True
    if facts.gate == "exact":
        return False
    return label is not None and _minor(label) is not None and _minor(label) == _minor(build)


def _minor(text: str) -> Optional[Tuple[int, int]]:
    """(major, minor) of a version whose text begins with digits, otherwise None."""
    found = NUMBERS.match(text)
    return (int(found.group(1)), int(found.group(2) or 0)) if found else None
