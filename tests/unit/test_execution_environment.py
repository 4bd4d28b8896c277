# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-builder makes of execution-environment.yml and of the collection's own needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).resolve().parents[2]
BUILDER = Path(sys.executable).with_name("ansible-builder")
pytestmark = pytest.mark.skipif(not BUILDER.exists(), reason="ansible-builder is not installed")


def _builder(*arguments):
    done = subprocess.run([str(BUILDER), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", name="context")
def _context(tmp_path_factory):
    """The build context, as `ansible-builder create` makes it without a container engine."""
    folder = tmp_path_factory.mktemp("ee")
    _builder("create", "--file", TOP / "execution-environment.yml", "--context", folder,
             "--output-filename", "Containerfile")
    return folder


def _needs(folder, kind):
    """Requirements of the collection as ansible-builder finds them in an image."""
    written = folder / kind
    _builder("introspect", folder, f"--write-{kind}", written)
    lines = written.read_text(encoding="utf-8").splitlines()
    return {line.split("#")[0].strip() for line in lines} - {""}


@pytest.fixture(scope="module", name="image")
def _image(tmp_path_factory):
    """A folder of collections with what is in this one's tarball and counts."""
    folder = tmp_path_factory.mktemp("image")
    place = folder / "ansible_collections" / "arc" / "lifecycle"
    place.mkdir(parents=True)
    (place / "meta").symlink_to(TOP / "meta")
    (place / "galaxy.yml").symlink_to(TOP / "galaxy.yml")
    return folder


def test_context_has_this_version_of_the_collection(context):
    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    version = yaml.safe_load((TOP / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert wanted == {"collections": [{"name": "arc.lifecycle", "version": version}]}


def test_image_has_helm_and_proves_that_the_collection_is_in_it(context):
    lines = (context / "Containerfile").read_text(encoding="utf-8").splitlines()
    final = lines[max(i for i, line in enumerate(lines) if line.startswith("FROM ")):]
    (helm,) = (line for line in final if line.startswith("COPY --from=docker.io/alpine/helm:3."))
    assert helm.endswith("/usr/bin/helm /usr/local/bin/helm")
    assert any("helm version" in line and "arc.lifecycle.arc_info" in line for line in final)
    assert final.index(helm) > max(i for i, line in enumerate(final) if "install-from-bindep" in line)


def test_builder_finds_what_the_modules_import(image):
    # ansible-builder leaves PyYAML out: ansible-core brings it.
    names = {line.split(">")[0].strip().lower() for line in _needs(image, "pip")}
    assert names == {"kubernetes", "kubernetes-validate", "jsonpatch", "cryptography"}


def test_no_requirement_pins_a_version_or_names_ansible(image):
    """Automation Hub asks for that."""
    for line in _needs(image, "pip"):
        assert "==" not in line and "<" not in line and not line.startswith("ansible"), line


def test_builder_finds_what_is_needed_of_the_system(image):
    assert {line.split()[0] for line in _needs(image, "bindep")} == {"openssl"}
