# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that answers as each test says, and a task in this process."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import options, task
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge import api_server


@pytest.fixture
def server():
    with api_server.ApiServer() as running:
        yield running


@pytest.fixture
def begun():
    """Begin a task as a module with the options `spec` does; its client is closed in the end."""
    clients = []

    def begin(cluster, spec=None, **given):
        known = {**options.AUTH_OPTIONS, **options.WAIT_OPTIONS, **(spec or options.SPEAK_OPTIONS)}
        defaults = {name: one.get("default") for name, one in known.items()}
        params = {**defaults, "host": cluster.url, **given}
        found = task.Task(SimpleNamespace(params=params, check_mode=False, _diff=False))
        clients.append(found.client)
        return found

    yield begin
    for client in clients:
        client.close()
