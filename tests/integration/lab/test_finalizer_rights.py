# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rights in docs/rbac are enough, and each is needed: without it, it is named, nothing wrong
is said, and nothing is released that rests on it."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.tests.integration.lab.stuck_lab import (
    CLUSTER,
    RELEASE,
    StuckLab,
    codes,
    limit,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]

ROLE = yaml.safe_load(
    (Path(__file__).resolve().parents[3] / "docs/rbac/arc_finalizer_clear.yml").read_text("utf-8")
)
NAME, USER = ROLE["metadata"]["name"], "somebody"
RBAC = "rbac.authorization.k8s.io"
CLUSTER_ROLES = places.Resource(RBAC, "v1", "clusterroles", "ClusterRole", is_namespaced=False)
BINDINGS = places.Resource(
    RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", is_namespaced=False)
RIGHTS = [
    (number, resource, verb)
    for number, rule in enumerate(ROLE["rules"])
    for resource in rule["resources"] for verb in rule["verbs"]
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with StuckLab(tmp_path_factory.mktemp("lab"), {CLUSTER: RELEASE}) as running:
        running.client.create(CLUSTER_ROLES.at(), ROLE, limit())
        running.client.create(BINDINGS.at(), {
            "metadata": {"name": NAME},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": NAME},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": USER}],
        }, limit())  # fmt: skip
        yield running


def stuck(lab):
    """A set whose controller went first, its helpers stuck as well."""
    web = lab.install(CLUSTER, min_runners=1)
    lab.wait_runners(web, 1)
    runner = lab.runner(web)
    lab.scale_controller(CLUSTER, 0)
    lab.uninstall(CLUSTER, web)
    return {runner: "idle"}


def run(lab, **options):
    return lab.run("arc_finalizer_clear", CLUSTER, **{
        "all": True, "min_age": 0, "timeout": 60, "impersonate_user": USER, **options})


def grant(lab, rules):
    """Set the rules, and wait until the API server goes by them."""
    lab.client.merge_patch(CLUSTER_ROLES.at(name=NAME), {"rules": rules}, limit())


def without(right):
    number, resource, verb = right
    rules = copy.deepcopy(ROLE["rules"])
    rule = rules[number]
    kept = [verb_ for verb_ in rule["verbs"] if verb_ != verb]
    rest = [one for one in rule["resources"] if one != resource]
    new = [{**rule, "resources": rest}] if rest else []
    new += [{**rule, "resources": [resource], "verbs": kept}] if kept else []
    return rules[:number] + new + rules[number + 1:]


def told_of(lab, right, said):
    """Wait until the API server goes by the missing right, and it is named; gives the result.

    A right to write is asked for when a release needs it, so one for a kind that comes later is
    not missed yet.
    """
    _number, resource, verb = right
    state = {} if verb == "list" else {"state": "cleared"}
    until = limit(20 if verb == "list" else 5)
    while True:
        _code, result = run(lab, check=True, github_states=said, **state)
        text = result.get("msg") or next(
            (one["reason"] for one in result["verdicts"] if one["code"] == "unread"), "")
        if resource in text and verb in text:
            print(f"RIGHT {verb} {resource}: {text[:160]}")
            return result
        if until.is_over():
            assert verb != "list", (right, text, codes(result))
            print(f"RIGHT {verb} {resource}: not needed at this step")
            return {"verdicts": []}
        until.pause(0.3)


def test_every_right_is_needed_and_all_are_enough(lab):
    said = stuck(lab)
    code, full = run(lab, github_states=said)
    assert code == 0, full.get("msg")
    releasable = {kind for kind, code in codes(full) if code == "proven"}
    assert releasable >= {"AutoscalingListener", "EphemeralRunner"}
    named = set()
    for right in RIGHTS:
        _number, resource, verb = right
        if verb == "create":
            continue
        grant(lab, without(right))
        result = told_of(lab, right, said)
        if result.get("msg") or result["verdicts"]:
            named.add((verb, resource))
        wrong = set(codes(result)) - set(codes(full)) - {
            (kind, "unread") for kind, _code in codes(result)}
        assert not wrong, (right, wrong)
    # What the first step writes; the rest is asked for when it comes.
    assert named >= {("get", "namespaces"), ("get", "autoscalinglisteners"),
                     ("delete", "autoscalinglisteners"), ("patch", "autoscalinglisteners"),
                     ("delete", "ephemeralrunners"), ("patch", "ephemeralrunners")}
    grant(lab, ROLE["rules"])
    lab.eventually(
        lambda: run(lab, check=True, state="cleared", github_states=said)[0] == 0,
        "all rights to be there again")
    for _time in range(3):
        code, done = run(lab, state="cleared", github_states=said)
        assert (code, done.get("event_problems")) == (0, []), done.get("msg")
    assert not [one for one in lab.left() if "Role" not in one], lab.left()
