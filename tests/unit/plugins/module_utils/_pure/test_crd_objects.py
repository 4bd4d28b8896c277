# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects are judged as the API server judges them; nothing of their values is told."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_formats,
    crd_objects,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import published_crds

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def obj(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


def report(schema, value):
    """Judge a field `f` of an object."""
    return crd_objects.check({"metadata": {"name": "x"}, "f": value}, obj(f=schema), "Thing")


def judged(schema, value):
    found = report(schema, value)
    return [(one.path, one.id) for one in found.violations], list(found.lost)


def array(items, **more):
    return {"type": "array", "items": items, **more}


def mapped(*keys, **properties):
    return array(obj(**properties), **{
        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys),
    })  # fmt: skip


SET = {"x-kubernetes-list-type": "set"}
ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
MAP = {"type": "object", "additionalProperties": TEXT}
EMBEDDED = {**ANY, "x-kubernetes-embedded-resource": True}
INT_OR_STRING = {"x-kubernetes-int-or-string": True, "anyOf": [NUMBER, TEXT]}
PORT = {"containerPort": NUMBER, "protocol": {**TEXT, "default": "TCP"}}

VALUES = {
    "string": (TEXT, "a", []),
    "string-is-integer": (TEXT, 1, [(".f", "type")]),
    "integer": (NUMBER, 1, []),
    "integer-is-whole-float": (NUMBER, 1.0, []),
    "integer-is-float": (NUMBER, 1.5, [(".f", "type")]),
    "integer-is-boolean": (NUMBER, True, [(".f", "type")]),
    "integer-beyond-int64": (NUMBER, 2**63, [(".f", "limit")]),
    "integer-beyond-int32": ({**NUMBER, "format": "int32"}, 2**31, [(".f", "limit")]),
    "integer-within-int64": ({**NUMBER, "format": "int64"}, 2**31, []),
    "number": ({"type": "number"}, 1, []),
    "number-is-string": ({"type": "number"}, "1", [(".f", "type")]),
    "boolean": ({"type": "boolean"}, False, []),
    "boolean-is-integer": ({"type": "boolean"}, 0, [(".f", "type")]),
    "object-is-list": (obj(a=TEXT), [], [(".f", "type")]),
    "list-is-object": (array(TEXT), {}, [(".f", "type")]),
    "any-type": ({}, [1], []),
    "int-or-string": (INT_OR_STRING, "5%", []),
    "int-or-string-is-integer": (INT_OR_STRING, 5, []),
    "int-or-string-is-boolean": (INT_OR_STRING, True, [(".f", "type")]),
    "enum": ({**TEXT, "enum": ["a"]}, "b", [(".f", "enum")]),
    "enum-fits": ({**TEXT, "enum": ["a"]}, "a", []),
    "enum-true-is-not-one": ({"enum": [1]}, True, [(".f", "enum")]),
    "enum-of-objects": ({"enum": [{"a": 1}]}, {"a": 1}, []),
    "pattern": ({**TEXT, "pattern": "^a+$"}, "b", [(".f", "pattern")]),
    "pattern-anywhere": ({**TEXT, "pattern": "a"}, "bab", []),
    "pattern-ends-before-no-newline": ({**TEXT, "pattern": "^a$"}, "a\n", [(".f", "pattern")]),
    "date-time": ({**TEXT, "format": "date-time"}, "2026-06-01T12:00:00Z", []),
    "date-time-is-text": ({**TEXT, "format": "date-time"}, "now", [(".f", "format")]),
    "date-time-is-boolean": ({**TEXT, "format": "date-time"}, True, [(".f", "type")]),
    "format-for-readers": ({**TEXT, "format": "shell"}, "x", []),
    "minimum": ({**NUMBER, "minimum": 0}, -1, [(".f", "limit")]),
    "minimum-of-a-fraction-is-cut-for-integers": ({"type": "number", "minimum": 0.5}, 0, []),
    "minimum-of-a-fraction": ({"type": "number", "minimum": 0.5}, 0.25, [(".f", "limit")]),
    "list-for-a-string-with-format-passes": ({**TEXT, "format": "date-time"}, [1], []),
    "list-for-a-string-without-one": ({**TEXT, "format": "shell"}, [1], [(".f", "type")]),
    "null-that-may-be-but-is-not-listed": (
        array({**TEXT, "nullable": True, "enum": ["a"]}), [None], [(".f[0]", "null")]),
    "fields-that-are-pruned-do-not-count": ({**obj(), "minProperties": 1}, {"x": 1},
                                            [(".f", "limit")]),
    "nulls-that-may-be-count": ({**MAP, "maxProperties": 1, "additionalProperties":
                                 {**TEXT, "nullable": True}}, {"a": None, "b": None},
                                [(".f", "limit")]),
    "null-in-list-of-any-type": (array({}), [None], []),
    "minimum-fits": ({**NUMBER, "minimum": 0}, 0, []),
    "maximum": ({**NUMBER, "maximum": 3}, 4, [(".f", "limit")]),
    "maximum-exclusive": (
        {**NUMBER, "maximum": 3, "exclusiveMaximum": True}, 3, [(".f", "limit")]),
    "minimum-exclusive": (
        {**NUMBER, "minimum": 3, "exclusiveMinimum": True}, 3, [(".f", "limit")]),
    "multiple": ({**NUMBER, "multipleOf": 2}, 3, [(".f", "limit")]),
    "multiple-fits": ({**NUMBER, "multipleOf": 2}, 4, []),
    "too-long": ({**TEXT, "maxLength": 2}, "abc", [(".f", "limit")]),
    "too-short": ({**TEXT, "minLength": 2}, "a", [(".f", "limit")]),
    "too-many-items": (array(TEXT, maxItems=1), ["a", "b"], [(".f", "limit")]),
    "too-few-items": (array(TEXT, minItems=1), [], [(".f", "limit")]),
    "too-many-fields": ({**MAP, "maxProperties": 1}, {"a": "", "b": ""}, [(".f", "limit")]),
    "too-few-fields": ({**MAP, "minProperties": 1}, {}, [(".f", "limit")]),
    "enough-fields-by-default": (
        {**obj(a={**TEXT, "default": ""}), "minProperties": 1}, {}, []),
    "required": (obj(["a"], a=TEXT), {}, [(".f.a", "required")]),
    "required-is-there": (obj(["a"], a=TEXT), {"a": ""}, []),
    "required-has-default": (obj(["a"], a={**TEXT, "default": ""}), {}, []),
    "required-is-null": (obj(["a"], a=TEXT), {"a": None}, [(".f.a", "required")]),
    "required-is-null-and-may": (obj(["a"], a={**TEXT, "nullable": True}), {"a": None}, []),
    "required-of-any-type": (obj(["a"]), {"a": None}, []),
    "null-that-may-not-is-dropped": (obj(a=TEXT), {"a": None}, []),
    "null-in-list": (array(TEXT), [None], [(".f[0]", "null")]),
    "null-object-in-list": (array(obj(a=TEXT)), [None], [(".f[0]", "null")]),
    "null-in-list-that-may": (array({**TEXT, "nullable": True}), [None], []),
    "null-in-list-with-default": (array({**TEXT, "default": ""}), [None], []),
    "null-in-map-is-dropped": (MAP, {"a": None}, []),
    "value-of-map": (MAP, {"a": 1}, [(".f.a", "type")]),
    "set": (array(TEXT, **SET), ["a", "b", "a", "a"], [(".f[2]", "duplicate")]),
    "set-of-objects": (array(ANY, **SET), [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
                       [(".f[1]", "duplicate")]),
    "set-true-is-not-one": (array({}, **SET), [1, True], []),
    "unique-items": (array(TEXT, uniqueItems=True), ["a", "a"], [(".f[1]", "duplicate")]),
    "map": (mapped("name", name=TEXT), [{"name": "a"}, {"name": "a"}], [(".f[1]", "duplicate")]),
    "map-of-other-keys": (mapped("name", name=TEXT), [{"name": "a"}, {"name": "b"}], []),
    "map-without-key-twice": (mapped("name", name=TEXT), [{}, {}], [(".f[1]", "duplicate")]),
    "map-by-two-keys": (
        mapped("containerPort", "protocol", **PORT),
        [{"containerPort": 80}, {"containerPort": 80, "protocol": "UDP"}], []),
    "map-by-two-keys-and-default": (
        mapped("containerPort", "protocol", **PORT),
        [{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}],
        [(".f[1]", "duplicate")]),
    "map-of-no-objects": (
        mapped("name", name=TEXT), ["a", "a"],
        [(".f[0]", "type"), (".f[1]", "duplicate"), (".f[1]", "type")]),
    "embedded": (EMBEDDED, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, []),
    "embedded-without-kind": (EMBEDDED, {"apiVersion": "v1"}, [(".f.kind", "embedded")]),
    "any-of": ({**NUMBER, "anyOf": [{"minimum": 5}, {"maximum": 0}]}, 3, [(".f", "combination")]),
    "any-of-fits": ({**NUMBER, "anyOf": [{"minimum": 5}, {"maximum": 0}]}, 7, []),
    "all-of": ({**NUMBER, "allOf": [{"minimum": 5}, {"maximum": 9}]}, 3, [(".f", "combination")]),
    "one-of": ({**NUMBER, "oneOf": [{"minimum": 1}, {"minimum": 2}]}, 3, [(".f", "combination")]),
    "not": ({**NUMBER, "not": {"minimum": 5}}, 7, [(".f", "combination")]),
    "not-fits": ({**NUMBER, "not": {"minimum": 5}}, 3, []),
    "any-of-fields": (
        {**obj(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"], "type": "object"}]}, {"b": ""},
        [(".f", "combination")]),
}  # fmt: skip


@pytest.mark.parametrize("schema, value, violations", VALUES.values(), ids=VALUES)
def test_value_is_judged_as_the_server_does(schema, value, violations):
    assert judged(schema, value)[0] == violations


LOST = {
    "unknown-field": (obj(a=TEXT), {"a": "", "b": 1}, [".f.b"]),
    "unknown-subtree-once": (obj(), {"b": {"c": 1, "d": 2}}, [".f.b"]),
    "unknown-null-is-no-loss": (obj(), {"b": None}, []),
    "in-list": (array(obj(a=TEXT)), [{"a": ""}, {"b": 1}], [".f[1].b"]),
    "in-map": ({"type": "object", "additionalProperties": obj()}, {"x": {"b": 1}}, [".f.x.b"]),
    "kept": (ANY, {"b": 1}, []),
    "below-what-is-kept": ({**ANY, "properties": {"a": obj()}}, {"b": 1, "a": {"c": 1}},
                           [".f.a.c"]),
    "any-map": ({"type": "object", "additionalProperties": True}, {"b": 1}, []),
    "embedded-keeps-its-own": (
        {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {}}, [".f.spec"]),
    "combination-prunes-nothing": (
        {**obj(a=TEXT), "anyOf": [{"type": "object", "properties": {"b": TEXT}}]}, {"a": ""}, []),
}  # fmt: skip


@pytest.mark.parametrize("schema, value, lost", LOST.values(), ids=LOST)
def test_what_the_next_write_drops_is_told(schema, value, lost):
    assert judged(schema, value)[1] == lost


@pytest.mark.parametrize("name, good, bad", [
    ("date", ["2026-06-01"], ["2026-6-1", "x", "2026-13-01"]),
    ("datetime", ["2026-06-01t12:00:00.5+02:00"],
     ["2026-06-01", "2026-06-01T25:00:00Z", "x", "2026-06-01T12:00:00"]),
    ("byte", ["YQ=="], ["a", "?", ""]),
    ("ipv4", ["10.0.0.1", "01.2.3.4"], ["10.0.0", "::1", "1.2.3.256", "1.2.3.\u0664"]),
    ("ipv6", ["::1"], ["10.0.0.1", "fe80::1%eth0", "x"]),
    ("cidr", ["10.0.0.0/8", "10.0.0.1/8", "::/0"], ["10.0.0.1", "a/8", "1.2.3.4/33", "::/129"]),
    ("uuid", ["8ec9ae2e-2b1d-4b5e-9d1f-0123456789ab"], ["x"]),
    ("uuid4", ["8ec9ae2e-2b1d-4b5e-9d1f-0123456789ab"], ["8ec9ae2e-2b1d-3b5e-9d1f-0123456789ab"]),
    ("password", [""], []),
    ("k8sshortname", ["a-b"], ["-a", "A"]),
    ("k8slongname", ["a.b-c"], ["a..b", "a" * 300]),
])  # fmt: skip
def test_format_is_judged(name, good, bad):
    fits = crd_formats.FORMATS[name]
    assert [fits(one) for one in good] == [True] * len(good)
    assert [fits(one) for one in bad] == [False] * len(bad)


def test_what_cannot_be_judged_is_named():
    schema = obj(
        a={**TEXT, "format": "creditcard"},
        b={**TEXT, "pattern": r"\p{Greek}"},
        c={**TEXT, "x-kubernetes-validations": [{"rule": "self != ''"}]},
    )
    checker = crd_objects.Checker("Thing", schema)
    assert checker.unjudged == {
        ".a: format creditcard", ".b: pattern", ".c: x-kubernetes-validations",
    }
    assert checker.check({"metadata": {"name": "x"}, "a": "1", "b": "1", "c": ""}).is_clean


@pytest.mark.parametrize("pattern, python", [
    ("^a$", r"^a\Z"), (r"^a\$", r"^a\$"), ("[$]", "[$]"), (r"a\z", r"a\Z"), (r"[\]$]$", r"[\]$]\Z"),
])  # fmt: skip
def test_pattern_of_go_is_put_in_pythons_words(pattern, python):
    assert crd_formats.python_pattern(pattern) == python


def test_root_fields_of_every_object_are_the_servers_own():
    schema = obj(["apiVersion", "kind", "spec"], apiVersion=TEXT, kind=TEXT,
                 metadata={"type": "object"}, spec=obj())
    found = crd_objects.check({"metadata": {"name": "x", "labels": {"a": "b"}}, "spec": {}},
                              schema)
    assert found.is_clean
    found = crd_objects.check({"metadata": {"name": "x"}}, schema)
    assert [one.path for one in found.violations] == [".spec"]


def test_report_names_the_object_and_no_value():
    schema = obj(f={**TEXT, "enum": ["a"], "pattern": "^a$", "maxLength": 1})
    secret = {"kind": "Thing", "metadata": {"namespace": "n", "name": "x", "uid": "u"},
              "f": "hunter2", "g": "hunter2"}
    data = crd_objects.check(secret, schema).as_dict()
    assert (data["kind"], data["namespace"], data["name"], data["lost"]) == (
        "Thing", "n", "x", [".g"],
    )
    assert [one["id"] for one in data["violations"]] == ["enum", "limit", "pattern"]
    assert "hunter2" not in json.dumps(data)


def test_object_is_not_changed_by_being_judged():
    value = {"metadata": {"name": "x"}, "f": {"a": None, "b": 1}}
    before = copy.deepcopy(value)
    crd_objects.check(value, obj(f=obj(a={**TEXT, "default": "z"})))
    assert value == before


def runner(**status):
    return {
        "metadata": {"name": "web-1", "namespace": "arc-runners", "uid": "u"},
        "spec": {
            "githubConfigUrl": "https://github.com/acme", "githubConfigSecret": "s",
            "runnerScaleSetId": 1,
            "spec": {"containers": [{
                "name": "runner", "image": "x", "env": [{"name": "A", "value": "1"}],
                "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": 2}},
            }]},
        },
        "status": {"phase": "Running", "runnerId": 3, **status},
    }  # fmt: skip


@published_crds.needed
def test_runner_of_0_9_0_lives_under_each_set_or_says_why_not():
    value = runner(runnerJITConfig="x", failures={"u": True})
    found = {}
    for name in ("0.9.0", "0.11.0", "0.12.0", "0.14.0"):
        crd = published_crds.load_one(name, "ephemeralrunners")
        found[name] = [
            ([(one.path, one.id) for one in report.violations], report.lost)
            for report in crd_objects.check_all(crd, [value])
        ]
    wrong = [(".status.failures.u", "type")]
    assert found == {
        "0.9.0": [], "0.11.0": [], "0.12.0": [(wrong, ())],
        "0.14.0": [(wrong, (".status.runnerJITConfig",))],
    }


@published_crds.needed
def test_duplicate_variable_is_refused_from_0_11_0_on():
    value = runner()
    value["spec"]["spec"]["containers"][0]["env"] *= 2
    reports = {
        name: crd_objects.prepare(published_crds.load_one(name, "ephemeralrunners")).check(value)
        for name in ("0.9.0", "0.11.0")
    }
    assert reports["0.9.0"].is_clean
    assert [tuple(one) for one in reports["0.11.0"].violations] == [
        (".spec.spec.containers[0].env[1]", "duplicate", "stands there twice: name A"),
    ]


@published_crds.needed
@pytest.mark.parametrize("name", published_crds.SETS)
def test_nothing_of_a_published_schema_is_left_unjudged(name):
    for crd in published_crds.load(name):
        assert crd_objects.prepare(crd, "v1alpha1").unjudged == set()


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "a", "b"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(value=values)
def test_a_schema_that_asks_nothing_refuses_and_drops_nothing(value):
    schema = {"x-kubernetes-preserve-unknown-fields": True, "nullable": True}
    assert judged(schema, value) == ([], [])


@given(value=values)
def test_every_violation_stands_at_a_place_that_is_there_or_missing(value):
    """Paths lead to the value judged, so that a person finds it."""
    schema = obj(["a"], a=array(obj(["b"], b=NUMBER)), c=MAP)
    for path, violation in judged(schema, value)[0]:
        assert path.startswith(".f")
        assert violation in ("type", "required", "null")
