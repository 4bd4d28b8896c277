# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks as a user runs them, on two real clusters under load. The ledger is the judge."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from rehearsal import TOP, Rehearsal, kill  # noqa: E402

from lab.arc import await_arc, install  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

pytestmark = pytest.mark.lab

SETS = (ScaleSet("web", min_runners=1), ScaleSet("build", mode="kubernetes"))
RECORD = path_of("v1", "secrets", "arc-systems", "arc-lifecycle-record")


@pytest.fixture
def run(tmp_path):
    """Two clusters without ARC."""
    lab = Lab(LabState(tmp_path / "lab"))
    lab.up(["blue", "green"])
    try:
        yield Rehearsal(lab, tmp_path)
    finally:
        lab.down()


def releases_of(run, cluster):
    """The gate label of each scale set, by name."""
    items = await_arc.items(run.state, cluster, path_of(await_arc.ARC, "autoscalingrunnersets"))
    return {one["metadata"]["name"]: one["metadata"]["labels"]["app.kubernetes.io/version"]
            for one in items}


def assert_whole(run, release, ledger, since):
    """Every set is there at the release, no job suffered, and no name was without a listener."""
    assert {key: ledger[key] for key in ("lost", "stranded", "failed")} == {
        "lost": 0, "stranded": 0, "failed": 0}
    assert ledger["completed"] > 0
    for cluster in ("blue", "green"):
        assert releases_of(run, cluster) == {"web": release, "build": release}
        record = run.lab.cluster(cluster).get(RECORD)
        assert record["metadata"]["annotations"]["arc.lifecycle/state"] == "closed"
        assert record["data"]["releases.json"] == "W10="  # an empty list
    assert [one for one in run.service.coverage(since) if one["gaps"]] == []


def test_upgrade_under_load_loses_no_job_and_a_second_run_changes_nothing(run):
    run.install("0.9.0", SETS)
    since = time.time()
    run.load(SETS, every_s=4, durations_s=(2, 12))
    planned = run.play("plan", arc_target="latest")
    digest = planned.text.partition("Digest of the plan: ")[2][:12]
    other = run.play("upgrade", arc_target="0.14.2", arc_preflight_digest="0123456789ab")
    assert other.code != 0 and f"has the digest {digest}" in other.text and not other.changed
    first = run.play("upgrade", arc_target="latest", arc_preflight_digest=digest,
                     arc_verify_jobs="1", arc_verify_canaries=["web"], **run.charts("0.14.2"))
    assert first.code == 0, first.text[-4000:]
    # A task that was skipped has a headline too.
    seen = re.findall(r"See jobs through\] \*+\n(?:(?:blue|green) \| .*\n)*ok: \[(\w+)\]", first.text)
    assert sorted(seen) == ["blue", "green"], first.text[-4000:]
    second = run.play("upgrade", arc_target="0.14.2")
    assert (second.code, second.changed) == (0, 0), second.text[-4000:]
    assert_whole(run, "0.14.2", run.end_load(), since)
    page = run.report_file.with_suffix(".html").read_text(encoding="utf-8")
    # A run that finds nothing to do says so, and leaves the report of the one before it.
    assert "2 upgraded" in page and "ghp_lab" not in page + first.text
    told = {one["name"]: one for one in first.report["clusters"]}
    assert set(told) == {"blue", "green"}
    for one in told.values():
        assert (one["from"], one["to"], one["result"]) == ("0.9.0", "0.14.2", "upgraded")
        assert [phase["phase"] for phase in one["phases"]] == [
            "drain", "uninstall", "CRDs", "install", "proof"]
    assert sum(one["jobs_awaited"] for one in told.values()) > 0
    assert second.report == first.report and "nothing to do" in second.text


@pytest.mark.long
def test_set_that_vanished_under_3562_is_brought_back(run):
    run.install("0.9.0", SETS)
    since = time.time()
    run.service.queue("web", 2, scope="acme", duration_s=20)
    run.service.wait(lambda l: l["running"] == 2, what="two running jobs")
    # What the issue describes: the controller alone is upgraded, and deletes every set.
    install.install_controller(run.state, "blue", "0.9.1")
    await_arc.until(
        30, lambda: "" if not releases_of(run, "blue").get("build") else "it is still there",
        "the scale set vanishes",
    )
    done = run.play("upgrade", arc_target="0.9.3")
    assert done.code == 0, done.text[-4000:]
    assert "set-vanished" in done.text
    for cluster in ("blue", "green"):
        assert releases_of(run, cluster) == {"web": "0.9.3", "build": "0.9.3"}
    ledger = run.end_load()
    assert (ledger["lost"], ledger["failed"], ledger["completed"]) == (0, 0, 2)
    assert all(one["result"] == "upgraded" for one in done.report["clusters"]), since


@pytest.mark.long
def test_run_that_is_killed_again_and_again_goes_on_and_ends_whole(run, capsys):
    """Ten times SIGKILL to the whole process group, at moments drawn anew."""
    run.install("0.9.3", SETS)
    since = time.time()
    run.load(SETS, every_s=4, durations_s=(2, 12))
    moments = random.Random(since)
    killed = []
    for _number in range(10):
        process = run.start("upgrade", arc_target="0.14.2")
        after = moments.uniform(5, 30)
        try:
            process.wait(after)
            break
        except subprocess.TimeoutExpired:
            kill(process)
            killed.append(round(after, 1))
    with capsys.disabled():
        print(f"\nkilled after {killed} s")
    last = run.play("upgrade", arc_target="0.14.2")
    assert last.code == 0, f"killed after {killed} s: {last.text[-4000:]}"
    assert_whole(run, "0.14.2", run.end_load(), since)


def state_of(run):
    """What any write of an upgrade would change."""
    return [
        (cluster, one["metadata"]["uid"], one["metadata"]["generation"])
        for cluster in ("blue", "green")
        for path in (path_of(await_arc.ARC, "autoscalingrunnersets"),
                     path_of("apps/v1", "deployments"),
                     path_of("apiextensions.k8s.io/v1", "customresourcedefinitions"))
        for one in await_arc.items(run.state, cluster, path)
    ] + [cluster for cluster in ("blue", "green") if run.lab.cluster(cluster).get(RECORD)]


def bad_inputs(run):
    """Variables, and what the message has to name: the object or variable, and the remedy."""
    config = str(run.state.kubeconfig)
    return {
        "unknown-release": ({"arc_target": "9.9.9"}, ["target-unknown", "9.9.9"]),
        "older-release": ({"arc_target": "0.9.0"}, ["downgrade", "arc.lifecycle.rollback"]),
        "no-target": ({}, ["arc_target"]),
        "no-such-kubeconfig": (
            {"arc_target": "0.14.2", "kubeconfig": "/no/such/config"},
            ["/no/such/config", "Give a kubeconfig that exists"]),
        "no-such-context": (
            {"arc_target": "0.14.2", "context": "purple"}, ["purple", "blue, green"]),
        "nobody-answers": (
            {"arc_target": "0.14.2", "arc_preflight_timeout": 5,
             "arc_preflight_connection": {"host": "https://127.0.0.1:9"}},
            ["https://127.0.0.1:9", "Check host"]),
        "two-hosts-one-cluster": (
            {"arc_target": "0.14.2", "context": "blue"}, ["two-hosts-one-cluster"]),
        "missing-rights": (
            {"arc_target": "0.14.2", "arc_preflight_connection": {
                "kubeconfig": config, "context": "{{ inventory_hostname }}",
                "impersonate_user": "eve"}},
            ["eve", "right"]),
        "no-such-chart": (
            {"arc_target": "0.14.2", "arc_charts_controller": "/no/such/chart"},
            ["arc_charts_controller", "/no/such/chart"]),
        "chart-of-another-release": (
            {"arc_target": "0.14.2",
             "arc_charts_controller": run.charts("0.12.0")["arc_charts_controller"]},
            ["arc_charts_controller", "0.12.0"]),
        "time-that-is-none": (
            {"arc_target": "0.14.2", "arc_drain_timeout": "soon"}, ["arc_drain_timeout", "int"]),
        "word-that-is-none": (
            {"arc_target": "0.14.2", "arc_drain_settle": "maybe"},
            ["arc_drain_settle", "auto, always, never"]),
    }


def test_bad_input_fails_before_the_first_write_and_says_what_to_do(run):
    run.install("0.9.3", SETS)
    before, problems = state_of(run), []
    for name, (variables, named) in bad_inputs(run).items():
        done = run.play("upgrade", timeout_s=120, **variables)
        missing = [text for text in named if text not in done.text]
        if done.code == 0 or missing or done.changed or state_of(run) != before:
            problems.append(f"{name}: code {done.code}, not said {missing}: {done.text[-1500:]}")
    assert problems == []


def test_check_mode_predicts_changes_and_makes_none(run):
    run.install("0.9.3", SETS)
    before = state_of(run)
    hooks = {name: run.folder / f"{name}.yml" for name in (
        "before_drain", "after_crds", "after_drain_set", "before_proof_set", "after_proof")}
    for name, path in hooks.items():
        path.write_text(yaml.safe_dump([
            {"name": "Tell", "ansible.builtin.debug": {
                "msg": f"hook {name}" + (" {{ arc_cycle_set.name }}" if name.endswith("_set") else "")}}]), encoding="utf-8")
    asked = {"arc_target": "0.14.2",
             "arc_cycle_hooks": {name: str(path) for name, path in hooks.items()}}
    process = subprocess.run(
        [*run.command("upgrade", asked), "--check", "--diff"],
        env=run.environment(), cwd=run.folder, capture_output=True, text=True, timeout=300,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-4000:]
    recap = process.stdout[process.stdout.rfind("PLAY RECAP"):]
    assert recap.count("changed=0") == 0, recap
    assert state_of(run) == before
    assert "ghp_lab" not in process.stdout and "would be upgraded" in process.stdout
    told = [line.split("hook ")[1].strip('" ') for line in process.stdout.splitlines()
            if '"msg": "hook ' in line]
    names = sorted(one.name for one in SETS)
    assert told == [
        "before_drain", *(f"after_drain_set {name}" for name in names), "after_crds",
        *(f"before_proof_set {name}" for name in names), "after_proof",
    ] * 2


def test_installed_tarball_and_checkout_path_work_as_the_name_does(run):
    """What Galaxy would hand out holds all that a user needs, without tests/."""
    run.install("0.14.2", SETS[:1])
    galaxy = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection"]
    target = run.folder / "installed"
    subprocess.run([*galaxy, "build", TOP, "--output-path", run.folder], check=True, timeout=120,
                   env=run.environment())
    (tarball,) = run.folder.glob("arc-lifecycle-*.tar.gz")
    elsewhere = {**run.environment(), "ANSIBLE_COLLECTIONS_PATH": str(target)}
    subprocess.run([*galaxy, "install", "--no-deps", "-p", target, tarball], check=True,
                   timeout=120, env=elsewhere)
    installed = target / "ansible_collections" / "arc" / "lifecycle"
    assert (installed / "playbooks" / "plan.yml").exists()
    assert not (installed / "tests" / "lab").exists()
    named = run.command("plan", {"arc_target": "0.14.2"})
    by_path = [str(TOP / "playbooks" / "plan.yml") if one == "arc.lifecycle.plan" else one
               for one in named]
    for argv, environ in ((named, elsewhere), (by_path, run.environment())):
        done = subprocess.run(argv, env=environ, cwd=run.folder, check=False,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Nothing to do: every cluster is at 0.14.2." in done.stdout
