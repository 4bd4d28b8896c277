# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan against clusters that something is wrong with, and against sound ones.

Each case begins and ends with the same sound pair; what the plan says more while the case lasts
must be exactly what stands in its row, blockers and all.
"""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import releases
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_cases import NO_PEER, STOPPED
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_clusters import (
    TARGET,
    WEB,
    BrokenLab,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.api_proxy import Proxy
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_deletions import CASES

pytestmark = [pytest.mark.lab, pytest.mark.long]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with BrokenLab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def sound(lab):
    """What the plan says of the sound pair: nothing that blocks."""
    return settled(lab)


def settled(lab, expected=None):
    """Return what is said of the pair once nothing blocks and, if given, all is as it was."""
    seen = {}

    def is_so():
        seen.update(now=lab.found())
        return not blockers(seen["now"]) and (expected is None or set(seen["now"]) == set(expected))

    lab.wait_listening()
    lab.until(is_so, "a sound pair")
    return seen["now"]


def blockers(found):
    return [one for one in found if one[0] == "blocker"]


def told(found):
    return {" ".join(one) for one in found}


@pytest.mark.parametrize("name", CASES)
def test_plan_of_broken_clusters_says_what_is_wrong_and_nothing_else(lab, sound, name):
    broken, expected, names, options, says = CASES[name]
    with broken(lab):
        found = lab.found(*names, **options)
        more = found if names and "blue" not in names else {
            one: reason for one, reason in found.items() if one not in sound}
        for one, why in sorted(more.items()):
            print(f"CASE {name} | {' '.join(one)} | {why}")
    settled(lab, sound)
    assert told(more) == expected, more
    assert says in " ".join(more.values()), more


@pytest.mark.parametrize("release", [one for one in releases.SUPPORTED if one != TARGET])
def test_plan_of_sound_clusters_has_no_blocker(lab, sound, release):
    lab.replace_arc("green", release)
    found = lab.found()
    print(f"SOUND {release} | {', '.join(sorted(told(found))) or 'no finding'}")
    assert not blockers(found), found


def test_set_that_github_called_too_old_is_told(lab):
    """Only from 0.14.0 on there is such a phase."""
    lab.replace_arc("green", "0.14.1")
    before = lab.found()
    with lab.stopped(), lab.edited(places.SCALE_SETS, WEB, {"status": {"phase": "Outdated"}}, "status"):
        more = {one: why for one, why in lab.found().items() if one not in before}
    assert told(more) == {STOPPED, NO_PEER, "warning outdated green"}, more


def test_kubernetes_that_is_too_old_for_sidecars_is_told(lab, sound, tmp_path):
    """The lab has one Kubernetes: of an older one the version is made up, and nothing else."""
    with Proxy(lab.tls("green")) as proxy, lab.one_more("docker", mode="dind"):
        kubeconfig = proxy.kubeconfig(tmp_path / "kubeconfig", "green")

        def found(version):
            proxy.kubernetes = version
            return {one: why for one, why in lab.found(kubeconfig=kubeconfig).items() if one not in sound}

        old, new = found("v1.28.15"), found("v1.29.0")
    settled(lab, sound)
    assert told(old) - told(new) == {"blocker kubernetes-too-old green"}, (old, new)
    assert "here is 1.28.15" in " ".join(old.values()), (old, new)
