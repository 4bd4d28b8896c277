# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of change is told once, by its id, with its weight."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_changes,
    crd_rules,
    crd_schema_rules,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import published_crds

PLACE = crd_schema_rules.Place("things.example.com", "v1")
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
ENV = {"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}}
BY_NAME = {**ENV, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
BOTH = {**ENV, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "name"]}


def obj(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


def told(old, new):
    """Return (id, severity, path) of the changes of one field `f`."""
    changes = crd_schema_rules.compare_schemas(obj(f=old), obj(f=new), PLACE)
    return [(one.id, one.severity, one.path) for one in changes]


KEEP = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
ANY_OF = [{"minimum": 1}, {"maximum": 0}]

FIELDS = {
    "same": (TEXT, TEXT, []),
    "description": ({**TEXT, "description": "a"}, {**TEXT, "description": "b"}, []),
    "type": (TEXT, NUMBER, [("type-changed", "blocks", ".f")]),
    "type-with-what-is-below": (
        obj(a=TEXT), {"type": "array", "items": NUMBER}, [("type-changed", "blocks", ".f")]),
    "integer-becomes-number": (NUMBER, {"type": "number"}, [("loosened", "info", ".f")]),
    "integer-becomes-int-or-string": (
        NUMBER, {"x-kubernetes-int-or-string": True, "anyOf": [NUMBER, TEXT]},
        [("loosened", "info", ".f")]),
    "string-becomes-int-or-string": (
        TEXT, {"x-kubernetes-int-or-string": True}, [("loosened", "info", ".f")]),
    "any-type": (TEXT, {}, [("loosened", "info", ".f")]),
    "format-that-is-checked": (
        TEXT, {**TEXT, "format": "date-time"}, [("format-changed", "blocks", ".f")]),
    "int64-becomes-int32": (
        {**NUMBER, "format": "int64"}, {**NUMBER, "format": "int32"},
        [("format-changed", "blocks", ".f")]),
    "format-for-readers": (TEXT, {**TEXT, "format": "shell"}, [("loosened", "info", ".f")]),
    "enum-new": (TEXT, {**TEXT, "enum": ["a"]}, [("enum-narrowed", "blocks", ".f")]),
    "enum-less": (
        {**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["a"]},
        [("enum-narrowed", "blocks", ".f")]),
    "enum-more": (
        {**TEXT, "enum": ["a"]}, {**TEXT, "enum": ["a", "b"]}, [("loosened", "info", ".f")]),
    "enum-dropped": ({**TEXT, "enum": ["a"]}, TEXT, [("loosened", "info", ".f")]),
    "maximum-new": (NUMBER, {**NUMBER, "maximum": 3}, [("limit-tightened", "blocks", ".f")]),
    "maximum-lower": (
        {**NUMBER, "maximum": 5}, {**NUMBER, "maximum": 3},
        [("limit-tightened", "blocks", ".f")]),
    "maximum-higher": (
        {**NUMBER, "maximum": 3}, {**NUMBER, "maximum": 5}, [("loosened", "info", ".f")]),
    "maximum-gone": ({**NUMBER, "maximum": 3}, NUMBER, [("loosened", "info", ".f")]),
    "minimum-higher": (
        {**NUMBER, "minimum": 0}, {**NUMBER, "minimum": 1},
        [("limit-tightened", "blocks", ".f")]),
    "minimum-lower": (
        {**NUMBER, "minimum": 1}, {**NUMBER, "minimum": 0}, [("loosened", "info", ".f")]),
    "exclusive": (
        {**NUMBER, "maximum": 3}, {**NUMBER, "maximum": 3, "exclusiveMaximum": True},
        [("limit-tightened", "blocks", ".f")]),
    "multiple": (NUMBER, {**NUMBER, "multipleOf": 2}, [("limit-tightened", "blocks", ".f")]),
    "length": (TEXT, {**TEXT, "maxLength": 3}, [("limit-tightened", "blocks", ".f")]),
    "pattern-new": (TEXT, {**TEXT, "pattern": "a"}, [("pattern-changed", "blocks", ".f")]),
    "pattern-gone": ({**TEXT, "pattern": "a"}, TEXT, [("loosened", "info", ".f")]),
    "nullable-gone": ({**TEXT, "nullable": True}, TEXT, [("nullable-removed", "blocks", ".f")]),
    "nullable-new": (TEXT, {**TEXT, "nullable": True}, [("loosened", "info", ".f")]),
    "default-new": (TEXT, {**TEXT, "default": ""}, [("default-changed", "info", ".f")]),
    "list-by-name": (ENV, BY_NAME, [("list-became-map", "info", ".f")]),
    "list-by-more-keys": (BY_NAME, BOTH, [("list-became-map", "info", ".f")]),
    "list-of-a-set": (
        ENV, {**ENV, "x-kubernetes-list-type": "set"}, [("list-became-set", "info", ".f")]),
    "list-atomic-is-no-change": (ENV, {**ENV, "x-kubernetes-list-type": "atomic"}, []),
    "list-by-name-no-more": (BY_NAME, ENV, [("loosened", "info", ".f")]),
    "map-atomic": (
        obj(), {**obj(), "x-kubernetes-map-type": "atomic"}, [("merge-changed", "info", ".f")]),
    "unknown-fields-no-longer-kept": (
        KEEP, {"type": "object"}, [("pruning-started", "loses_data", ".f")]),
    "unknown-fields-kept": ({"type": "object"}, KEEP, [("loosened", "info", ".f")]),
    "any-map-becomes-typed": (
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": TEXT},
        [("pruning-started", "blocks", ".f")]),
    "embedded": (
        obj(), {**obj(), "x-kubernetes-embedded-resource": True},
        [("type-changed", "blocks", ".f")]),
    "embedded-no-more": (
        {**obj(), "x-kubernetes-embedded-resource": True}, obj(),
        [("pruning-started", "loses_data", ".f")]),
    "cel-rule": (
        TEXT, {**TEXT, "x-kubernetes-validations": [{"rule": "self != ''"}]},
        [("rule-added", "blocks", ".f")]),
    "cel-rule-gone": (
        {**TEXT, "x-kubernetes-validations": [{"rule": "self != ''"}]}, TEXT,
        [("loosened", "info", ".f")]),
    "combination": (NUMBER, {**NUMBER, "anyOf": ANY_OF}, [("other", "blocks", ".f")]),
    "combination-gone": ({**NUMBER, "anyOf": ANY_OF}, NUMBER, [("loosened", "info", ".f")]),
    "what-nobody-knows": (TEXT, {**TEXT, "x-kubernetes-new": 1}, [("other", "blocks", ".f")]),
    "field-below-map": (
        {"type": "object", "additionalProperties": TEXT}, {"type": "object"},
        [("field-removed", "loses_data", ".f{}")]),
    "value-of-map": (
        {"type": "object", "additionalProperties": {"type": "boolean"}},
        {"type": "object", "additionalProperties": {"type": "string", "format": "date-time"}},
        [("type-changed", "blocks", ".f{}")]),
    "item-of-list": (
        {"type": "array", "items": TEXT}, {"type": "array", "items": NUMBER},
        [("type-changed", "blocks", ".f[]")]),
    "removed-subtree-once": (
        obj(a=obj(b=TEXT, c=NUMBER)), obj(), [("field-removed", "loses_data", ".f.a")]),
    "removed-but-any-map": (obj(a=TEXT), {**obj(), "additionalProperties": True}, []),
    "removed-but-kept": (
        {**KEEP, "properties": {"a": TEXT}}, {**KEEP, "properties": {}}, []),
    "required": (obj(a=TEXT), obj(["a"], a=TEXT), [("required-added", "blocks", ".f.a")]),
    "required-with-default": (
        obj(a={**TEXT, "default": ""}), obj(["a"], a={**TEXT, "default": ""}),
        [("required-added", "info", ".f.a")]),
    "required-below-new-parent": (obj(), obj(a=obj(["b"], b=TEXT)), []),
    "required-no-more": (obj(["a"], a=TEXT), obj(a=TEXT), [("loosened", "info", ".f.a")]),
    "required-went-with-its-field": (
        obj(["a"], a=TEXT), obj(), [("field-removed", "loses_data", ".f.a")]),
    "required-lost-its-default": (
        obj(["a"], a={**TEXT, "default": ""}), obj(["a"], a=TEXT),
        [("required-added", "blocks", ".f.a"), ("default-changed", "info", ".f.a")]),
}  # fmt: skip


@pytest.mark.parametrize("old, new, changes", FIELDS.values(), ids=FIELDS)
def test_change_of_a_field_is_told_once(old, new, changes):
    assert told(old, new) == changes


def crd(**changes):
    version = {
        "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": obj(f=TEXT)}, **changes.pop("version", {}),
    }  # fmt: skip
    return {
        "metadata": {"name": "things.example.com"},
        "status": {"storedVersions": ["v1"]},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things"},
            "versions": [version, *changes.pop("more", [])], **changes,
        },
    }  # fmt: skip


V2 = {"name": "v2", "served": True, "storage": False, "schema": {"openAPIV3Schema": obj()}}

DEFINITIONS = {
    "same": (crd(), crd(), []),
    "scope": (crd(), crd(scope="Cluster"), [("scope-changed", "blocks")]),
    "group": (crd(), crd(group="example.org"), [("names-changed", "blocks")]),
    "kind": (
        crd(), crd(names={"kind": "Thong", "plural": "things"}),
        [("names-changed", "blocks")] * 3),
    "short-names": (
        crd(), crd(names={"kind": "Thing", "plural": "things", "shortNames": ["t"]}),
        [("names-changed", "info")]),
    "conversion": (
        crd(), crd(conversion={"strategy": "Webhook"}), [("conversion-changed", "blocks")]),
    "conversion-gone": (
        crd(conversion={"strategy": "Webhook"}), crd(), [("conversion-changed", "info")]),
    "pruning-starts": (
        crd(preserveUnknownFields=True), crd(), [("pruning-started", "loses_data")]),
    "pruning-ends": (crd(), crd(preserveUnknownFields=True), [("loosened", "info")]),
    "served-no-more": (
        crd(), crd(version={"served": False}), [("version-not-served", "blocks")]),
    "version-removed": (crd(more=[V2]), crd(), [("version-removed", "blocks")]),
    "version-added": (crd(), crd(more=[V2]), []),
    "stored-version-removed": (
        crd(), crd(version={"name": "v2"}), [("version-removed", "blocks")]),
    "storage-moved": (
        crd(more=[V2]), crd(version={"storage": False}, more=[{**V2, "storage": True}]),
        [("storage-moved", "info")]),
    "status-removed": (
        crd(), crd(version={"subresources": {}}), [("subresource-removed", "blocks")]),
    "scale-added": (
        crd(), crd(version={"subresources": {"status": {}, "scale": {"a": "b"}}}),
        [("loosened", "info")]),
    "scale-changed": (
        crd(version={"subresources": {"scale": {"a": "b"}}}),
        crd(version={"subresources": {"scale": {"a": "c"}}}), [("other", "blocks")]),
    "columns": (
        crd(), crd(version={"additionalPrinterColumns": [{"name": "N"}]}),
        [("columns-changed", "info")]),
    "deprecated": (crd(), crd(version={"deprecated": True}), [("other", "info")]),
    "selectable-fields": (
        crd(version={"selectableFields": [{"jsonPath": ".f"}]}), crd(), [("other", "blocks")]),
}  # fmt: skip


@pytest.mark.parametrize("old, new, changes", DEFINITIONS.values(), ids=DEFINITIONS)
def test_change_of_the_definition_is_told(old, new, changes):
    found = crd_rules.compare(old, new)
    assert [(one.id, one.severity) for one in found] == changes
    assert all(one.crd == "things.example.com" for one in found)


def test_removed_version_says_what_depends_on_it():
    (one,) = crd_rules.compare(crd(more=[V2]), crd())
    assert one.reason == "clients of that version get 404"
    (one,) = crd_rules.compare(crd(), crd(version={"name": "v2"}))
    assert "status.storedVersions names it" in one.reason
    from_file = {**crd(), "status": {}}
    (one,) = crd_rules.compare(from_file, crd(version={"name": "v2"}))
    assert one.reason == "objects stored in it cannot be read"


def test_stored_version_that_neither_has_is_told():
    old = {**crd(), "status": {"storedVersions": ["v0", "v1"]}}
    (one,) = crd_rules.compare(old, crd())
    assert (one.id, one.version) == ("version-removed", "v0")


def test_kind_that_the_new_set_does_not_have_is_told():
    (one,) = crd_rules.compare_all([crd()], [])
    assert (one.id, one.severity) == ("version-removed", "blocks")
    assert crd_rules.compare_all([], [crd()]) == []


def test_worst_comes_first_and_each_change_is_plain_data():
    old = crd(version={"schema": {"openAPIV3Schema": obj(a=TEXT, b=obj(c=TEXT), d=TEXT)}})
    new = crd(version={"schema": {"openAPIV3Schema": obj(a={**TEXT, "default": "x"}, d=NUMBER)}})
    found = crd_rules.compare(old, new)
    assert [one.id for one in found] == ["type-changed", "field-removed", "default-changed"]
    assert found[1].as_dict() == {
        "id": "field-removed", "severity": "loses_data", "crd": "things.example.com",
        "version": "v1", "path": ".b", "old": "object", "new": None, "fields": 2,
        "reason": crd_changes.REASONS["field-removed"],
    }  # fmt: skip
    assert crd_rules.count(found)["field-removed"] == 1


@published_crds.needed
@pytest.mark.parametrize("old, new, counts", [
    ("0.6.0", "0.7.0", {}),
    ("0.7.0", "0.9.0", {"required-added": 1}),
    ("0.9.0", "0.11.0", {
        "default-changed": 210, "field-removed": 10, "list-became-map": 75, "required-added": 11,
    }),
    ("0.11.0", "0.12.0", {"type-changed": 1}),
    ("0.12.0", "0.13.0", {"columns-changed": 1, "field-removed": 1}),
    ("0.13.0", "0.14.0", {"field-removed": 1}),
])  # fmt: skip
def test_known_facts_of_the_published_sets_come_out_and_no_noise(old, new, counts):
    changes = crd_rules.compare_all(published_crds.load(old), published_crds.load(new))
    assert crd_rules.count(changes) == counts


@published_crds.needed
def test_removed_fields_of_0_11_0_are_thirty_in_ten_subtrees():
    changes = crd_rules.compare_all(published_crds.load("0.9.0"), published_crds.load("0.11.0"))
    removed = [one for one in changes if one.id == "field-removed"]
    assert (len(removed), sum(one.fields for one in removed)) == (10, 30)
    places = {one.path.rpartition(".")[0] + one.crd for one in changes if one.id ==
              "required-added"}
    assert len(places) == 7


@published_crds.needed
@pytest.mark.parametrize("name", published_crds.SETS)
def test_published_set_does_not_differ_from_itself(name):
    assert crd_rules.compare_all(published_crds.load(name), published_crds.load(name)) == []


@published_crds.needed
def test_the_failures_map_is_told_in_both_directions():
    for old, new in (("0.9.0", "0.14.0"), ("0.14.0", "0.9.0")):
        changes = crd_rules.compare(
            published_crds.load_one(old, "ephemeralrunners"),
            published_crds.load_one(new, "ephemeralrunners"),
        )
        assert ("type-changed", ".status.failures{}") in [(one.id, one.path) for one in changes]


scalars = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "boolean", "number"])},
    optional={
        "default": st.integers(0, 2), "enum": st.lists(st.integers(0, 3), min_size=1),
        "minimum": st.integers(0, 3), "nullable": st.booleans(), "maxLength": st.integers(0, 3),
        "x-kubernetes-strange": st.integers(0, 2),
    },
)  # fmt: skip
schemas = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(lambda p: obj(**p)),
        inner.map(lambda one: {"type": "array", "items": one}),
    ),
    max_leaves=6,
)


@given(old=schemas, new=schemas)
def test_a_change_is_never_silent_and_equal_schemas_never_speak(old, new):
    """What is not judged by a rule is a finding of its own; only new fields are no news."""
    assert told(old, copy.deepcopy(old)) == []
    changes = told(old, new)
    assert all(change_id in crd_changes.REASONS for change_id, _severity, _path in changes)
    if old.get("type") != new.get("type"):
        assert [one[0] for one in changes] and changes[0][0] in ("type-changed", "loosened")
    if old.get("x-kubernetes-strange", 0) != new.get("x-kubernetes-strange", 0):
        assert changes
