# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_crd_check through its main(): verdicts, what was not seen, and that nothing is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.tests.unit.plugins.modules import run_module
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.crd_server import (
    CrdServer,
    crd,
    stored,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.modules.scripted_cluster import status

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

# pylint: disable=wrong-import-position
from lab import toolchain  # noqa: E402

LIST = "/apis/actions.github.com/v1alpha1/ephemeralrunners"
OLD = crd("ephemeralrunners", "a", "gone")


def runner(name, **spec):
    return {"metadata": {"name": name, "namespace": "arc-runners", "uid": f"uid-{name}"},
            "spec": spec}


def check(server, target=None, **options):
    asked = {"host": server.url, "timeout": 20, **options}
    if target is not None:
        asked["crds"] = [target]
    code, result = run_module.run("arc_crd_check", asked)
    assert server.real_writes() == []
    return code, result


def requiring(name):
    found = crd("ephemeralrunners", "a", "gone", name)
    schema = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"]["required"] = [name]
    return found


def scoped():
    found = crd("ephemeralrunners", "a", "gone")
    found["spec"]["scope"] = "Cluster"
    return found


@pytest.mark.parametrize("target, objects, verdict", [
    (OLD, [runner("one", a="x")], "identical"),
    (crd("ephemeralrunners", "a", "gone", "more"), [runner("one", a="x")], "safe"),
    (crd("ephemeralrunners", "a"), [runner("one", a="x")], "safe_for_these_objects"),
    (crd("ephemeralrunners", "a"), [runner("one", gone="x")], "loses_data"),
    (requiring("must"), [runner("one", a="x")], "breaks_objects"),
    (scoped(), [], "blocked"),
])
def test_verdicts(target, objects, verdict):
    with CrdServer([stored(OLD)], {"ephemeralrunners": objects}) as server:
        code, result = check(server, target)
        assert (code, result["verdict"], result["changed"]) == (0, verdict, False), result
        assert result["objects_checked"] == len(objects)
        worse = check(server, target, fail_on="loses_data")
    assert worse[0] == (1 if verdict in ("loses_data", "breaks_objects", "blocked") else 0)
    if worse[0]:
        assert worse[1]["error"]["class"] == "CrdsDoNotFit" and worse[1]["verdict"] == verdict


def test_harm_is_named_without_values_and_bounded():
    many = [runner(f"r{number:03}", gone="secret") for number in range(130)]
    with CrdServer([stored(OLD)], {"ephemeralrunners": many}) as server:
        _code, result = check(server, crd("ephemeralrunners", "a"))
    assert result["objects"][0]["lost"] == [".spec.gone"] and "secret" not in str(result)
    assert (len(result["objects"]), result["objects_not_shown"]) == (100, 30)
    assert result["crds"][0]["objects_affected"] == 130


def test_objects_that_cannot_be_read_leave_the_rules_alone_to_decide():
    denied = status(
        403, "Forbidden", 'ephemeralrunners.actions.github.com is forbidden: User "eve" cannot '
        'list resource "ephemeralrunners" in API group "actions.github.com" at the cluster scope')
    with CrdServer([stored(OLD)]) as server:
        server.fault("GET", LIST, denied)
        code, result = check(server, requiring("must"))
    assert (code, result["verdict"], result["judged_by"]) == (0, "breaks_objects", "rules")
    assert result["crds"][0]["objects_checked"] is None
    assert "list ephemeralrunners.actions.github.com" in result["unseen"][0]


def test_crds_that_are_not_there_yet_harm_nobody():
    with CrdServer() as server:
        code, result = check(server, OLD)
    assert (code, result["verdict"], result["installed"]["verdict"]) == (0, "safe", "absent")


def test_known_release_without_crds_is_judged_by_digests_only():
    with CrdServer([stored(OLD)]) as server:
        code, result = check(server, release="0.14.2")
        assert (code, result["verdict"], result["judged_by"]) == (0, "unknown", "digests")
        assert result["target"]["releases"][-1] == "0.14.2" and result["unseen"]
        code, result = check(server, release="0.14.2", fail_on="blocked")
        assert code == 1 and result["error"]["class"] == "CrdsDoNotFit"
        code, result = check(server, release="0.14.99")
        assert code == 1 and result["error"]["class"] == "BadInput" and "0.14.99" in result["msg"]


def test_crds_that_cannot_be_read_are_no_verdict():
    denied = status(403, "Forbidden", "customresourcedefinitions.apiextensions.k8s.io is forbidden")
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/.*"
    with CrdServer([stored(OLD)]) as server:
        server.fault("GET", path, *[denied] * 8)
        code, result = check(server, OLD)
    assert code == 1 and result["error"]["class"] == "ReadFailed" and "verdict" not in result


def test_unusable_target_is_an_error_of_its_own():
    with CrdServer() as server:
        code, result = check(server, definition="kind: Pod\napiVersion: v1")
        assert code == 1 and result["error"]["class"] == "UnusableCrds"
        code, result = check(server)
    assert code == 1 and "required" in result["msg"]


def test_what_was_wrong_before_is_left_out_on_request():
    bad = requiring("must")
    worse = requiring("must")
    del worse["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"][
        "properties"]["gone"]
    objects = {"ephemeralrunners": [runner("one", a="x"), runner("two", a="x", gone="y")]}
    with CrdServer([stored(bad)], objects) as server:
        _code, strict = check(server, worse)
        assert strict["verdict"] == "breaks_objects"
        _code, ratcheted = check(server, worse, ratchet=True)
        assert ratcheted["verdict"] == "loses_data"
        assert [(one["name"], one["lost"], one["violations"]) for one in ratcheted["objects"]] == [
            ("two", [".spec.gone"], [])]


def test_user_may_weigh_differences():
    lowered = {"id": "scope-changed", "severity": "info", "crd": "ephemeral*"}
    with CrdServer([stored(OLD)], {"ephemeralrunners": []}) as server:
        assert check(server, scoped())[1]["verdict"] == "blocked"
        assert check(server, scoped(), severities=[lowered])[1]["verdict"] != "blocked"
        other = {**lowered, "crd": "autoscaling*"}
        assert check(server, scoped(), severities=[lowered, other])[1]["verdict"] != "blocked"
        assert check(server, scoped(), severities=[other])[1]["verdict"] == "blocked"


def test_last_weight_that_fits_counts():
    given = [{"id": "field-removed", "severity": "info", "path": ".spec.*"},
             {"id": "field-removed", "severity": "blocks", "path": ".spec.gone"}]
    with CrdServer([stored(OLD)], {"ephemeralrunners": []}) as server:
        _code, result = check(server, crd("ephemeralrunners", "a"), severities=given)
        (change,) = result["crds"][0]["changes"]
        assert (change["id"], change["severity"]) == ("field-removed", "blocks")


def test_unknown_difference_is_bad_input():
    with CrdServer([stored(OLD)], {"ephemeralrunners": []}) as server:
        code, result = check(server, OLD, severities=[{"id": "no-such", "severity": "info"}])
        assert code == 1 and result["error"]["class"] == "BadInput"
        assert "field-removed" in result["msg"]


def folder(tmp_path, *documents):
    chart = tmp_path / "chart"
    (chart / "crds").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(
        "apiVersion: v2\nname: gha-runner-scale-set-controller\nversion: 0.14.2\n",
        encoding="utf-8")
    for number, one in enumerate(documents):
        (chart / "crds" / f"{number}.yaml").write_text(json.dumps(one), encoding="utf-8")
    return chart


def test_chart_is_a_source_as_a_folder_and_as_an_archive(tmp_path):
    chart = folder(tmp_path, crd("ephemeralrunners", "a"))
    helm = toolchain.helm()
    subprocess.run([helm, "package", str(chart), "--destination", str(tmp_path)], check=True)
    (archive,) = tmp_path.glob("*.tgz")
    with CrdServer([stored(OLD)], {"ephemeralrunners": [runner("one", gone="x")]}) as server:
        for given in (chart, archive):
            code, result = check(server, chart=str(given), helm=helm)
            assert (code, result["verdict"]) == (0, "loses_data"), result


@pytest.mark.parametrize(("given", "said"), [
    ("no-such-repository/chart", "Helm cannot have it"),
    ("empty", "brings no CRDs"),
])
def test_chart_that_cannot_be_used_is_no_verdict(tmp_path, given, said):
    chart = folder(tmp_path)
    (chart / "crds").rmdir()
    reference = str(chart) if given == "empty" else given
    with CrdServer([stored(OLD)]) as server:
        code, result = check(server, chart=reference, helm=toolchain.helm())
    assert code == 1 and said in result["msg"] and "verdict" not in result
    assert (result["error"]["class"], result["error"]["details"]["code"]) == (
        "UnusableCrds", "no-chart")


def test_login_in_the_url_of_a_chart_is_not_told(tmp_path):
    helm = tmp_path / "helm"
    helm.write_text('#!/bin/sh\necho "Error: failed to fetch $3 : 404 Not Found" >&2\nexit 1\n',
                    encoding="utf-8")
    helm.chmod(0o755)
    with CrdServer([stored(OLD)]) as server:
        code, result = check(
            server, chart="https://bob:s3cret@charts.example.com/arc.tgz", helm=str(helm))
    assert code == 1 and "404 Not Found" in result["msg"]
    assert "s3cret" not in json.dumps(result)


def test_older_side_may_be_given():
    with CrdServer([stored(requiring("must"))], {"ephemeralrunners": [runner("one")]}) as server:
        code, result = check(server, requiring("must"), old={"crds": [OLD]})
        assert (code, result["rules"]) == (0, {"required-added": 1}), result
        code, result = check(server, requiring("must"))
        assert result["rules"] == {}


def offline(**options):
    return run_module.run("arc_crd_check", {"objects": False, **options})


@pytest.mark.parametrize(("target", "verdict", "rules"), [
    (OLD, "identical", {}),
    (requiring("must"), "breaks_objects", {"required-added": 1}),
    (scoped(), "blocked", {"scope-changed": 1}),
    (crd("ephemeralrunners", "a"), "loses_data", {"field-removed": 1}),
    (crd("autoscalinglisteners", "a"), "safe", {}),
])
def test_two_given_sides_need_no_cluster(monkeypatch, target, verdict, rules):
    monkeypatch.setenv("KUBECONFIG", "/dev/null")
    code, result = offline(crds=[target], old={"crds": [OLD]})
    assert (code, result.get("verdict"), result.get("rules")) == (0, verdict, rules), result
    assert (result["judged_by"], result["objects_checked"]) == ("rules", None)
    assert "cluster" not in result and result["changed"] is False


def test_limit_holds_without_a_cluster():
    code, result = offline(crds=[scoped()], old={"crds": [OLD]}, fail_on="blocked")
    assert (code, result["error"]["class"], result["verdict"]) == (1, "CrdsDoNotFit", "blocked")


@pytest.mark.parametrize(("options", "said"), [
    ({"crds": [OLD]}, "missing: old"),
    ({"installed": True, "old": {"crds": [OLD]}}, "option installed needs one"),
    ({"backups": ["arc/one"], "old": {"crds": [OLD]}}, "option backups needs one"),
    ({"crds": [OLD], "old": {"backups": ["arc/one"]}}, "option old.backups needs one"),
    ({"crds": [OLD], "old": {"crds": [OLD]}, "namespaces": ["arc"]}, "namespaces needs one"),
    ({"release": "0.14.2", "old": {"crds": [OLD]}}, "no target is given"),
])
def test_side_that_is_in_a_cluster_is_refused_without_one(options, said):
    code, result = offline(**options)
    assert code == 1 and said in result["msg"] and "verdict" not in result, result


def test_crds_in_place_are_judged_against_what_is_stored():
    with CrdServer([stored(requiring("must"))], {"ephemeralrunners": [runner("one")]}) as server:
        code, result = check(server, installed=True)
        assert (code, result["verdict"], result["rules"]) == (0, "breaks_objects", {}), result
        assert result["objects"][0]["refused"] == ["create"]


def test_cluster_without_crds_cannot_be_its_own_target():
    with CrdServer([]) as server:
        code, result = check(server, installed=True)
    assert code == 1 and result["error"]["details"]["code"] == "nothing-there"
