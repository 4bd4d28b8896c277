# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the charts on their way to another release, up and down."""

from __future__ import annotations

import copy
import re
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    chart_values,
    plan,
    record,
    release_facts,
    releases,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import builders as b
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure.test_plan import (
    cluster,
)

SET, CONTROLLER = releases.SCALE_SET_CHART, releases.CONTROLLER_CHART
OLD = {"containerMode": {"type": "kubernetes", "kubernetesModeServiceAccount": {
    "annotations": {"role": "arn"}}}, "maxRunners": 3}
NEW = {"containerMode": {"type": "kubernetes"}, "maxRunners": 3, "resourceMeta": {
    "kubernetesModeServiceAccount": {"annotations": {"role": "arn"}}}}
FOLDER = Path(os.environ.get("ARC_VALUES_DIR") or
              Path(__file__).resolve().parents[6] / "shared" / "values")


@pytest.mark.parametrize(
    ("values", "start", "end", "expected"),
    [
        (OLD, "0.9.3", "0.14.2", NEW),
        (NEW, "0.14.2", "0.9.3", OLD),
        (OLD, "0.9.0", "0.10.1", OLD),
        (NEW, "0.11.0", "0.14.2", NEW),
        ({"maxRunners": 1}, "0.9.0", "0.14.2", {"maxRunners": 1}),
        ({**OLD, "resourceMeta": {"kubernetesModeServiceAccount": {
            "annotations": {"role": "mine", "b": "c"}}}}, "0.9.3", "0.11.0",
         {**NEW, "resourceMeta": {"kubernetesModeServiceAccount": {
             "annotations": {"role": "mine", "b": "c"}}}}),
    ],
    ids=["up", "down", "not-crossed", "beyond", "nothing", "what-is-there-stays"],
)
def test_values_are_moved(values, start, end, expected):
    before = copy.deepcopy(values)
    assert chart_values.moved(values, SET, start, end) == expected
    assert values == before
    assert chart_values.moved(values, "another-chart", start, end) == values


@pytest.mark.parametrize(
    ("chart", "paths", "start", "end", "told"),
    [
        (SET, ["resourceMeta.listener.labels"], "0.14.2", "0.9.3",
         [("value-unknown", "resourceMeta")]),
        (SET, ["resourceMeta.kubernetesModeServiceAccount.annotations.a"], "0.14.2", "0.9.3",
         [("value-moved", "resourceMeta.kubernetesModeServiceAccount.annotations")]),
        (SET, ["scaleSetLabels"], "0.12.0", "0.13.1", [("value-unknown", "scaleSetLabels")]),
        (SET, ["githubConfigSecret.github_token"], "0.9.3", "0.9.3",
         [("credentials-inline", "githubConfigSecret")]),
        (SET, ["githubConfigSecret"], "0.9.3", "0.14.2", []),
        (SET, ["minRunners"], "0.7.0", "0.9.3", [("value-reads-otherwise", "minRunners")]),
        (CONTROLLER, ["flags.runnerMaxConcurrentReconciles"], "0.14.2", "0.9.3",
         [("value-unknown", "flags.runnerMaxConcurrentReconciles")]),
        (CONTROLLER, ["flags.logLevel"], "0.14.2", "0.9.3", []),
        (SET, ["maxRuners", "maxRunners"], "0.9.3", "0.14.2", [("value-unknown", "maxRuners")]),
        (CONTROLLER, ["template.spec.nodeName", "tolerations"], "0.9.3", "0.14.2",
         [("value-unknown", "template")]),
        ("gha-runner-scale-set-experimental", ["scaleset.name"], "0.14.0", "0.14.2", []),
    ],
)
def test_what_is_said_of_values(chart, paths, start, end, told):
    found = chart_values.changes_of(paths, chart, start, end)
    assert [(one.id, one.path) for one in found] == told
    assert [id for id, reason in chart_values.words_of(found) if reason] == [id for id, _p in told]


def test_plan_tells_it_by_paths_alone():
    def secretive(parts):
        for one in parts["helm"]:
            if one["chart"] == SET:
                one["value_paths"] = chart_values.paths_of(
                    {**OLD, "githubConfigSecret": {"github_token": "ghp_secret"}})

    made = plan.plan_fleet([cluster(edit=secretive), cluster("green")], "0.14.2")
    told = {one.id: one for one in made.findings}
    assert {"value-moved", "credentials-inline"} <= set(told)
    assert told["value-moved"].object == f"Helm release {b.RUNNERS}/web"
    assert "ghp_secret" not in str(made.as_dict())
    at_target = plan.plan_fleet([cluster(release="0.14.2", edit=secretive)], "0.14.2")
    assert not {"value-moved", "credentials-inline"} & {one.id for one in at_target.findings}


def test_record_gives_values_as_the_release_wants_them():
    entry = {"kind": "scale-set", "chart": SET, "from": "0.9.3", "values": OLD}
    assert record.fitted([entry], "0.14.2")[0]["values"] == NEW
    assert record.fitted([entry], None) == [entry]


values = st.recursive(
    st.one_of(st.integers(), st.text(max_size=3), st.lists(st.integers(), max_size=2)),
    lambda inner: st.dictionaries(
        st.sampled_from(["containerMode", "kubernetesModeServiceAccount", "annotations",
                         "resourceMeta", "x"]), inner, max_size=3), max_leaves=8,
).filter(lambda one: isinstance(one, dict))


@given(values, st.sampled_from(list(releases.RELEASES)), st.sampled_from(list(releases.RELEASES)))
def test_nothing_gets_lost_on_the_way(given_values, start, end):
    done = chart_values.moved(given_values, SET, start, end)
    lost = chart_values.changes_of(chart_values.paths_of(done), SET, start, end)
    assert [one for one in lost if one.id == "value-moved"] == [
        one for one in lost if one.id == "value-moved" and _is_blocked(done, one.to)]


def _is_blocked(done, path):
    """A value that is no map stands in the way of the new place."""
    for step in path.split("."):
        done = done.get(step) if isinstance(done, dict) else None
    return done is not None


@pytest.mark.skipif(not FOLDER.is_dir(), reason="ARC's chart values are not in ../shared/values")
def test_keys_are_those_of_the_published_charts():
    """Each key is named in the values of its release, and of none before."""
    by_release = {
        path.name: "".join(one.read_text(encoding="utf-8") for one in path.rglob("*.yaml"))
        for path in sorted(FOLDER.iterdir()) if path.is_dir()
    }
    for key in release_facts.VALUE_KEYS:
        number = releases.parse(key.since)
        name = key.path.rpartition(".")[2]
        if number <= (0, 10, 0) or name in ("labels", "annotations", "resourceMeta"):
            continue
        for release, text in by_release.items():
            if key.since != release and releases.parse(release) < number:
                assert f"\n{name}:" not in text and f"\n  {name}:" not in text, (key, release)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="ARC's chart values are not in ../shared/values")
def test_every_key_at_the_top_of_the_published_values_is_known():
    key = re.compile(r"^(?:# ?)?([a-z][A-Za-z]*):(?: |$)", re.MULTILINE)
    # Of commented examples below a key, and words of the prose.
    aside = {"capabilities", "fsGroup", "limits", "ref", "requests", "readOnlyRootFilesystem",
             "runAsNonRoot", "runAsUser"}
    found = {
        (path.stem, name) for path in FOLDER.rglob("*.yaml")
        for name in key.findall(path.read_text(encoding="utf-8")) if name not in aside
    }
    known = {(kind, name) for kind, names in release_facts.VALUE_TOP.items() for name in names}
    assert len(found) > 40 and found <= known, found - known
    beside = {"global", "fullnameOverride", "nameOverride", "controllerServiceAccount", "proxy"}
    assert {name for _kind, name in known - found} <= beside, known - found
