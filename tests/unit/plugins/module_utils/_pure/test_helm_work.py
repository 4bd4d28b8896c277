# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Helm has to do for a release, and that no message shows a value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import helm_work
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import BadInput

CHART = helm_work.Chart("gha-runner-scale-set", "0.14.2", "0.14.2")
VALUES = {"maxRunners": 5, "githubConfigSecret": {"github_token": "ghp_0123456789"}}
WANTED = helm_work.Wanted("ci", "web", VALUES)


def stored(version="0.14.2", status="deployed", app="0.14.2", **config):
    meta = {"name": "gha-runner-scale-set", "version": version, "appVersion": app}
    return {"info": {"status": status}, "chart": {"metadata": meta},
            "config": config.get("values", VALUES)}


@pytest.mark.parametrize(("there", "act"), [
    (None, "install"),
    (stored(), "none"),
    (stored("0.14.1"), "upgrade"),
    (stored(app="0.14.1"), "upgrade"),
    (stored(values={"maxRunners": 6}), "upgrade"),
    (stored(values=None), "upgrade"),
    (stored(status="failed"), "upgrade"),
    (stored(status="pending-install"), "refused"),
    (stored(status="pending-upgrade"), "refused"),
    (stored(status="uninstalling"), "refused"),
], ids=["absent", "fits", "other-chart", "other-release", "other-values", "no-values", "failed",
        "interrupted-install", "interrupted-upgrade", "interrupted-uninstall"])
def test_release_is_touched_only_where_it_differs(there, act):
    assert helm_work.act_for_present(WANTED, CHART, there) == act


def test_values_as_python_and_as_json_are_the_same():
    wanted = helm_work.Wanted("ci", "web", {"list": (1, 2), "map": {"1": "x"}})
    assert helm_work.act_for_present(
        wanted, CHART, stored(values={"list": [1, 2], "map": {"1": "x"}})) == "none"


@pytest.mark.parametrize(("old", "new", "act"), [
    (1, True, "upgrade"), ([{"a": 0}], [{"a": False}], "upgrade"), ({"a": "1"}, {"a": 1}, "upgrade"),
    (3, 3.0, "none"), ([True, None], [True, None], "none"),
], ids=["switch", "below", "text", "number", "same"])
def test_switch_is_no_number(old, new, act):
    wanted = helm_work.Wanted("ci", "web", {"x": new})
    assert helm_work.act_for_present(wanted, CHART, stored(values={"x": old})) == act
    told = helm_work.changed_paths({"x": old}, {"x": new})
    assert bool(told) is (act == "upgrade")


def test_maps_are_merged_and_all_else_is_replaced():
    below = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert helm_work.overlaid(below, {"a": {"y": [3]}, "c": {}}, {"b": {"z": 2}}) == {
        "a": {"x": 1, "y": [3]}, "b": {"z": 2}, "c": {}}
    assert below == {"a": {"x": 1, "y": [1, 2]}, "b": 1}


def test_difference_names_paths_and_no_value():
    told = helm_work.changed_paths(
        {"maxRunners": 5, "a": {"token": "old"}, "gone": 1}, {"maxRunners": 5, "a": {"token": "new"},
                                                              "new": {"x": {}}})
    assert told == ["~ a.token", "- gone", "+ new.x"]


@pytest.mark.parametrize(("releases", "said"), [
    ([{"namespace": "ci"}], "lacks namespace or helm"),
    ([{"namespace": "ci", "helm": "web"}] * 2, "ci/web is there twice"),
    ([{"helm": "web"}, {"namespace": "ci", "helm": ""}], "2 inputs"),
])
def test_bad_releases_are_told_together(releases, said):
    with pytest.raises(BadInput, match=said):
        helm_work.wanted_of(releases)


def test_message_keeps_the_cause_and_loses_the_secret():
    said = ("WARNING: Kubernetes configuration file is group-readable\n"
            "Error: template: token ghp_0123456789 of web: line two of key is bad\n")
    values = {**VALUES, "key": "-----BEGIN-----\nline two of key\n", "name": "web", "mode": "dind"}
    told = helm_work.blotted(said, helm_work.secrets_of(values, ["web"]))
    assert told == "Error: template: token <value> of web: <value> is bad"


def test_long_message_keeps_its_end():
    told = helm_work.blotted("x" * 2000 + " the cause", [])
    assert len(told) <= 804 and told.endswith("the cause")


VALUE_TREES = st.recursive(
    st.one_of(st.text(min_size=0, max_size=20), st.integers(), st.booleans(), st.none()),
    lambda below: st.one_of(st.lists(below, max_size=3),
                            st.dictionaries(st.text(min_size=1, max_size=5), below, max_size=3)),
    max_leaves=8,
)


@given(values=VALUE_TREES, before=st.text(max_size=10), after=st.text(max_size=10))
def test_no_message_shows_a_text_of_the_values_that_can_be_a_secret(values, before, after):
    """Secrets never reach output, wherever in the values they stand."""
    secrets = helm_work.secrets_of(values)
    told = helm_work.blotted(before + " " + " ".join(secrets) + " " + after, secrets)
    assert not [one for one in secrets if one in told.replace(helm_work.HIDDEN, "")
                and one not in before + after]


def test_short_word_is_blotted_as_a_word_and_a_token_everywhere():
    token = "ghp_0123456789abcdef"
    told = helm_work.blotted(f"arc-runners: runner says x{token}x", ["runner", token])
    assert told == "arc-runners: <value> says x<value>x"


def test_leaves_that_are_short_would_garble_a_result():
    values = {"a": 5, "b": [True, None, "runner"], "c": {"d": "ghp_0123456789abcdef"}}
    assert helm_work.garbling_of(values) == {"5", "True", "None", "runner"}


@pytest.mark.parametrize("form", [
    'pwd"-\\0123456789', "cHdkIi1cMDEyMzQ1Njc4OQ==", 'pwd\\"-\\\\0123456789',
], ids=["plain", "as-data", "in-quotes"])
def test_secret_is_blotted_out_in_each_form_in_which_it_may_be_told(form):
    values = {"token": 'pwd"-\\0123456789', "key": "-----BEGIN-----\n"}
    form += " LS0tLS1CRUdJTi0tLS0tCg=="
    told = helm_work.blotted(f"Error: denied: {form}: bad", helm_work.secrets_of(values))
    assert told == "Error: denied: <value> <value>: bad"
