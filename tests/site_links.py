# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the links of a built docs site that lead nowhere in it. Addresses of others are not asked.

Sphinx judges what the pages refer to; what the theme puts around them it does not.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import List, Optional, Set, Tuple
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """Where a page leads to, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: List[str] = []
        self.anchors: Set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.append(value)
            elif value and name in ("id", "name"):
                self.anchors.add(value)


def broken(folder: Path) -> List[str]:
    """Return each link that leads nowhere, as `page: link`, sorted."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    found = []
    for path, page in pages.items():
        for link in set(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            is_there = target.is_file()
            if is_there and parts.fragment and target in pages:
                is_there = unquote(parts.fragment) in pages[target].anchors
            if not is_there:
                found.append(f"{path.relative_to(folder.resolve())}: {link}")
    return sorted(found)


def main(folder: Path) -> int:
    """Tell them; 1 if there is one, or no page at all."""
    if not any(folder.rglob("*.html")):
        print(f"{folder.name} has no page", file=sys.stderr)
        return 1
    lost = broken(folder)
    for line in lost:
        print(f"leads nowhere: {line}", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
