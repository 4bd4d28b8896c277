# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes of a pod: files, modes, keys, mounts."""

from __future__ import annotations

import base64
import stat
from pathlib import Path
from typing import Any, Dict

import pytest

from lab.kube import Kube
from lab.node.environment import MissingSource
from lab.node.volumes import Volumes, contents, downward, write_file

SECRET = {
    "metadata": {"name": "s"},
    "data": {"a": base64.b64encode(b"\x00\xff").decode(), "b": base64.b64encode(b"two").decode()},
}
CONFIG = {
    "metadata": {"name": "c"},
    "data": {"text": "line"},
    "binaryData": {"raw": base64.b64encode(b"\x01").decode()},
}


@pytest.mark.parametrize(
    "kind, item, part, expected",
    [
        pytest.param(
            "secrets", SECRET, {}, {"a": (b"\x00\xff", 0o644), "b": (b"two", 0o644)}, id="whole"
        ),
        pytest.param(
            "configmaps", CONFIG, {}, {"text": (b"line", 0o644), "raw": (b"\x01", 0o644)},
            id="binary-data-too",
        ),
        pytest.param(
            "secrets", SECRET, {"items": [{"key": "b", "path": "x/y", "mode": 0o400}]},
            {"x/y": (b"two", 0o400)}, id="items",
        ),
        pytest.param(
            "secrets", SECRET, {"optional": True, "items": [{"key": "z", "path": "z"}]}, {},
            id="optional-key-gone",
        ),
    ],
)
def test_contents(kind: str, item: Any, part: Any, expected: Dict[str, Any]) -> None:
    assert contents(kind, item, part, 0o644) == expected


def test_contents_when_a_key_is_missing_names_it() -> None:
    with pytest.raises(MissingSource, match='secret "s" references non-existent key: z'):
        contents("secrets", SECRET, {"items": [{"key": "z", "path": "z"}]}, 0o644)


def test_downward_gives_fields_and_resources() -> None:
    pod = {
        "metadata": {"name": "p", "labels": {"a": "1"}},
        "spec": {"containers": [{"name": "m", "resources": {"limits": {"cpu": "2"}}}]},
    }
    limit = {"containerName": "m", "resource": "limits.cpu"}
    items = [
        {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
        {"path": "cpu", "resourceFieldRef": limit, "mode": 0o600},
    ]
    assert downward(pod, items, 0o644) == {"labels": (b'a="1"', 0o644), "cpu": (b"2", 0o600)}


def test_write_file_replaces_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "below" / "token"
    write_file(path, b"one", 0o400)
    write_file(path, b"two", 0o600)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["token"]


def volumes(tmp_path: Path) -> Volumes:
    return Volumes(Kube("https://127.0.0.1:1"), {"metadata": {}}, tmp_path, tmp_path / "claims")


def test_mounts_come_outer_first_with_sub_paths(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    container = {
        "volumeMounts": [
            {"name": "v", "mountPath": "/a/b", "subPath": "x/y", "readOnly": True},
            {"name": "v", "mountPath": "/a/"},
            {"name": "v", "mountPath": "/a/b/c", "subPathExpr": "$(POD)"},
        ]
    }
    assert volumes(tmp_path).mounts(container, {"POD": "p-1"}) == [
        (f"{tmp_path}/v", "/a/", False),
        (f"{tmp_path}/v/x/y", "/a/b", True),
        (f"{tmp_path}/v/p-1", "/a/b/c", False),
    ]
    assert (tmp_path / "v" / "x" / "y").is_dir()


def test_remove_leaves_what_links_lead_to(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    folder = tmp_path / "volumes"
    folder.mkdir()
    (folder / "claim").symlink_to(outside)
    volumes(folder).remove()
    assert not folder.exists()
    assert (outside / "kept").exists()
