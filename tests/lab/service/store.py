# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does the service remember across a crash? An append-only journal, the last line wins."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

# Rewritten when it holds this many more characters than its records need.
SLACK = 50_000_000


class Store:
    """Records by (kind, id) in one file. A line is with the kernel when `put` returns, so a
    SIGKILL loses nothing; a machine that crashes may lose the last lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # When the journal was last written to: the nearest thing to the time of a crash.
        self.last_write: Optional[float] = path.stat().st_mtime if path.exists() else None
        self._lines: Dict[Tuple[str, str], str] = {}
        self._read()
        self._compact()

    def _read(self) -> None:
        if not self._path.exists():
            return
        with open(self._path, encoding="utf-8") as journal:
            for line in journal:
                try:
                    kind, key, value = json.loads(line)
                except ValueError:
                    continue  # The line that was being written at a crash.
                if value is None:
                    self._lines.pop((kind, key), None)
                else:
                    self._lines[kind, key] = line

    def _compact(self) -> None:
        draft = self._path.with_suffix(".new")
        with open(draft, "w", encoding="utf-8") as out:
            out.writelines(self._lines.values())
        os.replace(draft, self._path)
        self._file = open(self._path, "a", encoding="utf-8")
        self._limit = sum(map(len, self._lines.values())) + SLACK

    def load(self, kind: str) -> Dict[str, Any]:
        """What is on record: id -> record."""
        return {key: json.loads(line)[2] for (k, key), line in self._lines.items() if k == kind}

    def put(self, kind: str, key: Any, value: Any) -> None:
        """Remember a record; None forgets it."""
        line = json.dumps([kind, str(key), value], separators=(",", ":")) + "\n"
        if value is None:
            self._lines.pop((kind, str(key)), None)
        else:
            self._lines[kind, str(key)] = line
        self._file.write(line)
        self._file.flush()
        if self._file.tell() > self._limit:
            self._file.close()
            self._compact()

    def close(self) -> None:
        self._file.close()
