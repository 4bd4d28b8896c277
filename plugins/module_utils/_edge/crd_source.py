# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the CRDs of a target come from: a file, a folder, text, or data; and are they ARC's?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Tuple

import yaml

from .._pure.crd_digests import NAMES
from .._pure.errors import BadInput

GROUP = "actions.github.com"
CRD = "CustomResourceDefinition"
SUFFIXES = (".yaml", ".yml", ".json")

SOURCE_OPTIONS: Dict[str, Dict[str, Any]] = {
    "src": {"type": "path"},
    "definition": {"type": "str"},
    "crds": {"type": "list", "elements": "dict"},
}
SOURCE_RULES: Dict[str, Any] = {
    "mutually_exclusive": [("src", "definition", "crds")],
    "required_one_of": [("src", "definition", "crds")],
}


def crds_of(options: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Return the CRDs that one of `src`, `definition` and `crds` gives, sorted by name.

    Documents of other kinds beside them in a file are left aside. Raises BadInput: nothing can
    be read, none is a CRD, one is of another group, or one stands there twice.
    """
    where, documents = _documents(options)
    found: Dict[str, Dict[str, Any]] = {}
    for place, document in documents:
        if not isinstance(document, Mapping) or document.get("kind") != CRD:
            continue
        name = str((document.get("metadata") or {}).get("name", ""))
        _check(place, name, document)
        if name in found:
            raise _wrong(place, f"the CRD {name} stands there twice", "Remove one of the two")
        found[name] = dict(document)
    if not found:
        raise _wrong(where, f"no document in it is a {CRD}",
                     "Name the folder crds of the chart gha-runner-scale-set-controller")
    return [found[name] for name in sorted(found)]


def _documents(options: Mapping[str, Any]) -> Tuple[str, Iterator[Tuple[str, Any]]]:
    if options.get("crds") is not None:
        return "option crds", (("option crds", one) for one in options["crds"])
    if options.get("definition") is not None:
        return "option definition", _parsed("option definition", options["definition"])
    path = Path(options["src"]).expanduser()
    if path.is_dir():
        files = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES)
        return str(path), (pair for one in files for pair in _of_file(one))
    if not path.exists():
        raise _wrong(f"option src {path}", "there is no such file or folder", "Give one that exists")
    return str(path), _of_file(path)


def _of_file(path: Path) -> Iterator[Tuple[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(f"file {path}", f"it cannot be read: {error}", "Give a readable file") from error
    return _parsed(f"file {path}", text)


def _parsed(place: str, text: str) -> Iterator[Tuple[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = list(yaml.load_all(text, Loader=loader))
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise _wrong(place, f"it is no YAML: {said}", "Mend it, or render the chart first") from error
    return ((place, one) for one in documents)


def _check(place: str, name: str, document: Mapping[str, Any]) -> None:
    spec = document.get("spec")
    if not isinstance(spec, Mapping) or not spec.get("versions"):
        raise _wrong(place, f"the CRD {name or 'without a name'} has no spec.versions",
                     "Give whole CRDs of apiextensions.k8s.io/v1")
    if spec.get("group") != GROUP or name not in NAMES:
        raise _wrong(place, f"the CRD {name} is not one of ARC's ({', '.join(NAMES)})",
                     "Leave it out; this module touches no other CRD")


def _wrong(place: str, cause: str, next_step: str) -> BadInput:
    return BadInput(cluster="", object=place, cause=cause, next_step=next_step)
