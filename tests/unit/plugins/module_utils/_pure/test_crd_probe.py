# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an API server is asked to learn its schema, and what its refusal says."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import crd_probe


def crd(spec, name="v1"):
    schema = {"type": "object", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
        "spec": {"type": "object", **spec}}}
    return {"spec": {"group": "g.example.com", "names": {"kind": "Thing"},
                     "versions": [{"name": name, "schema": {"openAPIV3Schema": schema}}]}}


def fields(**found):
    return {"properties": {name: one if isinstance(one, dict) else {"type": one} for name, one in found.items()}}


A, AB = fields(a="string"), fields(a="string", b="integer")
DEEP = fields(a={"type": "object", **AB})
CASES = {
    "added": (A, AB, "spec.b", "", {"b": 0}),
    "removed": (AB, A, "", "spec.b", {"b": 0}),
    "both": (fields(a="array"), fields(b="object"), "spec.b", "spec.a", {"a": [], "b": {}}),
    "below": (fields(a={"type": "object", **A}), DEEP, "spec.a.b", "", {"a": {"b": 0}}),
    "a whole subtree": (A, fields(a="string", c={"type": "object", **AB}), "spec.c", "", {"c": {}}),
}
SAME = {
    "the same": (A, A),
    "another type": (A, fields(a="integer")),
    "old keeps unknown fields": ({**A, "x-kubernetes-preserve-unknown-fields": True}, AB),
    "old is a map": ({"additionalProperties": {"type": "string"}}, A),
    "in items": (fields(l={"type": "array", "items": A}), fields(l={"type": "array", "items": AB})),
}


@pytest.mark.parametrize("case", CASES)
def test_fields_that_one_schema_alone_knows_are_asked_for(case):
    old, new, added, removed, spec = CASES[case]
    asked = crd_probe.probe(crd(old), crd(new), "v1")
    assert (asked.added, asked.removed, asked.body["spec"]) == (added, removed, spec)
    assert asked.body["apiVersion"] == "g.example.com/v1" and crd_probe.MARK in asked.body


@pytest.mark.parametrize("case", SAME)
def test_nothing_is_asked_where_no_field_tells_them_apart(case):
    old, new = SAME[case]
    assert crd_probe.probe(crd(old), crd(new), "v1") is None


def test_a_version_that_is_new_cannot_be_asked():
    assert crd_probe.probe(crd(A), crd(AB, "v2"), "v2") is None


def refusal(*names):
    return "strict decoding error: " + ", ".join(f'unknown field "{name}"' for name in names)


@pytest.mark.parametrize("old, new, unknown, told", [
    (A, AB, (crd_probe.MARK,), True),
    (A, AB, (crd_probe.MARK, "spec.b"), False),
    (AB, A, (crd_probe.MARK, "spec.b"), True),
    (AB, A, (crd_probe.MARK,), False),
    (fields(a="array"), fields(b="object"), (crd_probe.MARK, "spec.a"), True),
    (fields(a="array"), fields(b="object"), (crd_probe.MARK, "spec.b"), False),
    (A, AB, ("spec.b",), None),
    (A, AB, (), None),
])  # fmt: skip
def test_the_refusal_says_which_schema_is_in_force(old, new, unknown, told):
    asked = crd_probe.probe(crd(old), crd(new), "v1")
    assert crd_probe.is_new(asked, refusal(*unknown)) is told
