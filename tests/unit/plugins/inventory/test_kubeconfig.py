# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin kubeconfig through the real ansible-inventory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import ansible_collections.arc.lifecycle as here

TREE = str(Path(list(here.__path__)[0]).parents[2])
PLUGIN = {"plugin": "arc.lifecycle.kubeconfig"}


def kubeconfig(path, *names, servers=None):
    """Write a kubeconfig with a cluster, a user with a secret, and a context of each name."""
    path.write_text(yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [{"name": f"{one}-cluster", "cluster": {
            "server": (servers or {}).get(one, f"https://{one}.example.com")}} for one in names],
        "users": [{"name": "admin", "user": {"token": "s3cret"}}],
        "contexts": [{"name": one, "context": {
            "cluster": f"{one}-cluster", "user": "admin", "namespace": "arc"}} for one in names],
    }))  # fmt: skip
    return str(path)


def inventory(folder, environ=None, name="kubeconfig.yml", fails=False, **options):
    """Run ansible-inventory; gives its JSON and what it warned of."""
    source = folder / name
    source.write_text(yaml.safe_dump({**PLUGIN, **options}))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ANSIBLE_", "KUBECONFIG"))}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(source), "--list"],
        env={**kept, "ANSIBLE_COLLECTIONS_PATH": TREE, "ANSIBLE_HOME": str(folder / "home"),
             "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true", "ANSIBLE_NOCOLOR": "1",
             **(environ or {})},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    told = " ".join(done.stderr.split())
    assert bool(done.returncode) == fails, told
    return (None if fails else json.loads(done.stdout, object_hook=bare)), told


def bare(value):
    """ansible-inventory marks what must not be templated."""
    return value.get("__ansible_unsafe", value)


def test_every_context_is_a_host_with_what_the_playbooks_need(tmp_path):
    path = kubeconfig(tmp_path / "config", "east", "west")
    found, _told = inventory(tmp_path, kubeconfigs=["config"])
    assert sorted(found["arc_clusters"]["hosts"]) == ["east", "west"]
    east = found["_meta"]["hostvars"]["east"]
    assert Path(east.pop("ansible_python_interpreter")).samefile(sys.executable)
    assert east == {
        "kubeconfig": path, "context": "east", "arc_server": "https://east.example.com",
        "arc_kubeconfig_cluster": "east-cluster", "arc_kubeconfig_user": "admin",
        "arc_kubeconfig_namespace": "arc", "ansible_connection": "local",
        "ansible_pipelining": True,
    }  # fmt: skip
    assert "s3cret" not in json.dumps(found)


def test_several_files_patterns_groups_and_composed_variables(tmp_path):
    kubeconfig(tmp_path / "one", "eu-blue", "eu-sandbox")
    kubeconfig(tmp_path / "two", "us-blue", "lab")
    found, _told = inventory(
        tmp_path, kubeconfigs=["one", str(tmp_path / "two")], include=["eu-*", "us-*"],
        exclude=["*-sandbox"], group="fleet",
        keyed_groups=[{"key": "context.split('-')[0]", "separator": ""}],
        groups={"american": "context.startswith('us-')"},
        compose={"arc_verify_timeout": "900 if 'us-' in context else 600"}, strict=True,
    )
    assert sorted(found["fleet"]["hosts"]) == ["eu-blue", "us-blue"]
    assert found["eu"]["hosts"] == ["eu-blue"] and found["american"]["hosts"] == ["us-blue"]
    hosts = found["_meta"]["hostvars"]
    # Before 2.19 what is composed is text.
    assert [int(hosts[one]["arc_verify_timeout"]) for one in ("eu-blue", "us-blue")] == [600, 900]


def test_names_of_clouds_become_names_of_hosts(tmp_path):
    kubeconfig(tmp_path / "config", "arn:aws:eks:eu:1:cluster/ci")
    found, _told = inventory(tmp_path, kubeconfigs=["config"])
    assert found["arc_clusters"]["hosts"] == ["arn-aws-eks-eu-1-cluster-ci"]
    (host,) = found["_meta"]["hostvars"].values()
    assert host["context"] == "arn:aws:eks:eu:1:cluster/ci"


def test_files_of_the_environment_are_the_default(tmp_path):
    paths = [kubeconfig(tmp_path / one, one) for one in ("east", "west")]
    found, _told = inventory(tmp_path, {"KUBECONFIG": os.pathsep.join(paths)})
    assert sorted(found["arc_clusters"]["hosts"]) == ["east", "west"]


SAME = {"east": "https://one.example.com/", "also": "https://one.example.com"}


@pytest.mark.parametrize(("duplicates", "hosts"), [("first", ["east"]), ("all", ["also", "east"])])
def test_second_context_of_a_server(tmp_path, duplicates, hosts):
    kubeconfig(tmp_path / "config", "east", "also", servers=SAME)
    found, told = inventory(tmp_path, kubeconfigs=["config"], duplicates=duplicates)
    assert sorted(found["arc_clusters"]["hosts"]) == hosts
    assert ("context also" in told) == (duplicates == "first")


def broken(folder):
    (folder / "config").write_text("contexts: none\n")


def missing(_folder):
    """There is no such file."""


def twice(folder):
    kubeconfig(folder / "config", "east", "also", servers=SAME)


def same_host(folder):
    kubeconfig(folder / "config", "a/b", "a:b")


@pytest.mark.parametrize(("prepare", "options", "words"), [
    (broken, {}, "it has no list of contexts"),
    (missing, {}, "there is no such file"),
    (twice, {"duplicates": "error"}, "Exclude one of the two"),
    (same_host, {}, "both give it"),
    (twice, {"duplicates": "some"}, "duplicates"),
], ids=["no-kubeconfig", "no-file", "two-of-one-server", "two-of-one-host", "bad-option"])
def test_what_is_wrong_is_said(tmp_path, prepare, options, words):
    prepare(tmp_path)
    _found, told = inventory(tmp_path, fails=True, kubeconfigs=["config"], **options)
    assert words in told


def test_context_without_a_server_is_named_and_left_out(tmp_path):
    path = Path(kubeconfig(tmp_path / "config", "east", "west"))
    document = yaml.safe_load(path.read_text())
    del document["clusters"][1]
    path.write_text(yaml.safe_dump(document))
    found, told = inventory(tmp_path, kubeconfigs=["config"])
    assert found["arc_clusters"]["hosts"] == ["east"] and "context west" in told


def test_name_that_no_context_has_is_told(tmp_path):
    kubeconfig(tmp_path / "config", "east", "west")
    found, told = inventory(tmp_path, kubeconfigs=["config"], include=["ea*", "wets"])
    assert found["arc_clusters"]["hosts"] == ["east"]
    assert "include wets: there is no context of this name" in told and "ea*" not in told


def test_cache_serves_when_the_files_have_gone(tmp_path):
    path = Path(kubeconfig(tmp_path / "config", "east"))
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile",
             "cache_connection": str(tmp_path / "cache"), "kubeconfigs": ["config"]}
    inventory(tmp_path, **cache)
    path.unlink()
    found, _told = inventory(tmp_path, **cache)
    assert found["arc_clusters"]["hosts"] == ["east"]


def test_file_of_another_name_is_not_for_this_plugin(tmp_path):
    kubeconfig(tmp_path / "config", "east")
    _found, told = inventory(tmp_path, name="clusters.yml", fails=True, kubeconfigs=["config"])
    assert "clusters.yml" in told
