# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a state folder survive what happens to folders?"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from lab.errors import LabError
from lab.state import LabState, read_json, write_file, write_json


@pytest.fixture
def state(tmp_path: Path) -> LabState:
    lab = LabState(tmp_path / "lab")
    lab.claim()
    return lab


def test_description_is_kept_and_grows(state: LabState) -> None:
    first = state.describe(["blue"], {"audit": True})
    state.write(first)
    second = state.describe(["green", "blue"], {})
    assert second == {**first, "clusters": ["blue", "green"]}
    assert second["settings"] == {"audit": True}


def test_releases_folder_comes_from_the_environment(
    state: LabState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARC_LAB_RELEASES", "some/where")
    assert state.describe([], {})["releases_dir"] == str(Path("some/where").absolute())


@pytest.mark.parametrize("content", [b"", b'{"schema": 1, "clu', b"[]"], ids=repr)
def test_half_written_description_is_refused_with_the_remedy(
    state: LabState, content: bytes
) -> None:
    state.file.write_bytes(content)
    for ask in (state.read, lambda: state.describe(["blue"], {})):
        with pytest.raises(LabError) as caught:
            ask()
        assert "half-written" in caught.value.problem
        assert f"lab down --dir {state.folder}" in caught.value.remedy


def test_lost_description_of_a_lab_is_no_new_lab(state: LabState) -> None:
    (state.folder / "clusters" / "blue").mkdir(parents=True)
    with pytest.raises(LabError, match="missing or half-written"):
        state.describe(["blue"], {})


def test_description_of_another_schema_is_refused(state: LabState) -> None:
    state.write({"schema": 99})
    with pytest.raises(LabError, match="another version of the lab"):
        state.describe(["blue"], {})


def test_folder_with_other_things_is_not_claimed(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(LabError, match="other things than a lab"):
        LabState(tmp_path).claim()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_folder_below_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="cannot be used"):
        LabState(tmp_path / "file" / "lab").claim()


def test_second_change_at_the_same_time_is_refused(state: LabState) -> None:
    with state.lock():
        with pytest.raises(LabError, match="Another command is changing"):
            with state.lock():
                pass
    with state.lock():
        pass


def test_waiting_change_follows_the_first(state: LabState) -> None:
    is_held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with state.lock():
            is_held.set()
            let_go.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(10)
    threading.Timer(0.1, let_go.set).start()
    with state.lock(10):
        assert let_go.is_set()
    holder.join(10)


def test_lock_of_a_removed_folder_is_not_taken_for_a_lock(state: LabState) -> None:
    with state.lock():
        state.vacate()
        assert not state.folder.exists()
        state.claim()
        with state.lock():
            assert state.is_lab()


def test_vacated_folder_keeps_what_others_put_there(state: LabState) -> None:
    (state.folder / "notes").write_text("mine")
    with state.lock():
        state.vacate()
    assert [path.name for path in state.folder.iterdir()] == ["notes"]


def test_failed_write_leaves_the_old_content_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(LabError, match="cannot be written"):
        write_file(path, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_full_disk_is_a_clear_error(tmp_path: Path) -> None:
    # The kernel's full device stands in the place of the draft.
    draft = tmp_path / f".full.json.{os.getpid()}.{threading.get_ident()}"
    draft.symlink_to("/dev/full")
    with pytest.raises(LabError, match="No space left on device") as caught:
        write_json(tmp_path / "full.json", {"a": 1})
    assert "Free space" in caught.value.remedy


def test_secret_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_json(tmp_path / "deep" / "secret", {"a": 1}, mode=0o600)
    assert (tmp_path / "deep" / "secret").stat().st_mode & 0o777 == 0o600
    assert read_json(tmp_path / "deep" / "secret") == {"a": 1}


def test_ports_that_are_no_table_are_none(state: LabState) -> None:
    write_json(state.cluster("blue").ports_file, ["no table"])
    assert state.cluster("blue").ports() == {}
