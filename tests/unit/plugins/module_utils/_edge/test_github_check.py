# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Secret of a set goes to the GitHub at which the set registers, and to no other."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import (
    github_access,
    github_check,
    retry,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import model
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b

NAMED = "https://github.example.com/api/v3"
SECRET = {"data": {"github_token": base64.b64encode(b"ghp_of_the_secret").decode()}}


class OneSecret:
    def get(self, _place, _deadline):
        return SECRET


@pytest.mark.parametrize(("url", "asked"), [
    ("https://github.example.com/acme", [NAMED]),
    ("https://github.com/acme", ["https://api.github.com"]),
    ("https://other.example.com/acme", []),
], ids=["named", "githubs-own", "another"])
def test_secret_of_one_github_is_not_sent_to_the_api_of_another(monkeypatch, url, asked):
    reached = []

    def link(_access, base, _deadline):
        reached.append(base)
        raise retry.GaveUp("nobody is there", 1, False, True)

    monkeypatch.setattr(github_access.Access, "link", link)
    parts = b.sound("0.9.3", url=url)
    parts["autoscalingrunnersets"][0]["spec"]["githubConfigSecret"] = "web-secret"
    cluster = model.read_cluster(b.snapshot(**parts))
    found = github_check.findings_of(OneSecret(), cluster, {"api_url": NAMED}, Deadline(5))
    assert [one.id for one in found] == ["github-unasked"] and reached == asked
