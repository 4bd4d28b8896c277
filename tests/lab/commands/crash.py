# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verb `crash`."""

from __future__ import annotations

import argparse
import http.client
from typing import Any, Dict, Optional

from lab.errors import LabError
from lab.lab import Lab, state_of
from lab.node import leftovers

HELP = "kill the main process of a pod (SIGKILL), or evict the pod"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cluster")
    parser.add_argument("pod", metavar="NAMESPACE/POD")
    parser.add_argument("--container", help="not the pod's first one, but this")
    parser.add_argument(
        "--evict", action="store_true", help="end it as Failed with reason Evicted instead"
    )


def crash(lab: Lab, name: str, pod: str, container: Optional[str] = None) -> int:
    """SIGKILL to the program of a container; gives its pid. Raises LabError where none runs."""
    found = _find(lab, name, pod)
    wanted = container or found["spec"]["containers"][0]["name"]
    pods = lab.cluster(name).state.pods
    pid = leftovers.crash(pods, found["metadata"]["uid"], wanted)
    if pid is None:
        raise LabError(
            f"Container {wanted} of pod {pod} in cluster {name} does not run.",
            f"Look at it with: python -m lab kubectl {name} get pods -A",
        )
    return pid


def evict(lab: Lab, name: str, pod: str) -> None:
    """End the pod as a kubelet short of memory would. Raises LabError where the node has none."""
    _find(lab, name, pod)
    cluster = lab.cluster(name)
    port = cluster.state.ports()["kubelet"]
    link = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=cluster.tls())
    try:
        link.request("POST", f"/lab/evict/{pod}")
        response = link.getresponse()
        answer = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise LabError(
            f"The node of cluster {name} does not answer: {error}.",
            f"Bring it back with: python -m lab node restore {name}",
        ) from error
    finally:
        link.close()
    if response.status != 200:
        raise LabError(f"Pod {pod} in cluster {name} was not evicted: {answer}.")


def _find(lab: Lab, name: str, pod: str) -> Dict[str, Any]:
    namespace, slash, pod_name = pod.partition("/")
    found = None
    if slash:
        found = lab.cluster(name).get(f"/api/v1/namespaces/{namespace}/pods/{pod_name}")
    if not found:
        raise LabError(
            f"There is no pod {pod} in cluster {name}.",
            "Name it as NAMESPACE/POD; "
            f"python -m lab kubectl {name} get pods -A shows those there are.",
        )
    return found


def run(options: argparse.Namespace) -> int:
    lab = Lab(state_of(options.dir))
    if options.evict:
        evict(lab, options.cluster, options.pod)
        print(f"evicted {options.pod}")
    else:
        pid = crash(lab, options.cluster, options.pod, options.container)
        print(f"killed {options.pod}, pid {pid}")
    return 0
