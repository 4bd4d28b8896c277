# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module waits for whichever of several collections changes first, with a heartbeat.

One thread per collection puts changes into a queue; the module reads the queue, so it reacts to
a change at once, polls nothing, and can speak while nothing happens.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, Sequence, Tuple, Union

from .client import EVERYTHING, Client, Query
from .deadline import Deadline
from .places import Place
from .watch import Change, Watch

# A reader that is slow holds its watches back instead of filling the memory.
_QUEUE_SIZE = 1000
_JOIN_LIMIT_S = 2.0


@dataclass(frozen=True)
class Heartbeat:
    """Nothing changed for a while. `waited_s`: since the wait began."""

    waited_s: float


Keep = Callable[[Dict[str, Any]], Dict[str, Any]]
Watched = Union[Place, Tuple[Place, Query], Tuple[Place, Query, Keep]]


def watch_many(
    client: Client, places: Sequence[Watched], deadline: Deadline, heartbeat_s: float
) -> Iterator[Union[Change, Heartbeat]]:
    """Yield the changes of all places as they come, and a Heartbeat after each silent span.

    Each place begins with a RELISTED change. Ends at the deadline without an error: what is
    still missing is for the caller to say. An error of one watch is raised here. Leaving the
    loop, `close()` and an exception all stop the threads.
    """
    changes: queue.Queue = queue.Queue(_QUEUE_SIZE)
    stopped = threading.Event()
    watches = [_watch(client, one, deadline) for one in places]
    threads = [
        threading.Thread(target=_pump, args=(one, changes, stopped), daemon=True)
        for one in watches
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _drain(changes, deadline, heartbeat_s)
    finally:
        stopped.set()
        for one in watches:
            one.stop()
        for thread in threads:
            thread.join(_JOIN_LIMIT_S)


def _watch(client: Client, watched: Watched, deadline: Deadline) -> Watch:
    if not isinstance(watched, tuple):
        return Watch(client, watched, deadline, EVERYTHING)
    place, query, *rest = watched
    return Watch(client, place, deadline, query, keep=rest[0] if rest else None)


def _drain(
    changes: queue.Queue, deadline: Deadline, heartbeat_s: float
) -> Iterator[Union[Change, Heartbeat]]:
    while not deadline.is_over():
        try:
            item = changes.get(timeout=min(heartbeat_s, max(0.01, deadline.remaining_s())))
        except queue.Empty:
            if not deadline.is_over():
                yield Heartbeat(deadline.elapsed_s())
            continue
        if isinstance(item, BaseException):
            raise item
        yield item


def _pump(watch: Watch, changes: queue.Queue, stopped: threading.Event) -> None:
    try:
        for change in watch.changes():
            _put(change, changes, stopped)
    except Exception as error:  # raised again by the reader of the queue
        _put(error, changes, stopped)


def _put(item: object, changes: queue.Queue, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            changes.put(item, timeout=0.5)
            return
        except queue.Full:
            continue
