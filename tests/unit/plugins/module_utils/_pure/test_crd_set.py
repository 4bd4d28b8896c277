# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release of installed CRDs is told by their content, whatever the API server made of it."""

from __future__ import annotations

import copy
import functools
import json

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_digests,
    crd_form,
    crd_set,
    releases,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import (
    make_crd_digests,
    published_crds,
)


computed = functools.lru_cache(maxsize=None)(make_crd_digests.computed)


def small(schema=None, **spec):
    """A CRD of our own with one version."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "ephemeralrunners.actions.github.com"},
        "spec": {
            "group": "actions.github.com",
            "scope": "Namespaced",
            "names": {"kind": "EphemeralRunner", "plural": "ephemeralrunners"},
            "versions": [{
                "name": "v1alpha1", "served": True, "storage": True,
                "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": schema or {
                    "type": "object",
                    "properties": {
                        "description": {"type": "string", "description": "a field of that name"},
                        "spec": {"type": "object", "properties": {"n": {"type": "integer"}}},
                    },
                }},
            }],
            **spec,
        },
    }  # fmt: skip


def as_stored(crd):
    """What the API server makes of a CRD that it stores; seen on Kubernetes 1.36."""
    found = copy.deepcopy(crd)
    spec, names = found["spec"], found["spec"]["names"]
    names.setdefault("singular", names["kind"].lower())
    names.setdefault("listKind", names["kind"] + "List")
    spec.setdefault("conversion", {"strategy": "None"})
    if spec.get("preserveUnknownFields") is False:
        del spec["preserveUnknownFields"]
    found["metadata"].update(
        uid="1", resourceVersion="7", generation=1, creationTimestamp="2026-06-01T12:00:00Z",
        managedFields=[{"manager": "helm", "operation": "Update"}],
    )
    found["status"] = {
        "acceptedNames": dict(names),
        "conditions": [
            {"type": "NamesAccepted", "status": "True"}, {"type": "Established", "status": "True"},
        ],
        "storedVersions": ["v1alpha1"],
    }
    return json.loads(json.dumps(found))


def spec_of(crd):
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


FILLED_IN = {
    "conversion-none": {"conversion": {"strategy": "None"}},
    "preserve-unknown-false": {"preserveUnknownFields": False},
    "preserve-unknown-null": {"preserveUnknownFields": None},
    "names": {"names": {
        "kind": "EphemeralRunner", "plural": "ephemeralrunners", "singular": "ephemeralrunner",
        "listKind": "EphemeralRunnerList", "shortNames": [], "categories": None,
    }},
}  # fmt: skip


@pytest.mark.parametrize("filled_in", FILLED_IN.values(), ids=FILLED_IN)
def test_what_the_server_fills_in_or_drops_changes_nothing(filled_in):
    assert crd_form.normalise(small(**filled_in)) == crd_form.normalise(small())


def with_empty_values(crd):
    spec_of(crd).update(required=[], nullable=False, format="", enum=None)
    spec_of(crd)["x-kubernetes-embedded-resource"] = False


def with_whole_floats(crd):
    spec_of(crd)["properties"]["n"].update(minimum=0.0, maximum=5.0)


def with_other_order(crd):
    spec_of(crd).update(required=["b", "a"])


def with_column_defaults(crd):
    crd["spec"]["versions"][0]["additionalPrinterColumns"] = [
        {"name": "N", "type": "integer", "jsonPath": ".spec.n", "priority": 0, "format": ""},
    ]
    crd["spec"]["versions"][0].update(deprecated=False, selectableFields=[])


def with_new_text(crd):
    spec_of(crd)["description"] = "edited"
    spec_of(crd)["properties"]["n"]["description"] = "edited"


@pytest.mark.parametrize("change, same", [
    (with_empty_values, lambda crd: None),
    (with_whole_floats, lambda crd: spec_of(crd)["properties"]["n"].update(minimum=0, maximum=5)),
    (with_other_order, lambda crd: spec_of(crd).update(required=["a", "b"])),
    (with_column_defaults, lambda crd: crd["spec"]["versions"][0].update(
        additionalPrinterColumns=[{"name": "N", "type": "integer", "jsonPath": ".spec.n"}])),
    (with_new_text, lambda crd: None),
], ids=["empty-values", "whole-floats", "order", "column-defaults", "text"])
def test_two_ways_to_write_the_same_schema_have_one_form(change, same):
    one, other = small(), small()
    change(one)
    same(other)
    assert crd_form.normalise(one) == crd_form.normalise(other)


@pytest.mark.parametrize("change", [
    lambda crd: spec_of(crd)["properties"]["n"].update(minimum=0),
    lambda crd: spec_of(crd)["properties"]["n"].update(default=0),
    lambda crd: spec_of(crd)["properties"].update(empty={}),
    lambda crd: spec_of(crd).update(additionalProperties=False),
    lambda crd: spec_of(crd).update(anyOf=[{"required": ["n"]}]),
    lambda crd: spec_of(crd)["properties"].pop("n"),
    lambda crd: crd["spec"]["versions"][0].update(subresources={}),
    lambda crd: crd["spec"]["versions"][0].update(served=False),
    lambda crd: crd["spec"].update(scope="Cluster"),
    lambda crd: crd["spec"].update(conversion={"strategy": "Webhook"}),
    lambda crd: crd["spec"].update(preserveUnknownFields=True),
], ids=[
    "minimum-zero", "default-zero", "field-of-any-type", "no-other-fields", "any-of",
    "field-gone", "status-gone", "not-served", "scope", "conversion", "unknown-fields-kept",
])  # fmt: skip
def test_what_means_something_changes_the_form(change):
    crd = small()
    change(crd)
    assert crd_form.normalise(crd) != crd_form.normalise(small())


def test_field_named_description_is_no_text():
    crd = small()
    del crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["description"]
    assert crd_form.normalise(crd) != crd_form.normalise(small())


def test_no_crds_are_absent():
    state = crd_set.recognise([])
    assert (state.verdict, str(state), state.span) == ("absent", "no CRDs", "")
    assert state.missing == crd_digests.NAMES
    assert state.direction("0.9.0") == "unclear"


def test_crd_of_nobody_is_unknown_and_others_are_left_aside():
    other = {"metadata": {"name": "runners.actions.summerwind.dev"}, "spec": {}}
    assert crd_set.recognise([other]).verdict == "absent"
    state = crd_set.recognise([small(), other])
    assert state.verdict == "unknown"
    assert state.as_dict()["crds"][2]["verdict"] == "unknown"


def test_every_release_publishes_a_set_that_has_digests():
    """The table of releases and the table of digests speak of the same sets."""
    assert {one.crd_set for one in releases.RELEASES.values()} == set(crd_digests.SETS)
    for table in (crd_digests.SHAPES, crd_digests.TEXTS):
        assert set(table) == set(crd_digests.NAMES) == set(crd_digests.SECTIONS)
        assert all(len(row) == len(crd_digests.SETS) for row in table.values())


def test_sets_are_told_apart_by_their_schemas_alone():
    rows = zip(*crd_digests.SHAPES.values())
    assert len(set(rows)) == len(crd_digests.SETS)


@published_crds.needed
def test_digests_are_those_of_the_published_crds():
    """Run make_crd_digests.py when this fails for a new release."""
    tables = computed()
    for name, wanted in tables.items():
        assert getattr(crd_digests, name) == wanted, name


@published_crds.needed
def test_generated_file_is_what_stands_in_the_collection():
    with open(crd_digests.__file__, encoding="utf-8") as file:
        assert file.read() == make_crd_digests.rendered(computed())


@published_crds.needed
@pytest.mark.parametrize("name", published_crds.SETS)
@pytest.mark.parametrize("form", [lambda crd: crd, as_stored], ids=["file", "stored"])
def test_published_set_is_recognised(name, form):
    state = crd_set.recognise([form(crd) for crd in reversed(published_crds.load(name))])
    assert (state.verdict, state.set) == ("exact", name)
    assert state.releases == crd_set.releases_of(name)
    for release, facts in releases.RELEASES.items():
        assert state.fits(release) is (facts.crd_set == name)
    assert not any(one.edited_text for one in state.crds)


@published_crds.needed
def test_span_and_direction_are_said():
    state = crd_set.recognise(published_crds.load("0.9.0"))
    assert (state.span, str(state)) == ("0.9.0-0.10.1", "CRDs of 0.9.0-0.10.1")
    assert [state.direction(one) for one in ("0.8.3", "0.9.3", "0.14.2", "9.9.9")] == [
        "ahead", "same", "behind", "unclear",
    ]
    assert crd_set.recognise(published_crds.load("0.11.0")).span == "0.11.0"


@published_crds.needed
def test_edited_descriptions_are_no_other_release():
    crds = published_crds.load("0.14.0")
    spec_of(crds[2])["description"] = "ours"
    state = crd_set.recognise(crds)
    assert (state.verdict, state.set) == ("exact", "0.14.0")
    assert [one.edited_text for one in state.crds] == [False, False, True, False]


@published_crds.needed
def test_mixed_crds_say_which_is_from_which():
    crds = published_crds.load("0.9.0")[:2] + published_crds.load("0.14.0")[2:]
    state = crd_set.recognise(crds)
    assert (state.verdict, state.set, state.releases) == ("mixed", None, ())
    assert [one.sets for one in state.crds] == [
        ("0.7.0", "0.9.0"), ("0.7.0", "0.9.0"), ("0.14.0",), ("0.14.0",),
    ]
    assert "ephemeralrunners.actions.github.com of 0.14.0" in str(state)


@published_crds.needed
def test_missing_crd_is_told():
    state = crd_set.recognise(published_crds.load("0.14.0")[:3])
    assert (state.verdict, state.set) == ("partial", "0.14.0")
    assert state.missing == ("ephemeralrunnersets.actions.github.com",)
    assert "ephemeralrunnersets.actions.github.com absent" in str(state)
    assert state.direction("0.14.2") == "unclear"


@published_crds.needed
def test_edited_crd_names_the_nearest_set_and_the_place():
    crds = published_crds.load("0.14.0")
    spec_of(crds[2])["properties"]["spec"]["properties"]["nodeName"]["type"] = "integer"
    state = crd_set.recognise(crds)
    one = state.crds[2]
    assert (state.verdict, one.verdict, one.nearest) == ("edited", "edited", "0.14.0")
    assert one.differing == ("v1alpha1.spec.spec.nodeName",)
    assert "edited (1 part unlike 0.14.0: v1alpha1.spec.spec.nodeName)" in str(state)


@published_crds.needed
def test_crd_of_another_generator_is_unknown_and_perhaps_newer():
    crds = published_crds.load("0.14.0")
    spec_of(crds[2])["properties"]["fresh"] = {"type": "string"}
    crds[2]["metadata"]["annotations"][crd_set.GENERATOR] = "v0.99.0"
    state = crd_set.recognise(crds)
    assert (state.verdict, state.crds[2].nearest) == ("unknown", "0.14.0")


@published_crds.needed
def test_crd_that_is_going_or_not_served_is_seen():
    crds = [as_stored(crd) for crd in published_crds.load("0.14.0")]
    crds[0]["metadata"]["deletionTimestamp"] = "2026-06-01T12:00:00Z"
    crds[1]["status"]["conditions"][1]["status"] = "False"
    state = crd_set.recognise(crds)
    assert [one.terminating for one in state.crds] == [True, False, False, False]
    assert [one.established for one in state.crds] == [True, False, True, True]
