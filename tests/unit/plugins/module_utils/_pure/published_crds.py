# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where tests find the CRDs that ARC published, and what they do without them."""

from __future__ import annotations

import copy
import functools
import os
from pathlib import Path
from typing import Any, Dict, List

import pytest
import yaml

SETS = ("0.4.0", "0.6.0", "0.7.0", "0.9.0", "0.11.0", "0.12.0", "0.13.0", "0.14.0")
PROJECT = Path(__file__).resolve().parents[5]


def folder() -> Path:
    """Return the folder with one subfolder for each set; it may not exist."""
    return Path(os.environ.get("ARC_CRDS_DIR") or PROJECT.parent / "shared" / "crds")


needed = pytest.mark.skipif(
    not all((folder() / name).is_dir() for name in SETS),
    reason="ARC's published CRDs are neither in ARC_CRDS_DIR nor in ../shared/crds",
)


@functools.lru_cache(maxsize=None)
def shared(name: str) -> List[Dict[str, Any]]:
    """Return a set that others use too: not to be changed."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = []
    for path in sorted((folder() / name).glob("*.yaml")):
        found.extend(one for one in yaml.load_all(path.read_text(), Loader=loader) if one)
    return found


def load(name: str) -> List[Dict[str, Any]]:
    """Return the four CRDs of a set, for the caller to change as it likes."""
    return copy.deepcopy(shared(name))


def load_one(name: str, plural: str) -> Dict[str, Any]:
    """Return one CRD of a set."""
    (found,) = [one for one in load(name) if one["spec"]["names"]["plural"] == plural]
    return found
