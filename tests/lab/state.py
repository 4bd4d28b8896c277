# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where does a lab keep what it knows?

One folder per lab. Everything a lab writes lies below it, except the built binary, the tool
chains and the table of ports, which any number of labs share. Here are names and reading only;
nothing is started.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Dict, Iterator, List, Optional

from lab.errors import LabError

SCHEMA = 1
LOCK_LOOK_S = 0.1


def cache_home() -> Path:
    """The user's cache folder for this project (XDG_CACHE_HOME is honoured)."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "arc-lifecycle"


def default_dir() -> Path:
    return Path(os.environ.get("ARC_LAB_DIR") or cache_home() / "lab")


def write_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file in one step, so that a reader or a crash never sees half of it.

    Raises LabError where there is no room or no permission; the old content stands then.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
            out.write(content)
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise LabError(
            f"{path} cannot be written: {error.strerror}.",
            "Free space, or choose another state folder with --dir.",
        ) from error


def write_json(path: Path, content: Any, mode: int = 0o644) -> None:
    """Replace a JSON file in one step; as `write_file`."""
    write_file(path, json.dumps(content, indent=1, sort_keys=True).encode(), mode)


def read_json(path: Path) -> Optional[Any]:
    """The content, or None where the file is missing or was left half-written."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


class ClusterState:
    """The paths of one cluster."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.pki = folder / "pki"
        self.etcd = folder / "etcd"
        self.pods = folder / "pods"
        self.kubeconfig = folder / "kubeconfig"
        self.node_kubeconfig = folder / "node.kubeconfig"
        self.ports_file = folder / "ports.json"
        self.audit_policy = folder / "audit-policy.yaml"
        self.audit_log = folder / "audit.log"

    def component_kubeconfig(self, component: str) -> Path:
        return self.folder / f"{component}.kubeconfig"

    def ports(self) -> Dict[str, int]:
        """Component name -> port; empty before the first start."""
        found = read_json(self.ports_file)
        return found if isinstance(found, dict) else {}

    @property
    def node_name(self) -> str:
        return f"{self.name}-node"


class LabState:
    """The paths of a lab and its description (lab.json)."""

    def __init__(self, folder: Any = None) -> None:
        self.folder = Path(folder or default_dir()).absolute()
        self.file = self.folder / "lab.json"
        self.kubeconfig = self.folder / "kubeconfig"
        self.processes = self.folder / "processes"
        self.logs = self.folder / "logs"
        self.service = self.folder / "service"
        self.charts = self.folder / "charts"
        self._lock_file = self.folder / ".lab.lock"

    def cluster(self, name: str) -> ClusterState:
        return ClusterState(self.folder / "clusters" / name, name)

    def exists(self) -> bool:
        return self.file.exists()

    def is_lab(self) -> bool:
        """Whether the folder is one that a lab made, whole or half."""
        return self._lock_file.exists() or self.exists()

    def read(self) -> Dict[str, Any]:
        """The content of lab.json. Raises LabError where there is no lab or an unreadable one."""
        content = read_json(self.file)
        if not isinstance(content, dict):
            if self.exists() or (self.folder / "clusters").exists():
                raise LabError(
                    f"The lab in {self.folder} is damaged: lab.json is missing or half-written.",
                    f"Clear it with: python -m lab down --dir {self.folder}",
                )
            raise LabError(
                f"There is no lab in {self.folder}.",
                "Start one with: python -m lab up (or name its folder with --dir).",
            )
        if content.get("schema") != SCHEMA:
            raise LabError(
                f"The lab in {self.folder} was made by another version of the lab "
                f"(schema {content.get('schema')}, not {SCHEMA}).",
                f"Clear it with: python -m lab down --dir {self.folder}",
            )
        return content

    def write(self, content: Dict[str, Any]) -> None:
        write_json(self.file, content)

    def describe(self, clusters: List[str], settings: Dict[str, Any]) -> Dict[str, Any]:
        """lab.json brought up to date: clusters are added, never dropped; settings are merged.

        Raises LabError where the folder holds a damaged lab or is not a lab's at all."""
        content: Dict[str, Any] = {
            "schema": SCHEMA,
            "uid": secrets.token_hex(8),
            "clusters": [],
            "service": None,
            "settings": {},
            "releases_dir": None,
        }
        if self.exists() or (self.folder / "clusters").exists():
            content.update(self.read())
        content["clusters"] += [name for name in clusters if name not in content["clusters"]]
        content["settings"].update(settings)
        releases = os.environ.get("ARC_LAB_RELEASES")
        if releases:
            content["releases_dir"] = str(Path(releases).absolute())
        return content

    def cluster_names(self) -> List[str]:
        return list(self.read()["clusters"])

    def service_url(self) -> str:
        """Where the Actions service is. Raises LabError before the first complete start."""
        service = self.read()["service"]
        if not service:
            raise LabError(f"The lab in {self.folder} never came up.", "Run: python -m lab up")
        return str(service["url"])

    def claim(self) -> None:
        """Make the folder, if it is not there. Raises LabError where it holds something else."""
        try:
            is_strange = self.folder.exists() and not self.is_lab() and any(self.folder.iterdir())
        except OSError as error:
            raise self._unusable(error) from error
        if is_strange:
            raise LabError(
                f"The folder {self.folder} holds other things than a lab.",
                "Name a new or an empty one with --dir.",
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> LabError:
        return LabError(
            f"The state folder {self.folder} cannot be used: {error.strerror}.",
            "Choose another one with --dir.",
        )

    @contextmanager
    def lock(self, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the lab for a change; refused if another change is not done within `wait_s`."""
        deadline = time.monotonic() + wait_s
        handle = self._try_lock()
        while handle is None:
            if time.monotonic() >= deadline:
                raise LabError(
                    f"Another command is changing the lab in {self.folder}.",
                    "Wait for it, or use another folder with --dir.",
                )
            time.sleep(LOCK_LOOK_S)
            handle = self._try_lock()
        with handle:
            yield

    def _try_lock(self) -> Optional[IO[str]]:
        """The locked file; None where somebody else has it, or where a `down` took it away."""
        try:
            handle = open(self._lock_file, "a", encoding="utf-8")
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle.fileno()), self._lock_file.stat()):
                return handle
        except (BlockingIOError, FileNotFoundError):
            pass
        handle.close()
        return None

    def vacate(self) -> None:
        """Remove the lock, and the folder if nothing else is in it. Only while it is locked."""
        self._lock_file.unlink(missing_ok=True)
        try:
            self.folder.rmdir()
        except OSError:
            # A stranger's file is in it, or somebody's working folder is here.
            return
