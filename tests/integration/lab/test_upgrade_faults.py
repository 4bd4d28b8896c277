# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults in the middle of an upgrade, or of the way back: what passes is waited out or stops the run
with its cause, and the same command run again ends well. The ledger is the judge.

The clusters go up and back by turns, so that each case begins where the last one ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2]), str(HERE.parent)]

# pylint: disable=wrong-import-position
from api_proxy import Proxy  # noqa: E402
from rehearsal import Rehearsal, kill  # noqa: E402
from static_pods import kept_running  # noqa: E402

from lab import toolchain  # noqa: E402
from lab.arc import await_arc  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.commands import node  # noqa: E402
from lab.kube import Kube, path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = [pytest.mark.lab, pytest.mark.long]

OLD, NEW, LIMIT_S = "0.9.3", "0.14.2", 420
SETS = (ScaleSet("web", min_runners=1), ScaleSet("build", mode="kubernetes"))
DRAIN, UNINSTALL, INSTALL = (
    "Take scale sets out of service", "Uninstall the Helm releases of the scale sets",
    "Install the controller",
)  # fmt: skip
# The kubelet waits longer from crash to crash before it starts a listener again, and so does ARC.
RESTART_S = 40
TOLD = HERE.parents[3] / "build" / "faults.tsv"
ROWS = []


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    lab = Lab(LabState(folder / "lab"))
    lab.up(["blue", "green"])
    try:
        found = Rehearsal(lab, folder)
        found.install(OLD, SETS)
        found.at, found.judged = OLD, set()
        found.load(SETS, every_s=5, durations_s=(2, 10))
        with kept_running(lab):
            yield found
        print("\nFAULT | FIRST RUN | AGAIN | JOBS | LOST | LONGEST WITHOUT ANYONE TO RUN IT, s")
        for row in ROWS:
            print(" | ".join(map(str, row)))
    finally:
        lab.down()


def wait_until(is_true, what, limit_s=LIMIT_S):
    until = time.monotonic() + limit_s
    while not is_true():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def start(run, **variables):
    """Begin the way to the other release; gives its process, and where it leads."""
    there = NEW if run.at == OLD else OLD
    playbook = "upgrade" if there == NEW else "rollback"
    variables = {**run.charts(there), **({"arc_target": NEW} if there == NEW else {}), **variables}
    return run.start(playbook, **variables), there, playbook, variables


def at_task(run, process, name):
    """Wait until a task of the first cluster has begun."""
    wait_until(lambda: f": {name}]" in run.log() or process.poll() is not None, f"no task {name}")
    assert process.poll() is None, run.log()[-3000:]


@contextlib.contextmanager
def api_server_away(run, cluster):
    run.lab.processes.kill(f"{cluster}.apiserver")
    try:
        yield
    finally:
        spec = run.lab.cluster(cluster).specs(toolchain.binary_path())["apiserver"]
        run.lab.processes.start(spec)
        run.lab.processes.wait_ready(spec)


@contextlib.contextmanager
def listeners_away(run, cluster):
    """The pods of the listeners are gone, and no controller is there to make others."""
    systems = "arc-systems"
    controller = path_of("apps/v1", "deployments", systems, "arc-gha-rs-controller")
    scale(run, cluster, controller, 0)
    pods = f"/api/v1/namespaces/{systems}/pods"
    for pod in await_arc.items(run.state, cluster, pods):
        if "-listener" in pod["metadata"]["name"]:
            await_arc.delete(run.state, cluster, f"{pods}/{pod['metadata']['name']}")
    try:
        yield
    finally:
        scale(run, cluster, controller, 1)


def scale(run, cluster, deployment, replicas):
    async def patch():
        async with Kube.from_kubeconfig(run.state.cluster(cluster).kubeconfig) as kube:
            await kube.merge_patch(deployment, {"spec": {"replicas": replicas}})

    asyncio.run(patch())
    wait_until(lambda: run.lab.cluster(cluster).get(deployment)["status"].get("replicas", 0) == replicas,
               f"{replicas} controllers", 60)


@contextlib.contextmanager
def through_a_proxy(run, cluster):
    """What Ansible and Helm ask of a cluster goes through a proxy; ARC's own ways stay."""
    found = run.lab.cluster(cluster)
    with Proxy((found.state.ports()["apiserver"], found.tls())) as proxy:
        path = proxy.kubeconfig(run.folder / "through.yml", cluster)
        kept = run.inventory.read_text(encoding="utf-8")
        told = yaml.safe_load(kept)
        told["arc_clusters"]["hosts"][cluster]["kubeconfig"] = path
        run.inventory.write_text(yaml.safe_dump(told), encoding="utf-8")
        try:
            yield proxy
        finally:
            run.inventory.write_text(kept, encoding="utf-8")


@contextlib.contextmanager
def github_answers(run, status):
    """To ARC and to the module; what runners ask is left alone, their jobs would end by it alone."""
    run.service.fault({"status": status}, path="^(?!/_runner/)")
    try:
        yield
    finally:
        run.service.clear_faults()


def ended(run, process):
    try:
        code = process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        kill(process)
        code = None
    return code, run.log()


def whole(run, release):
    for cluster in ("blue", "green"):
        sets = await_arc.items(run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))
        assert {one["metadata"]["name"]: one["metadata"]["labels"]["app.kubernetes.io/version"]
                for one in sets} == {"web": release, "build": release}, cluster


def served(run, clusters=("blue", "green")):
    """Each scale set of the clusters is listened for, as a peer that is to take over has to be."""
    def ready(cluster):
        pods = await_arc.items(run.state, cluster, "/api/v1/namespaces/arc-systems/pods")
        return [pod for pod in pods if "-listener" in pod["metadata"]["name"] and any(
            (one["type"], one["status"]) == ("Ready", "True")
            for one in pod["status"].get("conditions", []))]

    def is_true():
        try:
            sets = {cluster: len(await_arc.items(
                run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))) for cluster in clusters}
            sessions, least = sum(one["sessions"] for one in run.service.coverage()), sum(sets.values())
            return (all(len(ready(cluster)) == count for cluster, count in sets.items())
                    and (sessions == least if len(sets) > 1 else sessions >= least))
        except OSError:
            # An API server that has just come back answers 429 for a while.
            return False

    wait_until(is_true, "a listener for each scale set")


def judge(run, what, process, way, fault_s=0.0, died=()):
    """See the run to its end, again if it stopped, and write the row. `fault_s`: for how long ARC
    itself could not work, so long a job may have waited for a runner. `died`: jobs that the fault
    itself may have ended."""
    there, playbook, variables = way
    code, text = ended(run, process)
    assert code is not None, f"{what}: did not end: {text[-3000:]}"
    told = "ended well" if code == 0 else cause(text)
    if code != 0:
        # A stop is told with the cluster and the next safe step.
        assert "run the same command again" in text.lower() or "Nothing was changed" in text, text[-3000:]
        # A set that settles has no listener while a runner of its is up, until the run goes on.
        stopped = set(re.findall(r"^fatal: \[(\w+)\]", text, re.M))
        served(run, {"blue", "green"} - stopped)
        done = run.play(playbook, timeout_s=LIMIT_S, **variables)
        assert done.code == 0, f"{what}, again: {done.text[-4000:]}"
    whole(run, there)
    run.at = there
    served(run)
    jobs = [job for job in run.service.ledger()["jobs"] if job["id"] not in run.judged]
    run.judged |= {job["id"] for job in jobs if job["state"] not in ("queued", "assigned", "running")}
    lost = [job for job in jobs if job["state"] == "lost" and job["id"] not in died]
    stranded = [job for job in jobs if job["stranded_s"]]
    row = (what, told, "ended well" if code != 0 else "-", len(jobs), len(lost),
           max([job["stranded_s"] for job in stranded], default=0.0))
    ROWS.append(row)
    with open(TOLD, "a", encoding="utf-8") as file:
        print(*row, sep="\t", file=file)
    assert lost == [], what
    assert [job for job in stranded if job["stranded_s"] > (fault_s + RESTART_S if fault_s else 0)] == [], what


def cause(text):
    lines = [line for line in text.splitlines() if line.startswith("fatal:")]
    return (lines[-1] if lines else text[-200:])[:200]


@pytest.mark.parametrize("task", [DRAIN, UNINSTALL, INSTALL], ids=["drain", "uninstall", "install"])
def test_api_server_goes_away_for_a_while(run, task):
    process, *way = start(run)
    at_task(run, process, task)
    with api_server_away(run, "blue"):
        gone = time.monotonic()
        wait_until(lambda: time.monotonic() - gone > 8, "8 s")
    judge(run, f"API server away for 8 s at: {task}", process, way, fault_s=8)


@pytest.mark.parametrize("cluster, task", [("blue", DRAIN), ("green", UNINSTALL)], ids=["drained", "peer"])
def test_node_is_lost_for_a_while(run, cluster, task):
    """What ran on it is lost by that; nothing else is, and no runner of it counts as idle or gone."""
    process, *way = start(run)
    at_task(run, process, task)
    wait_until(lambda: on(run, cluster), f"a job in {cluster}", 60)
    died = on(run, cluster)
    node.kill(run.lab, cluster)
    gone = time.monotonic()
    try:
        wait_until(lambda: time.monotonic() - gone > 15, "15 s")
    finally:
        node.restore(run.lab, cluster)
    judge(run, f"node of {cluster} lost for 15 s at: {task}", process, way, fault_s=15, died=died)


def on(run, cluster):
    """The jobs that are running, or about to, in a cluster."""
    return {job["id"] for job in run.service.ledger()["jobs"]
            if job["cluster"] == cluster and job["state"] in ("assigned", "running")}


@pytest.mark.parametrize("status", [401, 500])
def test_github_refuses_for_a_while(run, status):
    process, *way = start(run)
    at_task(run, process, DRAIN)
    with github_answers(run, status):
        since = time.monotonic()
        wait_until(lambda: time.monotonic() - since > 20, "20 s")
    judge(run, f"GitHub answers {status} for 20 s", process, way, fault_s=20)


@pytest.mark.parametrize("task", [DRAIN, UNINSTALL, INSTALL], ids=["drain", "uninstall", "install"])
def test_api_server_answers_too_many_requests_for_a_while(run, task):
    with through_a_proxy(run, "blue") as proxy:
        process, *way = start(run)
        at_task(run, process, task)
        # It counts from the first request that meets it: a loaded machine may ask none for a while.
        proxy.storm(LIMIT_S)
        wait_until(lambda: proxy.refused or process.poll() is not None, "a request")
        proxy.storm(12)
        _code, text = ended(run, process)
        assert proxy.refused, text[-3000:]
    judge(run, f"API server answers 429 for 12 s at: {task}", process, way)


def test_tokens_of_listeners_expire(run):
    process, *way = start(run)
    at_task(run, process, DRAIN)
    run.service.fault({"expired_token": True}, path="^/_messages/", times=6)
    judge(run, "GitHub says 6 times that a listener's token has expired", process, way)
    assert run.service.faults() == [] or run.service.faults()[0]["left"] == 0


def test_peer_is_lost_before_the_first_set_goes(run):
    process, *way = start(run)
    at_task(run, process, "Remember what is there")
    with api_server_away(run, "green"):
        code, text = ended(run, process)
        assert code not in (0, None) and "green" in text, text[-3000:]
        sets = await_arc.items(run.state, "blue", path_of(await_arc.ARC, "autoscalingrunnersets"))
        assert {one["metadata"]["labels"]["app.kubernetes.io/version"] for one in sets} == {run.at}
        assert [one for one in sets if one["metadata"].get("deletionTimestamp")] == []
    judge(run, "the peer's API server is lost before the first cluster is drained", process, way)


def test_peer_is_lost_in_mid_run(run):
    process, *way = start(run)
    at_task(run, process, UNINSTALL)
    with api_server_away(run, "green"):
        code, text = ended(run, process)
        assert code not in (0, None) and "green" in text
    judge(run, "the peer's API server is lost while the first cluster is empty", process, way)


def test_peer_that_fell_out_stops_the_run_before_the_next_cluster(run):
    if run.at != OLD:
        process, *way = start(run)
        judge(run, "none", process, way)
    process, *way = start(run, arc_cycle_peer_timeout=10)
    at_task(run, process, UNINSTALL)
    with listeners_away(run, "green"):
        code, text = ended(run, process)
        assert code not in (0, None), text[-3000:]
        assert "Stopped after blue, which is done and takes jobs" in text, text[-3000:]
        report = {one["name"]: one for one in run.report()["clusters"]}
        assert (report["blue"]["result"], report["green"]["result"]) == ("upgraded", "not reached")
        assert len(report["blue"]["peers_ill"]) == 1 and "green: " in report["blue"]["peers_ill"][0]
        kinds = {(one["verb"], one["object"]["kind"]) for one in report["blue"]["acts"]}
        assert kinds >= {("delete", "AutoscalingRunnerSet"), ("uninstalled", "Helm release"),
                         ("replaced", "CustomResourceDefinition"), ("installed", "Helm release")}
    judge(run, "the peer's listeners are lost while the first cluster is empty", process, way, fault_s=60)


def test_disk_of_the_control_node_is_full(run, tmp_path):
    mounted = tmp_path / "full"
    mounted.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(mounted)],
                          check=False, capture_output=True)
    if made.returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        (mounted / "filler").write_bytes(b"x" * 4096)
        process, *way = start(run, arc_report_file=str(mounted / "report.json"))
        code, text = ended(run, process)
        assert code not in (0, None) and "no report can be written there" in text, text[-2000:]
        assert "No space left" in text and "Nothing was changed" in text
        whole(run, run.at)
        # It fills later: what is done stays done, and the run stops between two clusters.
        (mounted / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=1m", str(mounted)], check=True)
        process, *way = start(run, arc_report_file=str(mounted / "report.json"))
        at_task(run, process, DRAIN)
        with contextlib.suppress(OSError):
            (mounted / "filler").write_bytes(b"x" * (1 << 20))
        code, text = ended(run, process)
        assert code not in (0, None) and "the report cannot be written" in text, text[-2000:]
    finally:
        subprocess.run(["umount", str(mounted)], check=True)
    way[2] = {**way[2], "arc_report_file": str(tmp_path / "report.json")}
    judge(run, "no room for the report", process, way)
