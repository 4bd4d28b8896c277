# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a set of CRDs comes from, and are they ARC's?

A file, a folder, text, data, a chart, backups on the cluster, or the cluster's own. Whatever
cannot be used is an error of a class of its own, UnusableCrds, and never a verdict on CRDs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from .._pure import helm_work
from .._pure.errors import BadInput
from . import crd_packing, helm_binary, places
from .answers import ObjectNotFound
from .task import Task

try:
    import yaml
except ImportError:
    yaml = None  # told before anything is read: connecting needs it too

Crd = Dict[str, Any]
Document = Tuple[str, Any]

GROUP = "actions.github.com"
KIND, VERSION = "CustomResourceDefinition", "apiextensions.k8s.io/v1"
SUFFIXES = (".yaml", ".yml", ".json")
# The largest published CRD has 1.2 MB.
_MOST_BYTES = 16 * 1024 * 1024

SOURCE_OPTIONS: Dict[str, Dict[str, Any]] = {
    "src": {"type": "path"},
    "definition": {"type": "str"},
    "crds": {"type": "list", "elements": "dict"},
    "backups": {"type": "list", "elements": "str"},
    "chart": {"type": "str"},
}
SOURCES = tuple(SOURCE_OPTIONS)
# What goes with `chart`.
CHART_OPTIONS: Dict[str, Dict[str, Any]] = {
    "chart_version": {"type": "str"},
    "helm": {"type": "str", "default": "helm"},
}


class UnusableCrds(BadInput):
    """What was given is no usable set of CRDs of ARC; `details["code"]` says in which way."""

    def __init__(self, code: str, where: str, cause: str, next_step: str) -> None:
        super().__init__(
            cluster="", object=where, cause=cause, next_step=next_step, details={"code": code},
        )


def crds_of(task: Task, given: Optional[Mapping[str, Any]] = None, of: str = "") -> List[Crd]:
    """Return the CRDs that one of the SOURCES gives, sorted by name.

    `given`: the options to look at, None for those of the task; `of`: where these stand, for
    messages. Raises UnusableCrds, or ReadFailed for a backup that cannot be read.
    """
    options = task.options if given is None else given
    found: Dict[str, Crd] = {}
    for where, document in _documents(task, options):
        crd = _crd(where, document)
        name = crd["metadata"]["name"]
        if name in found:
            raise UnusableCrds(
                "twice", where, f"the CRD {name} is given more than once", "Remove one of the two"
            )
        found[name] = crd
    if not found:
        source = next(name for name in SOURCES if options.get(name) is not None)
        raise UnusableCrds(
            "nothing-there", f"option {of}{source}", "it holds no document",
            "Give the folder crds of the chart gha-runner-scale-set-controller",
        )
    return [found[name] for name in sorted(found)]


def _documents(task: Task, options: Mapping[str, Any]) -> Iterator[Document]:
    if options.get("src") is not None:
        yield from _of_path(Path(options["src"]).expanduser())
    elif options.get("definition") is not None:
        yield from _parsed("option definition", options["definition"])
    elif options.get("crds") is not None:
        for number, one in enumerate(options["crds"]):
            yield f"option crds[{number}]", one
    elif options.get("chart") is not None:
        yield from _of_chart(task, options)
    else:
        for reference in options.get("backups") or ():
            yield f"ConfigMap {reference}", _of_backup(task, reference)


def _of_chart(task: Task, options: Mapping[str, Any]) -> Iterator[Document]:
    """Yield the CRDs of a chart: of a folder by reading it, else as Helm shows them."""
    reference, version = options["chart"], options.get("chart_version")
    folder = Path(reference).expanduser()
    if folder.is_dir():
        if not (folder / "crds").is_dir():
            raise _no_chart(reference, "the chart brings no CRDs")
        yield from _of_path(folder / "crds")
        return
    with helm_binary.Helm(options.get("helm") or "helm", task.options) as helm:
        more = ["--version", version] if version else []
        said = helm.run(["show", "crds", reference, *more], task.deadline)
    if said.code != 0:
        why = helm_work.blotted(said.err, []) if said.code is not None else "time is over"
        raise _no_chart(reference, f"Helm cannot have it: {why}")
    if not said.out.strip():
        raise _no_chart(reference, "the chart brings no CRDs")
    yield from _parsed(f"chart {reference}", said.out)


def _no_chart(reference: str, cause: str) -> UnusableCrds:
    return UnusableCrds(
        "no-chart", f"option chart {reference}", cause,
        "Give the chart gha-runner-scale-set-controller as a folder, an archive or a reference",
    )


def _of_path(path: Path) -> Iterator[Document]:
    if not path.exists():
        raise UnusableCrds(
            "missing", f"option src {path}",
            "there is no such file or folder on the host that runs the module",
            "Give one that exists there",
        )
    files = [path]
    if path.is_dir():
        files = sorted(one for one in path.iterdir() if one.suffix in SUFFIXES)
    if not files:
        raise UnusableCrds(
            "empty-folder", f"option src {path}",
            f"the folder has no file that ends in {', '.join(SUFFIXES)}",
            "Give the folder crds of the chart gha-runner-scale-set-controller",
        )
    for one in files:
        yield from _parsed(f"file {one}", _text(one))


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise UnusableCrds(
                "too-large", f"file {path}", f"it has {size} bytes, more than CRDs ever have",
                "Give CRDs only",
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableCrds(
            "unreadable", f"file {path}", f"it cannot be read: {error}", "Give a readable file"
        ) from error


def _parsed(where: str, text: str) -> Iterator[Document]:
    """Yield the documents of a text; empty ones are left out."""
    # The parser in C is ten times as quick; not every build of PyYAML has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if text.lstrip().startswith("{"):
            documents = [json.loads(text)]
        else:
            documents = list(yaml.load_all(text, Loader=loader))
        # A date or a key that is no text is YAML, and no Kubernetes object.
        json.dumps(documents)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        said = " ".join(str(error).split())[:300]
        raise UnusableCrds(
            "unreadable-yaml", where, f"it is no YAML or JSON of Kubernetes objects: {said}",
            "Mend it, or render the chart first",
        ) from error
    for document in documents:
        if document is not None:
            yield where, document


def _of_backup(task: Task, reference: str) -> Any:
    namespace, _slash, name = reference.partition("/")
    if not namespace or not name:
        raise UnusableCrds(
            "missing", f"option backups: {reference}", "it is not of the form namespace/name",
            "Give what arc_crd returned as crds[].backup",
        )
    place = places.CONFIG_MAPS.at(namespace, name)
    try:
        return crd_packing.unpack(task.client.get(place, task.deadline))
    except ObjectNotFound as error:
        raise UnusableCrds(
            "missing", place.words, "it is not there", "See which backups the namespace has"
        ) from error
    except ValueError as error:
        raise UnusableCrds(
            "unreadable", place.words, f"it holds no backup of a CRD: {error}",
            "See which backups the namespace has",
        ) from error


def _crd(where: str, document: Any) -> Crd:
    """Return the document if it is a whole CRD of ARC's group."""
    is_map = isinstance(document, Mapping)
    kind, version = (document.get("kind"), document.get("apiVersion")) if is_map else ("", "")
    if (kind, version) != (KIND, VERSION):
        told = f"{kind} of {version}" if kind else "a document without kind"
        raise UnusableCrds(
            "no-crd", where, f"it holds {told}, which is no {KIND} of {VERSION}", "Give CRDs only"
        )
    meta, spec = document.get("metadata"), document.get("spec")
    name = meta.get("name") if isinstance(meta, Mapping) else None
    if not name or not isinstance(spec, Mapping) or not _is_whole(spec):
        raise UnusableCrds(
            "incomplete", where, f"the CRD {name or 'without a name'} lacks its group, its names, "
            "or a stored version with a schema", "Give whole CRDs, as the chart has them",
        )
    if spec["group"] != GROUP or name != f"{spec['names'].get('plural')}.{GROUP}":
        raise UnusableCrds(
            "other-group", where, f"the CRD {name} of group {spec['group']} is not one of ARC's",
            f"Leave it out: only CRDs of {GROUP} are looked at",
        )
    return dict(document)


def _is_whole(spec: Mapping[str, Any]) -> bool:
    versions = spec.get("versions")
    return (
        isinstance(spec.get("group"), str)
        and isinstance(spec.get("names"), Mapping)
        and isinstance(versions, list)
        and all(isinstance(one, Mapping) and _has_schema(one) for one in versions)
        and any(one.get("storage") for one in versions)
    )


def _has_schema(version: Mapping[str, Any]) -> bool:
    schema = version.get("schema")
    return isinstance(schema, Mapping) and isinstance(schema.get("openAPIV3Schema"), Mapping)
