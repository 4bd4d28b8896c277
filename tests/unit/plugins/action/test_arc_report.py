# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What arc_report leaves on the control node, in each of its modes and when it cannot write."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleError

from ansible_collections.arc.lifecycle.plugins.action import arc_report
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import report, report_page
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_report import (
    planned,
)

CLUSTER = {"name": "blue", "from": ["0.9.3"], "to": "0.14.2"}


@pytest.fixture
def clusters(monkeypatch):
    # Which HTML a report makes is shown elsewhere.
    monkeypatch.setattr(report_page, "page", lambda given: f"<h1>{len(given)} é</h1>")
    return [CLUSTER]


def run(check=False, **arguments):
    task = SimpleNamespace(
        args=arguments, check_mode=check, async_val=0, diff=False, action="arc.lifecycle.arc_report",
        environment=None, delegate_to=None)
    plugin = arc_report.ActionModule(
        task, connection=SimpleNamespace(_shell=SimpleNamespace(tmpdir="")), play_context=None,
        loader=None, templar=None, shared_loader_obj=None)
    plugin._load_name = task.action  # as the loader does
    return plugin.run(task_vars={})


def test_both_files_are_written_and_readable(tmp_path, clusters):
    path, page = str(tmp_path / "a.json"), str(tmp_path / "a.html")
    done = run(clusters=clusters, path=path, page=page)
    assert done["changed"] and done["written"] == [path, page]
    with open(path, encoding="utf-8") as file:
        assert json.load(file) == {"schema": 1, "clusters": [CLUSTER]}
    with open(page, encoding="utf-8") as file:
        assert file.read() == "<h1>1 é</h1>"
    assert {os.stat(one).st_mode & 0o777 for one in (path, page)} == {0o644}
    assert sorted(os.listdir(tmp_path)) == ["a.html", "a.json"]


def test_the_same_report_again_changes_nothing(tmp_path, clusters):
    path = str(tmp_path / "a.json")
    run(clusters=clusters, path=path)
    before = os.stat(path).st_ino
    again = run(clusters=clusters, path=path)
    assert not again["changed"] and again["written"] == [] and os.stat(path).st_ino == before


def test_check_mode_says_what_it_would_write(tmp_path, clusters):
    path = str(tmp_path / "a.json")
    assert run(check=True, clusters=clusters, path=path)["written"] == [path]
    assert os.listdir(tmp_path) == []


def test_no_path_is_nowhere(tmp_path, clusters, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not run(clusters=clusters)["changed"]
    assert os.listdir(tmp_path) == []


def test_a_link_is_followed(tmp_path, clusters):
    (tmp_path / "real").mkdir()
    os.symlink(tmp_path / "real" / "a.json", tmp_path / "a.json")
    run(clusters=clusters, path=str(tmp_path / "a.json"))
    assert os.path.islink(tmp_path / "a.json") and os.listdir(tmp_path / "real") == ["a.json"]


def test_what_is_no_file_is_not_replaced(tmp_path, clusters):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(AnsibleError, match="it is there, and no file"):
            run(clusters=clusters, path=str(path))
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_report_that_cannot_be_written_leaves_the_one_before(tmp_path, clusters, monkeypatch):
    path = str(tmp_path / "a.json")
    run(clusters=clusters, path=path)

    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(arc_report.os, "chmod", full)
    with pytest.raises(AnsibleError, match="a.json: No space left on device"):
        run(clusters=[CLUSTER, CLUSTER], path=path)
    with open(path, encoding="utf-8") as file:
        assert len(json.load(file)["clusters"]) == 1
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_try_leaves_nothing_and_says_where_it_cannot(tmp_path):
    done = run(path=str(tmp_path / "a.json"), page=str(tmp_path / "a.html"), try_only=True)
    assert not done["changed"] and os.listdir(tmp_path) == []
    with pytest.raises(AnsibleError, match="No such file or directory"):
        run(path=str(tmp_path / "absent" / "a.json"), try_only=True)


@pytest.mark.parametrize("given, told", [
    ({}, "clusters"),
    ({"clusters": "blue"}, "clusters"),
    ({"clusters": [], "files": []}, "files"),
])
def test_bad_options_are_named(given, told):
    with pytest.raises(AnsibleError, match=told):
        run(**given)


def test_it_takes_what_the_filter_makes(tmp_path):
    entry = report.entry_of(planned()["clusters"][0])
    done = run(clusters=[entry], path=str(tmp_path / "a.json"), page=str(tmp_path / "a.html"))
    assert len(done["written"]) == 2
