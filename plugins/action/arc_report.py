# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_report writes on the control node: no module is sent for two files."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from typing import Any, Dict, List, Optional, Tuple

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import report_page

# A run over many clusters makes a report of this size.
_LARGE = b"-" * 200000
_MODE = 0o644
_OPTIONS = {
    "clusters": {"type": "list", "elements": "dict"},
    "path": {"type": "path", "default": ""},
    "page": {"type": "path", "default": ""},
    "try_only": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Writes a report, or sees whether it could."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None
    ) -> Dict[str, Any]:
        """Return which files are new."""
        result = super().run(tmp, task_vars)
        del tmp
        _checked, given = self.validate_argument_spec(
            argument_spec=_OPTIONS, required_if=[("try_only", False, ("clusters",))])
        written: List[str] = []
        for path, content in _files(given):
            try:
                if _put(path, content, given["try_only"], self._task.check_mode):
                    written.append(path)
            except OSError as error:
                raise AnsibleActionFail(f"{path}: {error.strerror or error}") from error
        result.update(changed=bool(written), written=written)
        return result


def _files(given: Dict[str, Any]) -> List[Tuple[str, bytes]]:
    """Return path and content of each file that is wanted."""
    if given["try_only"]:
        return [(path, _LARGE) for path in (given["path"], given["page"]) if path]
    clusters = given["clusters"]
    found = []
    if given["path"]:
        data = {"schema": 1, "clusters": clusters}
        found.append((given["path"], json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False)))
    if given["page"]:
        found.append((given["page"], report_page.page(clusters)))
    return [(path, text.encode()) for path, text in found]


def _put(path: str, content: bytes, is_try: bool, is_check: bool) -> bool:
    """Replace a file in one step; tell whether it differed. Raises OSError."""
    path = os.path.realpath(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(None, "it is there, and no file")
    if not is_try and _has(path, content):
        return False
    if is_check:
        return not is_try
    handle, beside = tempfile.mkstemp(
        prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if is_try:
            return False
        os.chmod(beside, _MODE)
        os.replace(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
    return True


def _has(path: str, content: bytes) -> bool:
    if not os.path.exists(path):
        return False
    with open(path, "rb") as file:
        return file.read() == content
