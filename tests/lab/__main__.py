# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command: python -m lab VERB."""

from __future__ import annotations

import argparse
import errno
import importlib
import pkgutil
import sys
from typing import List, Optional

from lab import commands
from lab.errors import LabError

NO_ROOM_OR_RIGHT = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
DESCRIPTION = """Real Kubernetes clusters with Actions Runner Controller in them, on this machine.

  python -m lab up                                    two clusters, blue and green
  python -m lab install-arc --release 0.9.0 --set web
  python -m lab queue --scale-set web --count 4 --duration 20
  python -m lab ledger
  python -m lab down
"""


def parser() -> argparse.ArgumentParser:
    """One sub-command per module of lab.commands."""
    top = argparse.ArgumentParser(
        prog="python -m lab",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for info in sorted(pkgutil.iter_modules(commands.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"lab.commands.{info.name}")
        name = info.name.replace("_", "-")
        verb = verbs.add_parser(name, help=module.HELP, description=module.HELP)
        verb.add_argument(
            "--dir",
            metavar="FOLDER",
            help="state folder of the lab (default: ARC_LAB_DIR, else one in the user's cache)",
        )
        module.add_arguments(verb)
        verb.set_defaults(run=module.run)
    return top


def explained(error: Exception) -> Optional[LabError]:
    """What a person should read for this error; None where it is a fault of the lab itself."""
    if isinstance(error, LabError):
        return error
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("lab"):
        return LabError(
            f"This Python has no package {error.name}: {sys.executable}",
            "The lab needs aiohttp, cryptography and PyYAML; install them with pip.",
        )
    if isinstance(error, OSError) and error.errno in NO_ROOM_OR_RIGHT:
        where = f"{error.filename}: " if error.filename else ""
        return LabError(
            f"{where}{error.strerror}.",
            "Free space or get the right to write there, or choose another folder with --dir.",
        )
    return None


def main(arguments: Optional[List[str]] = None) -> int:
    try:
        options = parser().parse_args(arguments)
        return int(options.run(options) or 0)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return 130
    except Exception as error:  # pylint: disable=broad-except
        told = explained(error)
        if told is None:
            raise
        print(f"lab: {told.problem}", file=sys.stderr)
        if told.remedy:
            print(f"     {told.remedy}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
