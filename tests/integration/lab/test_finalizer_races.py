# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens between judgement and write: a job starts, a controller comes, lists change.

A real API server, a way to it that is slow at random, and somebody who strikes while the module
reads or writes an object. What came of it is read from the API server's own watch. Seeds are told,
so that a failure can be had again.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import re
import threading
import time
from datetime import datetime

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import (
    Conflict,
    ReadFailed,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.api_proxy import Proxy
from ansible_collections.arc.lifecycle.tests.integration.lab.stuck_lab import (
    CLUSTER,
    MANAGER,
    NAMESPACE,
    RELEASE,
    SYSTEMS,
    StuckLab,
    limit,
)

pytestmark = [pytest.mark.lab, pytest.mark.long]

ROUNDS, RUNNERS = 40, 5
REGISTRATION = "ephemeralrunner.actions.github.com/runner-registration-finalizer"
FINALIZERS = [REGISTRATION, "ephemeralrunner.actions.github.com/finalizer"]
STRIKES = ("job", "job", "list", "note", "controller", "nothing")
# So long after a controller has come nothing may be released any more.
SEEN_WITHIN_S = 0.5
OF_RUNNER = re.compile(r"/ephemeralrunners/([^/?]+)(?:$|\?)")
OF_MANAGER = {"app.kubernetes.io/part-of": "gha-rs-controller",
              "app.kubernetes.io/version": RELEASE}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with StuckLab(tmp_path_factory.mktemp("lab"), {CLUSTER: RELEASE}) as running:
        running.client.delete(places.DEPLOYMENTS.at(SYSTEMS, MANAGER), limit())
        running.eventually(
            lambda: not running.objects(places.PODS, MANAGER), "the manager to go")
        running.client.create(
            places.NAMESPACES.at(), {"metadata": {"name": NAMESPACE}}, limit())
        yield running


def runner(client, name):
    """A runner that is going, with a living pod; its set and its controller are gone."""
    meta = {"name": name, "namespace": NAMESPACE}
    made = client.create(places.RUNNERS.at(NAMESPACE), {
        "apiVersion": "actions.github.com/v1alpha1", "kind": "EphemeralRunner",
        "metadata": {**meta, "finalizers": FINALIZERS},
        "spec": {"githubConfigUrl": "https://github.com/acme", "githubConfigSecret": "s",
                 "runnerScaleSetId": 1,
                 "spec": {"containers": [{"name": "runner", "image": "runner"}]}},
    }, limit())  # fmt: skip
    client.merge_patch(places.RUNNERS.at(NAMESPACE, name, "status"), {"status": {
        "phase": "Running", "ready": True, "runnerId": 7, "runnerName": name}}, limit())
    owner = {"apiVersion": "actions.github.com/v1alpha1", "kind": "EphemeralRunner", "name": name,
             "uid": made["metadata"]["uid"], "controller": True}
    labels = {"actions-ephemeral-runner": "True"}
    client.create(places.PODS.at(NAMESPACE), {
        "metadata": {**meta, "labels": labels, "ownerReferences": [owner]}, "spec": {
            "schedulerName": "nobody", "containers": [{"name": "runner", "image": "runner"}]},
    }, limit())  # fmt: skip
    run_pod(client, NAMESPACE, name, "runner")
    client.delete(places.RUNNERS.at(NAMESPACE, name), limit())


def run_pod(client, namespace, name, container):
    """Say of a pod what a node agent says of one that runs."""
    running = {"name": container, "image": container, "imageID": "", "ready": True,
               "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    client.merge_patch(places.PODS.at(namespace, name, "status"), {"status": {
        "phase": "Running", "containerStatuses": [running],
        "conditions": [{"type": "Ready", "status": "True"}]}}, limit())


class Striker:
    """Strikes once at each runner, while the module reads or writes it, or right after."""

    def __init__(self, lab, names, seed):
        self._lab, self._random = lab, random.Random(seed)
        self._plan = {
            name: (self._random.choice(STRIKES), self._random.choice(("before", "after")),
                   self._random.choice(("GET", "GET", "PATCH")))
            for name in names
        }
        self._lock = threading.Lock()
        self.struck = []
        self.controller_at = 0.0

    def hook(self, when):
        def act(method, path):
            time.sleep(self._random.random() * 0.03)
            found = OF_RUNNER.search(path)
            if found:
                self._strike(found[1], when, method)
        return act

    def _strike(self, name, when, method):
        with self._lock:
            what, moment, verb = self._plan.get(name, ("nothing", "", ""))
            if (moment, verb) != (when, method):
                return
            del self._plan[name]
        client = self._lab.connect(CLUSTER)
        try:
            getattr(self, what)(client, name)
            self.struck.append((what, name))
        except Exception:  # pylint: disable=broad-except
            self.struck.append(("too-late", name))
        finally:
            client.close()

    def job(self, client, name):
        client.merge_patch(places.RUNNERS.at(NAMESPACE, name, "status"), {"status": {
            "jobRequestId": 99, "jobId": "99", "jobRepositoryName": "acme/app"}}, limit())

    def list(self, client, name):
        path = places.RUNNERS.at(NAMESPACE, name)
        kept = client.get(path, limit())["metadata"].get("finalizers") or []
        client.merge_patch(path, {"metadata": {"finalizers": list(reversed(kept))}}, limit())

    def note(self, client, name):
        client.merge_patch(places.RUNNERS.at(NAMESPACE, name),
                           {"metadata": {"annotations": {"example.com/seen": "1"}}}, limit())

    def nothing(self, client, name):
        """Leave it alone."""

    def controller(self, client, _name):
        """A Deployment whose pod runs, as after `helm install`."""
        if self.controller_at:
            return
        template = {"metadata": {"labels": OF_MANAGER}, "spec": {
            "schedulerName": "nobody", "containers": [{"name": "manager", "image": "manager"}]}}
        client.create(places.DEPLOYMENTS.at(SYSTEMS), {
            "metadata": {"name": MANAGER, "namespace": SYSTEMS, "labels": OF_MANAGER},
            "spec": {"replicas": 1, "selector": {"matchLabels": OF_MANAGER},
                     "template": template},
        }, limit())  # fmt: skip
        self._lab.eventually(lambda: self._lab.objects(places.PODS, MANAGER), "its pod")
        (pod,) = self._lab.objects(places.PODS, MANAGER)
        run_pod(client, SYSTEMS, pod["metadata"]["name"], "manager")
        self.controller_at = time.time()


def test_nothing_is_released_that_changed_after_it_was_judged(lab, tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    print(f"SEED {seed}")
    tally, wrong, released = {}, [], 0
    with Proxy(lab.tls(CLUSTER)) as proxy:
        kubeconfig = proxy.kubeconfig(tmp_path / "kubeconfig", CLUSTER)
        for number in range(ROUNDS):
            names = [f"race-{number}-{one}" for one in range(RUNNERS)]
            for name in names:
                runner(lab.client, name)
            striker = Striker(lab, names, seed + number)
            history, cleared = play(lab, proxy, striker, names, kubeconfig)
            released += len(cleared)
            wrong += while_busy(history, number) + beside_a_controller(cleared, striker, number)
            for what, _name in striker.struck:
                tally[what] = tally.get(what, 0) + 1
            put_away(lab, names)
    print(f"RACES {ROUNDS * RUNNERS}: {tally}, {released} finalizers released, {len(wrong)} wrongly")
    assert not wrong
    assert released
    assert {"job", "list", "controller"} <= set(tally)


def play(lab, proxy, striker, names, kubeconfig):
    """Let the module clear while the striker strikes; gives what the runners were, and what it
    says that it released."""
    before = {one["metadata"]["name"]: one for one in lab.objects(places.RUNNERS)}
    version = lab.client.list(places.RUNNERS.at(NAMESPACE), limit()).resource_version
    proxy.before, proxy.after = striker.hook("before"), striker.hook("after")
    code, result = lab.run(
        "arc_finalizer_clear", CLUSTER, state="cleared", namespaces=[NAMESPACE], min_age=0,
        timeout=60, kubeconfig=kubeconfig, github_states=dict.fromkeys(names, "idle"),
    )
    proxy.before = proxy.after = lambda _method, _path: None
    assert code == 0 or result["error"]["class"] == "Conflict", result.get("msg")
    return history_of(lab, before, version), result["cleared"]


def history_of(lab, before, version):
    """Each runner's states in order, from the API server."""
    port, context = lab.tls(CLUSTER)
    link = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
    path = places.RUNNERS.at(NAMESPACE).path
    link.request("GET", f"{path}?watch=true&resourceVersion={version}&timeoutSeconds=1")
    history = {name: [one] for name, one in before.items()}
    for line in link.getresponse().read().splitlines():
        event = json.loads(line)
        history.setdefault(event["object"]["metadata"]["name"], []).append(event["object"])
    link.close()
    return history


def while_busy(history, number):
    """Return which finalizers of ARC went while a job ran on the runner."""
    wrong = []
    for name, states in history.items():
        for was, now in zip(states, states[1:]):
            gone = set(was["metadata"].get("finalizers") or ()) - set(
                now["metadata"].get("finalizers") or ())
            if gone and (was.get("status") or {}).get("jobRequestId"):
                wrong.append(f"round {number}: {name} lost {sorted(gone)} while busy")
    return wrong


def beside_a_controller(cleared, striker, number):
    """Return which finalizers went although a controller had come."""
    if not striker.controller_at:
        return []
    late = [(one, datetime.fromisoformat(one["at"]).timestamp() - striker.controller_at)
            for one in cleared]
    return [f"round {number}: {one['object']['name']} {after_s:.2f} s after a controller came"
            for one, after_s in late if after_s > SEEN_WITHIN_S]


def put_away(lab, names):
    for name in names:
        for resource in (places.RUNNERS, places.PODS):
            # The garbage collector takes the pod of a runner that has gone.
            with contextlib.suppress(Conflict, ReadFailed):
                lab.strip(resource, name)
                lab.client.delete(resource.at(NAMESPACE, name), limit(), grace_period_s=0)
    place = places.DEPLOYMENTS.at(SYSTEMS, MANAGER)
    lab.client.delete(place, limit(), propagation="Foreground")
    lab.eventually(lambda: not lab.client.read_object(place, limit()).items
                   and not lab.objects(places.PODS, MANAGER), "the Deployment to go")
