# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which charts are there, with which values by default, and when are they written?"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lab.arc import charts, crds
from lab.arc.releases import RELEASES
from lab.errors import LabError
from lab.tests.charts_bench import EVERY

VALUES = crds.BESIDE.parent / "values"


def test_every_release_of_the_stand_in_has_charts() -> None:
    assert EVERY == list(RELEASES)


def test_unknown_release_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LabError) as caught:
        charts.facts("0.15.0")
    assert "0.15.0" in caught.value.problem and "0.14.2" in caught.value.remedy


@pytest.mark.parametrize("which", list(charts.NAMES))
@pytest.mark.parametrize("release", EVERY)
def test_default_values_equal_the_published(release: str, which: str) -> None:
    published = VALUES / release / f"{which}.yaml"
    if not published.exists():
        pytest.skip("the published values are not beside the project (../shared/values)")
    expected = yaml.safe_load(published.read_text(encoding="utf-8"))
    assert charts.default_values(release, which) == expected


def test_a_chart_is_written_once_and_again_when_it_changed(tmp_path: Path) -> None:
    target = tmp_path / "chart"
    charts._write(target, {"Chart.yaml": b"one"})
    first = (target / "Chart.yaml").stat().st_mtime_ns
    charts._write(target, {"Chart.yaml": b"one"})
    assert (target / "Chart.yaml").stat().st_mtime_ns == first
    charts._write(target, {"values.yaml": b"two"})
    assert sorted(path.name for path in target.iterdir()) == ["values.yaml"]
