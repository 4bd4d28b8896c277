# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What do several test files of the lab share? Real clusters, brought up by the lab itself."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Iterator, List

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.service_client import Service  # noqa: E402
from lab.state import LabState  # noqa: E402
from lab.tests.arc_bench import Bench  # noqa: E402
from lab.tests.live import LiveCluster, Pods  # noqa: E402

CLUSTER = "blue"


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """What needs real clusters is marked, so that the rest can run without them."""
    for item in items:
        is_real = item.path.stem.endswith("_integration")
        if is_real or "one_cluster" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.lab)


@pytest.fixture(scope="session")
def one_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCluster]:
    """One cluster with its node, and the Actions service, by the lab's own `up` and `down`."""
    lab = Lab(LabState(tmp_path_factory.mktemp("lab")))
    lab.up([CLUSTER])
    try:
        cluster = LiveCluster(lab, CLUSTER)
        yield cluster
        cluster.close()
    finally:
        lab.down()


@pytest.fixture
def namespace(one_cluster: LiveCluster) -> Iterator[str]:
    """A namespace of the test's own, ready for pods."""
    name = f"t-{secrets.token_hex(3)}"
    meta = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    one_cluster.create("/api/v1/namespaces", meta)
    one_cluster.wait(path_of("v1", "serviceaccounts", name, "default"), bool)
    one_cluster.wait(path_of("v1", "configmaps", name, "kube-root-ca.crt"), bool)
    yield name
    one_cluster.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture
def pods(one_cluster: LiveCluster, namespace: str) -> Pods:
    """The pods of the test's own namespace."""
    return Pods(one_cluster, namespace)


@pytest.fixture
def bench(one_cluster: LiveCluster, tmp_path: Path) -> Iterator[Bench]:
    """A cluster without ARC; what a test makes is taken away after it."""
    made = Bench(one_cluster, Service(one_cluster.lab.state.service_url()), tmp_path)
    yield made
    made.close()
