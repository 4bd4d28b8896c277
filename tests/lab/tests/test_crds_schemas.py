# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the CRDs say, release by release, what the facts say (`arc.md`, sections 1 and 7)?

Both variants: our own, here with a small description of pods, and the published ones where they
are to be had.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List

import pytest

from lab.arc import charts, crd_schemas, crds
from lab.errors import LabError
from lab.tests.openapi_bench import OPENAPI

EVERY = list(charts.CHARTS)
ARS, AL = "AutoscalingRunnerSet", "AutoscalingListener"
ERS, ER = "EphemeralRunnerSet", "EphemeralRunner"
VARIANTS = ("own", "published")


@lru_cache(maxsize=None)
def _published(folder: Path) -> List[Dict[str, Any]]:
    return crds.crds(folder.name)


def made_by(variant: str, release: str) -> List[Dict[str, Any]]:
    """The four CRDs; the published ones are read once per folder, they are big."""
    if variant == "own":
        return crds.own(release, OPENAPI)
    folder = crds.published_folder(release)
    assert folder is not None
    return _published(folder)


def schemas(variant: str, release: str) -> Dict[str, Dict[str, Any]]:
    """The schema of each kind."""
    made = made_by(variant, release)
    return {crd["spec"]["names"]["kind"]: version(crd)["schema"]["openAPIV3Schema"] for crd in made}


def version(crd: Dict[str, Any]) -> Dict[str, Any]:
    assert len(crd["spec"]["versions"]) == 1
    return crd["spec"]["versions"][0]


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    if request.param == "published" and crds.published_folder("0.9.0") is None:
        pytest.skip("no published CRDs: neither ../shared/crds nor ARC_CRDS_DIR")
    return str(request.param)


def at(schema: Dict[str, Any], path: str) -> Any:
    """The schema of a field, "spec.a.b"; None where it has none."""
    node: Any = schema
    for name in path.split("."):
        node = node.get("properties", {}).get(name)
        if node is None:
            return None
    return node


# kind, field, first release, first release without it; arc.md 1 and 7.
FIELDS = [
    (ERS, "spec.patchID", "0.9.0", None),
    (ERS, "spec.ephemeralRunnerSpec.spec.containers", "0.9.0", None),
    (ARS, "spec.listenerTemplate.spec.containers", "0.9.0", None),
    (ARS, "status.state", "0.9.0", "0.14.0"),
    (ER, "status.runnerJITConfig", "0.9.0", "0.13.0"),
    (ER, "status.jobRequestId", "0.9.0", None),
    (AL, "spec.template.spec.containers", "0.9.0", None),
    (AL, "spec.metrics.counters", "0.11.0", None),
    (ARS, "spec.listenerMetrics.histograms", "0.11.0", None),
    (AL, "spec.vaultConfig.azureKeyVault.url", "0.12.0", None),
    (ARS, "spec.vaultConfig.type", "0.12.0", None),
    (ER, "spec.vaultConfig.type", "0.12.0", None),
    (ERS, "spec.ephemeralRunnerSpec.vaultConfig.type", "0.12.0", None),
    (ER, "status.jobId", "0.13.0", None),
    (ARS, "status.phase", "0.14.0", None),
    (ERS, "status.phase", "0.14.0", None),
    (ARS, "spec.runnerScaleSetLabels", "0.14.0", None),
    (ARS, "spec.autoscalingListener.labels", "0.14.0", None),
    (ARS, "spec.ephemeralRunnerConfigSecretMetadata.annotations", "0.14.0", None),
    (AL, "spec.configSecretMetadata.labels", "0.14.0", None),
    (ERS, "spec.ephemeralRunnerMetadata.labels", "0.14.0", None),
]


@pytest.mark.parametrize("release", EVERY)
def test_fields_are_there_from_first_to_last_release(variant: str, release: str) -> None:
    place, made = EVERY.index(release), schemas(variant, release)
    expected = {
        (kind, path): place >= EVERY.index(since) and (not gone or place < EVERY.index(gone))
        for kind, path, since, gone in FIELDS
    }
    assert {(kind, path): at(made[kind], path) is not None for kind, path in expected} == expected


@pytest.mark.parametrize("release", EVERY)
def test_what_is_required(variant: str, release: str) -> None:
    """Section 7: patchID since 0.9.0, three fields of a runner since 0.11.0."""
    made = schemas(variant, release)
    runner = {"githubConfigSecret", "githubConfigUrl", "runnerScaleSetId"}
    expected = runner if EVERY.index(release) >= EVERY.index("0.11.0") else set()
    assert made[ERS]["properties"]["spec"]["required"] == ["patchID"]
    assert made[ERS]["properties"]["status"]["required"] == ["currentReplicas"]
    assert set(made[ER]["properties"]["spec"].get("required", ())) == expected
    assert set(at(made[ERS], "spec.ephemeralRunnerSpec").get("required", ())) == expected


@pytest.mark.parametrize("release", EVERY)
def test_type_of_failures(variant: str, release: str) -> None:
    """Section 7: incompatible on the wire from 0.12.0 on."""
    is_time = EVERY.index(release) >= EVERY.index("0.12.0")
    expected = {"type": "string", "format": "date-time"} if is_time else {"type": "boolean"}
    found = at(schemas(variant, release)[ER], "status.failures")["additionalProperties"]
    assert found == expected


@pytest.mark.parametrize("release", EVERY)
def test_containers_are_a_keyed_list_from_0_11_0(variant: str, release: str) -> None:
    containers = at(schemas(variant, release)[ARS], "spec.template.spec.containers")
    expected = ["name"] if EVERY.index(release) >= EVERY.index("0.11.0") else None
    # The published ones key a container's own lists, not the list of containers.
    lists = containers if variant == "own" else at(containers["items"], "env")
    assert lists.get("x-kubernetes-list-map-keys") == expected


@pytest.mark.parametrize("release", EVERY)
def test_crds_are_namespaced_with_a_status_of_their_own(variant: str, release: str) -> None:
    """Section 1: one version, served and stored, no conversion."""
    made = made_by(variant, release)
    assert {crd["metadata"]["name"] for crd in made} == {
        f"{crd_schemas.plural(kind)}.actions.github.com" for kind in (ARS, AL, ERS, ER)
    }
    for crd in made:
        one = version(crd)
        assert (one["name"], one["served"], one["storage"]) == ("v1alpha1", True, True)
        assert one["subresources"] == {"status": {}}
        assert crd["spec"]["scope"] == "Namespaced" and "conversion" not in crd["spec"]


def sorted_crds(variant: str, release: str) -> List[Dict[str, Any]]:
    return sorted(made_by(variant, release), key=lambda crd: crd["metadata"]["name"])


def bare(node: Any) -> Any:
    """A CRD without descriptions, the order of names, and whatever describes pods."""
    if isinstance(node, dict):
        pods = ("template", "listenerTemplate") if "githubConfigUrl" in node else ()
        pods += ("spec",) if "proxySecretRef" in node else ()
        return {
            key: bare(value)
            for key, value in node.items()
            if key not in pods and not (key == "description" and isinstance(value, str))
        }
    if isinstance(node, list):
        done = [bare(value) for value in node]
        return sorted(done) if all(isinstance(value, str) for value in done) else done
    return node


@pytest.mark.parametrize("release", EVERY)
def test_own_crds_equal_the_published_but_for_pods(release: str) -> None:
    if crds.published_folder(release) is None:
        pytest.skip("no published CRDs: neither ../shared/crds nor ARC_CRDS_DIR")
    for own, published in zip(*(sorted_crds(variant, release) for variant in VARIANTS)):
        assert bare(own) == bare(published), own["metadata"]["name"]


# release, folder
FOLDERS = [
    ("0.9.0", "0.9.0"),
    ("0.10.1", "0.9.0"),
    ("0.11.0", "0.11.0"),
    ("0.12.1", "0.12.0"),
    ("0.13.1", "0.13.0"),
    ("0.14.2", "0.14.0"),
]


@pytest.mark.parametrize("release, folder", FOLDERS)
def test_a_folder_stands_for_all_releases_up_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, folder: str
) -> None:
    for name in ("0.4.0", "0.9.0", "0.11.0", "0.12.0", "0.13.0", "0.14.0"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv(crds.ENVIRONMENT, str(tmp_path))
    assert crds.published_folder(release) == tmp_path / folder


def test_wrong_folder_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(crds.ENVIRONMENT, str(tmp_path / "absent"))
    with pytest.raises(LabError, match="is no folder"):
        crds.crds("0.9.0")


def test_without_published_ones_and_server_it_says_how_to_get_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(crds.ENVIRONMENT, raising=False)
    monkeypatch.setattr(crds, "BESIDE", tmp_path / "absent")
    with pytest.raises(LabError) as caught:
        crds.crds("0.9.0")
    assert "0.9.0" in caught.value.problem and crds.ENVIRONMENT in caught.value.remedy
    assert len(crds.crds("0.9.0", OPENAPI)) == 4


@pytest.mark.parametrize("release", ["0.8.3", "v0.9.0", "next"])
def test_unknown_release_is_refused(release: str) -> None:
    with pytest.raises(LabError, match=release):
        crds.own(release, OPENAPI)


def test_files_are_those_of_a_chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: List[str] = []

    def openapi() -> Dict[str, Any]:
        asked.append("openapi")
        return OPENAPI

    monkeypatch.delenv(crds.ENVIRONMENT, raising=False)
    monkeypatch.setattr(crds, "BESIDE", tmp_path / "absent")
    assert len(crds.files("0.9.0", openapi)) == 4 and asked == ["openapi"]
    (tmp_path / "0.9.0").mkdir()
    (tmp_path / "0.9.0" / "one.yaml").write_text("a: b", encoding="utf-8")
    monkeypatch.setattr(crds, "BESIDE", tmp_path)
    assert crds.files("0.9.0", openapi) == {"crds/one.yaml": b"a: b"} and asked == ["openapi"]
