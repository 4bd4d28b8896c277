# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How do log lines of ARC's programs look? Text and JSON, as controller-runtime writes them."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Dict, TextIO

LEVELS = {"debug": 0, "info": 1, "warn": 2, "error": 3}


class Log:
    """A named logger that carries keys with it; writes to stderr."""

    def __init__(
        self,
        name: str = "",
        keys: Any = None,
        level: str = "debug",
        style: str = "text",
        stream: TextIO = sys.stderr,
    ) -> None:
        self._name = name
        self._keys: Dict[str, Any] = dict(keys or {})
        self._level = level
        self._style = style
        self._stream = stream

    def named(self, name: str, **keys: Any) -> "Log":
        return Log(name, {**self._keys, **keys}, self._level, self._style, self._stream)

    def info(self, message: str, /, **keys: Any) -> None:
        self._write("info", message, keys)

    def error(self, error: Any, message: str, /, **keys: Any) -> None:
        self._write("error", message, {**keys, "error": text_of(error)})

    def _write(self, level: str, message: str, keys: Dict[str, Any]) -> None:
        if LEVELS[level] < LEVELS.get(self._level, 0):
            return
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        fields = {**self._keys, **keys}
        if self._style == "json":
            line = {"severity": level, "ts": moment, "logger": self._name, "message": message}
            self._stream.write(json.dumps({**line, **fields}, default=str) + "\n")
        else:
            parts = [moment, level.upper(), self._name, message]
            if fields:
                parts.append(json.dumps(fields, default=str, ensure_ascii=False))
            self._stream.write("\t".join(part for part in parts if part) + "\n")
        self._stream.flush()


def text_of(error: Any) -> str:
    """The text of an error as Go would print it: the server's message, not our class's."""
    return str(getattr(error, "message", None) or error or type(error).__name__)
