# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which CRDs belong to a release of ARC?

The published ones, where `../shared/crds` beside the project or ARC_CRDS_DIR has them; else our
own (crd_schemas.py), for which an API server must be asked what a pod is.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

import yaml

from lab.arc import crd_schemas
from lab.errors import LabError
from lab.lab import Lab
from lab.state import LabState, read_json, write_json

ENVIRONMENT = "ARC_CRDS_DIR"
BESIDE = Path(__file__).resolve().parents[4] / "shared" / "crds"
OPENAPI = "/openapi/v3/api/v1"


def order(release: str) -> Tuple[int, ...]:
    """A release as numbers, to sort by. Raises LabError for what is no release."""
    try:
        return tuple(int(part) for part in release.split("."))
    except ValueError as error:
        raise LabError(
            f"{release!r} is no release of ARC.", "Write it as three numbers, like 0.9.0."
        ) from error


def published_folder(release: str) -> Optional[Path]:
    """The folder with the release's published CRDs, None where there is none. Each folder stands
    for all releases up to the next."""
    given = os.environ.get(ENVIRONMENT)
    root = Path(given) if given else BESIDE
    if not root.is_dir():
        if given:
            raise LabError(f"{ENVIRONMENT}={given} is no folder.", "Correct it, or unset it.")
        return None
    known = {order(path.name): path for path in root.iterdir() if path.name[:1].isdigit()}
    fitting = [numbers for numbers in known if numbers <= order(release)]
    return known[max(fitting)] if fitting else None


def crds(release: str, openapi: Optional[Mapping[str, Any]] = None) -> List[Dict[str, Any]]:
    """The four CRDs of a release: published ones if there are, else our own.

    `openapi`: the OpenAPI v3 document of /api/v1, needed for our own only. Raises LabError where
    neither is to be had.
    """
    folder = published_folder(release)
    if folder is None:
        return own(release, openapi)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [yaml.load(path.read_bytes(), loader) for path in sorted(folder.glob("*.yaml"))]


def own(release: str, openapi: Optional[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    """Our own CRDs of a release."""
    if openapi is None:
        raise LabError(
            f"There are no published CRDs of ARC {release}, and no API server to make them from.",
            f"Start the lab first, or let {ENVIRONMENT} name a folder with them.",
        )
    fitting = [row for row in crd_schemas.CRD_FACTS if order(row.since) <= order(release)]
    if not fitting:
        raise LabError(f"The lab has no CRDs of ARC {release}.", "It knows 0.9.0 and later.")
    return crd_schemas.build(fitting[-1], openapi)


def files(release: str, openapi: Callable[[], Mapping[str, Any]]) -> Dict[str, bytes]:
    """The CRDs as files of a chart, `crds/<name>.yaml`; `openapi` is asked only for our own."""
    folder = published_folder(release)
    if folder is not None:
        return {f"crds/{path.name}": path.read_bytes() for path in sorted(folder.glob("*.yaml"))}
    made = own(release, openapi())
    # JSON is YAML, and much faster to read.
    return {f"crds/{item['metadata']['name']}.yaml": json.dumps(item).encode() for item in made}


def openapi_of(state: LabState) -> Mapping[str, Any]:
    """What the lab's API servers say about core objects; asked once, kept in the state folder."""
    kept = state.charts / "openapi-core-v1.json"
    content = read_json(kept)
    if content is None:
        content = _asked(state)
        write_json(kept, content)
    return content


def _asked(state: LabState) -> Dict[str, Any]:
    reason = "it has no cluster"
    lab = Lab(state)
    for cluster in lab.clusters():
        try:
            content = cluster.get(OPENAPI)
        except OSError as error:
            content, reason = None, str(error)
        if content:
            return content
    raise LabError(
        f"No cluster of the lab in {state.folder} says what a pod is: {reason}.",
        "Start it with: python -m lab up",
    )
