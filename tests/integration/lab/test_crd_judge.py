# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server is the judge: what it does to objects under a new CRD is what was foretold.

Many schema pairs share one CRD, each below a field of its own, so that a pair costs requests and
not a change of the definition.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import connect, places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure import (
    crd_form,
    crd_objects,
    crd_updates,
)
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import LifecycleError

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
import crd_random  # noqa: E402

from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

GROUP = "judge.example.com"
PAIRS_OF_A_CRD = 50


class Court:
    """A cluster whose API server is asked."""

    def __init__(self, state):
        self.client = connect.connect(
            {"kubeconfig": str(state.kubeconfig), "context": "east"}, environ={})
        self._count = 0
        self._numbers = itertools.count()

    def crd(self, number, schemas, mark):
        """A definition with a schema below each field, and a field that tells its age."""
        fields = {name: {"type": "object", "properties": {"it": one}}
                  for name, one in schemas.items()}
        fields["mark"] = {"type": "string", "enum": [mark]}
        status = {"type": "object", "properties": {"note": {"type": "string"}}}
        plural = f"things{number}"
        return {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{GROUP}"},
            "spec": {
                "group": GROUP, "scope": "Namespaced",
                "names": {"plural": plural, "kind": f"Thing{number}", "singular": f"thing{number}",
                          "listKind": f"Thing{number}List"},
                "versions": [{
                    "name": "v1", "served": True, "storage": True, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {
                        "type": "object", "properties": {
                            "spec": {"type": "object", "properties": fields},
                            "status": status}}}}],
            },
        }

    def put(self, crd, resource, mark):
        """Have a definition, and wait until its schema is served."""
        place = places.CRDS.at(name=crd["metadata"]["name"])
        self.client.apply(place, crd, Deadline(20), force=True)
        until = Deadline(30)
        while self.refusal(resource, {"mark": mark}) is not None:
            assert not until.is_over(), f"{crd['metadata']['name']} is not served as {mark}"
            until.pause(0.1)

    def body(self, resource, spec):
        self._count += 1
        return {
            "apiVersion": f"{resource.group}/{resource.version}", "kind": resource.kind,
            "metadata": {"name": f"one-{self._count}", "namespace": "default"}, "spec": spec,
        }

    def refusal(self, resource, spec):
        """Why the server would not create it, None if it would."""
        try:
            self.client.create(
                resource.at("default"), self.body(resource, spec), Deadline(20), dry_run=True)
        except LifecycleError as error:
            return str(error)
        return None

    def update(self, resource, changed, status=False):
        """Why the server would not take an update, None if it would."""
        place = resource.at("default", changed["metadata"]["name"])
        if status:
            place = replace(place, subresource="status")
        try:
            self.client.replace(place, changed, Deadline(20), dry_run=True)
        except LifecycleError as error:
            return str(error)
        return None

    def updates(self, resource, checker, schema, there, it, more):
        """Yield (what was asked, prediction, answer, case) of updates of one stored object."""
        (name,) = (one for one in there["spec"] if one != "mark")
        tries = {
            "update of metadata": {"metadata": {
                **there["metadata"], "annotations": {"touched": "yes"}}},
            "update of another field": {"spec": {**there["spec"], "mark": "new"}},
            "update of the field": {"spec": {**there["spec"], name: {"it": more}}},
            "update of a part": {"spec": {**there["spec"], name: {"it": it}}},
            "update of status": {"status": {"note": "yes"}},
        }
        for asked, change in tries.items():
            changed = {**there, **change}
            of_status = asked == "update of status"
            why = self.update(resource, changed, of_status)
            found = crd_updates.update_violations(checker, schema, there, changed, of_status)
            yield asked, bool(found), why is not None, (there["spec"], changed["spec"], found, why)

    def judged(self, pairs, dice=random.Random(0)):
        """Yield (what was asked, prediction, answer, case) for each pair and its objects."""
        # A definition goes slowly, with its objects: none gets the name of another.
        number = next(self._numbers)
        resource = places.Resource(GROUP, "v1", f"things{number}", f"Thing{number}")
        olds = {name: old for name, (old, _new, _values) in pairs.items()}
        news = {name: new for name, (_old, new, _values) in pairs.items()}
        before, after = self.crd(number, olds, "old"), self.crd(number, news, "new")
        self.put(before, resource, "old")
        checker, stored = crd_objects.prepare(before), {}
        for name, (_old, _new, values) in pairs.items():
            for index, one in enumerate(values):
                body = self.body(resource, {name: {"it": one}})
                report = checker.check(body)
                try:
                    made = self.client.create(resource.at("default"), body, Deadline(20))
                    refused = None
                    stored[(name, index)] = made
                except LifecycleError as error:
                    refused = str(error)
                if is_judged(checker, name):
                    case = (olds[name], olds[name], one, report.violations, refused)
                    yield ("create", bool(report.violations), refused is not None, case)
        self.put(after, resource, "new")
        checker, schema = crd_objects.prepare(after), crd_form.schemas(after)["v1"]
        for (name, _index), made in stored.items():
            report = checker.check(made)
            case = (olds[name], news[name], made["spec"], report.violations, report.lost)
            why = self.refusal(resource, made["spec"])
            if is_judged(checker, name):
                yield ("create", bool(report.violations), why is not None, (*case, why))
            there = self.client.get(
                resource.at("default", made["metadata"]["name"]), Deadline(20))
            kept = sorted(path for path in report.lost if _has(there, path))
            yield ("read drops", [], kept, case)
            again = checker.check(there)
            yield ("nothing else is dropped", (), again.lost, case)
            if is_judged(checker, name) and (there.get("spec") or {}).get(name):
                it = crd_random.mutated(dice, there["spec"][name].get("it"))
                more = crd_random.value(dice, news[name])
                for asked, foretold, answer, told in self.updates(
                        resource, checker, schema, there, it, more):
                    yield asked, foretold, answer, (*case[:2], *told)
        self.client.delete(places.CRDS.at(name=before["metadata"]["name"]), Deadline(20))


def is_judged(checker, name):
    """Tell whether the module says that it judges all of a field: it names what it does not."""
    return not any(one.startswith(f".spec.{name}.") for one in checker.unjudged)


def _has(obj, path):
    """Tell whether a path such as .spec.a[0].b is there."""
    at = obj
    for step in path.replace("[", ".[").strip(".").split("."):
        if step.startswith("["):
            at = at[int(step[1:-1])] if isinstance(at, list) and int(step[1:-1]) < len(at) else None
        else:
            at = at.get(step) if isinstance(at, dict) else None
        if at is None:
            return False
    return True


@pytest.fixture(scope="module")
def court(tmp_path_factory):
    running = Lab(LabState(tmp_path_factory.mktemp("lab")))
    running.up(["east"])
    try:
        found = Court(running.state)
        yield found
        found.client.close()
    finally:
        running.down()


def drawn(dice, count):
    """Schema pairs with three objects each."""
    pairs = {}
    for number in range(count):
        old = crd_random.schema(dice)
        new = crd_random.changed(dice, old)
        old = crd_random.changed(dice, old) if dice.random() < 0.2 else old
        pairs[f"p{number}"] = (old, new, [crd_random.value(dice, old) for _one in range(3)])
    return pairs


def hold_court(court, seed, count):
    """Judge so many random pairs; gives figures, and the disagreements."""
    dice, figures, differences = random.Random(seed), Counter(), []
    for number in range(count // PAIRS_OF_A_CRD):
        pairs = drawn(dice, PAIRS_OF_A_CRD)
        for asked, foretold, answer, case in court.judged(pairs, random.Random(seed + number)):
            figures[asked] += 1
            figures[f"{asked}: {answer}" if isinstance(answer, bool) else asked + ": -"] += 1
            if foretold != answer:
                differences.append((asked, foretold, answer, *case))
    return figures, differences


def say(capsys, figures, differences):
    with capsys.disabled():
        print(f"\nMEASURED {dict(figures)}, {len(differences)} disagreements")
        for one in differences[:10]:
            print("DIFFERENCE", *one, sep="\n    ")


def test_server_does_what_was_foretold(court, capsys):
    figures, differences = hold_court(court, 1, PAIRS_OF_A_CRD)
    say(capsys, figures, differences)
    assert differences == []
    assert figures["create: True"] > 10 and figures["create: False"] > 10
    assert figures["update of a part: True"] > 2 and figures["update of a part: False"] > 20


@pytest.mark.long
def test_server_does_what_was_foretold_of_two_thousand_pairs(court, capsys):
    figures, differences = hold_court(court, 2, 2000)
    say(capsys, figures, differences)
    assert differences == []
