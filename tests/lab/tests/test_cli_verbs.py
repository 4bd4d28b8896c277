# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the lab's command read well, and does it say clearly what is wrong?"""

from __future__ import annotations

import argparse
import errno
import json
import pkgutil
import re
import shlex
from pathlib import Path
from typing import Any, Dict, List

import pytest
import yaml

from lab import commands
from lab.__main__ import explained, main, parser
from lab.commands import charts as charts_verb
from lab.errors import LabError
from lab.state import LabState


def verbs() -> List[str]:
    return [info.name.replace("_", "-") for info in pkgutil.iter_modules(commands.__path__)]


@pytest.fixture
def lab(tmp_path: Path) -> LabState:
    """A lab that was described and never started."""
    state = LabState(tmp_path / "lab")
    state.claim()
    content = state.describe(["blue", "green"], {})
    content["service"] = {"port": 20001, "url": "http://127.0.0.1:20001"}
    state.write(content)
    return state


def test_verbs_of_the_control_planes_are_there() -> None:
    assert {"up", "down", "status", "kubectl", "helm", "inventory"} <= set(verbs())


def test_readme_shows_every_verb_and_only_commands_that_there_are() -> None:
    text = (Path(commands.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    table = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    rows = [row for row in table if len(row) == 5]
    assert {verb for row in rows for verb in re.findall(r"`([a-z-]+)`", row[1])} == set(verbs())
    typed = re.findall(r"^\.\./\.venv/bin/python -m lab ([^#>\n]+)", text, flags=re.MULTILINE)
    typed += [example for row in rows for example in re.findall(r"`([^`]+)`", row[3])]
    assert len(typed) > 20
    for example in typed:
        parser().parse_args(shlex.split(example))


def test_charts_tell_helm_to_every_role_that_runs_it(
    lab: LabState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts_verb.toolchain, "helm", lambda say: "/tools/helm")
    roles = Path(commands.__file__).parents[3] / "roles"
    wanted = {
        name
        for path in roles.glob("*/defaults/main.yml")
        for name in yaml.safe_load(path.read_text(encoding="utf-8")) or ()
        if name.endswith("_helm")
    }
    given = charts_verb.variables(lab, "0.14.2")
    assert {name for name, value in given.items() if value == "/tools/helm"} == wanted


def test_help_lists_every_verb_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for verb in verbs():
        action = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
        told = next(c.help for c in action._choices_actions if c.dest == verb)
        assert f"{verb} {told}" in text


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_help_and_takes_the_folder(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main([verb, "--help"])
    assert caught.value.code == 0
    assert "--dir FOLDER" in capsys.readouterr().out


@pytest.mark.parametrize("verb", [["status"], ["inventory"], ["kubectl", "blue", "version"]])
def test_no_lab_is_two_lines_and_exit_code_2(
    verb: List[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb[0], "--dir", str(tmp_path / "none"), *verb[1:]]) == 2
    problem, remedy = capsys.readouterr().err.splitlines()
    assert problem == f"lab: There is no lab in {tmp_path / 'none'}."
    assert "python -m lab up" in remedy
    assert not (tmp_path / "none").exists()


def test_down_without_a_lab_touches_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other programs also have folders with these names."""
    for name in ("logs", "service", "charts"):
        (tmp_path / name).mkdir()
    assert main(["down", "--dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"there is no lab in {tmp_path}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["charts", "logs", "service"]


def test_unknown_cluster_names_those_there_are(
    lab: LabState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kubectl", "--dir", str(lab.folder), "red", "get", "pods"]) == 2
    assert "The lab has no cluster red." in capsys.readouterr().err


@pytest.mark.parametrize("names", ["", "Blue", "blue,blue", "a b", "-x", "../x", "x" * 22])
def test_bad_names_of_clusters_are_refused_before_anything_is_made(
    names: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "--dir", str(tmp_path / "lab"), f"--clusters={names}"]) == 2
    assert "For example: --clusters blue,green" in capsys.readouterr().err
    assert not (tmp_path / "lab").exists()


def test_half_written_lab_is_refused_and_cleared_as_the_error_says(
    lab: LabState, capsys: pytest.CaptureFixture[str]
) -> None:
    (lab.folder / "clusters" / "blue").mkdir(parents=True)
    lab.file.write_text(lab.file.read_text(encoding="utf-8")[:40], encoding="utf-8")
    # As the lock that every `up` leaves.
    with lab.lock():
        pass
    assert main(["status", "--dir", str(lab.folder)]) == 2
    assert f"python -m lab down --dir {lab.folder}" in capsys.readouterr().err
    assert main(["down", "--dir", str(lab.folder)]) == 0
    assert not lab.folder.exists()


def test_status_of_what_does_not_run_is_exit_code_1(
    lab: LabState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--dir", str(lab.folder), "--json"]) == 1
    found: Dict[str, Any] = json.loads(capsys.readouterr().out)
    absent = {"pid": None, "ready": False, "rss_kib": 0}
    assert found["service"] == {**absent, "port": 20001, "url": "http://127.0.0.1:20001"}
    assert found["clusters"]["blue"]["etcd"] == {**absent, "port": None}
    assert found["ready"] is False and found["rss_kib"] == 0
    assert main(["status", "--dir", str(lab.folder)]) == 1
    assert "blue apiserver               absent" in capsys.readouterr().out


def test_inventory_has_a_host_for_each_cluster(
    lab: LabState, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = {"kubeconfig": str(lab.kubeconfig)}
    expected = {
        "arc_clusters": {
            "hosts": {name: {**host, "context": name} for name in ("blue", "green")},
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "ansible_pipelining": True,
            },
        }
    }
    assert main(["inventory", "--dir", str(lab.folder)]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == expected
    output = tmp_path / "out" / "hosts.yml"
    assert main(["inventory", "--dir", str(lab.folder), "--output", str(output)]) == 0
    assert yaml.safe_load(output.read_text(encoding="utf-8")) == expected


def test_arguments_reach_kubectl_unchanged() -> None:
    given = ["kubectl", "--dir", "/d", "blue", "-n", "x", "get", "pods", "--dir", "y", "--help"]
    options = parser().parse_args(given)
    assert (options.dir, options.cluster) == ("/d", "blue")
    assert options.arguments == ["-n", "x", "get", "pods", "--dir", "y", "--help"]


@pytest.mark.parametrize(
    "error, told",
    [
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "/x: No space left on device."),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "/x: Permission denied."),
        (ModuleNotFoundError("No module", name="aiohttp"), "This Python has no package aiohttp"),
        (LabError("problem"), "problem"),
    ],
    ids=["disk full", "no right", "package missing", "ours"],
)
def test_what_a_person_can_mend_is_told_without_a_trace(error: Exception, told: str) -> None:
    found = explained(error)
    assert found and found.problem.startswith(told)


@pytest.mark.parametrize("error", [KeyError("x"), ModuleNotFoundError("no", name="lab.gone")])
def test_fault_of_the_lab_itself_keeps_its_trace(error: Exception) -> None:
    assert explained(error) is None
