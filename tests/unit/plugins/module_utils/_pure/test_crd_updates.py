# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validation ratcheting: what did not change is not held against an update. The lab's API server
judges random cases (tests/integration/lab/test_crd_judge.py); here are the rules by name."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import crd_objects, crd_updates

SHORT = {"type": "string", "maxLength": 2}
ITEM = {"type": "object", "required": ["name"], "properties": {
    "name": {"type": "string"}, "v": SHORT, "w": {"type": "string"}}}
KEYED = {"type": "array", "items": ITEM, "x-kubernetes-list-type": "map",
         "x-kubernetes-list-map-keys": ["name"]}


def refused(field, old, new, **top):
    """Ids of why an update of spec.it is refused. `top`: more of the schema's root."""
    schema = {"type": "object", "properties": {"spec": {
        "type": "object", "properties": {"it": field, "other": {"type": "string"}}}}, **top}
    checker = crd_objects.Checker("Thing", schema)

    def obj(value):
        return {"metadata": {"name": "one"}, **({"spec": value} if value is not None else {})}

    return [one.id for one in crd_updates.update_violations(
        checker, schema, obj(old), {**obj(new), "metadata": {"name": "one", "labels": {"a": "b"}}})]


CASES = {
    "bad-value-stays": (SHORT, {"it": "long"}, {"it": "long", "other": "x"}, []),
    "bad-value-changes": (SHORT, {"it": "long"}, {"it": "longer"}, ["limit"]),
    "bad-value-is-new": (SHORT, {}, {"it": "long"}, ["limit"]),
    "good-value-becomes-bad": (SHORT, {"it": "ok"}, {"it": "long"}, ["limit"]),
    "required-lacks-in-what-stays": (
        {**ITEM}, {"it": {"v": "x"}}, {"it": {"v": "x"}, "other": "y"}, []),
    "required-lacks-in-what-changes": ({**ITEM}, {"it": {"v": "x"}}, {"it": {"v": "y"}}, ["required"]),
    "part-of-a-map-stays": (
        {"type": "object", "additionalProperties": SHORT},
        {"it": {"a": "long", "b": "x"}}, {"it": {"a": "long", "b": "y"}}, []),
    "item-of-a-keyed-list-stays": (
        KEYED, {"it": [{"name": "a", "v": "long"}]},
        {"it": [{"name": "b"}, {"name": "a", "v": "long"}]}, []),
    "part-of-an-item-of-a-keyed-list-stays": (
        KEYED, {"it": [{"name": "a", "v": "long"}]}, {"it": [{"name": "a", "v": "long", "w": "x"}]},
        []),
    "item-of-any-other-list-does-not": (
        {"type": "array", "items": SHORT}, {"it": ["long"]}, {"it": ["long", "x"]}, ["limit"]),
    "repeated-before-and-after": (
        KEYED, {"it": [{"name": "a"}, {"name": "a"}]},
        {"it": [{"name": "a"}, {"name": "a"}, {"name": "a"}]}, []),
    "repeated-only-now": (KEYED, {"it": [{"name": "a"}]}, {"it": [{"name": "a"}, {"name": "a"}]},
                          ["duplicate"]),
    "default-that-is-now-written-out": (
        {"type": "object", "required": ["x"], "maxProperties": 1, "properties": {
            "x": {"type": "string"}, "y": {"type": "integer", "default": 3}}},
        {"it": {}}, {"it": {"y": 3}}, []),
    "field-that-is-dropped-does-not-count": (
        {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}},
        {"it": {"gone": 1}}, {"it": {"gone": 2}}, []),
    "null-that-is-dropped-does-not-count": (
        {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}},
        {"it": {}}, {"it": {"x": None}}, []),
    "true-is-not-one": (
        {"type": "object", "required": ["x"], "x-kubernetes-preserve-unknown-fields": True},
        {"it": {"y": 1}}, {"it": {"y": True}}, ["required"]),
    "one-is-not-one-point-zero": (
        {"type": "object", "required": ["x"], "properties": {"y": {"type": "number"}}},
        {"it": {"y": 1}}, {"it": {"y": 1.0}}, ["required"]),
    "what-no-schema-names-is-never-the-same": (
        {"type": "object", "minProperties": 2, "x-kubernetes-preserve-unknown-fields": True},
        {"it": {"y": 1}}, {"it": {"y": 1}}, ["limit"]),
    "item-without-its-key-is-never-the-same": (
        KEYED, {"it": [{"v": "x"}]}, {"it": [{"v": "x"}]}, ["required"]),
}


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_update_is_refused_for_what_changed(case):
    field, old, new, ids = CASES[case]
    assert refused(field, old, new) == ids


def test_what_the_root_lacks_is_held_against_any_update():
    assert refused(SHORT, None, None, required=["spec"]) == ["required"]


def test_update_of_the_status_is_judged_by_the_status_alone():
    bad = {"type": "object", "required": ["x"], "properties": {"y": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": bad, "status": bad}}
    checker = crd_objects.Checker("Thing", schema)
    old = {"spec": {"y": 1}, "status": {"y": 1}}

    def paths(new, of_status):
        return [one.path for one in crd_updates.update_violations(
            checker, schema, old, new, of_status)]

    assert paths({"spec": {"y": 2}, "status": {"y": 1}}, True) == []
    assert paths({"spec": {"y": 1}, "status": {"y": 2}}, True) == [".status.x"]
    assert paths({"spec": {"y": 2}, "status": {"y": 1}}, False) == [".spec.x"]


@pytest.mark.parametrize(("field", "it", "ratchets", "writes"), [
    (SHORT, "ok", True, ()),
    (SHORT, "long", True, ("create",)),
    (SHORT, "long", False, ("create", "update")),
    (KEYED, [{"name": "a"}, {"name": "a"}], True, ("create",)),
    (KEYED, [{"v": "x"}], True, ("create", "update")),
    ({"type": "object", "x-kubernetes-embedded-resource": True,
      "x-kubernetes-preserve-unknown-fields": True}, {"x": 1}, True, ("create", "update")),
], ids=["sound", "ratchets", "older-server", "twice", "no-key", "embedded"])
def test_writes_that_are_refused_of_an_object_as_it_is(field, it, ratchets, writes):
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"it": field}}}}
    checker = crd_objects.Checker("Thing", schema)
    stored = {"metadata": {"name": "one"}, "spec": {"it": it}}
    assert crd_updates.refused_writes(checker, schema, stored, ratchets) == writes


@pytest.mark.parametrize(("kubernetes", "ratchets"), [
    ("1.30.0", True), ("1.36.3", True), ("v1.33.1-gke.1", True), ("2.0", True), ("1.29.9", False),
    ("", False), ("one.two", False),
])
def test_ratcheting_is_there_from_1_30_on(kubernetes, ratchets):
    assert crd_updates.has_ratcheting(kubernetes) is ratchets
