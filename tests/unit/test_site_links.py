# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A link of the docs site that leads nowhere is found, wherever the page lies."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.tests import site_links


@pytest.mark.parametrize(
    ("link", "is_broken"),
    [
        ("index.html", True),
        ("../index.html", False),
        ("../index.html#top", False),
        ("../index.html#gone", True),
        ("#here", False),
        ("#gone", True),
        ("../_static/a%20b.css", False),
        ("https://example.com/gone.html", False),
    ],
)
def test_link_of_a_guide(tmp_path, link, is_broken):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "a b.css").touch()
    (tmp_path / "docsite").mkdir()
    (tmp_path / "index.html").write_text("<h1 id=top>x</h1>", encoding="utf-8")
    (tmp_path / "docsite" / "guide.html").write_text(f'<a id=here href="{link}">x</a>', encoding="utf-8")
    assert site_links.broken(tmp_path) == ([f"docsite/guide.html: {link}"] if is_broken else [])
    assert site_links.main(tmp_path) == int(is_broken)


def test_site_without_pages_is_not_well(tmp_path):
    assert site_links.main(tmp_path) == 1
