# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, however they are given."""

from __future__ import annotations

import pytest
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.name_list import name_list


@pytest.mark.parametrize("given, wanted", [
    (None, []),
    ("", []),
    ("web", ["web"]),
    (" web, build ,,", ["web", "build"]),
    ([], []),
    (["web", "arc-runners/build"], ["web", "arc-runners/build"]),
    (["web,build", None, [" lint "]], ["web", "build", "lint"]),
    ([1, 0.5], ["1", "0.5"]),
])
def test_names_come_out_of_a_list_a_text_or_nothing(given, wanted):
    assert name_list(given) == wanted
