# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line of the Actions service: `python -m lab.service --state <dir> --port <port>`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from lab.service.server import serve


async def _run(folder: Path, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(folder, port, stop)


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.service", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="state folder of the lab")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    options = parser.parse_args()
    try:
        asyncio.run(_run(options.state, options.port))
    except OSError as error:
        told = f"The Actions service cannot use {options.state} or port {options.port}: {error}."
        print(f"{told}\nAnother program may hold the port: see `ss -ltnp`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
