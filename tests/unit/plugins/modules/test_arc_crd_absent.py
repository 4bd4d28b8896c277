# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRDs go when nobody uses them any more, and not before."""

from __future__ import annotations

from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.crd_server import CrdServer, crd, stored


def remove(server, *, check=False, **options):
    return run_module.run("arc_crd", {
        "host": server.url, "timeout": 20, "state": "absent", **options}, check=check)


ALL = [stored(crd(plural, "a")) for plural in (
    "autoscalinglisteners", "autoscalingrunnersets", "ephemeralrunners", "ephemeralrunnersets")]


def test_crds_that_nobody_uses_are_deleted_after_a_backup():
    with CrdServer(ALL) as server:
        code, result = remove(server, check=True)
        assert (code, result["changed"]) == (0, True) and server.real_writes() == []
        code, result = remove(server)
        assert (code, result["changed"]) == (0, True), result
        assert {one["action"] for one in result["crds"]} == {"deleted"}
        assert all(one["backup"].startswith("arc-systems/") for one in result["crds"])
        assert [one.method for one in server.real_writes()] == ["POST"] * 4 + ["DELETE"] * 4
        assert all(one.body["preconditions"]["uid"] for one in server.real_writes()[4:])
        code, result = remove(server)
        assert (code, result["changed"], result["crds"]) == (0, False, [])


def test_crds_with_an_object_stay():
    left = {"metadata": {"name": "web", "namespace": "arc-runners", "uid": "u"}}
    with CrdServer(ALL, {"autoscalingrunnersets": [left]}) as server:
        code, result = remove(server)
        assert code == 1 and result["error"]["class"] == "Refused"
        assert "AutoscalingRunnerSet arc-runners/web" in result["msg"]
        assert "arc.lifecycle.uninstall" in result["msg"] and server.real_writes() == []


def test_right_that_is_missing_is_named_before_the_objects_that_are_left():
    """An uninstallation asks while they are still there."""
    left = {"metadata": {"name": "web", "namespace": "arc-runners", "uid": "u"}}
    with CrdServer(ALL, {"autoscalingrunnersets": [left]}) as server:
        server.denied = (("delete", "customresourcedefinitions"),)
        code, result = remove(server, check=True)
        assert server.real_writes() == []
    assert code == 1 and len(result["error"]["details"]["missing_rights"]) == 4
    assert "delete customresourcedefinitions" in result["msg"]
