# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would Galaxy and Automation Hub take this tarball, and is nothing in it that nobody needs?

Runs galaxy-importer with the switches of Automation Hub (required tags, version >= 1.0.0), but
without its container: ansible-test has a gate of its own. A warning fails as an error does.

usage: importer.py TARBALL
"""

from __future__ import annotations

import logging
import os
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Dict, List

from galaxy_importer.collection import CollectionFilename, import_collection
from galaxy_importer.config import Config
from galaxy_importer.exceptions import ImporterError

TOP_LEVEL = {
    "CHANGELOG.rst",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "execution-environment.yml",
    "meta",
    "playbooks",
    "plugins",
    "roles",
}
# Tells ansible-test which Pythons the collection is for; the importer's container reads it.
SINGLE_FILES = {"tests", "tests/config.yml"}


class Said(logging.Handler):
    """Prints what the importer says but for the names of files; keeps what it objects to."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.objections: List[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.levelname}: {record.getMessage()}"
        if not line.startswith("INFO: Loading "):
            print(line)
        if record.levelno >= logging.WARNING:
            self.objections.append(line)


def strays(tarball: Path) -> List[str]:
    """Files that have no business in the tarball."""
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
    return [
        f"{name} is in the tarball; add it to build_ignore of galaxy.yml"
        for name in sorted(names)
        if name.split("/", 1)[0] not in TOP_LEVEL and name not in SINGLE_FILES
    ]


def undocumented(contents: List[Dict[str, Any]]) -> List[str]:
    """Modules and roles whose documentation the importer could not read; it says nothing then."""
    return [
        f"{one['content_type']} {one['name']} arrives without a description"
        for one in contents
        if one["content_type"] in ("module", "role") and not one["description"]
    ]


def judge(tarball: Path) -> List[str]:
    """Everything that speaks against the tarball."""
    said = Said()
    logger = logging.getLogger("importer")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(said)
    namespace, name, version = tarball.name[: -len(".tar.gz")].split("-", 2)
    with tempfile.TemporaryDirectory() as scratch, tarball.open("rb") as opened:
        switches = {
            "ansible_local_tmp": scratch,
            "check_required_tags": True,
            "require_v1_or_greater": True,
            "run_flake8": False,
            "tmp_root_dir": scratch,
        }
        expected = CollectionFilename(namespace, name, version)
        try:
            answer = import_collection(
                opened, expected, logger=logger, cfg=Config(config_data=switches)
            )
        except ImporterError as refused:
            return [*said.objections, f"refused: {refused}"]
    return [*said.objections, *undocumented(answer["contents"])]


def main(arguments: List[str]) -> int:
    if len(arguments) != 1:
        print(f"usage: {Path(__file__).name} TARBALL", file=sys.stderr)
        return 2
    # The importer leaves a check out where it does not find the program for it on PATH.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    tarball = Path(arguments[0])
    problems = [*strays(tarball), *judge(tarball)]
    for problem in problems:
        print(f"PROBLEM: {problem}", file=sys.stderr)
    print(f"{tarball.name}: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
