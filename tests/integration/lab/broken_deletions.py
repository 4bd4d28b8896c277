# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets that somebody deleted long ago. Nobody waits for that: etcd is told of another time.

The API server sets a deletion's time itself and lets nobody change it. What it stores of a custom
resource is JSON, and etcd has a gateway for JSON, so the time is set back there; the API server
learns of it by its own watch.
"""

from __future__ import annotations

import base64
import json
import urllib.request
from datetime import datetime, timedelta, timezone

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import places
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.tests.integration.lab import broken_clusters
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_cases import (
    NO_PEER,
    STOPPED,
    case,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_clusters import (
    GREEN,
    NAMESPACE,
)
from ansible_collections.arc.lifecycle.tests.integration.lab.broken_gitops import CASES

__all__ = ["CASES"]

LONG_AGO = timedelta(minutes=11)
KEPT = "example.com/keep"
OLD = (NAMESPACE, "old")
OF_IT = ("warning set-terminating green", "warning name-in-one-cluster green")


def deleted_long_ago(lab, resource, name, cluster=GREEN):
    """Ask for an object's deletion, and have it asked for eleven minutes ago."""
    place = resource.at(*name)
    lab.client[cluster].delete(place, Deadline(20))
    key = f"/registry/{place.group}/{place.resource}/{place.namespace}/{place.name}"
    since = (datetime.now(timezone.utc) - LONG_AGO).strftime("%Y-%m-%dT%H:%M:%SZ")

    def is_set_back():
        stored = _etcd(lab, cluster, "range", key=_coded(key))["kvs"][0]
        body = json.loads(base64.b64decode(stored["value"]))
        body["metadata"]["deletionTimestamp"] = since
        # Not over what a controller has written meanwhile.
        unchanged = {"key": _coded(key), "target": "MOD", "mod_revision": stored["mod_revision"]}
        put = {"request_put": {"key": _coded(key), "value": _coded(json.dumps(body))}}
        return _etcd(lab, cluster, "txn", compare=[unchanged], success=[put]).get("succeeded")

    lab.until(is_set_back, "etcd to take another time")
    lab.until(lambda: lab.get(cluster, resource, name)["metadata"]["deletionTimestamp"] == since,
              "the API server to learn of it")


def _etcd(lab, cluster, act, **asked):
    port = lab.state.cluster(cluster).ports()["etcd"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v3/kv/{act}", data=json.dumps(asked).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def _coded(text):
    return base64.b64encode(text.encode()).decode()


def old_set(lab):
    """A set like web that something other than ARC keeps from going."""
    body = broken_clusters.renamed(lab.get(GREEN, places.SCALE_SETS, broken_clusters.WEB), OLD[1])
    body["metadata"]["finalizers"] = [KEPT]
    return body


@case("warning stuck-deletion green", *OF_IT)
def set_in_deletion_for_long(lab):
    with lab.made(places.SCALE_SETS, old_set(lab)):
        deleted_long_ago(lab, places.SCALE_SETS, OLD)
        yield


@case(STOPPED, NO_PEER, "blocker stuck-deletion green", *OF_IT)
def set_in_deletion_for_long_that_nobody_serves(lab):
    with lab.stopped(), lab.made(places.SCALE_SETS, old_set(lab)):
        deleted_long_ago(lab, places.SCALE_SETS, OLD)
        yield
