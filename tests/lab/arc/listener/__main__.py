# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARC's listener as the lab plays it: `python -m lab.arc.listener`, env and files of `ghalistener`.

Ends with exit code 1 in every case, as the real one does: on SIGTERM after it has deleted its
session, on an error after a line "Application returned an error".

Not modelled: metrics server, proxies, key vaults, a private root CA for GitHub.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

from lab.arc.listener.config import BadConfig, read
from lab.arc.listener.github import Broken, Service
from lab.arc.listener.loop import Ended, Loop
from lab.arc.log import Log
from lab.arc.protocol import Refused
from lab.arc.releases import release
from lab.incluster import InCluster, mounted

DEFAULT_PATH = "/etc/gha-listener/config.json"


class Terminated(BaseException):
    """SIGTERM or SIGINT arrived; not an Exception, so that no handler on the way keeps it."""


def _terminate(_number: int, _frame: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Terminated()


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y/%m/%d %H:%M:%S')} {text}\n")
    sys.stderr.flush()


def main() -> int:
    signal.signal(signal.SIGTERM, _terminate)
    signal.signal(signal.SIGINT, _terminate)
    try:
        facts = release(os.environ["LAB_ARC_RELEASE"])
        config = read(facts, mounted(os.environ.get("LISTENER_CONFIG_PATH", DEFAULT_PATH)))
        kube = InCluster()
    except (BadConfig, KeyError) as error:
        _say(str(error))
        return 1
    log = Log("listener-app", level=config.log_level, style=config.log_format, stream=sys.stdout)
    service = Service(facts, config)
    told = "context canceled"
    try:
        Loop(facts, config, service, kube, log.named("listener-app.listener")).run(
            os.environ.get("HOSTNAME", "")
        )
    except Terminated:
        log.info("Deleting message session")
    except Ended as error:
        told = str(error)
    try:
        service.close_session()
    except (Refused, Broken, OSError) as error:
        log.error(error, "failed to delete message session")
    _say(f"Application returned an error: {told}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
