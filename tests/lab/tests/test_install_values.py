# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does an install give to Helm, and how does it read its command line?"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any, Dict

import pytest

from lab.arc import await_arc, helm, install
from lab.arc.install import ScaleSet
from lab.commands import install_arc
from lab.errors import LabError
from lab.state import LabState


@pytest.fixture
def state(tmp_path: Path) -> LabState:
    lab = LabState(tmp_path)
    content = lab.describe(["blue", "green"], {})
    lab.write({**content, "service": {"url": "http://127.0.0.1:1", "port": 1}})
    return lab


def test_values_by_default(state: LabState) -> None:
    assert install.values_of(state, "green", ScaleSet("web")) == {
        "githubConfigUrl": "http://127.0.0.1:1/acme",
        "githubConfigSecret": "arc-github",
        "runnerGroup": "green",
        "minRunners": 0,
        "maxRunners": 5,
    }


def test_kubernetes_mode_asks_for_a_work_volume_of_the_lab(state: LabState) -> None:
    mode = install.values_of(state, "blue", ScaleSet("web", mode="kubernetes"))["containerMode"]
    assert mode["type"] == "kubernetes"
    assert mode["kubernetesModeWorkVolumeClaim"]["storageClassName"] == "lab"


def test_given_values_win_and_leave_their_neighbours(state: LabState) -> None:
    given = {"maxRunners": None, "containerMode": {"type": "kubernetes-novolume"}}
    scale_set = ScaleSet("web", mode="kubernetes", group="group-3", values=given)
    values = install.values_of(state, "blue", scale_set)
    assert (values["runnerGroup"], values["maxRunners"]) == ("group-3", None)
    assert values["containerMode"]["type"] == "kubernetes-novolume"
    assert "kubernetesModeWorkVolumeClaim" in values["containerMode"]


def test_no_limit_is_no_value(state: LabState) -> None:
    values = install.values_of(state, "blue", ScaleSet("web", min_runners=None, max_runners=None))
    assert not {"minRunners", "maxRunners"} & set(values)


def test_credentials_tell_the_clusters_apart(state: LabState) -> None:
    state.service.mkdir()
    (state.service / "app-key.pem").write_text("key", encoding="ascii")
    assert install.credentials(state, "green") == {"github_token": "ghp_lab_green"}
    inline = install.values_of(state, "blue", ScaleSet("web", inline=True))
    assert inline["githubConfigSecret"] == {"github_token": "ghp_lab_blue"}
    app = install.values_of(state, "green", ScaleSet("web", app=True))["githubConfigSecret"]
    assert app == {
        "github_app_id": "1000",
        "github_app_installation_id": "2001",
        "github_app_private_key": "key",
    }


def test_unknown_mode_is_refused() -> None:
    with pytest.raises(LabError, match="no container mode 'docker'"):
        ScaleSet("web", mode="docker")


@pytest.mark.parametrize(
    "name, account",
    [("arc", "arc-gha-rs-controller"), ("my-gha-rs-controller", "my-gha-rs-controller")],
)
def test_account_is_named_as_the_chart_names_it(name: str, account: str) -> None:
    assert install.controller_account(name) == account


# text, scale set
SETS = [
    ("web", ScaleSet("web")),
    ("web:min=1,max=5", ScaleSet("web", min_runners=1, max_runners=5)),
    ("build:mode=kubernetes", ScaleSet("build", mode="kubernetes")),
    ("a:group=g,namespace=n,scope=acme/app", ScaleSet("a", "n", group="g", scope="acme/app")),
    ("a:inline=true", ScaleSet("a", inline=True)),
]


@pytest.mark.parametrize("text, expected", SETS, ids=[row[0] for row in SETS])
def test_set_is_read_from_the_command_line(text: str, expected: ScaleSet) -> None:
    assert install_arc.scale_set(text) == expected


@pytest.mark.parametrize(
    "text, part",
    [
        ("Web", "'Web'"),
        (":min=1", "''"),
        ("web:min", "'min'"),
        ("web:size=3", "'size=3'"),
        ("web:min=few", "'few'"),
        ("web:mode=docker", "'docker'"),
        ("web:app=yes", "'yes'"),
    ],
)
def test_wrong_set_is_refused_by_its_wrong_part(text: str, part: str) -> None:
    with pytest.raises(LabError) as caught:
        install_arc.scale_set(text)
    assert part in caught.value.problem and caught.value.remedy


def arguments(state: LabState, **given: Any) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    install_arc.add_arguments(parser)
    options = parser.parse_args(["--release", "0.9.0"])
    return argparse.Namespace(**{**vars(options), "dir": str(state.folder), **given})


@pytest.mark.parametrize(
    "given, text",
    [
        ({"release": "0.8.0"}, "no chart of ARC release '0.8.0'"),
        ({"cluster": "blue,red"}, "no cluster 'red'"),
        ({"sets": ["web:mode=none"]}, "no container mode 'none'"),
    ],
)
def test_wrong_command_line_starts_nothing(
    state: LabState, given: Dict[str, Any], text: str
) -> None:
    with pytest.raises(LabError, match=text):
        install_arc.run(arguments(state, **given))
    assert not state.charts.exists()


def test_helm_sees_nothing_of_the_user(state: LabState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_NAMESPACE", "elsewhere")
    monkeypatch.setenv("KUBECONFIG", "/elsewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    given = helm.environment(state)
    assert "HELM_NAMESPACE" not in given and "KUBECONFIG" not in given
    assert given["HTTPS_PROXY"] == os.environ["HTTPS_PROXY"]
    assert given["HELM_CONFIG_HOME"].startswith(str(state.folder))


def test_helms_own_words_reach_the_user(state: LabState) -> None:
    state.kubeconfig.write_text("{}", encoding="utf-8")
    with pytest.raises(LabError) as caught:
        helm.helm(state, "blue", "upgrade", "--install", "web", str(state.folder / "no-chart"))
    assert "cluster blue failed: Error: Kubernetes cluster unreachable" in caught.value.problem


def test_a_wait_ends_at_its_limit_and_says_what_is_missing() -> None:
    with pytest.raises(LabError, match="Absence of all: not within 0 s; Kind ns/name"):
        await_arc.until(0.2, lambda: "Kind ns/name", "Absence of all")


def test_a_wait_outlives_a_silent_cluster() -> None:
    answers = iter([OSError("GET /x: 429"), ""])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    await_arc.until(5, look, "Absence of all")


def test_a_wait_tells_of_a_cluster_that_stays_silent() -> None:
    def look() -> str:
        raise OSError("GET /x: 500")

    with pytest.raises(LabError, match="GET /x: 500"):
        await_arc.until(0.2, look, "Absence of all")
