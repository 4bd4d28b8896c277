# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that answers as each test says."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge import api_server


@pytest.fixture
def server():
    with api_server.ApiServer() as running:
        yield running
